"""Books at the end of what numbers can say: every measure gives a documented number, or an unknown with a reason."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from riskd.judge.evaluate import evaluate
from riskd.judge.reading import UNKNOWN
from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take, with_defaults
from riskd.measure.spec import MeasureRef
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    NOW,
    SOL,
    AccountRow,
    PositionRow,
    a_grid,
    a_hedge,
    a_history,
    a_position,
    a_snapshot,
    a_spot,
    a_stop,
    an_account,
    an_instrument,
    an_order,
    perpetual_leg,
)
from tests.builders_rules import a_rule, at_most
from tests.measure.comparison import ALL, ref_of

DUST, VAST = 1e-20, 1e20


def a_book(*positions: PositionRow, account: AccountRow | None = None, mark: float = 60_000.0) -> Snapshot:
    """An account with stops, a grid, and two hedges of which one is between contracts."""
    return a_snapshot(
        accounts=[account or an_account()],
        positions=positions,
        orders=[a_stop(BTC, "SELL", 1, mark * 0.9), an_order(ETH, "BUY", 1, 2_900.0)],
        instruments=[an_instrument(BTC, mark=mark), an_instrument(ETH), an_instrument(SOL)],
        spot=[a_spot("BTC", 1.0, mark)],
        hedges=(a_hedge("carry"), a_hedge("cross", perpetual_leg(ETH), perpetual_leg(BTC))),
        grids=(a_grid("grid", ETH),),
    )


LONG = a_position(BTC, 1, entry=59_000.0)
BOOKS: Mapping[str, Snapshot] = {
    "nothing is held": a_book(),
    "no accounts": a_snapshot(accounts=[]),
    "no equity": a_book(LONG, account=an_account(wallet=-1_000.0)),
    "less than no equity": a_book(LONG, account=an_account(wallet=-90_000.0)),
    "no equity and nothing held": a_book(account=an_account(wallet=0.0)),
    "unknown equity": a_book(LONG, account=an_account(wallet=NAN)),
    "a one-sided hedge": a_book(a_position(ETH, 10)),
    "a hedge that adds": a_book(a_position(ETH, 10), LONG),
    "dust": a_book(a_position(BTC, DUST), a_position(ETH, -DUST)),
    "a vast long": a_book(a_position(BTC, VAST)),
    "a vast short": a_book(a_position(BTC, -VAST)),
    "vast against dust": a_book(a_position(BTC, VAST), a_position(ETH, -DUST)),
    "a vast wallet": a_book(LONG, account=an_account(wallet=VAST)),
    "a wallet of dust": a_book(LONG, account=an_account(wallet=DUST)),
    "a price of dust": a_book(a_position(BTC, 1, entry=DUST), mark=DUST),
    "a vast price": a_book(a_position(BTC, 1, entry=VAST), mark=VAST),
    "a price of zero": a_book(a_position(BTC, 1, entry=1.0), mark=0.0),
    "an unknown price": a_book(a_position(BTC, 1), mark=NAN),
    "a size that is unknown": a_book(a_position(BTC, NAN), a_position(ETH, 1)),
}


@pytest.mark.parametrize("name", BOOKS)
def test_every_measure_gives_a_documented_number_or_a_reason(name: str) -> None:
    book = Book.of(BOOKS[name], a_history(BOOKS[name]))
    for measure, grain in ALL:
        spec = CATALOGUE[measure]
        found = take(book, ref_of(measure), grain, select_all(book))
        assert len(found.values) == len(found.unknown) == len(found.subjects)
        for value, why in zip(found.values.tolist(), found.unknown, strict=True):
            told = f"{measure} per {grain}: {value} ({why})"
            assert math.isnan(value) == bool(why), told
            assert value != -math.inf, told
            assert math.isfinite(value) or why or spec.infinite_when, told
            assert not math.isfinite(value) or spec.low <= value <= spec.high, told


@pytest.mark.parametrize("name", BOOKS)
def test_an_unknown_value_is_judged_unknown_and_never_compared(name: str) -> None:
    snapshot = BOOKS[name]
    book = Book.of(snapshot, a_history(snapshot))
    for measure, grain in ALL:
        spec = CATALOGUE[measure]
        given = ref_of(measure).parameters
        for limit in (at_most(critical=-math.inf), at_most(critical=math.inf)):
            rule = a_rule(limit, measure=measure, parameters=given, unit=spec.unit, grain=grain)  # type: ignore[arg-type]  # words are parameters, too
            (reading,) = evaluate((rule,), book, now=NOW)
            assert ((reading.levels == UNKNOWN) == np.isnan(reading.values)).all(), (measure, grain)


@pytest.mark.parametrize(
    ("name", "measure", "grain", "expected"),
    [
        ("nothing is held", "leverage", Grain.ACCOUNT, 0.0),
        ("nothing is held", "liquidation_distance", Grain.ACCOUNT, math.inf),
        ("nothing is held", "hedge_ratio", Grain.HEDGE, 0.0),  # the coin is there, what hedges it is not
        ("no equity and nothing held", "leverage", Grain.ACCOUNT, 0.0),
        ("no equity and nothing held", "margin_ratio", Grain.ACCOUNT, 0.0),
        ("no equity", "leverage", Grain.ACCOUNT, math.inf),
        ("no equity", "margin_ratio", Grain.ACCOUNT, math.inf),
        ("no equity", "account_shock", Grain.ACCOUNT, 0.0),
        ("less than no equity", "leverage", Grain.ACCOUNT, math.inf),
        ("less than no equity", "net_delta", Grain.ACCOUNT, math.inf),
        ("less than no equity", "liquidation_distance", Grain.POSITION, 0.0),
        ("unknown equity", "leverage", Grain.ACCOUNT, NAN),
        ("unknown equity", "risk_per_trade", Grain.POSITION, NAN),
        ("a vast long", "liquidation_distance", Grain.ACCOUNT, 0.0),
        ("a vast short", "liquidation_distance", Grain.ACCOUNT, 0.0),
        ("a vast wallet", "liquidation_distance", Grain.ACCOUNT, math.inf),
        ("a wallet of dust", "leverage", Grain.ACCOUNT, 60.0),  # 1,000 of gains are equity
        ("a price of zero", "leverage", Grain.ACCOUNT, 0.0),
        ("an unknown price", "leverage", Grain.ACCOUNT, NAN),
        ("an unknown price", "liquidation_distance", Grain.POSITION, NAN),
        ("a size that is unknown", "leverage", Grain.ACCOUNT, NAN),
        ("a size that is unknown", "hhi", Grain.ACCOUNT, NAN),
    ],
)
def test_what_it_means_is_what_a_risk_officer_would_say(
    name: str, measure: str, grain: Grain, expected: float
) -> None:
    book = Book.of(BOOKS[name], a_history(BOOKS[name]))
    value = float(take(book, with_defaults(MeasureRef(measure)), grain, select_all(book)).values[0])
    assert value == pytest.approx(expected, rel=1e-9, nan_ok=True)
