"""Bad answers of the paper venue, read by the real reader: the snapshot never says OK of what is not so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from riskd.adapters.binance_reader import BinanceReader
from riskd.model.desk import AccountProfile, Desk
from riskd.model.report import MARKET_SURFACES, ON_DEMAND_SURFACES, Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.observe.assemble import assemble
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from riskd.paper.dialect.http import Rights
from riskd.paper.faults import (
    Answer,
    Deleverage,
    Effect,
    EmptyList,
    Fault,
    MissingField,
    NotANumber,
    Replay,
    TruncatedList,
)
from riskd.paper.transport import InProcessTransport
from riskd.paper.venue import Venue
from tests.contracts.venues import ACCOUNT, PATHS, placed
from tests.fakes.clock import ManualClock
from tests.support_paper import StillMarket, key_of, paper_venue

BOOK = Desk(accounts=(AccountProfile(id=ACCOUNT, venue="binanceusdm"),))
OF_MARKET = tuple(surface for surface in Surface if surface in MARKET_SURFACES - ON_DEMAND_SURFACES)
OF_ACCOUNT = tuple(
    surface for surface in Surface if surface not in MARKET_SURFACES and surface is not Surface.TRADES
)


@dataclass
class Watched:
    """A watch over one account of the paper venue."""

    venue: Venue
    prices: StillMarket
    clock: ManualClock
    market: BinanceReader
    reader: BinanceReader
    known: Known = field(default_factory=Known)
    cycles: int = 0

    async def cycle(self, *, symbols: tuple[str, ...] = ()) -> Snapshot:
        """Ten seconds pass, then everything is read."""
        self.clock.advance(10.0)
        self.cycles += 1
        wanted = (*OF_ACCOUNT, Surface.TRADES) if symbols else OF_ACCOUNT
        reports = await self.market.read(OF_MARKET) + await self.reader.read(wanted, symbols=symbols)
        snapshot, self.known = assemble(
            reports,
            previous=self.known,
            desk=BOOK,
            now=self.clock.now(),
            freshness=Freshness(),
            snapshot_id=self.cycles,
        )
        return snapshot

    def arm(self, effect: Effect, surface: Surface, *, count: int | None = 1) -> None:
        """The next answers about a surface go wrong."""
        self.venue.faults.add([Fault(effect=effect, path=PATHS[surface], count=count)])


def watching(test: Callable[[Watched], Awaitable[None]]) -> None:
    """Run a test on an account that holds BTC long and ETH short."""

    async def run() -> None:
        prices = StillMarket()
        venue = paper_venue(market=prices)
        placed(venue, "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.5")
        placed(venue, "/fapi/v1/order", symbol="ETHUSDT", side="SELL", type="MARKET", quantity="5")
        clock = ManualClock(datetime.fromtimestamp(venue.now_ms / 1000, UTC))
        key = key_of(ACCOUNT, Rights.READ)
        watched = Watched(
            venue=venue,
            prices=prices,
            clock=clock,
            market=BinanceReader(InProcessTransport(venue, clock), account="", clock=clock),
            reader=BinanceReader(InProcessTransport(venue, clock, key=key), account=ACCOUNT, clock=clock),
        )
        first = await watched.cycle()
        assert not_ok(first) == {}
        await test(watched)

    asyncio.run(run())


def not_ok(snapshot: Snapshot) -> dict[Surface, str]:
    """Surfaces that were read and are not OK."""
    return {
        state.surface: state.reason
        for state in snapshot.surfaces
        if state.quality is not Quality.OK and state.surface is not Surface.TRADES
    }


@pytest.mark.parametrize(
    "effect",
    [
        EmptyList(),
        TruncatedList(keep=1),
        NotANumber(name="positionAmt"),
        NotANumber(name="markPrice"),
        MissingField(name="entryPrice"),
        MissingField(name="maintMargin"),
        Answer(status=200, body=""),
        Answer(status=200, body="<html>", content_type="text/html"),
        Answer(status=200, body="{}"),
        Answer(status=200, body="null"),
    ],
    ids=str,
)
def test_spoilt_positions_are_never_ok_and_never_flat(effect: Effect) -> None:
    async def test(watched: Watched) -> None:
        watched.arm(effect, Surface.POSITIONS, count=3)
        for _ in range(3):
            snapshot = await watched.cycle()
            assert Surface.POSITIONS in not_ok(snapshot)
            assert snapshot.positions.quantity_exact == (Decimal("0.500"), Decimal("-5.000"))

        assert not_ok(await watched.cycle()) == {}

    watching(test)


@pytest.mark.parametrize(
    "effect", [NotANumber(name="totalMarginBalance"), MissingField(name="totalMaintMargin")], ids=str
)
def test_spoilt_balances_are_unknown_and_not_zero(effect: Effect) -> None:
    async def test(watched: Watched) -> None:
        watched.arm(effect, Surface.BALANCES)

        snapshot = await watched.cycle()

        assert Surface.BALANCES in not_ok(snapshot)
        assert np.isnan(snapshot.accounts.equity).all()

    watching(test)


def test_a_frozen_feed_of_marks_grows_old_by_the_venues_own_clock() -> None:
    async def test(watched: Watched) -> None:
        watched.arm(Replay(), Surface.MARKS, count=None)
        for _ in range(3):
            await watched.cycle()

        assert Surface.MARKS in not_ok(await watched.cycle())

    watching(test)


def test_an_old_answer_about_positions_is_not_taken_for_a_new_one() -> None:
    async def test(watched: Watched) -> None:
        placed(
            watched.venue,
            "/fapi/v1/order",
            symbol="BTCUSDT",
            side="SELL",
            type="MARKET",
            quantity="0.2",
            now_ms=watched.venue.now_ms + 5000,
        )
        assert (await watched.cycle()).positions.quantity_exact[0] == Decimal("0.300")
        watched.arm(Replay(age_ms=1_000_000), Surface.POSITIONS)

        assert (await watched.cycle()).positions.quantity_exact[0] == Decimal("0.300")

    watching(test)


def test_a_position_that_the_venue_closed_by_itself_is_corroborated_by_its_fills() -> None:
    async def test(watched: Watched) -> None:
        watched.arm(Deleverage(account=ACCOUNT, symbol="BTCUSDT", quantity=Decimal("0.5")), Surface.POSITIONS)

        doubtful = await watched.cycle()
        snapshot = await watched.cycle(symbols=("BTC/USDT:USDT",))

        assert doubtful.positions.confirmed.tolist() == [False, True]
        assert not_ok(snapshot) == {}
        assert snapshot.positions.quantity_exact == (Decimal("-5.000"),)

    watching(test)


def test_a_real_loss_of_most_of_the_equity_is_a_loss() -> None:
    async def test(watched: Watched) -> None:
        placed(
            watched.venue,
            "/fapi/v1/order",
            symbol="BTCUSDT",
            side="BUY",
            type="MARKET",
            quantity="15",
            now_ms=watched.venue.now_ms + 5000,
        )
        before = await watched.cycle()
        watched.prices.move("BTCUSDT", "56000", at_ms=watched.venue.now_ms + 1000)

        snapshot = await watched.cycle()

        assert before.accounts.equity[0] > 90_000
        assert not_ok(snapshot) == {}
        assert snapshot.accounts.equity[0] < 45_000

    watching(test)
