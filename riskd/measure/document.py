"""The catalogue as a page for people; ``docs/measures.md`` is this text and a test keeps it so."""

from __future__ import annotations

import math

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import Counts, MeasureSpec, Parameter, Remedy, Unit

_UNITS = {
    Unit.MULTIPLE: "multiple, such as 3x",
    Unit.RATIO: "ratio, such as 2% or 40bps",
    Unit.RATE: "rate per time, such as 0.03%/8h",
    Unit.DURATION: "duration, such as 90s or 10d",
    Unit.COUNT: "count",
    Unit.FREQUENCY: "frequency, such as 30/1m",
    Unit.SIGMA: "standard deviations",
    Unit.MONEY: "money, US dollars",
}
_REMEDIES = {
    Remedy.NONE: "nothing that riskd can do",
    Remedy.REDUCE: "reduce a position",
    Remedy.CANCEL: "cancel orders",
    Remedy.PLACE_STOP: "place a stop",
}
_COUNTS = {
    Counts.SELECTED_POSITIONS: "sums the selected positions only; denominators are always the whole account's",
    Counts.WHOLE_ACCOUNT: "picks subjects; the number is always the whole subject's",
}
_HEAD = """# Measures

Every number that a policy may limit, with its formula. This page is generated from the catalogue
(`riskd.measure.document.measures_page`); `riskd explain MEASURE` prints the same.

Notation: `E` equity of the account (margin balance: wallet + unrealized PnL), `q` signed base quantity, `M` mark price,
`q·M` notional, `MM` maintenance margin, `L` liquidation price. Values are fractions inside; percentages exist in policies
and messages only.

Three rules hold for all of them. **Missing is not zero**: a value that cannot be computed is unknown, with a reason that
names the input, and it never compares. **A stale or partial read is missing**: each measure lists the reads that it needs,
and is unknown while one of them is not OK. **No division by negative equity**: exposure without equity is infinite,
nothing held is 0.
"""


def measures_page() -> str:
    """The whole page, Markdown."""
    rows = [_row(spec) for spec in CATALOGUE.values()]
    table = ["| measure | unit | per | meaning |", "|---|---|---|---|", *rows]
    return "\n".join([_HEAD, *table, "", *(_section(spec) for spec in CATALOGUE.values())])


def measure_lines(spec: MeasureSpec) -> tuple[tuple[str, str], ...]:
    """What the catalogue says of one measure, as (name, text) pairs for any surface."""
    pairs = [
        ("unit", _UNITS[spec.unit]),
        ("per", _grains(spec)),
        *((f"parameter {parameter.name}", _parameter(parameter)) for parameter in spec.parameters),
        ("formula", spec.formula),
        ("unknown when", spec.unknown_when),
        ("infinite when", spec.infinite_when or "never"),
        ("range", _range(spec)),
        ("a selection", _COUNTS[spec.counts]),
        ("needs", ", ".join(sorted(spec.needs)) or "nothing: it is about the reads themselves"),
        ("remedy", _REMEDIES[spec.remedy]),
        ("source", spec.source),
    ]
    return tuple(pairs)


def _row(spec: MeasureSpec) -> str:
    return f"| [`{spec.name}`](#{spec.name}) | {spec.unit} | {_grains(spec)} | {_cell(spec.meaning)} |"


def _section(spec: MeasureSpec) -> str:
    lines = [f"- **{name}**: {text}" for name, text in measure_lines(spec)]
    return "\n".join([f"## {spec.name}", "", spec.meaning, "", *lines, ""])


def _grains(spec: MeasureSpec) -> str:
    return ", ".join(sorted(spec.grains))


def _range(spec: MeasureSpec) -> str:
    low = "any value" if math.isinf(spec.low) else f"from {spec.low:g}"
    return low if math.isinf(spec.high) else f"{low} to {spec.high:g}"


def _parameter(parameter: Parameter) -> str:
    default = "must be given" if parameter.default is None else f"default {_written(parameter)}"
    if parameter.unit is None:
        own = (
            f", or a name under `{parameter.defined_in}` in the configuration" if parameter.defined_in else ""
        )
        return f"{parameter.meaning} One of {', '.join(parameter.words)}{own}; {default}."
    return f"{parameter.meaning} {_UNITS[parameter.unit].capitalize()}; {default}."


def _written(parameter: Parameter) -> str:
    """The default as a policy would write it."""
    assert parameter.default is not None
    if isinstance(parameter.default, str):
        return parameter.default
    if parameter.unit is Unit.RATIO:
        return f"{parameter.default * 100:g}%"
    if parameter.unit is Unit.DURATION:
        days = parameter.default / 86_400.0
        return f"{days:g}d" if days >= 1.0 else f"{parameter.default:g}s"
    return f"{parameter.default:g}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
