"""A doubtful mark is a matter of the accounts that the contract concerns, and of no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from riskd.measure.book.book import Book
from riskd.model.desk import AccountProfile, Desk, GridDefinition, HedgeDefinition, HedgeLeg, LegKind
from riskd.model.report import MARKET_SURFACES, JsonValue, Report, Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain
from tests.builders import a_history
from tests.fakes.clock import NOON
from tests.observe.rows import VENUE, Row, an_order, ms
from tests.observe.world import BTC, ETH, Held, Watch, World, reports

BITCOIN = (Held(symbol="BTCUSDT", quantity="0.500", entry="58000"),)
ETHER = (Held(symbol="ETHUSDT", quantity="-10.000", entry="3100"),)
DESK = Desk(accounts=(AccountProfile(id="alpha", venue=VENUE), AccountProfile(id="beta", venue=VENUE)))
NEEDED = frozenset({Surface.POSITIONS, Surface.MARKS})


def seen(
    *,
    desk: Desk = DESK,
    of_beta: World | None = None,
    spoilt: tuple[int, dict[str, JsonValue]] = (0, {"markPrice": "NaN"}),
) -> Snapshot:
    """Alpha holds bitcoin, beta what it is given (ether); one mark is spoilt, the first being bitcoin's."""
    market: Any = World().answers()
    market[Surface.MARKS][spoilt[0]].update(spoilt[1])
    return Watch(desk=desk).see(
        [report for report in reports(market) if report.surface in MARKET_SURFACES],
        own(World(held=BITCOIN), "alpha"),
        own(of_beta or World(held=ETHER), "beta"),
    )


def own(world: World, account: str) -> list[Report]:
    return [
        report
        for report in reports(world.answers(), account=account)
        if report.surface not in MARKET_SURFACES
    ]


def marks_of(snapshot: Snapshot, account: str) -> Quality:
    """As everything reads it: what an account says goes before what its venue says."""
    state = snapshot.state(account, Surface.MARKS) or snapshot.state("", Surface.MARKS)
    assert state is not None
    return state.quality


def trusted(snapshot: Snapshot, grain: Grain) -> list[bool]:
    history = a_history(snapshot)
    found = Book.of(snapshot, history).trusted(NEEDED, grain)
    assert found is not None
    return [bool(row) for row in found]


def test_a_doubtful_mark_blocks_the_account_that_holds_the_contract_and_no_other() -> None:
    snapshot = seen()
    assert (marks_of(snapshot, "alpha"), marks_of(snapshot, "beta")) == (Quality.PARTIAL, Quality.OK)
    assert trusted(snapshot, Grain.ACCOUNT) == [False, True]


def test_what_is_summed_over_both_accounts_is_not_known() -> None:
    assert trusted(seen(), Grain.PORTFOLIO) == [False]


def test_the_venue_itself_is_still_said_to_be_doubtful() -> None:
    state = seen().state("", Surface.MARKS)
    assert state is not None
    assert state.quality is Quality.PARTIAL
    assert "BTC" in state.reason


def test_an_order_that_rests_in_the_contract_is_enough_to_be_blocked() -> None:
    resting: list[Row] = [an_order("BTCUSDT")]
    assert marks_of(seen(of_beta=World(held=ETHER, orders=resting)), "beta") is Quality.PARTIAL


@pytest.mark.parametrize(
    "desk",
    [
        replace(DESK, grids=(GridDefinition(id="g", account="beta", symbol=BTC),)),
        replace(
            DESK,
            hedges=(
                HedgeDefinition(
                    id="h",
                    legs=(
                        HedgeLeg(account="beta", kind=LegKind.SPOT, name="BTC"),
                        HedgeLeg(account="beta", kind=LegKind.PERPETUAL, name=ETH),
                    ),
                    ratio=Decimal(1),
                ),
            ),
        ),
    ],
    ids=["a grid in it", "a coin that it prices"],
)
def test_what_the_configuration_names_counts_as_held(desk: Desk) -> None:
    assert marks_of(seen(desk=desk), "beta") is Quality.PARTIAL


def test_a_hedge_over_both_accounts_is_blocked_with_the_one() -> None:
    legs = (
        HedgeLeg(account="alpha", kind=LegKind.PERPETUAL, name=BTC),
        HedgeLeg(account="beta", kind=LegKind.PERPETUAL, name=ETH),
    )
    snapshot = seen(desk=replace(DESK, hedges=(HedgeDefinition(id="h", legs=legs),)))
    assert marks_of(snapshot, "beta") is Quality.OK
    assert trusted(snapshot, Grain.HEDGE) == [False]


def test_one_old_mark_is_no_matter_of_those_who_do_not_hold_it() -> None:
    snapshot = seen(spoilt=(0, {"time": ms(NOON - timedelta(seconds=45))}))
    assert (marks_of(snapshot, "alpha"), marks_of(snapshot, "beta")) == (Quality.PARTIAL, Quality.OK)


def test_a_row_that_names_no_contract_may_be_anybodys() -> None:
    snapshot = seen(spoilt=(0, {"symbol": None}))
    assert (marks_of(snapshot, "alpha"), marks_of(snapshot, "beta")) == (Quality.PARTIAL, Quality.PARTIAL)


def test_sound_marks_are_said_once_for_the_venue() -> None:
    snapshot = seen(spoilt=(0, {}))
    assert snapshot.state("beta", Surface.MARKS) is None
    assert marks_of(snapshot, "alpha") is Quality.OK
