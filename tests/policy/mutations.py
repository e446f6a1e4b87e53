"""Shipped policies with random damage to their text: whatever it is, loading ends in a bundle or in a PolicyError.

python -m tests.policy.mutations               20,000 of them
python -m tests.policy.mutations 500 3         500, beginning with the third
"""

from __future__ import annotations

import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from riskd.errors import PolicyError
from riskd.policy.lint.lint import lint
from riskd.policy.load import load

MUTATIONS = 20_000
DAMAGES_WEIGHED = (1, 1, 1, 1, 2, 3)
POLICIES = Path(__file__).resolve().parents[2] / "policies"
TEXTS = tuple(file.read_text(encoding="utf-8") for file in sorted(POLICIES.glob("*.yaml")))
BASELINE = (POLICIES / "institutional-baseline.yaml").read_text(encoding="utf-8")

_TOKEN = re.compile(r"\s+|[\w.%$-]+|[^\w\s]")
_TOKENS = tuple(sorted({token for text in TEXTS for token in _TOKEN.findall(text)}))
_SPLINTERS = (
    *(
        "\x00",
        "\t",
        "\u200b",
        "\u2028",
        "\ufeff",
        "é",
        "\U0001f4a5",
        "\r",
        "\x85",
        "'",
        '"',
        "%",
        "&a ",
        "*a",
        "!x ",
    ),
    *(
        "<<: ",
        "? ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "|\n",
        ">-\n",
        "---\n",
        "...\n",
        "#",
        "~",
        "null",
        ".inf",
        "1e999",
    ),
    *(
        "9" * 40,
        "-0",
        "0x1F",
        "=",
        "$",
        "$x",
        "max:",
        "refines: a/b\n",
        "expr: (",
        "sql: ;",
        "_",
        "gone",
        "5x..6x*9",
    ),
)

_NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

Damage = Callable[[str, Random], str]


def mutated(number: int) -> tuple[str, ...]:
    """The texts with this number, the first of them damaged; the same each time."""
    random = Random(number)
    text = original = random.choice(TEXTS)
    for _ in range(random.choice(DAMAGES_WEIGHED)):
        text = random.choice(DAMAGES)(text, random)
    return (text,) if original == BASELINE else (text, BASELINE)  # which most of the others refine


def end_of(texts: Sequence[str]) -> str:
    """What came of some texts: ``loaded`` or ``refused``. Anything but a PolicyError passes through."""
    try:
        bundle = load([(f"{number}.yaml", text) for number, text in enumerate(texts)])
    except PolicyError as refusal:
        return "refused" if str(refusal) else "refused without a word"
    lint(bundle, None, _NOW)
    return "loaded"


def _pieces(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _drop_token(text: str, random: Random) -> str:
    pieces = _pieces(text)
    if pieces:
        pieces.pop(random.randrange(len(pieces)))
    return "".join(pieces)


def _double_token(text: str, random: Random) -> str:
    pieces = _pieces(text)
    at = random.randrange(len(pieces) or 1)
    return "".join([*pieces[:at], *pieces[at : at + 1] * 2, *pieces[at + 1 :]])


def _swap_tokens(text: str, random: Random) -> str:
    pieces = _pieces(text)
    if pieces:
        one, other = random.randrange(len(pieces)), random.randrange(len(pieces))
        pieces[one], pieces[other] = pieces[other], pieces[one]
    return "".join(pieces)


def _borrow_token(text: str, random: Random) -> str:
    pieces = _pieces(text)
    if pieces:
        pieces[random.randrange(len(pieces))] = random.choice(_TOKENS)
    return "".join(pieces)


def _splinter(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(_SPLINTERS) + text[at:]


def _flip_byte(text: str, random: Random) -> str:
    data = bytearray(text.encode("utf-8", errors="replace"))
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return data.decode("utf-8", errors="replace")


def _cut(text: str, random: Random) -> str:
    begin = random.randrange(len(text) + 1)
    return text[:begin] + text[begin + random.choice([1, 10, 100, 1000]) :]


def _end_early(text: str, random: Random) -> str:
    return text[: random.randrange(len(text) + 1)]


def _indent(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        at = random.randrange(len(lines))
        lines[at] = random.choice(
            [" " + lines[at], "  " + lines[at], lines[at].removeprefix("  "), "\t" + lines[at]]
        )
    return "".join(lines)


def _move_line(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        line = lines.pop(random.randrange(len(lines)))
        lines.insert(random.randrange(len(lines) + 1), line)
    return "".join(lines)


def _double_line(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        lines.insert(random.randrange(len(lines)), random.choice(lines))
    return "".join(lines)


def _of_another_file(text: str, random: Random) -> str:
    other = random.choice(TEXTS)
    begin = random.randrange(len(other))
    at = random.randrange(len(text) + 1)
    return text[:at] + other[begin : begin + random.choice([20, 200, 2000])] + text[at:]


DAMAGES: tuple[Damage, ...] = (
    *(_drop_token, _double_token, _swap_tokens, _borrow_token, _splinter, _flip_byte, _cut, _end_early),
    *(_indent, _move_line, _double_line, _of_another_file),
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A mutation that ended in neither a bundle nor a PolicyError."""

    number: int
    trace: str


def broken_among(numbers: Sequence[int]) -> tuple[list[Broken], Counter[str]]:
    """Tries them all."""
    broken, ends = [], Counter[str]()
    for number in numbers:
        try:
            ends[end_of(mutated(number))] += 1
        except Exception:  # noqa: BLE001 - what else it may raise is what is looked for
            broken.append(Broken(number, traceback.format_exc()))
    return broken, ends


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    count, first = (
        int(arguments[0]) if arguments else MUTATIONS,
        int(arguments[1]) if len(arguments) > 1 else 0,
    )
    broken, ends = broken_among(range(first, first + count))
    for one in broken[:5]:
        sys.stdout.write(f"mutation {one.number}:\n{one.trace}\n")
    sys.stdout.write(
        f"{count} mutations: {dict(ends)}, {len(broken)} broken {[one.number for one in broken][:20]}\n"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
