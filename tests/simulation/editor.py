"""Somebody who edits the policy while riskd runs: a limit up and down, a comment, and now and then a file that is broken."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.simulation.script import Script

_EDITS_A_MINUTE = 0.7


class Editor:
    """Edits the policy's file until the world heals; then it is whole again.

    Args:
        random: Decides everything; some editors never do anything.
        script: Leaves out edits that shall not be made.
        rests_from: Seconds of the simulation from which on hands off.

    Attributes:
        saved: Every text that was in the file, and can have been taken into force, oldest first.
        saved_at: When the newest of them was saved.
    """

    def __init__(self, file: Path, random: Random, script: Script, *, rests_from: float) -> None:
        self._file = file
        self._whole = file.read_text(encoding="utf-8")
        self._random = random
        self._script = script
        self._edits = 0
        self._rests_from = rests_from
        self._is_busy = random.random() < 0.4
        self.has_broken_it = False
        self.saved: list[str] = [self._whole]
        self.saved_at = 0.0

    def on_step(self, now: float, step_seconds: float) -> None:
        """Perhaps save the file in another form."""
        if now >= self._rests_from:
            if self.has_broken_it:
                self._save(self._whole, now)
            return
        if self._is_busy and self._random.random() < _EDITS_A_MINUTE * step_seconds / 60:
            edits: list[Callable[[], str]] = [
                self._looser,
                self._looser,
                self._commented,
                self._original,
                self._broken,
            ]
            self._edits += 1
            edit = self._random.choice(edits)
            text = edit()
            if self._script.plays("edit", self._edits, f"{edit.__name__.strip('_')} at {now:.0f} s"):
                self._save(text, now)

    def _save(self, text: str, now: float) -> None:
        self.has_broken_it = text == self._broken()
        if not self.has_broken_it:
            self.saved.append(text)
            self.saved_at = now
        self._file.write_text(text, encoding="utf-8")
        # The file's own time would differ from run to run.
        os.utime(self._file, ns=(0, round(now * 1e9)))

    def _original(self) -> str:
        return self._whole

    def _looser(self) -> str:
        return self._whole.replace("min: {warn: 12%", f"min: {{warn: {self._random.choice([10, 11])}%")

    def _commented(self) -> str:
        return f"# {self._random.choice('abc')}\n{self._whole}"

    def _broken(self) -> str:
        return self._whole.replace("measure: leverage", "measure: leverge")
