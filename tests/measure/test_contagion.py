"""Unknown is contagious: a number that is missing makes unknown what rests on it, and changes nothing else.

Each number of a snapshot is taken away in turn, from random books and for every measure. What may then be reckoned from
something else stands in ``STAND_INS``, with what stands in.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pytest

from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.measure.comparison import ALL, ref_of
from tests.measure.random_books import SOUND, a_random_book

SEEDS = range(14)

# What a position is worth and has gained follow from these, so they go together.
WITH: Mapping[str, tuple[str, ...]] = {
    "positions.quantity": ("positions.notional", "positions.unrealized_pnl"),
    "positions.mark_price": ("positions.notional", "positions.unrealized_pnl", "quotes.mark_price"),
    "positions.entry_price": ("positions.unrealized_pnl",),
    "quotes.bracket_rate": ("quotes.bracket_floor", "quotes.bracket_amount"),
}
MISSING = (
    *(f"accounts.{name}" for name in ("equity", "wallet_balance", "cross_wallet_balance")),
    *(f"accounts.{name}" for name in ("maintenance_margin", "initial_margin", "available_balance")),
    *(f"positions.{name}" for name in ("quantity", "mark_price", "entry_price", "isolated_wallet")),
    *(f"positions.{name}" for name in ("initial_margin", "maintenance_margin", "leverage_setting")),
    *(f"positions.{name}" for name in ("liquidation_price", "adl_rank", "opened_at")),
    *(f"orders.{name}" for name in ("price", "trigger_price", "remaining", "placed_at")),
    *(f"quotes.{name}" for name in ("index_price", "last_price", "funding_rate", "funding_interval_hours")),
    *(f"quotes.{name}" for name in ("next_funding_at", "quoted_at", "bracket_rate")),
    *(f"spot.{name}" for name in ("quantity", "price")),
)

# How near liquidation is has two witnesses, the venue and our own sum, and the nearer one counts; either stands in for the other.
TWO_WITNESSES = frozenset(
    {
        "liquidation_distance",
        "liquidation_distance_vol",
        "leg_liquidation_distance",
        "touch_probability",
        "stop_to_liquidation",
        # Without a stop the risk goes to liquidation.
        "risk_per_trade",
        "open_risk",
        "correlated_risk",
        "loss_and_heat",
        "funding_to_horizon",
    }
)
# An order that does not say how much it closes protects nothing: the next stop counts, or liquidation.
NO_PROTECTION = frozenset(
    {
        "risk_per_trade",
        "open_risk",
        "correlated_risk",
        "loss_and_heat",
        "funding_to_horizon",
        "stop_distance",
        "stop_distance_vol",
        "stop_distance_atr",
        "stop_to_liquidation",
    }
)
# A resting order without a price is a market order: it fills at the mark.
AT_MARKET = frozenset({"filled_leverage", "filled_asset_share"})
# Without the moment of opening all that the symbol paid in the window counts.
WHOLE_WINDOW = frozenset({"funding_cost", "funding_flip"})

STAND_INS: Mapping[str, frozenset[str]] = {
    "accounts.cross_wallet_balance": TWO_WITNESSES,
    "positions.entry_price": TWO_WITNESSES,
    "positions.isolated_wallet": TWO_WITNESSES,
    "positions.liquidation_price": TWO_WITNESSES,
    "quotes.bracket_rate": TWO_WITNESSES,
    "orders.remaining": NO_PROTECTION,
    "orders.price": AT_MARKET,
    "orders.trigger_price": AT_MARKET,
    "positions.opened_at": WHOLE_WINDOW,
}

Measured = dict[tuple[str, Grain], list[float]]


@pytest.mark.parametrize("missing", MISSING)
def test_what_is_missing_makes_unknown_what_rests_on_it_and_changes_nothing_else(missing: str) -> None:
    changed: dict[str, list[str]] = defaultdict(list)
    for seed in SEEDS:
        snapshot, history = a_random_book(seed, SOUND)
        before = measured(Book.of(snapshot, history))
        after = measured(Book.of(without(snapshot, missing), history))
        for (name, grain), values in after.items():
            for value, sound in zip(values, before[name, grain], strict=True):
                if not (math.isnan(value) or math.isnan(sound) or value == sound):
                    changed[name].append(f"{seed} per {grain}: {sound} became {value}")
    assert set(changed) <= STAND_INS.get(missing, frozenset()), dict(changed)


@pytest.mark.parametrize("missing", ["positions.quantity", "positions.mark_price", "accounts.equity"])
def test_without_quantity_mark_or_equity_hardly_anything_is_known(missing: str) -> None:
    known = set(CATALOGUE)
    for seed in SEEDS:
        snapshot, history = a_random_book(seed, SOUND)
        after = measured(Book.of(without(snapshot, missing), history))
        known -= {name for (name, _), values in after.items() if any(math.isnan(value) for value in values)}
    assert not known & {"leverage", "net_delta", "open_risk", "stress_loss", "var", "beta_delta"}


def measured(book: Book) -> Measured:
    return {
        (name, grain): take(book, ref_of(name), grain, select_all(book)).values.tolist()
        for name, grain in ALL
    }


def without(snapshot: Snapshot, missing: str) -> Snapshot:
    """The snapshot with a column, and those that follow from it, unknown in every row."""
    for place in (missing, *WITH.get(missing, ())):
        table, column = place.split(".")
        columns = getattr(snapshot, table)
        gone = np.full_like(getattr(columns, column), np.nan)
        snapshot = dataclasses.replace(snapshot, **{table: dataclasses.replace(columns, **{column: gone})})
    return snapshot
