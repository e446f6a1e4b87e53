"""The read before an order believes a position only in a whole, sound answer that is no older than what was seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from riskd.act.clamp import Fresh
from riskd.daemon.fresh import FreshReader
from riskd.errors import VenueUnavailable
from riskd.model.order import Reduction
from riskd.model.report import JsonValue, Report, Surface
from riskd.observe.facts import PositionKey
from tests.fakes.clock import NOON
from tests.observe.rows import ms
from tests.observe.world import BTC, Held, Watch, World, report, reports

PLANNED = Reduction(
    account="main",
    symbol=BTC,
    position_side="BOTH",
    held=Decimal("0.500"),
    quantity=Decimal("0.200"),
    mark_price=Decimal(60_000),
    cost_estimate=0.0,
)


class OneAnswer:
    """A reader that gives one answer after another."""

    venue, account = "binanceusdm", "main"

    def __init__(self, *answers: Report) -> None:
        self._answers = list(answers)

    async def read(self, wanted: Sequence[Surface], *, symbols: Sequence[str] = ()) -> tuple[Report, ...]:
        return (self._answers.pop(0),)

    async def close(self) -> None:
        return None


def positions(*held: Held) -> JsonValue:
    return World(held=held).answers()[Surface.POSITIONS]


def btc(quantity: str, *, minutes_ago: int = 60) -> Held:
    return Held(
        symbol="BTCUSDT",
        quantity=quantity,
        entry="58000",
        changed_at=NOON - timedelta(minutes=minutes_ago),
    )


def never_changed() -> Mapping[PositionKey, int]:
    return {}


def reader_of(
    *payloads: JsonValue, changed_at: Callable[[], Mapping[PositionKey, int]] = never_changed
) -> FreshReader:
    watch = Watch()
    watch.see(reports(World().answers()))
    listing = watch.known.venue("binanceusdm").instruments.value or {}
    answers = [report(Surface.POSITIONS, payload) for payload in payloads]
    return FreshReader(OneAnswer(*answers), lambda: listing, changed_at)


def read(reader: FreshReader) -> Fresh:
    return asyncio.run(_read(reader))


async def _read(reader: FreshReader) -> Fresh:
    return await reader(PLANNED)


def test_the_position_is_what_the_venue_states_now() -> None:
    assert read(reader_of(positions(btc("0.300")))).held == Decimal("0.300")


def test_a_position_that_the_venue_calls_flat_is_closed() -> None:
    assert read(reader_of(positions(btc("0.000")))).held == 0


def test_a_position_that_is_missing_is_not_flat() -> None:
    with pytest.raises(VenueUnavailable, match="not believed to be flat"):
        read(reader_of([]))


def test_an_answer_from_before_a_change_that_the_watch_has_seen_is_not_believed() -> None:
    seen = {PositionKey(BTC, "BOTH"): ms(NOON - timedelta(minutes=1))}

    with pytest.raises(VenueUnavailable, match="before a change seen earlier") as caught:
        read(reader_of(positions(btc("0.500")), changed_at=lambda: seen))

    assert caught.value.reason == "replayed"


def test_an_answer_from_before_the_last_fresh_read_is_not_believed() -> None:
    reader = reader_of(positions(btc("0.300", minutes_ago=1)), positions(btc("0.500", minutes_ago=60)))

    assert read(reader).held == Decimal("0.300")
    with pytest.raises(VenueUnavailable, match="before a change seen earlier"):
        read(reader)
