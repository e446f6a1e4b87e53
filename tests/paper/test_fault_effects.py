"""What faults do to an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskd.paper.dialect.http import HttpRequest, HttpResponse, json_response
from riskd.paper.fault_effects import Recordings, corrupted, replaced, replayed
from riskd.paper.faults import (
    Answer,
    Delay,
    Effect,
    EmptyList,
    MissingField,
    NotANumber,
    OtherClientId,
    Replay,
    TruncatedBody,
    TruncatedList,
    banned,
    empty_body,
    html_page,
    maintenance,
    too_many_requests,
    unknown_outcome,
)

ROWS: list[Any] = [{"symbol": "A", "mark": "1"}, {"symbol": "B", "mark": "2"}, {"symbol": "C"}]
ACCOUNT: dict[str, Any] = {"total": "5", "positions": ROWS, "assets": [{"asset": "USDT", "mark": "9"}]}
CALL = HttpRequest(method="GET", path="/p", query="symbol=A&timestamp=1&signature=x")


def after(effect: Effect, value: Any, status: int = 200) -> Any:
    return json.loads(corrupted(effect, json_response(value, status=status)).body)


def test_every_list_is_emptied() -> None:
    assert after(EmptyList(), ROWS) == []
    assert after(EmptyList(), ACCOUNT) == {"total": "5", "positions": [], "assets": []}


def test_lists_are_cut_as_a_page_limit_would() -> None:
    assert after(TruncatedList(keep=2), ROWS) == ROWS[:2]
    assert after(TruncatedList(keep=2), ACCOUNT)["positions"] == ROWS[:2]


def test_a_field_goes_missing_wherever_it_is() -> None:
    assert after(MissingField(name="mark"), ACCOUNT) == {
        "total": "5",
        "positions": [{"symbol": "A"}, {"symbol": "B"}, {"symbol": "C"}],
        "assets": [{"asset": "USDT"}],
    }


def test_a_number_becomes_not_a_number_where_it_was() -> None:
    assert after(NotANumber(name="mark"), ROWS) == [
        {"symbol": "A", "mark": "NaN"},
        {"symbol": "B", "mark": "NaN"},
        {"symbol": "C"},
    ]


def test_an_answer_is_about_somebody_elses_order() -> None:
    other = OtherClientId(client_order_id="theirs")
    assert after(other, {"clientOrderId": "mine", "orderId": 1}) == {"clientOrderId": "theirs", "orderId": 1}
    assert after(other, [{"clientAlgoId": "mine"}]) == [{"clientAlgoId": "theirs"}]


def test_a_body_ends_in_the_middle() -> None:
    response = corrupted(TruncatedBody(keep=5), json_response(ROWS))
    assert response.body == json_response(ROWS).body[:5]


@pytest.mark.parametrize("effect", [EmptyList(), MissingField(name="code"), NotANumber(name="code")])
def test_a_refusal_is_left_as_it_is(effect: Effect) -> None:
    assert after(effect, {"code": -1121, "msg": "Invalid symbol."}, status=400)["code"] == -1121


@pytest.mark.parametrize("effect", [Delay(delay_ms=5), Replay()])
def test_effects_on_something_else_leave_the_answer_alone(effect: Effect) -> None:
    assert after(effect, ROWS) == ROWS


@pytest.mark.parametrize("value", [{}, [], "text", 7, None])
def test_answers_without_rows_survive_every_effect(value: Any) -> None:
    for effect in (
        EmptyList(),
        TruncatedList(keep=1),
        MissingField(name="x"),
        NotANumber(name="x"),
        OtherClientId(),
    ):
        assert after(effect, value) == value


def answer(text: str) -> HttpResponse:
    return json_response([{"symbol": "A", "mark": text}, {"symbol": "B", "mark": text}])


def marks(response: HttpResponse) -> list[str]:
    return [row["mark"] for row in json.loads(response.body)]


def recorded(*at_ms: int) -> Recordings:
    recordings = Recordings()
    for ms in at_ms:
        recordings.record("alpha", CALL, answer(str(ms)), ms)
    return recordings


def test_an_earlier_answer_is_found_by_its_age() -> None:
    recordings = recorded(10, 20, 30)
    for until_ms, expected in ((30, "30"), (29, "20"), (10, "10"), (5, "10")):
        found = recordings.earlier("alpha", CALL, until_ms=until_ms)
        assert found is not None
        assert marks(found)[0] == expected


def test_a_call_is_the_same_whenever_it_is_signed_and_another_when_it_asks_for_something_else() -> None:
    recordings = recorded(10)
    again = HttpRequest(method="GET", path="/p", query="timestamp=2&symbol=A&recvWindow=9&signature=y")
    other = HttpRequest(method="GET", path="/p", query="symbol=B&timestamp=1&signature=x")
    assert recordings.earlier("alpha", again, until_ms=10) is not None
    assert recordings.earlier("alpha", other, until_ms=10) is None
    assert recordings.earlier("beta", CALL, until_ms=10) is None


def test_orders_and_refusals_are_not_recorded() -> None:
    recordings = Recordings()
    recordings.record("alpha", CALL, json_response({"code": -1, "msg": "no"}, status=400), 1)
    posted = HttpRequest(method="POST", path="/p")
    recordings.record("alpha", posted, json_response({}), 1)
    assert recordings.earlier("alpha", CALL, until_ms=1) is None
    assert recordings.earlier("alpha", posted, until_ms=1) is None


def test_recordings_are_bounded() -> None:
    recordings = Recordings()
    for number in range(300):
        call = HttpRequest(method="GET", path="/p", query=f"limit={number}")
        recordings.record("alpha", call, answer("1"), number)
    first = HttpRequest(method="GET", path="/p", query="limit=0")
    assert recordings.earlier("alpha", first, until_ms=999) is None
    many = recorded(*range(100))
    oldest = many.earlier("alpha", CALL, until_ms=0)
    assert oldest is not None
    assert marks(oldest)[0] == "68"


def test_a_replay_puts_the_whole_earlier_answer_in_its_place() -> None:
    assert marks(replayed(Replay(), answer("new"), answer("old"))) == ["old", "old"]
    assert marks(replayed(Replay(), answer("new"), None)) == ["new", "new"]


def test_one_symbol_can_freeze_while_the_others_move() -> None:
    assert marks(replayed(Replay(symbol="B"), answer("new"), answer("old"))) == ["new", "old"]
    assert marks(replayed(Replay(symbol="B"), answer("new"), json_response([]))) == ["new", "new"]


@pytest.mark.parametrize(
    ("made", "status", "code", "retry_after"),
    [
        (too_many_requests(7), 429, -1003, "7"),
        (banned(), 418, -1003, "120"),
        (maintenance(), 503, -1016, None),
        (unknown_outcome(), 503, -1007, None),
    ],
)
def test_ready_made_answers_are_binances(
    made: Answer, status: int, code: int, retry_after: str | None
) -> None:
    response = replaced(made)
    assert (response.status, json.loads(response.body)["code"]) == (status, code)
    assert response.headers.get("Retry-After") == retry_after


def test_a_page_of_html_and_an_empty_body_come_with_status_200() -> None:
    page = replaced(html_page())
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html")
    assert page.body.startswith("<!doctype html>")
    assert replaced(empty_body()).body == ""
