"""Answers to the demo's plans from the keyboard: a lets one go at once, r refuses it, h holds it."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from riskd.act.decision import Actor, Ask, Role, Verb
from riskd.daemon.control.means import Means

KEYS_HINT = "press a to let it go now, r to reject it, h to hold it"

_VERBS = {"a": Verb.APPROVE, "r": Verb.REJECT, "h": Verb.HOLD}
_YOU = Actor(name="you", roles=frozenset({Role.APPROVER.value}), via="the terminal of the demo")


class Keyboard:
    """Whoever sits at the terminal. The money is simulated: nothing asks who they are.

    Args:
        stream: The terminal.
        say: Shows a line.
    """

    def __init__(self, stream: TextIO, say: Callable[[str], None]) -> None:
        self._terminal = stream.fileno()
        self._say = say
        self._means: Means | None = None

    def meet(self, means: Means | None) -> None:
        """Whose plans are answered from now on."""
        self._means = means

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take single keys, unechoed, as long as this is open; the terminal is put back as it was."""
        loop, before = asyncio.get_running_loop(), termios.tcgetattr(self._terminal)
        tty.setcbreak(self._terminal)
        loop.add_reader(self._terminal, self._pressed)
        try:
            yield
        finally:
            loop.remove_reader(self._terminal)
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, before)

    def _pressed(self) -> None:
        for key in os.read(self._terminal, 64).decode("ascii", "ignore").lower():
            verb = _VERBS.get(key)
            if verb is not None:
                self._say(self._answered(verb))

    def _answered(self, verb: Verb) -> str:
        """What came of an answer. It is about the plan that has waited longest."""
        means = self._means
        if means is None:
            return "riskd is not there yet"
        now = means.clock.now()
        waiting = next(iter(means.decisions.standing(now)), None)
        if waiting is None:
            return "no plan waits for an answer"
        ask = Ask(plan_id=waiting.plan.id, digest=waiting.digest, verb=verb, actor=_YOU, at=now)
        return means.decisions.decide(ask).text
