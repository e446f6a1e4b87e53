"""The quick reader says exactly what the slow one says, or nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from riskd.policy.text.yaml_fast import quick_pieces
from riskd.policy.text.yaml_piece import DEPTH_MAX, Piece
from riskd.policy.text.yaml_scan import Refused, scanned

ROOT = Path(__file__).resolve().parents[2]
PACKS = {file.name: file.read_text(encoding="utf-8") for file in sorted(ROOT.glob("policies/*.yaml"))}
SMALL = (
    "a: >-\n  x y\n  z\n\nb: |\n  select 1\n   from x\nc: é\n",
    "a: 'it''s'\nb: \"x\\u0041\\\n  y\"\n",
    "- {a: [1, 2], b: 3, c: }\n- ? x\n  : y\n-\n",
    "k: # c\n  - a\n  - b: c\n    d: e\n? [x]\n: {y: z}\n",
    "a: &x 1\nb: *x\nc: !!str 2\n",
    "%YAML 1.2\n---\na: 1\n...\n",
)
DAMAGE = [*"\n\n  ::--,,[]{}#'\"|>?&*!%@`\\~aé0.\t<="]


@pytest.mark.parametrize("text", PACKS.values(), ids=PACKS)
def test_shipped_files_are_read_the_quick_way_and_come_out_the_same(text: str) -> None:
    assert quick_pieces("p.yaml", text) == list(scanned("p.yaml", text))


@pytest.mark.parametrize("seed", range(4))
def test_damaged_texts_come_out_the_same_or_are_left_to_the_slow_reader(seed: int) -> None:
    chance = random.Random(seed)
    read = 0
    for _ in range(600):
        text = _damaged(chance, chance.choice(_WINDOWS))
        quick = quick_pieces("p.yaml", text)
        if quick is not None:
            read += 1
            assert quick == _slow(text), text
    assert read > 40


def test_what_is_deep_is_left_to_the_slow_reader_at_once() -> None:
    assert quick_pieces("p.yaml", "[" * 200_000 + "\n") is None
    assert quick_pieces("p.yaml", "{a: " * 50_000 + "\n") is None
    assert quick_pieces("p.yaml", "[ #]\n" * 50_000) is None
    assert quick_pieces("p.yaml", '["]",' * 50_000 + "\n") is None
    assert quick_pieces("p.yaml", "- " * (DEPTH_MAX + 1) + "a\n") is None


@pytest.mark.parametrize("text", ["- " * DEPTH_MAX + "a\n", "[" * DEPTH_MAX + "a" + "]" * DEPTH_MAX + "\n"])
def test_what_is_as_deep_as_may_be_comes_out_the_same(text: str) -> None:
    assert quick_pieces("p.yaml", text) == list(scanned("p.yaml", text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a: 1\n---\nb: 2\n",
        "a: [\n",
        "a:\t1\n",
        "a: |#\n  b\n",
        "a:\n",
        "a: \r\n  b: 1\r\n",
    ],
)
def test_what_is_not_plain_is_left_to_the_slow_reader(text: str) -> None:
    assert quick_pieces("p.yaml", text) is None


def _windows(text: str) -> list[str]:
    """Rules and tests of a file, each as a text of its own."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("  - ")]
    return ["\n".join(lines[start : start + 14]) + "\n" for start in starts]


_WINDOWS = [*SMALL, *(window for text in PACKS.values() for window in _windows(text))]


def _damaged(chance: random.Random, text: str) -> str:
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        at = chance.randrange(len(text) + 1)
        instead = chance.choice(DAMAGE) if chance.random() < 0.8 else ""
        text = text[:at] + instead + text[at + chance.randrange(2) :]
    return f"{text}\n"


def _slow(text: str) -> list[Piece] | str:
    try:
        return list(scanned("p.yaml", text))
    except Refused as refused:
        return str(refused)
