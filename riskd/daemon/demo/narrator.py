"""Collects the story of the watched pass: what riskd said, and when it could not see."""

from __future__ import annotations

from datetime import datetime

from riskd.cycle import CycleResult
from riskd.daemon.demo.result import Said
from riskd.daemon.gate import incomplete
from riskd.execution import PlanResult
from riskd.model.message import Message
from riskd.model.order import PlanState
from riskd.model.verdict import Level

Blind = tuple[str, datetime, datetime, str]


class Narrator:
    """Listens to the service of the demo."""

    def __init__(self) -> None:
        self.cycles = 0
        self.policy_hash = ""
        self.last: CycleResult | None = None
        self._said: dict[str, Said] = {}
        self._open: dict[str, tuple[datetime, datetime, str]] = {}
        self._blind: list[Blind] = []

    @property
    def said(self) -> tuple[Said, ...]:
        """Lines in order of time."""
        return tuple(sorted(self._said.values(), key=lambda line: line.at))

    @property
    def blind(self) -> tuple[Blind, ...]:
        """Spells in which an account could not be seen well enough to act, the open ones included."""
        still = [(account, start, last, reason) for account, (start, last, reason) in self._open.items()]
        return tuple(sorted([*self._blind, *still], key=lambda spell: (spell[1], spell[0])))

    def after_cycle(self, result: CycleResult) -> None:
        """Note what the cycle said and what it could not see."""
        self.cycles += 1
        self.last = result
        self.policy_hash = result.rows.policy_hash
        now = result.snapshot.taken_at
        for message in result.messages:
            self.heard(message, now)
        for profile in result.snapshot.desk.accounts:
            self._look(profile.id, incomplete(result, profile.id), now)

    def after_plan(self, result: PlanResult) -> None:
        """Note how a plan ended."""
        at = max((receipt.at for receipt in result.receipts), default=result.plan.created_at)
        before, after = result.plan.value_before, result.plan.value_after
        text = (
            f"plan {result.plan.id} for {result.plan.rule}: {result.state.value}, "
            f"{len(result.receipts)} orders, {before:.4g} to {after:.4g}"
        )
        level = Level.OK if result.state is PlanState.DONE else Level.CRITICAL
        self._said[f"end|{result.plan.id}"] = Said(
            at=at, level=level, account=result.plan.account, text=f"{text} {result.reason}".strip()
        )

    def heard(self, message: Message, at: datetime) -> None:
        """Note one message; the same one again changes nothing."""
        account = next((value for name, value in message.fields if name == "Account"), "")
        self._said.setdefault(
            message.key, Said(at=at, level=message.level, account=account, text=message.headline)
        )

    def _look(self, account: str, reason: str, now: datetime) -> None:
        spell = self._open.get(account)
        if reason:
            start, known = (now, reason) if spell is None else (spell[0], spell[2])
            self._open[account] = (start, now, known)
        elif spell is not None:
            self._blind.append((account, spell[0], now, spell[2]))
            del self._open[account]
