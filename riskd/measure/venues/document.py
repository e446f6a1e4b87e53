"""The margin models as a page for people; ``docs/venues.md`` is this text and a test keeps it so."""

from __future__ import annotations

from collections.abc import Callable

from riskd.measure.venues.catalogue import MODELS
from riskd.measure.venues.model import ClosingFee, FundingInterval, FundingRule, MarginModel
from riskd.measure.venues.published_errors import PUBLISHED_ERRORS, PublishedError

_HEAD = """# Margin by venue

There is no one liquidation formula: venues take maintenance margin at different prices, count the closing fee or do not,
round, and let their ratio rise or fall towards liquidation. In riskd these differences are values of a `MarginModel`
(`riskd/measure/venues`), and one set of functions computes with all of them. This page is generated from those values
(`riskd.measure.venues.document.venues_page`). Basis, fee, rounding and contract of each model are pinned by published numbers in
`tests/measure/venues`; the rest is from the pages under Sources. "Assumed" marks what neither gives: common practice stands there.

riskd's own `margin_ratio` is maintenance margin over equity for every venue: 100 % is liquidation and more is worse. Funding has one
sign everywhere: with a positive rate longs pay shorts.

The live reader speaks with Binance USD-M; the measures `margin_ratio` and `liquidation_distance` compute what `binance_usdm` says, and
a test holds them to it. The other models serve sizes, prices and comparisons before an account is opened.

How far prices may move before an account of many positions is liquidated is on a [page of its own](account-solver.md).
"""

# Heading, the field that the cell shows, and its words.
_Column = tuple[str, str, Callable[[MarginModel], str]]


def venues_page() -> str:
    """The whole page, Markdown."""
    return (
        "\n".join(
            [
                _HEAD,
                "## Margin and liquidation\n",
                *_table(_MARGIN),
                "\n## Ratio, rounding, funding, deleveraging\n",
                *_table(_REST),
                "\n## Doubts\n",
                *(f"- **{model.title}**: {model.doubts}" for model in MODELS.values() if model.doubts),
                "\n## Published numbers that are wrong\n",
                "They are tested too: riskd must not agree with them, and the reason must hold.\n",
                "| where | printed | right | why |",
                "|---|---|---|---|",
                *(_error(error) for error in PUBLISHED_ERRORS),
                "\n## Sources\n",
                *(line for model in MODELS.values() for line in _sources(model)),
            ]
        ).rstrip()
        + "\n"
    )


def _table(columns: tuple[_Column, ...]) -> list[str]:
    rows = [
        [f"`{model.name}`", *(_cell(model, field, words) for _, field, words in columns)]
        for model in MODELS.values()
    ]
    head = ["model", *(name for name, _, _ in columns)]
    return [_row(head), "|---" * len(head) + "|", *(_row(row) for row in rows)]


def _cell(model: MarginModel, field: str, words: Callable[[MarginModel], str]) -> str:
    return words(model) + (" (assumed)" if field in model.assumed else "")


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _fee(model: MarginModel) -> str:
    both = (model.isolated_fee, model.cross_fee)
    if both == (ClosingFee.NONE, ClosingFee.NONE):
        return "none"
    rate = f"{model.fee_rate:.3%}"
    if both[0] is both[1]:
        return f"{both[0]}, {rate}"
    return f"isolated {both[0]}, cross {both[1]}, {rate}"


def _funding(rule: FundingRule) -> str:
    interval = {
        FundingInterval.CONTINUOUS: "continuous",
        FundingInterval.FIXED: f"every {rule.interval_hours:g} h",
        FundingInterval.PER_SYMBOL: f"by symbol, usually {rule.interval_hours:g} h",
    }[rule.interval]
    band = f", band {rule.band:.3%}" if rule.band else ""
    cap = f", within ±{rule.cap_margin_multiple:g} · (IM - MM)" if rule.cap_margin_multiple else ""
    hourly = f", within ±{rule.cap_rate_per_hour:.0%} an hour" if rule.cap_rate_per_hour else ""
    return f"{rule.price} notional; {interval}; {rule.formula} for {rule.rate_hours:g} h{band}{cap}{hourly}"


def _rounding(model: MarginModel) -> str:
    return f"{model.liquidation_rounding}; {model.bankruptcy_rounding}"


_MARGIN: tuple[_Column, ...] = (
    ("contracts", "contracts", lambda model: ", ".join(model.contracts)),
    ("maintenance at", "maintenance_basis", lambda model: model.maintenance_basis),
    ("initial at", "initial_basis", lambda model: model.initial_basis),
    ("closing fee in the condition", "cross_fee", _fee),
    ("rate by size", "margin_rule", lambda model: model.margin_rule),
    ("size measured in", "tiers_by", lambda model: model.tiers_by),
    ("long and short of one market, cross", "hedge_margin", lambda model: model.hedge_margin),
)
_REST: tuple[_Column, ...] = (
    ("the venue's ratio", "ratio", lambda model: f"{model.ratio.name}, {model.ratio.direction}"),
    ("liquidates at", "ratio", lambda model: f"{model.ratio.liquidates_at:.0%}"),
    ("liquidation; bankruptcy price rounded", "liquidation_rounding", _rounding),
    ("funding", "funding", lambda model: _funding(model.funding)),
    ("deleveraged first", "adl", lambda model: model.adl.score),
    ("deleverages when", "adl", lambda model: model.adl.trigger),
    ("closed at", "adl", lambda model: model.adl.closes_at),
)


def _error(error: PublishedError) -> str:
    return _row([error.where, error.printed, error.right, error.why])


def _sources(model: MarginModel) -> list[str]:
    lines = [f"- {source.title} ({source.at}; {source.dated}): {source.says}." for source in model.sources]
    return [f"### {model.title}", "", *lines, ""]
