"""What is not exactly a request is refused with a word, whatever it is, and nothing of it is believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.daemon.control.protocol import Arguments, Fault, Refused, answer, refusal, request_of

GOOD = {"version": 1, "verb": "ack", "arguments": {"id": "inc_7H787E5A"}}


def fault(line: bytes) -> Fault:
    with pytest.raises(Refused) as caught:
        request_of(line)
    return caught.value.fault


def arguments(**given: object) -> Arguments:
    return request_of(json.dumps({"version": 1, "verb": "x", "arguments": given}).encode()).arguments


def test_a_request_is_a_version_a_verb_and_arguments() -> None:
    request = request_of(json.dumps(GOOD).encode() + b"\n")
    assert (request.verb, request.arguments.text("id")) == ("ack", "inc_7H787E5A")
    request.arguments.nothing_else()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"GET / HTTP/1.1\r\n",
        b"null",
        b"[]",
        b'"ack"',
        b"1" * 10_000,
        b"[" * 16_000,
        b'{"a":' * 3_000,
        b'{"version":1,"verb":"ack","verb":"halt"}',
        b'{"version":1,"verb":"ack","extra":1}',
        b'{"version":1,"verb":1}',
        b'{"version":1}',
        b'{"version":1,"verb":"ack","arguments":[]}',
        b'{"version":1,"verb":"ack","arguments":null}',
        b'{"version":1,"verb":"ack","arguments":{"x":NaN}}',
        b'{"version":1,"verb":"ack","arguments":{"x":1e999}}',
        b'{"version":1,"verb":"\xff"}',
        b"\x00\x01\x02",
    ],
)
def test_what_is_no_request_is_malformed(line: bytes) -> None:
    assert fault(line) is Fault.MALFORMED


@pytest.mark.parametrize("version", ["2", "0", '"1"', "null", "true", "[1]"])
def test_another_version_is_refused(version: str) -> None:
    line = f'{{"version":{version},"verb":"ack"}}'.encode()
    assert fault(line) is Fault.VERSION


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\u202e", "\ud800", "\x00", "a\u200bb"])
def test_hidden_characters_never_get_in(text: str) -> None:
    with pytest.raises(Refused) as caught:
        arguments(id=text).text("id")
    assert caught.value.fault is Fault.ARGUMENT
    assert caught.value.text.isprintable()


def test_arguments_are_of_their_kind() -> None:
    texts: list[object] = [None, 1, True, [], {}]
    wholes: list[object] = [True, "1", -1, 11]
    flags: list[object] = [1, "true", []]
    objects: list[object] = [[], "a", {"a": 1}, {"\x1b": "a"}, {str(n): "a" for n in range(17)}]
    for wrong in texts:
        with pytest.raises(Refused):
            arguments(id=wrong).text("id")
    for wrong in wholes:
        with pytest.raises(Refused):
            arguments(n=wrong).whole("n", low=0, high=10)
    for wrong in flags:
        with pytest.raises(Refused):
            arguments(f=wrong).flag("f")
    for wrong in objects:
        with pytest.raises(Refused):
            arguments(t=wrong).texts("t")
    given_all = arguments(id="a", n=3, f=True, t={"k": "v"})
    assert given_all.text("id") == "a"
    assert given_all.whole("n", low=0, high=10) == 3
    assert given_all.flag("f")
    assert given_all.texts("t") == (("k", "v"),)
    given_all.nothing_else()


def test_what_is_left_out_has_its_default() -> None:
    nothing = arguments()
    assert nothing.text("id", default="") == ""
    assert nothing.whole("n", low=0, high=1) is None
    assert not nothing.flag("f")
    assert nothing.texts("t") == ()
    with pytest.raises(Refused, match="id: expected text, found None"):
        nothing.text("id")


def test_what_nobody_asked_for_is_refused() -> None:
    with pytest.raises(Refused, match="no argument 'ac\\\\x1bcount' is known here"):
        arguments(**{"ac\x1bcount": "main"}).nothing_else()


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(Refused, match="at most 500 characters, found 501"):
        arguments(id="x" * 501).text("id")


def test_answers_are_one_line_of_ascii() -> None:
    for line in (answer({"name": "<!channel>\u202e\n"}), refusal(Refused(Fault.BUSY, "zu früh\n"))):
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert line.isascii()


def test_an_answer_without_end_is_refused() -> None:
    with pytest.raises(Refused, match="too much"):
        answer("x" * 5_000_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_whatever_comes_is_a_request_or_refused(line: bytes) -> None:
    told = ""
    try:
        assert isinstance(request_of(line).verb, str)
    except Refused as refused:
        told = refused.text
    assert told.isprintable()
