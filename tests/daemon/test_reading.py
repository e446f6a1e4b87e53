"""Each account is read at its own pace; one that does not answer holds up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.daemon.reading import Attention, Reading
from riskd.model.report import MARKET_SURFACES, ON_DEMAND_SURFACES, Report, Surface

START = datetime(2026, 3, 4, tzinfo=UTC)


class FakeReader:
    """Answers after a delay and remembers what it was asked."""

    def __init__(self, clock: VirtualClock, account: str, *, delay_seconds: float = 0.1) -> None:
        self.clock = clock
        self.account = account
        self.venue = "fake"
        self.delay_seconds = delay_seconds
        self.candles_delay_seconds = delay_seconds
        self.failing: set[Surface] = set()
        self.failure = "timeout"
        self.asked: list[tuple[float, tuple[Surface, ...], tuple[str, ...]]] = []

    async def read(self, wanted: Sequence[Surface], *, symbols: Sequence[str] = ()) -> tuple[Report, ...]:
        self.asked.append((self.clock.monotonic(), tuple(wanted), tuple(symbols)))
        delay = self.candles_delay_seconds if Surface.CANDLES in wanted else self.delay_seconds
        await self.clock.sleep_until(self.clock.monotonic() + delay)
        return tuple(
            Report(
                venue=self.venue,
                account=self.account,
                surface=surface,
                requested_at=START,
                received_at=START,
                payload=[],
                failure=self.failure if surface in self.failing else "",
            )
            for surface in wanted
        )

    async def close(self) -> None:
        return None


def run(story: Callable[[VirtualClock], Awaitable[None]]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(story(VirtualClock(loop, started_at=START)))
    finally:
        loop.close()


def test_a_venue_is_asked_for_what_is_public_and_an_account_for_the_rest() -> None:
    async def story(clock: VirtualClock) -> None:
        market, account = FakeReader(clock, ""), FakeReader(clock, "a")
        await Reading([market, account], clock).collect(deadline_seconds=5)
        assert set(market.asked[0][1]) == MARKET_SURFACES - ON_DEMAND_SURFACES
        assert Surface.POSITIONS in account.asked[0][1]
        assert Surface.SPOT_BALANCES not in account.asked[0][1]
        assert not MARKET_SURFACES & set(account.asked[0][1])

    run(story)


def test_positions_are_read_every_cycle_and_brackets_once_an_hour() -> None:
    async def story(clock: VirtualClock) -> None:
        reader = FakeReader(clock, "a")
        reading = Reading([reader], clock)
        for cycle in range(400):
            await clock.sleep_until(cycle * 10.0)
            await reading.collect(deadline_seconds=5)
        counts = {s: sum(s in asked for _, asked, _ in reader.asked) for s in Surface}
        assert counts[Surface.POSITIONS] == 400
        assert counts[Surface.BRACKETS] == 2
        assert 66 <= counts[Surface.INCOME] <= 68

    run(story)


def test_a_slow_account_holds_up_nobody_and_its_answer_is_used_when_it_comes() -> None:
    async def story(clock: VirtualClock) -> None:
        slow, quick = FakeReader(clock, "slow", delay_seconds=12), FakeReader(clock, "quick")
        reading = Reading([slow, quick], clock)
        first = await reading.collect(deadline_seconds=5)
        assert {report.account for report in first} == {"quick"}
        assert clock.monotonic() <= 5.0
        await clock.sleep_until(13.0)
        second = await reading.collect(deadline_seconds=5)
        assert {report.account for report in second} == {"slow", "quick"}
        assert len(slow.asked) == 1

    run(story)


def test_a_failed_read_of_a_slow_surface_is_tried_again_soon() -> None:
    async def story(clock: VirtualClock) -> None:
        reader = FakeReader(clock, "a")
        reader.failing = {Surface.BRACKETS}
        reading = Reading([reader], clock)
        for cycle in range(4):
            await clock.sleep_until(cycle * 10.0)
            await reading.collect(deadline_seconds=5)
        assert [Surface.BRACKETS in asked for _, asked, _ in reader.asked] == [True, False, False, True]

    run(story)


def test_a_read_that_never_left_this_machine_is_tried_again_in_the_next_cycle() -> None:
    async def story(clock: VirtualClock) -> None:
        reader = FakeReader(clock, "a")
        reader.failing, reader.failure = {Surface.BRACKETS}, "unsent:connect"
        reading = Reading([reader], clock)
        for cycle in range(3):
            await clock.sleep_until(cycle * 10.0)
            await reading.collect(deadline_seconds=5)
        assert [Surface.BRACKETS in asked for _, asked, _ in reader.asked] == [True, True, True]

    run(story)


def test_what_a_cycle_wants_to_look_at_closely_is_read_at_once() -> None:
    async def story(clock: VirtualClock) -> None:
        reader = FakeReader(clock, "a")
        reading = Reading([reader], clock)
        await reading.collect(deadline_seconds=5)
        wanted = Attention(surfaces=frozenset({Surface.INCOME}), symbols=("BTC/USDT:USDT",))
        await reading.collect(deadline_seconds=5, attention={"a": wanted})
        _, asked, symbols = reader.asked[1]
        assert {Surface.INCOME, Surface.TRADES} <= set(asked)
        assert symbols == ("BTC/USDT:USDT",)
        reading.hurry("a", [Surface.ORDERS])
        await reading.collect(deadline_seconds=5)
        assert Surface.ORDERS in reader.asked[2][1]

    run(story)


def test_what_stays_doubtful_is_not_asked_for_in_every_cycle() -> None:
    async def story(clock: VirtualClock) -> None:
        reader = FakeReader(clock, "a")
        reading = Reading([reader], clock)
        wanted = Attention(surfaces=frozenset({Surface.BRACKETS}), symbols=("BTC/USDT:USDT",))
        await reading.collect(deadline_seconds=5)
        for cycle in range(1, 6):
            await clock.sleep_until(cycle * 10.0)
            await reading.collect(deadline_seconds=5, attention={"a": wanted})
        closely = [(Surface.BRACKETS in asked, Surface.TRADES in asked) for _, asked, _ in reader.asked]
        assert closely[1:] == [(True, True), (False, False), (True, True), (False, False), (True, True)]

    run(story)


def test_everything_is_read_anew_when_what_was_read_has_been_lost() -> None:
    async def story(clock: VirtualClock) -> None:
        reader = FakeReader(clock, "")
        reading = Reading([reader], clock)
        await reading.collect(deadline_seconds=5)
        reading.start_over()
        await reading.collect(deadline_seconds=5)
        assert set(reader.asked[1][1]) == MARKET_SURFACES - ON_DEMAND_SURFACES

    run(story)


def test_no_cycle_waits_for_candles_and_they_are_handed_out_when_they_have_come() -> None:
    async def story(clock: VirtualClock) -> None:
        market, account = FakeReader(clock, ""), FakeReader(clock, "a")
        market.candles_delay_seconds = 12.0
        reading = Reading([market, account], clock)
        reading.look_aside({Surface.CANDLES: {"fake": ("BTC/USDT:USDT",), "elsewhere": ("ETH/USDT:USDT",)}})
        await reading.collect(deadline_seconds=5)
        handed = []
        for cycle in range(1, 4):
            await clock.sleep_until(cycle * 10.0)
            begun = clock.monotonic()
            reading.look_aside({Surface.CANDLES: {"fake": ("BTC/USDT:USDT",)} if cycle == 1 else {}})
            reports = await reading.collect(deadline_seconds=5)
            assert clock.monotonic() - begun < 1.0
            handed.append([report.surface for report in reports].count(Surface.CANDLES))
        asked = [(surfaces, symbols) for _, surfaces, symbols in market.asked if Surface.CANDLES in surfaces]
        assert asked == [((Surface.CANDLES,), ("BTC/USDT:USDT",))]
        assert handed == [0, 1, 0]
        assert not any(Surface.CANDLES in surfaces for _, surfaces, _ in account.asked)

    run(story)


def test_one_look_waits_for_its_candles() -> None:
    async def story(clock: VirtualClock) -> None:
        market = FakeReader(clock, "", delay_seconds=3.0)
        reading = Reading([market], clock)
        reading.look_aside({Surface.CANDLES: {"fake": ("BTC/USDT:USDT",)}})
        (report,) = await reading.aside(deadline_seconds=5)
        assert report.surface is Surface.CANDLES
        assert await reading.aside(deadline_seconds=5) == ()

    run(story)


def test_closing_stops_what_is_under_way() -> None:
    async def story(clock: VirtualClock) -> None:
        readers = [FakeReader(clock, name, delay_seconds=1000) for name in ("", "a")]
        reading = Reading(readers, clock)
        await reading.collect(deadline_seconds=1)
        reading.look_aside({Surface.CANDLES: {"fake": ("BTC/USDT:USDT",)}})
        await reading.close()
        assert len(asyncio.all_tasks()) == 1

    run(story)
