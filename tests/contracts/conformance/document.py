"""The tables of docs/conformance.md, from the suite itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from tests.contracts.conformance.bench import SETTINGS, Codes
from tests.contracts.conformance.binance_bench import CODES as BINANCE_CODES
from tests.contracts.conformance.book_benches import BYBIT_CODES, OKX_CODES
from tests.contracts.conformance.venues import PLACES
from tests.fakes.wire_faults import WireFault

CODES = {"binanceusdm": BINANCE_CODES, "bybit": BYBIT_CODES, "okx": OKX_CODES}
BEGIN, END = "<!-- from the suite -->", "<!-- end -->"
_HERE = Path(__file__).parent
_PREFIX = "test_"


def tables() -> str:
    """Everything between the two marks of the page."""
    return "\n".join([BEGIN, "", *_cases(), "", *_faults(), "", *_codes(), "", END])


def cases() -> Iterator[tuple[str, bool]]:
    """Each case in words, and whether it runs in every setting; only what runs at every venue counts as one."""
    for path in sorted(_HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith(_PREFIX):
                marks = {mark.id for mark in node.decorator_list if isinstance(mark, ast.Name)}
                assert "places" in marks, f"{node.name} does not run at every venue"
                yield node.name.removeprefix(_PREFIX).replace("_", " "), "settings" in marks


def _cases() -> list[str]:
    return [
        f"| case | {' | '.join(PLACES)} |",
        f"|---|{'---|' * len(PLACES)}",
        *(
            f"| {words} | {' | '.join([f'{len(SETTINGS)} settings' if everywhere else 'yes'] * len(PLACES))} |"
            for words, everywhere in cases()
        ),
    ]


def _faults() -> list[str]:
    told = {True: "carried out", False: "not carried out"}
    return [
        "| fault on the wire | the request was |",
        "|---|---|",
        *(f"| {fault.value} | {told[fault.is_booked]} |" for fault in WireFault),
    ]


def _codes() -> list[str]:
    return [
        f"| refusal | {' | '.join(CODES)} |",
        f"|---|{'---|' * len(CODES)}",
        *(
            f"| {field.name.replace('_', ' ')} | "
            f"{' | '.join(', '.join(f'`{code}`' for code in sorted(getattr(codes, field.name))) for codes in CODES.values())} |"
            for field in fields(Codes)
        ),
    ]
