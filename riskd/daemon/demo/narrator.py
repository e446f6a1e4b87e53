"""Watches the watched pass: what the policies were, how often riskd looked, and when it could not see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from riskd.cycle import CycleResult
from riskd.daemon.gate import incomplete
from riskd.execution import PlanResult

Blind = tuple[str, datetime, datetime, str]

# A look or two may see a position that has just been closed as missing; what lasts longer is worth a line.
_TOLD_AFTER = timedelta(seconds=30)


class Narrator:
    """Listens to the service of the demo.

    Args:
        tell: Told in words when an account cannot be seen for a while.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.cycles = 0
        self.policy_hash = ""
        self.last: CycleResult | None = None
        self._tell = tell
        self._open: dict[str, tuple[datetime, datetime, str]] = {}
        self._told: set[str] = set()
        self._blind: list[Blind] = []

    @property
    def blind(self) -> tuple[Blind, ...]:
        """Spells in which an account could not be seen well enough to act, the open ones included."""
        still = [(account, start, last, reason) for account, (start, last, reason) in self._open.items()]
        return tuple(sorted([*self._blind, *still], key=lambda spell: (spell[1], spell[0])))

    def after_cycle(self, result: CycleResult) -> None:
        """Note what the cycle could not see."""
        self.cycles += 1
        self.last = result
        self.policy_hash = result.rows.policy_hash
        now = result.snapshot.taken_at
        for profile in result.snapshot.desk.accounts:
            self._look(profile.id, incomplete(result, profile.id), now)

    def after_plan(self, result: PlanResult) -> None:
        """Plans are told from the journal."""

    def _look(self, account: str, reason: str, now: datetime) -> None:
        spell = self._open.get(account)
        if reason:
            start, known = (now, reason) if spell is None else (spell[0], spell[2])
            if account not in self._told and now - start >= _TOLD_AFTER:
                self._told.add(account)
                self._tell(f"nothing is sent for {account} on answers that cannot be believed: {reason}")
            self._open[account] = (start, now, known)
        elif spell is not None:
            self._blind.append((account, spell[0], now, spell[2]))
            del self._open[account]
            self._told.discard(account)
