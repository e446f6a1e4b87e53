"""Keys at the demo's terminal answer the plan that waits."""

from __future__ import annotations

import asyncio
import os
import pty
import termios
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from riskd.act.waiting import AtTimeout
from riskd.cli.demo_keys import Keyboard
from tests.act.waiting_plans import terms
from tests.builders import NOW
from tests.daemon.control.desk import ControlledDesk

COUNTDOWN = terms(1, until=NOW + timedelta(seconds=30), at_timeout=AtTimeout.EXECUTES)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: what a person types into, and what a program reads."""
    person, program = pty.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def typed(keys: bytes, desk: ControlledDesk | None, terminal: tuple[int, int]) -> list[str]:
    """What is shown after these keys."""
    person, program = terminal
    shown: list[str] = []

    async def listen() -> None:
        heard = asyncio.Event()

        def show(text: str) -> None:
            shown.append(text)
            heard.set()

        with os.fdopen(os.dup(program), encoding="ascii") as stream:
            keyboard = Keyboard(stream, show)
            keyboard.meet(None if desk is None else desk.means)
            with keyboard.listening():
                os.write(person, keys)
                await heard.wait()

    asyncio.run(asyncio.wait_for(listen(), timeout=10))
    return shown


@pytest.mark.parametrize(
    ("key", "word"), [(b"a", "approve"), (b"r", "reject"), (b"h", "hold"), (b"R", "reject")]
)
def test_a_key_is_an_answer_to_the_plan_that_waits(
    key: bytes, word: str, terminal: tuple[int, int], tmp_path: Path
) -> None:
    desk = ControlledDesk(tmp_path).waits(COUNTDOWN)
    assert len(typed(key, desk, terminal)) == 1
    assert desk.decisions() == [(word, "you", "plan-1")]


def test_where_nothing_waits_a_key_decides_nothing(terminal: tuple[int, int], tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    assert typed(b"a", desk, terminal) == ["no plan waits for an answer"]
    assert desk.decisions() == []


def test_before_riskd_runs_a_key_says_so(terminal: tuple[int, int]) -> None:
    assert typed(b"a", None, terminal) == ["riskd is not there yet"]


def test_the_terminal_is_left_as_it_was_found(terminal: tuple[int, int]) -> None:
    before = termios.tcgetattr(terminal[1])
    typed(b"xa", None, terminal)
    assert termios.tcgetattr(terminal[1]) == before
