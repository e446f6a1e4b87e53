"""Alert events as messages to people: one root post an episode, edited as the alert changes, replies only when it worsens.

The headline alone says account, value and limit. What is not known is said in words, never as a number. Nothing is said
of healthy subjects, of values that have not lasted long enough to fire, or of protection that nobody has verified.
All text may hold hostile names; the channels escape it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from riskd.act.silence import Silence, heard
from riskd.measure.spec import Unit
from riskd.model.alert import AlertEvent, AlertKey, AlertState, EventKind
from riskd.model.message import Message, MessageKind
from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.rule import Action, ActionKind, Bound, Limit, Rule
from riskd.policy.text.units import show
from riskd.policy.waiver import Waiver

ROOT_PREFIX = "alert|"
"""What the key of every root message of an episode begins with."""

_LISTED = 10

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What the messages of one cycle need beside its events.

    Attributes:
        rules: Rules in force by id; a removed rule is absent.
        before: States as they were before the events.
        unknown: Which input was missing, where one was.
        waivers: All that there are.
        silences: All that there are.
        told: Keys of the root messages that people have, or that wait to be posted.
    """

    rules: Mapping[str, Rule]
    before: Mapping[AlertKey, AlertState]
    unknown: Mapping[AlertKey, str]
    waivers: Sequence[Waiver] = ()
    silences: Sequence[Silence] = ()
    told: Container[str] = frozenset()

    def waiver_of(self, event: AlertEvent) -> Waiver | None:
        """The waiver that holds for the event's rule and subject."""
        wanted = (event.key.rule, event.key.subject)
        held = (waiver for waiver in self.waivers if (waiver.rule, waiver.subject) == wanted)
        return next((waiver for waiver in held if waiver.holds(event.at)), None)


def alert_messages(events: Sequence[AlertEvent], background: Background) -> tuple[Message, ...]:
    """What to say about the events of one cycle, in the order in which it should be read: worst first.

    Args:
        events: All of one cycle, in order.
        background: What they are about.
    """
    blind = [event for event in events if _is_blindness(event)]
    told = [event for event in events if not _is_blindness(event)]
    messages = _last_edits([message for event in told for message in _heard(event, background)])
    messages.sort(key=lambda message: (-message.level, message.thread != ""))
    return (*_blindness(blind, background), *messages)


def root_key(rule: str, subject: str, episode: int) -> str:
    """Key of the root message of an episode; plans and executions are told under it.

    Args:
        rule: ``policy/rule``.
        subject: The subject as text.
        episode: Of the alert.
    """
    return f"{ROOT_PREFIX}{rule}|{subject}|{episode}"


def subject_words(subject: Subject) -> str:
    """A subject as people name it: its values without their keys."""
    return " ".join(value for _, value in subject.parts) or f"the {subject.grain.value}"


def clock_words(at: datetime) -> str:
    """A time of day, which is always UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _last_edits(messages: Sequence[Message]) -> list[Message]:
    """Without the edits that a later one of the same root overwrites at once."""
    final = {message.thread: message for message in messages if message.edits_root}
    return [message for message in messages if not message.edits_root or final[message.thread] is message]


def _heard(event: AlertEvent, background: Background) -> tuple[Message, ...]:
    """The messages of one event, without what is silenced."""
    messages = _messages_of(event, background)
    return heard(event, messages, silences=background.silences, told=background.told)


def _messages_of(event: AlertEvent, background: Background) -> tuple[Message, ...]:
    """Root posts and edits of one event, and the reply where it is worth interrupting people."""
    root = root_key(event.key.rule, str(event.key.subject), event.episode)
    shown = _root(event, background, root)
    match event.kind:
        case EventKind.FIRED:
            return (shown,)
        case EventKind.ESCALATED:
            return (shown, _reply(shown, MessageKind.ESCALATION, event))
        case EventKind.UNKNOWN:
            return (shown, _reply(shown, MessageKind.UNKNOWN, event))
        case EventKind.RESOLVED | EventKind.DEESCALATED | EventKind.CLEARING | EventKind.RELAPSED:
            return (shown,)
        case EventKind.KNOWN_AGAIN:
            return (shown,)
        case EventKind.PENDING | EventKind.LAPSED:
            return ()  # it never became an alert


def _root(event: AlertEvent, background: Background, root: str) -> Message:
    """The root post as it is to read from this event on."""
    rule = background.rules.get(event.key.rule)
    before = background.before.get(event.key, AlertState())
    fresh = event.kind is EventKind.FIRED
    ended = event.kind is EventKind.RESOLVED
    return Message(
        key=root if fresh else f"{root}|{event.version}",
        kind=MessageKind.RESOLVED if ended else MessageKind.ALERT,
        level=event.level_after,
        thread="" if fresh else root,
        edits_root=not fresh,
        headline=_headline(event, rule, background),
        fields=_fields(event, rule, before),
        body=_body(event, rule, background),
    )


def _reply(shown: Message, kind: MessageKind, event: AlertEvent) -> Message:
    """The same text as a new post under the root, for those who are not looking at it."""
    return replace(shown, key=f"{shown.key}|reply", kind=kind, level=event.level_after, edits_root=False)


def _headline(event: AlertEvent, rule: Rule | None, background: Background) -> str:
    who = subject_words(event.key.subject)
    what = rule.measure_words if rule else event.key.rule
    word = event.level_after.name
    match event.kind:
        case EventKind.RESOLVED:
            return f"RESOLVED {who}: {_ending(event, rule, what, background)}"
        case EventKind.UNKNOWN:
            return f"UNKNOWN {who}: {what} cannot be measured; the {word} stands"
        case _ if event.value is None:
            return f"{word} {who}: {what} cannot be measured, which this rule counts as a breach"
        case EventKind.CLEARING:
            return f"{word} {who}: {what} {_value(event, rule)} is back inside {_limit(event, rule)}, not yet for long"
        case EventKind.RELAPSED if rule is not None and _is_inside(event, rule):
            margin = show(rule.clear_margin, Unit.RATIO)
            return (
                f"{word} {who}: {what} {_value(event, rule)} is inside {_limit(event, rule)}, but not by the {margin} "
                "that would end the alert"
            )
        case EventKind.DEESCALATED:
            return f"{word} {who}: {what} {_value(event, rule)}, down from {event.level_before.name}"
        case EventKind.KNOWN_AGAIN:
            return f"{word} {who}: {what} is measured again, {_value(event, rule)}"
        case _:
            return (
                f"{word} {who}: {what} {_value(event, rule)} is {_beyond(event, rule)} {_limit(event, rule)}"
            )


def _ending(event: AlertEvent, rule: Rule | None, what: str, background: Background) -> str:
    if event.reason == "cleared":
        return f"{what} {_value(event, rule)} is back inside {_limit(event, rule)}"
    if event.reason == "waived":
        return f"{what} {_value(event, rule)} is waived, {_waiver_words(background.waiver_of(event))}"
    return {
        "subject_closed": f"closed, so {what} no longer applies",
        "not_covered": f"rule {event.key.rule} no longer covers it; the condition itself was not seen to end",
        "rule_removed": f"rule {event.key.rule} was removed; the condition itself was not seen to end",
        "rule_changed": f"rule {event.key.rule} was changed; the condition itself was not seen to end",
    }.get(event.reason, event.reason)


def _fields(event: AlertEvent, rule: Rule | None, before: AlertState) -> Fields:
    rows = [("Rule", f"{rule.title} ({rule.id})" if rule else event.key.rule)]
    if event.limit is not None:
        rows.append(("Limit", _limit(event, rule)))
    if event.kind is not EventKind.FIRED and before.opened_at is not None:
        rows.append(("Since", clock_words(before.opened_at)))
        if event.kind is EventKind.RESOLVED:
            lasted = (event.at - before.opened_at).total_seconds()
            rows.append(("Lasted", show(max(lasted, 0.0), Unit.DURATION)))
    rows.append(("At", clock_words(event.at)))
    return tuple(rows)


def _body(event: AlertEvent, rule: Rule | None, background: Background) -> tuple[str, ...]:
    lines = []
    missing = background.unknown.get(event.key, "")
    if missing and event.value is None:
        lines.append(f"Missing: {missing}. The last level is kept until the data is back.")
    if rule is None:
        return tuple(lines)
    lines += _waiver_lines(event, background)
    if rule.why:
        lines.append(f"Why: {rule.why}")
    asked = [action for action in rule.actions_at(event.level_after) if action.kind is not ActionKind.NOTIFY]
    if asked:
        words = ", ".join(action_words(action, rule.unit) for action in asked)
        lines.append(f"The policy asks at this level: {words}.")
    return tuple(lines)


def _waiver_lines(event: AlertEvent, background: Background) -> list[str]:
    """What a waiver has to do with it: it holds and is exceeded too, or it has just ended."""
    if event.reason == "waiver_ended":
        ended = background.before.get(event.key, AlertState()).waiver
        return [f"The waiver {ended} ended; the value has been beyond the normal limit all along."]
    waiver = background.waiver_of(event)
    if waiver is None or event.kind is EventKind.RESOLVED:
        return []
    return [f"A waiver holds, {_waiver_words(waiver)}; the limit here is the one that it allows."]


def _waiver_words(waiver: Waiver | None) -> str:
    if waiver is None:
        return "by a waiver"
    return f"by {waiver.id} ({waiver.ticket}) until {waiver.until_at:%Y-%m-%d %H:%M} UTC"


def action_words(action: Action, unit: Unit) -> str:
    """An action as people read it, such as ``deleverage to 4x``."""
    words = action.kind.value.replace("_", " ")
    return words if action.to is None else f"{words} to {show(action.to, unit)}"


def _value(event: AlertEvent, rule: Rule | None) -> str:
    return "?" if event.value is None else _shown(event.value, rule)


def _limit(event: AlertEvent, rule: Rule | None) -> str:
    return "its limit" if event.limit is None else _shown(event.limit, rule)


def _shown(number: float, rule: Rule | None) -> str:
    return show(number, rule.unit) if rule else f"{number:.6g}"


def _beyond(event: AlertEvent, rule: Rule | None) -> str:
    if event.value is None or event.limit is None or rule is None:
        return "beyond"
    if rule.limit.bound is Bound.BAND:
        return "outside"
    return "above" if rule.limit.bound is Bound.MAX else "below"


def _is_inside(event: AlertEvent, rule: Rule) -> bool:
    """Whether the value is inside the limit of its level: an alert goes on until it is by the margin as well."""
    if event.value is None or event.limit is None:
        return False
    lower_edges = {low for limit in rule.limits for low in _lows(limit)}
    is_floor = rule.limit.bound is Bound.MIN or (
        rule.limit.bound is Bound.BAND and event.limit in lower_edges
    )
    return event.value >= event.limit if is_floor else event.value <= event.limit


def _lows(limit: Limit) -> Iterator[float]:
    every = (limit.thresholds, *(step.thresholds for step in limit.steps))
    return (low for thresholds in every if thresholds is not None for _, low, _ in thresholds.levels)


def _is_blindness(event: AlertEvent) -> bool:
    """Data that went missing, or came back, where nothing fires: told once an account, not once a rule."""
    return event.kind in {EventKind.UNKNOWN, EventKind.KNOWN_AGAIN} and event.level_after is Level.OK


def _blindness(events: Iterable[AlertEvent], background: Background) -> tuple[Message, ...]:
    def place(event: AlertEvent) -> tuple[str, str]:
        return event.reason, event.key.subject.part("account") or subject_words(event.key.subject)

    grouped = groupby(sorted(events, key=lambda event: (*place(event), event.key.rule)), key=place)
    return tuple(_blind_message(reason, who, tuple(group), background) for (reason, who), group in grouped)


def _blind_message(reason: str, who: str, events: tuple[AlertEvent, ...], background: Background) -> Message:
    checks = f"{len(events)} checks" if len(events) > 1 else "1 check"
    headline = {
        "missing_data": f"BLIND {who}: {checks} cannot be made; nothing is believed to be fine until they can",
        "data_returned": f"SEEN AGAIN {who}: {checks} can be made again",
    }.get(
        reason, f"ENDED {who}: {checks} that could not be made no longer apply ({reason.replace('_', ' ')})"
    )
    causes = sorted({background.unknown[event.key] for event in events if background.unknown.get(event.key)})
    listed = [f"{event.key.rule} on {subject_words(event.key.subject)}" for event in events]
    return Message(
        key=f"blind|{reason}|{who}|{events[0].at.isoformat()}",
        kind=MessageKind.UNKNOWN,
        level=Level.WARN if reason == "missing_data" else Level.OK,
        thread="",
        edits_root=False,
        headline=headline,
        fields=(("At", clock_words(events[0].at)),),
        body=(*(f"Missing: {cause}" for cause in _shortened(causes)), *_shortened(listed)),
    )


def _shortened(lines: Sequence[str]) -> list[str]:
    rest = len(lines) - _LISTED
    return [*lines[:_LISTED], f"… and {rest} more"] if rest > 0 else list(lines)
