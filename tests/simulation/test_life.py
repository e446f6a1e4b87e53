"""A process dies at exactly the step that was drawn for it: an await of any of its tasks, or a touch of the world."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from random import Random

import pytest

from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.model.journal import EntryKind
from tests.fakes.journal import Crash, MemoryJournal
from tests.simulation.faults import Rates
from tests.simulation.life import LIVING, Life, Stepping
from tests.simulation.parts import SimJournal
from tests.simulation.script import Script
from tests.simulation.weather import Forecast, Weather
from tests.simulation.world import START

CALM = Random(0)


def test_it_dies_at_a_touch_of_the_world() -> None:
    life = Life(last_step=3)
    life.must_live()
    life.must_live()
    with pytest.raises(Crash):
        life.must_live()
    assert not life.lasts
    assert life.steps == 3


def test_it_dies_at_an_await_of_any_of_its_tasks() -> None:
    loop, life = VirtualLoop(), Life(last_step=4)
    loop.set_task_factory(lambda loop, work, **_: asyncio.Task(Stepping(work, life), loop=loop))
    clock = VirtualClock(loop, started_at=START)
    ticks: list[float] = []

    async def tick() -> None:
        while life.lasts:
            ticks.append(clock.monotonic())
            await clock.sleep_until(clock.monotonic() + 1.0)

    loop.run_until_complete(tick())
    loop.close()
    assert ticks == [0.0, 1.0, 2.0, 3.0]


def test_tasks_inherit_the_life_that_made_them() -> None:
    within, life = copy_context(), Life()
    within.run(LIVING.set, life)
    assert within.run(LIVING.get) is life
    assert LIVING.get() is None


@pytest.mark.parametrize("survive", [0, 1, 2, 3])
def test_it_dies_between_entries_that_are_written_together(survive: int) -> None:
    """The first step is the touch itself, and then there is one before each entry and one behind the last."""
    life, lines = Life(last_step=2 + survive), list[bytes]()
    journal = SimJournal(MemoryJournal(lines), life, calm_weather(), Deaf())
    with pytest.raises(Crash):
        journal.append_all([(EntryKind.FAULT, START, {"n": number}) for number in range(3)])
    assert len(lines) == survive
    assert not life.lasts


def calm_weather() -> Weather:
    loop = VirtualLoop()
    loop.close()
    rates = Rates(
        crash=0.0,
        hiccup=0.0,
        halt_after_send=0.0,
        receipt_lost=0.0,
        kills=0.0,
        kill_after_send=0.0,
        stops=0.0,
        dies_at_steps=False,
        post_lost=0.0,
        answer_lost=0.0,
    )
    script = Script()
    return Weather(
        seed=0,
        rates=rates,
        forecast=Forecast.drawn(CALM, rates, script, until=60.0),
        script=script,
        clock=VirtualClock(loop, started_at=START),
        healed_at=60.0,
    )


class Deaf:
    """Nobody watches."""

    def asking(self, *_: object) -> None: ...

    def sending(self, *_: object) -> None: ...

    def answered(self, *_: object) -> None: ...

    def journalled(self, *_: object) -> None: ...

    def posted(self, *_: object) -> None: ...
