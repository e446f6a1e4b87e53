"""Files that are no policies at all, or far too much of one: an error within two seconds, whatever they hold."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from riskd.daemon.policy_files import load_policy_files
from riskd.errors import PolicyError
from tests.cpu_time import children_seconds, quickest_seconds

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 2.0
HEAD = 'riskd: policy/v1\nname: desk\ntitle: A desk\nowner: us\nversion: "1"\nmode: observe\nrules:\n'


def rules(count: int) -> str:
    return "".join(
        f"  - {{id: r{n}, title: Account {n}, measure: leverage, per: account, where: {{account: a{n}}}, "
        "max: {warn: 4x, breach: 5x}}\n"
        for n in range(count)
    )


GOOD = HEAD + rules(1)
TEN_MEGABYTES = 10 * 1024 * 1024

REFUSED: dict[str, bytes] = {
    "ten megabytes of rules": (HEAD + rules(1) * (TEN_MEGABYTES // len(rules(1)))).encode(),
    "ten megabytes of nothing": bytes(TEN_MEGABYTES),
    "ten megabytes of brackets": b"[" * TEN_MEGABYTES,
    "ten thousand rules": (HEAD + rules(10_000)).encode(),
    "ten thousand tests": (
        GOOD + "tests:\n" + "  - {name: t, rule: r0, series: 3x, expect: []}\n" * 10_000
    ).encode(),
    "a name of a megabyte": GOOD.replace("name: desk", "name: " + "a" * 1_000_000).encode(),
    "a thousand levels": (GOOD + "scope: " + "{a: " * 1_000).encode(),
    "UTF-16": GOOD.encode("utf-16"),
    "UTF-16 without a mark": GOOD.encode("utf-16-le"),
    "UTF-32": GOOD.encode("utf-32"),
    "latin-1": GOOD.replace("A desk", "Ein Bücherbrett").encode("latin-1"),
    "NUL in the middle": GOOD.replace("A desk", "A\0desk").encode(),
    "NUL at the end": GOOD.encode() + b"\0" * 4096,
    "half a character at the end": GOOD.encode() + "é".encode()[:1],
    "halves of surrogates": GOOD.encode() + b"\xed\xa0\x80",
    "too long a form of a character": GOOD.encode() + b"\xc0\xaf",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 64,
    "a mark in the middle": GOOD.replace("A desk", "A\ufeffdesk").encode(),
    "nothing": b"",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_it_is_refused_within_two_seconds(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_bytes(data)
    found: list[PolicyError] = []

    def attempt() -> None:
        with pytest.raises(PolicyError) as refusal:
            load_policy_files([str(file)])
        found.append(refusal.value)

    assert quickest_seconds(attempt, enough=SECONDS) < SECONDS
    assert len(str(found[0])) < 50_000
    assert str(file) in str(found[0])


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("A desk", "Ein Bücherbrett für 取引"),
    ],
    ids=["a mark of the byte order", "line ends of Windows", "letters of many languages"],
)
def test_what_editors_write_is_read(edit: Callable[[str], str], tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_bytes(edit(GOOD).encode())
    assert len(load_policy_files([str(file)]).rules) == 1


def test_two_thousand_rules_are_loaded_and_linted_within_two_seconds(tmp_path: Path) -> None:
    for number in range(20):
        text = HEAD.replace("name: desk", f"name: desk-{number}") + rules(100)
        (tmp_path / f"{number}.yaml").write_text(text, encoding="utf-8")
    assert seconds_of("policy", "lint", str(tmp_path)) < allowed(SECONDS)


def test_the_packs_are_checked_in_less_than_a_second() -> None:
    assert seconds_of("check") < allowed(0.8)


def seconds_of(*arguments: str) -> float:
    """Processor seconds of one `riskd` process, from its start to its end."""
    command = [sys.executable, "-m", "riskd.cli.main", *arguments]
    return children_seconds(lambda: subprocess.run(command, cwd=ROOT, capture_output=True, check=False))


def allowed(seconds: float) -> float:
    """The bound on this machine: an interpreter that imports numpy takes a twelfth of a second on the one it is said for."""
    command = [sys.executable, "-c", "import numpy"]
    slowness = children_seconds(lambda: subprocess.run(command, check=True)) / 0.08
    return seconds * max(slowness, 1.0)
