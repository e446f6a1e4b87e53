"""What `/riskd` does in Slack: stop orders, let them go again, and tell how things stand. The sockets do the same."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from riskd.act.decision import Actor, Role
from riskd.adapters.kill_switch import KillSwitchError
from riskd.daemon.account_view import AccountView
from riskd.daemon.control.doing import Doing
from riskd.daemon.control.means import Means
from riskd.daemon.control.protocol import Arguments, Refused
from riskd.model.report import JsonValue

USE = "use: /riskd halt ACCOUNT|all [why], /riskd resume ACCOUNT|all [why], /riskd status. Everything else: the riskd command"

_EVERYTHING = "all"
_SHOWN = 20


class SlackCommands:
    """Answers commands of people who are known.

    Args:
        means: What people reach of the daemon.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._doing = Doing(means)

    def answer(self, words: Sequence[str], actor: Actor) -> str:
        """Do what is asked, if this person may, and say what was done."""
        verb, *rest = [*words, ""]
        match verb:
            case "status":
                return "\n".join(self._status())
            case "halt" | "resume":
                return self._switch(verb, [word for word in rest if word], actor)
            case _:
                return USE

    def _switch(self, verb: str, rest: Sequence[str], actor: Actor) -> str:
        if Role.OPERATOR.value not in actor.roles:
            return f"{actor.name} may not do this: it takes the role {Role.OPERATOR.value}"
        if not rest or (rest[0] != _EVERYTHING and rest[0] not in self._means.accounts):
            known = ", ".join(self._means.accounts)
            return f"say what to {verb}: {_EVERYTHING}, or one of {known}; nothing was done"
        account = "" if rest[0] == _EVERYTHING else rest[0]
        given: dict[str, JsonValue] = {"account": account, "reason": " ".join(rest[1:])}
        do = self._doing.halt if verb == "halt" else self._doing.resume
        try:
            done = do(Arguments(given), actor)
        except (Refused, KillSwitchError) as error:
            return f"not done: {error}"
        return _done(verb, account, done if isinstance(done, dict) else {})

    def _status(self) -> Iterator[str]:
        means = self._means
        views = means.picture.accounts()
        yield f"riskd, mode {means.mode}, {len(means.accounts)} accounts"
        if means.switches.house.is_pulled():
            yield "HALTED: nothing is sent"
        yield from (self._account(view) for view in views[:_SHOWN])
        if len(views) > _SHOWN:
            yield f"… and {len(views) - _SHOWN} more: riskd status"
        if not views:
            yield "no cycle is complete yet"
        for waiting in means.decisions.standing(means.clock.now()):
            yield f"plan {waiting.plan.id} of {waiting.plan.account} waits until {waiting.until:%H:%M:%S} UTC"
        fault = means.memory.journal_fault
        if fault:
            yield f"journal: {fault}"

    def _account(self, view: AccountView) -> str:
        if view.blind:
            return f"{view.id}: BLIND, {view.blind}"
        halted = " HALTED" if self._means.switches.of(view.id).is_pulled() else ""
        worst = f" ({view.worst_rule})" if view.worst_rule else ""
        return (
            f"{view.id}: {view.level.name}{worst}{halted}, equity {_number(view.equity, '{:,.0f} USD')}, "
            f"leverage {_number(view.leverage, '{:.1f}x')}, room {_number(view.room * 100, '{:.1f} %')}"
        )


def _done(verb: str, account: str, done: dict[str, JsonValue]) -> str:
    what = account or "everything"
    if verb == "resume":
        return f"{what}: orders may go again" if done.get("was_halted") else f"{what} was not halted"
    again = " already" if done.get("was_halted") else ""
    recorded = (
        "" if done.get("recorded") else "; the journal could not be written, so it is not on the record"
    )
    return f"{what} is{again} halted: nothing of it is sent{recorded}"


def _number(value: float, form: str) -> str:
    if math.isnan(value):
        return "?"
    return "none" if math.isinf(value) else form.format(value)
