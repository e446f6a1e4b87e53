"""kill -9 of a real `riskd run`, again and again, with orders under way: nothing is lost, nothing is sent twice.

`make crash` kills a hundred times; ``RISKD_CRASHES`` says how often, a dozen by default; another
``RISKD_CRASH_SEED`` draws other moments.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from riskd.adapters.system_clock import SystemClock
from riskd.model.journal import EntryKind, JournalEntry
from riskd.paper.faults import Delay, Fault, LateBooking
from tests.crash import checks
from tests.crash.kills import Kill, Moment
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, STOPS, Setup, policy
from tests.endtoend.processes import Interpreter, Zygote
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import RecordingVenue, Regrower, recording_venue
from tests.endtoend.waiting import until

SEED = int(os.environ.get("RISKD_CRASH_SEED", "20261122"))
KILLS = int(os.environ.get("RISKD_CRASHES", "12"))
KILLS_IN_ONE_SERIES = 25 if KILLS > 50 else 6
SERIES = [min(KILLS_IN_ONE_SERIES, KILLS - first) for first in range(0, KILLS, KILLS_IN_ONE_SERIES)]

WITHOUT_BOUNDS = {
    "cooldown": "0.1s",
    "orders_per_hour_max": "100000",
    "orders_per_day_max": "100000",
    "plans_per_rule_per_day_max": "100000",
    "notional_per_order_max": "10k USD",
    "notional_per_hour_max": "1000m USD",
    "notional_per_day_max": "1000m USD",
}


@dataclass(slots=True)
class Figures:
    """What one series did."""

    moments: Counter[str] = field(default_factory=Counter)
    open_at_kill: int = 0
    torn: int = 0

    def lines(self, made: Stage, entries: list[JournalEntry], seconds: float) -> dict[str, str]:
        """For the summary of the run."""
        kinds = Counter(entry.kind for entry in entries)
        known = checks.orders(entries).values()
        status = Counter(record.receipt.status.value for record in known if record.receipt)
        return {
            "kills": f"{sum(self.moments.values())} ({', '.join(f'{n} {m}' for m, n in sorted(self.moments.items()))})",
            "kills with an order of unknown outcome": str(self.open_at_kill),
            "torn last lines cut off": str(self.torn),
            "journal": f"{len(entries)} entries, {kinds['cycle']} cycles, {kinds['plan']} plans, {kinds['start']} starts",
            "orders": f"{len(known)} intended ({', '.join(f'{n} {s}' for s, n in sorted(status.items()))}),"
            f" {len(made.venue.orders_asked)} asked for, {len(checks.ours(made.venue))} booked",
            "said": f"{kinds['message']} messages, {len(made.slack.posts)} posts",
            "seconds": f"{seconds:.0f}",
        }


@pytest.mark.parametrize(("series", "kills"), list(enumerate(SERIES)))
def test_nothing_is_lost_or_sent_twice(
    series: int, kills: int, zygote: Zygote, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    random = Random(SEED + series)
    venue = breached_venue(random)

    async def story() -> None:
        began = SystemClock().monotonic()
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=SETUP) as made:
            watch = checks.IntentWatch(made.installation.journal)
            venue.on_order = watch
            figures = Figures()
            entries: list[JournalEntry] = []
            for number in range(kills):
                entries = await one_life(
                    made, Kill.drawn(random), entries, figures, by_interpreter=number == kills // 2
                )
            entries = await last_life(made, entries)
            assert watch.early == []
            checks.outcomes_agree(venue, entries)
            checks.everything_was_said(entries)
            assert figures.moments.total() == kills
            seconds = SystemClock().monotonic() - began
            record_property("crash", figures.lines(made, entries, seconds))

    asyncio.run(story())


POLICY = policy(LEVERAGE + STOPS, tests=LEVERAGE_TEST)
SETUP = Setup(accounts=("alpha", "beta"), mode="enforce", every=0.3, orders=WITHOUT_BOUNDS)


def breached_venue(random: Random) -> RecordingVenue:
    """Two accounts at six times their equity, which bots bring back whenever riskd has reduced them; slow orders."""
    answers = [
        Fault(
            effect=LateBooking(delay_ms=random.randint(100, 300)), method="POST", count=None, probability=0.2
        ),
        Fault(
            effect=LateBooking(delay_ms=random.randint(100, 300)), method="POST", count=None, probability=0.2
        ),
        Fault(effect=Delay(delay_ms=random.randint(100, 200)), method="POST", count=None, probability=0.5),
        Fault(effect=Delay(delay_ms=random.randint(200, 300)), method="POST", count=None),
    ]
    venue, _ = recording_venue(
        {"alpha": "100000", "beta": "100000"},
        actors=[Regrower("alpha", "BTCUSDT", Decimal(10)), Regrower("beta", "ETHUSDT", Decimal(-200))],
        faults=answers,
        seed=random.randint(0, 2**31),
    )
    return venue


async def one_life(
    made: Stage, kill: Kill, before: list[JournalEntry], figures: Figures, *, by_interpreter: bool
) -> list[JournalEntry]:
    """Start, kill, and look at what is left; returns the journal."""
    if by_interpreter:
        life, kill = made.start(starter=Interpreter()), replace(kill, moment=Moment.ORDER_TAKEN)
    else:
        life = made.start()
    await kill.strike(life, made.venue)
    entries = made.entries()
    figures.moments[kill.moment.value] += 1
    figures.open_at_kill += any(record.open for record in checks.orders(entries).values())
    figures.torn += "torn end" in life.log()
    checks.nothing_went_wrong(life)
    checks.nothing_is_lost(before, entries)
    checks.what_was_shown_is_durable(life, entries)
    checks.alerts_survive(before, entries)
    checks.one_at_a_time(entries)
    checks.nothing_is_sent_twice(made.venue)
    checks.orders_only_reduce(made.venue)
    checks.orders_were_meant(made.venue, entries)
    return entries


async def last_life(made: Stage, before: list[JournalEntry]) -> list[JournalEntry]:
    """A life that is not killed: it resolves what is open, is halted, and stops in order."""
    made.installation.configure(replace(made.setup, every=1.0))
    life = made.start()
    await life.after_cycles(3)
    made.installation.halt.write_text("the end of the test\n")
    await until(lambda: is_quiet(made), "every order resolved and every plan ended", every=0.2, seconds=60)
    assert await life.stop() == 0
    entries = made.entries()
    checks.nothing_went_wrong(life)
    checks.nothing_is_lost(before, entries)
    checks.alerts_survive(before, entries)
    checks.one_at_a_time(entries)
    verify = made.starter.start(
        ["verify", "--ledger", "--state", str(made.installation.state)],
        folder=made.installation.folder,
        environment={},
    )
    assert await verify.end() == 0, verify.said() + verify.log()
    return entries


def is_quiet(made: Stage) -> bool:
    kinds = (EntryKind.PLAN, EntryKind.PLAN_STATE, EntryKind.INTENT, EntryKind.RECEIPT)
    known = checks.folded(made.entries(*kinds))
    return not any(order.open for order in known.orders.values()) and not any(
        plan.open for plan in known.plans.values()
    )
