"""How things stand, as JSON values. What is not known is null; an infinite number is ``"inf"``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from riskd import __version__
from riskd.act.acknowledge import Acknowledgement
from riskd.act.incident import meant
from riskd.act.silence import Silence
from riskd.act.waiting import Waiting, prospect
from riskd.daemon.account_view import AccountView
from riskd.daemon.control.means import Means
from riskd.daemon.control.protocol import Arguments, Fault, Refused
from riskd.daemon.handling import firing
from riskd.judge.reading import Reading
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.report import JsonValue
from riskd.model.verdict import Level
from riskd.policy.text.units import show
from riskd.record.canonical import instant_text
from riskd.record.fields import JsonObject, number_json
from riskd.record.plan_text import plan_body

_LISTED_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What people have said about alerts, as of now."""

    acknowledgements: Mapping[str, Acknowledgement]
    silences: tuple[Silence, ...]
    now: datetime

    def acknowledged(self, name: str, state: AlertState) -> JsonValue:
        """Who looks after an episode; null where nobody does."""
        given = self.acknowledgements.get(name)
        if given is None or not given.holds(state, self.now):
            return None
        return {"by": given.by, "until": instant_text(given.until), "note": given.note}

    def silence(self, key: AlertKey, state: AlertState) -> str:
        """Which silence mutes an alert; empty: none does."""
        if state.level is Level.CRITICAL:
            return ""
        return next((each.id for each in self.silences if each.holds(self.now) and each.covers(key)), "")


class Telling:
    """Answers those who only want to know."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def status(self, arguments: Arguments) -> JsonValue:
        """How riskd and the accounts stand; with ``account`` only that one."""
        means, now = self._means, self._means.clock.now()
        account = arguments.text("account", default="")
        arguments.nothing_else()
        known_account(means, account)
        result = means.picture.result
        views = [view for view in means.picture.accounts() if account in ("", view.id)]
        taken_at = None if result is None else result.snapshot.taken_at
        total = sum(view.equity for view in views) if views else float("nan")
        return {
            "riskd": __version__,
            "mode": means.mode,
            "now": instant_text(now),
            "cycle": None if result is None else result.snapshot.id,
            "taken_at": None if taken_at is None else instant_text(taken_at),
            "age_seconds": None if taken_at is None else (now - taken_at).total_seconds(),
            "policy_hash": None if result is None else result.rows.policy_hash,
            "equity_usd": number_json(total),
            "accounts": [self._account(view, taken_at, now) for view in views],
            "halted": means.switches.house.is_pulled(),
            "disarmed": [
                {
                    "part": each.part.value,
                    "name": each.name,
                    "reason": each.reason,
                    "at": instant_text(each.at),
                }
                for each in means.arming.disarmed(now)
            ],
            "firing": len(firing(means.memory.states)),
            "needs_you": list(self._unattended(now)),
            "plans": [_waiting(each) for each in means.decisions.standing(now)],
            "faults": _faults(means),
        }

    def health(self, arguments: Arguments) -> JsonValue:
        """Whether riskd watches and can write, in one look."""
        arguments.nothing_else()
        means, result = self._means, self._means.picture.result
        taken_at = None if result is None else result.snapshot.taken_at
        age = None if taken_at is None else (means.clock.now() - taken_at).total_seconds()
        faults = _faults(means)
        return {
            "watching": result is not None,
            "cycles": means.picture.cycles,
            "age_seconds": age,
            "faults": faults,
        }

    def alerts(self, arguments: Arguments) -> JsonValue:
        """What fires, worst first; with ``all`` also what may come to, and what cannot be judged."""
        everything = arguments.flag("all")
        arguments.nothing_else()
        listed = [(name, *alert) for name, alert in firing(self._means.memory.states).items()]
        if everything:
            listed += [("", *alert) for alert in _not_firing(self._means.memory.states)]
        now, handling = self._means.clock.now(), self._means.handling
        words = _Words(
            acknowledgements=handling.acknowledgements(now), silences=handling.silences(now), now=now
        )
        told = [self._alert(name, key, state, words) for name, key, state in listed[:_LISTED_MAX]]
        return {"alerts": list(told), "left_out": max(0, len(listed) - _LISTED_MAX)}

    def silences(self, arguments: Arguments) -> JsonValue:
        """The silences in their time; with ``all`` also those that have ended."""
        everything = arguments.flag("all")
        arguments.nothing_else()
        now = self._means.clock.now()
        listed = [each for each in self._means.handling.silences(now) if everything or now < each.until]
        return [
            {
                "id": each.id,
                "rule": each.rule,
                "subject": dict(each.subject),
                "from": instant_text(each.from_at),
                "until": instant_text(each.until),
                "by": each.by,
                "reason": each.reason,
                "holds": each.holds(now),
            }
            for each in listed[-_LISTED_MAX:]
        ]

    def plans(self, arguments: Arguments) -> JsonValue:
        """The plans that wait for people; with ``all`` every one of the last day."""
        everything = arguments.flag("all")
        arguments.nothing_else()
        now, decisions = self._means.clock.now(), self._means.decisions
        listed = decisions.recent(now) if everything else decisions.standing(now)
        return [_waiting(each) for each in listed[-_LISTED_MAX:]]

    def plan(self, arguments: Arguments) -> JsonValue:
        """One plan with everything that it would do."""
        name = arguments.text("id")
        arguments.nothing_else()
        waiting = self._means.decisions.of(name, self._means.clock.now())
        if waiting is None:
            raise Refused(
                Fault.NOT_FOUND, f"no plan {name} is known of the last day; `riskd plan list --all`"
            )
        return plan_value(waiting)

    def _account(self, view: AccountView, taken_at: datetime | None, now: datetime) -> JsonObject:
        since = 0.0 if taken_at is None else (now - taken_at).total_seconds()
        return {
            "id": view.id,
            "state": "blind" if view.blind else view.level.name.lower(),
            "blind": view.blind,
            "worst_rule": view.worst_rule,
            "equity_usd": number_json(view.equity),
            "leverage": number_json(view.leverage),
            "room": number_json(view.room),
            "today": number_json(view.today),
            "heat": number_json(view.heat),
            "tightest_rule": view.tightest_rule,
            "tightest_use": number_json(view.tightest_use),
            "data_age_seconds": number_json(view.data_age_seconds + since),
            "halted": self._means.switches.of(view.id).is_pulled(),
        }

    def _unattended(self, now: datetime) -> list[str]:
        acknowledged = self._means.handling.acknowledgements(now)
        return [
            name
            for name, (_, state) in firing(self._means.memory.states).items()
            if name not in acknowledged or not acknowledged[name].holds(state, now)
        ]

    def _alert(self, name: str, key: AlertKey, state: AlertState, words: _Words) -> JsonObject:
        return {
            "id": name,
            "rule": key.rule,
            "subject": str(key.subject),
            "level": state.level.name.lower(),
            "condition": state.condition.value,
            "unknown": state.unknown,
            "since": None if state.opened_at is None else instant_text(state.opened_at),
            "version": state.version,
            **self._value(key),
            "acknowledged": words.acknowledged(name, state),
            "silence": words.silence(key, state),
        }

    def _value(self, key: AlertKey) -> JsonObject:
        """The measured value and the limit that decides, as the newest cycle has them."""
        reading = self._reading(key.rule)
        row = None if reading is None else reading.row_of(key.subject)
        if reading is None or row is None:
            return {"value": None, "limit": None, "shown": ""}
        value, limit = float(reading.values[row]), float(reading.limits[row])
        words = "?" if math.isnan(value) else show(value, reading.rule.unit)
        bound = "" if math.isnan(limit) else f", limit {show(limit, reading.rule.unit)}"
        return {"value": number_json(value), "limit": number_json(limit), "shown": words + bound}

    def _reading(self, rule: str) -> Reading | None:
        result = self._means.picture.result
        readings = () if result is None else result.readings
        return next((reading for reading in readings if reading.rule.id == rule), None)


def _not_firing(states: Mapping[AlertKey, AlertState]) -> list[tuple[AlertKey, AlertState]]:
    """What may come to fire, and what cannot be judged."""
    found = [
        (key, state)
        for key, state in states.items()
        if state.condition is Condition.PENDING or (state.unknown and state.level is Level.OK)
    ]
    return sorted(found, key=lambda alert: (alert[0].rule, str(alert[0].subject)))


def plan_value(waiting: Waiting) -> JsonObject:
    """A plan with everything that it would do, and where it stands with people."""
    return {**_waiting(waiting), "plan": plan_body(waiting.plan)}


def known_account(means: Means, account: str) -> None:
    """Check that an account is one of the configuration; empty stands for all.

    Raises:
        Refused: It is not.
    """
    if account and account not in means.accounts:
        raise Refused(Fault.NOT_FOUND, f"no account {account}; there are: {', '.join(means.accounts)}")


def named_alert(means: Means, typed: str) -> tuple[str, AlertKey, AlertState]:
    """The firing alert of a name, or of the beginning of one.

    Raises:
        Refused: There is none, or there are several.
    """
    alerts = firing(means.memory.states)
    found = meant(typed, {name: (name, *alert) for name, alert in alerts.items()})
    if not found:
        raise Refused(Fault.NOT_FOUND, f"no alert {typed} fires; `riskd alerts` lists those that do")
    if len(found) > 1:
        names = ", ".join(name for name, _, _ in found)
        raise Refused(Fault.ARGUMENT, f"{typed} may be any of {names}; write more of it")
    return found[0]


def _waiting(waiting: Waiting) -> JsonObject:
    plan, terms = waiting.plan, waiting.terms
    return {
        "id": plan.id,
        "account": plan.account,
        "rule": plan.rule,
        "subject": plan.subject,
        "action": plan.action,
        "digest": waiting.digest,
        "state": waiting.state.value,
        "reason": waiting.reason,
        "created_at": instant_text(plan.created_at),
        "until": instant_text(waiting.until),
        "at_timeout": None if terms is None else terms.at_timeout.value,
        "approvals_needed": None if terms is None else terms.approvals,
        "approved_by": list(waiting.approvers),
        "requested_by": "" if terms is None else terms.requester,
        "votes": [
            {"verb": vote.verb.value, "by": vote.name, "via": vote.via, "at": instant_text(vote.at)}
            for vote in waiting.votes
        ],
        "waits": waiting.waits,
        "prospect": prospect(waiting) if waiting.waits else "",
        "notional_usd": sum(float(step.quantity * step.mark_price) for step in plan.reductions),
        "steps": len(plan.cancellations) + len(plan.reductions) + len(plan.stops),
    }


def _faults(means: Means) -> JsonValue:
    told = {
        "journal": means.memory.journal_fault,
        "ledger": means.ledger_fault(),
        "standing": means.standing(),
    }
    return {name: text for name, text in told.items() if text}
