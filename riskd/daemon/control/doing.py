"""What people may ask riskd to do. Each is durable, with their name, before they are told that it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from riskd.act import acknowledge, silence
from riskd.act.acknowledge import Acknowledgement, acknowledged_message
from riskd.act.decision import Actor, Ask, Verb
from riskd.act.silence import Silence, scope_words
from riskd.act.waiting import AtTimeout, Terms, Waiting
from riskd.adapters.kill_switch import KillSwitch
from riskd.daemon.control.means import Means
from riskd.daemon.control.protocol import Arguments, Fault, Refused
from riskd.daemon.control.telling import known_account, named_alert, plan_value
from riskd.daemon.handling import silence_id
from riskd.daemon.messages import system_message
from riskd.model.journal import EntryKind
from riskd.model.order import Plan, PlanState
from riskd.model.report import JsonValue
from riskd.model.verdict import Level
from riskd.record.bodies import Decision, decision_body
from riskd.record.canonical import instant_text

_DAY_SECONDS = 86_400
_NOT_WRITTEN = "the journal cannot be written, so nothing was done"


class Doing:
    """Does what it is asked by somebody who may."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def decide(self, arguments: Arguments, actor: Actor) -> JsonValue:
        """Approve, hold or reject a plan. Who is late is told who was first: that is an answer, not a failure."""
        plan_id, word = arguments.text("id"), arguments.text("verb")
        digest = arguments.text("digest", default="")
        arguments.nothing_else()
        if word not in tuple(Verb):
            raise Refused(Fault.ARGUMENT, f"verb: expected one of {', '.join(Verb)}")
        ask = Ask(plan_id=plan_id, digest=digest, verb=Verb(word), actor=actor, at=self._means.clock.now())
        ruling = self._means.decisions.decide(ask)
        return {"outcome": ruling.outcome.value, "text": ruling.text, "newer": ruling.newer}

    def acknowledge(self, arguments: Arguments, actor: Actor) -> JsonValue:
        """Look after an alert, for a time."""
        means, now = self._means, self._means.clock.now()
        typed, note = arguments.text("id"), arguments.text("note", default="")
        version = arguments.whole("version", low=0, high=2**53)
        seconds = arguments.whole("seconds", low=1, high=_DAY_SECONDS)
        arguments.nothing_else()
        name, key, state = named_alert(means, typed)
        lasts = acknowledge.LASTS if seconds is None else timedelta(seconds=seconds)
        refused = acknowledge.refusal(state, version=version, lasts=lasts)
        if refused:
            raise Refused(Fault.REFUSED, f"{name}: {refused}")
        given = Acknowledgement(
            incident=name, level=state.level, by=actor.name, at=now, until=now + lasts, note=note
        )
        self._durable(means.handling.acknowledge(given, actor.via))
        means.say(acknowledged_message(key, state, given))
        return {"id": name, "by": actor.name, "until": instant_text(given.until)}

    def silence(self, arguments: Arguments, actor: Actor) -> JsonValue:
        """Mute messages about alerts, for a time."""
        means, now = self._means, self._means.clock.now()
        rule, subject = arguments.text("rule", default="*"), arguments.texts("subject")
        reason = arguments.text("reason")
        seconds = arguments.whole("seconds", low=1, high=_DAY_SECONDS)
        arguments.nothing_else()
        if seconds is None:
            raise Refused(Fault.ARGUMENT, "seconds: say how long, at most a day")
        given = Silence(
            id="",
            rule=rule,
            subject=subject,
            from_at=now,
            until=now + timedelta(seconds=seconds),
            by=actor.name,
            reason=reason,
        )
        refused = silence.refusal(given)
        if refused:
            raise Refused(Fault.REFUSED, refused)
        given = replace(given, id=silence_id(given))
        self._durable(means.handling.silence(given, actor.via))
        covered = sum(
            given.covers(key) for key, state in means.memory.states.items() if state.level is not Level.OK
        )
        self._tell(
            "silence",
            f"{actor.name} silences {scope_words(given)} until {given.until:%Y-%m-%d %H:%M} UTC",
            (f"Reason: {reason}", "Critical alerts, and what cannot be seen, are said all the same."),
        )
        return {"id": given.id, "until": instant_text(given.until), "covers_now": covered}

    def unsilence(self, arguments: Arguments, actor: Actor) -> JsonValue:
        """End a silence before its time."""
        means, now = self._means, self._means.clock.now()
        name = arguments.text("id")
        arguments.nothing_else()
        found = next((each for each in means.handling.silences(now) if each.id == name), None)
        if found is None or not found.holds(now):
            raise Refused(Fault.NOT_FOUND, f"no silence {name} holds; `riskd silence list`")
        self._durable(means.handling.end(found, by=actor.name, via=actor.via, now=now))
        return {"id": name, "by": actor.name}

    def halt(self, arguments: Arguments, actor: Actor) -> JsonValue:
        """Pull the kill switch, of everything or of one account: at once, and then on the record."""
        account, reason = arguments.text("account", default=""), arguments.text("reason", default="")
        arguments.nothing_else()
        switch = self._switch(account)
        was = switch.is_pulled()
        switch.pull(f"{reason or 'halted'} ({actor.name}, {actor.via})")
        written = self._note("halt", account, reason, actor)
        if account and not was:
            self._tell(
                "halt",
                f"{account} is halted by {actor.name}: no order of it is sent",
                (reason,),
                Level.CRITICAL,
            )
        return {"halted": account or "everything", "was_halted": was, "recorded": written}

    def resume(self, arguments: Arguments, actor: Actor) -> JsonValue:
        """Release it. This lets orders go out again: it is on the record first, or not done."""
        account, reason = arguments.text("account", default=""), arguments.text("reason", default="")
        arguments.nothing_else()
        switch = self._switch(account)
        if not switch.is_pulled():
            return {"resumed": account or "everything", "was_halted": False}
        self._durable(self._note("resume", account, reason, actor))
        switch.release()
        if account:
            self._tell("resume", f"{account} is no longer halted, by {actor.name}", (reason,))
        return {"resumed": account or "everything", "was_halted": True}

    def flatten(self, arguments: Arguments, actor: Actor) -> JsonValue:
        """The plan that closes everything of an account; unless it is a dry run it waits for an approver then."""
        means, now = self._means, self._means.clock.now()
        account, is_dry = arguments.text("account"), arguments.flag("dry_run")
        arguments.nothing_else()
        known_account(means, account)
        plan = means.flatten(account, now)
        if not isinstance(plan, Plan):
            raise Refused(Fault.REFUSED, plan)
        terms: Terms | None = None
        if not is_dry:
            terms = Terms(
                approvals=1,
                until=now + means.decide_within,
                at_timeout=AtTimeout.EXPIRES,
                requester=actor.name,
            )
            self._durable(self._note("flatten", account, plan.id, actor))
            self._durable(means.propose(plan, terms))
        shown = Waiting(plan=plan, terms=terms, votes=(), state=PlanState.PROPOSED, reason="", changed_at=now)
        return {"dry_run": is_dry, **plan_value(shown)}

    def rearm(self, arguments: Arguments, actor: Actor) -> JsonValue:
        """Let riskd act again where it had disarmed itself."""
        means, now = self._means, self._means.clock.now()
        name, note = arguments.text("name"), arguments.text("note")
        arguments.nothing_else()
        found = [each for each in means.arming.disarmed(now) if each.name == name]
        if not found:
            raise Refused(
                Fault.NOT_FOUND, f"nothing of the name {name} is disarmed; `riskd status` lists what is"
            )
        if not note.strip():
            raise Refused(
                Fault.REFUSED, "say in a note what was found, so that others know why it is safe again"
            )
        for each in found:
            self._durable(
                means.arming.rearm(each.part, name, by=actor.name, via=actor.via, note=note, now=now)
            )
        self._tell(
            "rearm", f"{name} is armed again by {actor.name}", (f"It was disarmed: {found[0].reason}", note)
        )
        return {"name": name, "parts": [each.part.value for each in found]}

    def _switch(self, account: str) -> KillSwitch:
        known_account(self._means, account)
        return self._means.switches.of(account) if account else self._means.switches.house

    def _note(self, what: str, target: str, note: str, actor: Actor) -> bool:
        decision = Decision(what=what, actor=actor.name, target=target, until=None, note=note, via=actor.via)
        return self._means.memory.note(EntryKind.DECISION, decision_body(decision), self._means.clock.now())

    def _durable(self, written: bool) -> None:  # noqa: FBT001 - what the journal said
        if not written:
            raise Refused(Fault.REFUSED, _NOT_WRITTEN)

    def _tell(self, word: str, headline: str, body: tuple[str, ...], level: Level = Level.OK) -> None:
        told = tuple(line for line in body if line)
        at = self._means.clock.now()
        self._means.say(system_message(word=word, headline=headline, level=level, body=told, at=at))
