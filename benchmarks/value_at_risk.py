"""How often the value at risk of recorded prices was exceeded: by method, window and confidence, long and short.

    python -m benchmarks.value_at_risk PATH_TO_DATA                 prints the tables of docs/value-at-risk.md
    python -m benchmarks.value_at_risk PATH_TO_DATA --page          writes them into the page, and draws its picture

The data are hourly candles with mark prices, one Parquet file a coin (``benchmarks/value_at_risk_days.py`` names them).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.value_at_risk_days import (
    CONFIDENCES,
    WINDOWS,
    Days,
    Market,
    all_days,
    comparable_since,
    read_market,
)
from benchmarks.value_at_risk_picture import picture
from riskd.measure.market_risk.backtests import Backtest
from riskd.measure.past.moves import Method

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "value-at-risk.md"
PICTURE = ROOT / "docs" / "img" / "value-at-risk.svg"
END = "<!-- end -->"
SUMMARY_HEAD = (
    "| confidence | window | method | days | exceeded | promised | Kupiec rejects | conditional rejects | shortfall ratio | mean VaR |",
    "|---|---|---|--:|--:|--:|--:|--:|--:|--:|",
)
HEAD = (
    "| book | side | window | method | days | exceeded | promised | Kupiec p | independence p | conditional p | shortfall ratio | Z2 |",
    "|---|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
)
REJECTED = 0.05


def main() -> None:
    """Prints the tables, and with ``--page`` writes them."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.value_at_risk", description=__doc__)
    asked.add_argument("data", type=Path, help="folder with the candles")
    asked.add_argument("--page", action="store_true", help=f"write {PAGE.name} and its picture")
    given = asked.parse_args()
    market = read_market(given.data)
    days = list(all_days(market))
    tables = {
        "comparable": "\n".join(summary(market, days)),
        "every day": "\n".join(summary(market, days, comparable=False)),
        **{f"{level:.0%}": "\n".join(rows(market, days, level)) for level in CONFIDENCES},
    }
    for name, table in tables.items():
        print(f"\n{name}\n\n{table}")
    if given.page:
        PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
        PICTURE.write_text(picture(days), encoding="utf-8")


def summary(market: Market, days: Iterable[Days], *, comparable: bool = True) -> list[str]:
    """One line for each confidence, window and method, over all books and both sides.

    Args:
        market: The prices.
        days: Everything that was reckoned.
        comparable: Only days on which every window is known; else every day that each window can tell.
    """
    found = list(days)
    lines = [*SUMMARY_HEAD]
    for level in CONFIDENCES:
        for window in WINDOWS:
            for method in Method:
                chosen = [one for one in found if (one.window_days, one.method) == (window, method)]
                since = [comparable_since(market, one.book) if comparable else 0 for one in chosen]
                lines.append(_summary(level, chosen, since))
    return lines


def rows(market: Market, days: Iterable[Days], level: float) -> list[str]:
    """One line for each book, side, window and method, of comparable days."""
    lines = [*HEAD]
    lines += [row(one, one.tested(level, since=comparable_since(market, one.book))) for one in days]
    return lines


def row(one: Days, tested: Backtest) -> str:
    """One line of the long tables."""
    cells = (
        one.book.name,
        "long" if one.side > 0 else "short",
        f"{one.window_days} d",
        one.method.value,
        f"{tested.days:,}",
        str(tested.exceedances),
        f"{tested.expected:.1f}",
        _probability(tested.coverage.p_value),
        _probability(tested.independence.p_value),
        _probability(tested.conditional.p_value),
        _ratio(tested.shortfall_ratio),
        f"{tested.z2:.2f}",
    )
    return f"| {' | '.join(cells)} |"


def with_tables(page: str, tables: dict[str, str]) -> str:
    """The page with each table between its two marks.

    Raises:
        ValueError: The page has no place for one of them.
    """
    for name, table in tables.items():
        before, begin, rest = page.partition(f"<!-- table: {name} -->\n")
        _, end, after = rest.partition(END)
        if not (begin and end):
            raise ValueError(f"{PAGE.name}: expected a place for the table {name!r}, found none")
        page = f"{before}{begin}{table}\n{end}{after}"
    return page


def _summary(level: float, chosen: Sequence[Days], since: Sequence[int]) -> str:
    tests = [one.tested(level, since=begin) for one, begin in zip(chosen, since, strict=True)]
    number, exceeded = sum(test.days for test in tests), sum(test.exceedances for test in tests)
    # Of all bad days together, so that a book with one of them does not weigh as much as one with fifty.
    worse = sum(test.shortfall_ratio * test.exceedances for test in tests if test.exceedances) / exceeded
    reckoned = np.concatenate(
        [one.value_at_risk[level][one.begins >= begin] for one, begin in zip(chosen, since, strict=True)]
    )
    cells = (
        f"{level:.0%}",
        f"{chosen[0].window_days} d",
        chosen[0].method.value,
        f"{number:,}",
        f"{exceeded / number:.2%}",
        f"{1 - level:.0%}",
        f"{sum(test.coverage.p_value < REJECTED for test in tests)} of {len(tests)}",
        f"{sum(test.conditional.p_value < REJECTED for test in tests)} of {len(tests)}",
        _ratio(worse),
        f"{float(reckoned.mean()):.1%}",
    )
    return f"| {' | '.join(cells)} |"


def _probability(value: float) -> str:
    shown = "<0.001" if value < 0.001 else f"{value:.3f}"
    return f"**{shown}**" if value < REJECTED else shown


def _ratio(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


if __name__ == "__main__":
    main()
