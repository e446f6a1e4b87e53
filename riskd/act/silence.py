"""Silences: alerts of which people do not want to hear for a while.

A silence mutes messages and nothing else. What it covers is judged, recorded, shown and acted upon as ever. It ends by itself,
and two things are said whatever is silenced: that something is critical, and that something cannot be seen.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskd.model.alert import AlertEvent, AlertKey, AlertState, EventKind
from riskd.model.message import REMINDER, Message, MessageKind
from riskd.model.subject import PARTS
from riskd.model.verdict import Level

LASTS_MAX = timedelta(hours=24)
"""Longer than this needs a waiver, which somebody else approves and which ends up in the policy's history."""

PATTERN_MAX = 100
REASON_MAX = 200
KEYS = tuple(sorted({part for names in PARTS.values() for part in names}))
"""What a silence may say of a subject."""

_WARN_BEFORE = timedelta(minutes=15)
_TELL_WITHIN = timedelta(hours=1)
_LISTED = 10
_ANYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What is muted, until when, and why.

    Attributes:
        rule: Pattern of ``policy/rule``: ``*`` is any text, ``?`` any one character.
        subject: Patterns of parts of a subject by name, all of which must match: ``(("account", "grid-*"),)``.
        until: When it ends, or was ended.
        reason: In the words of whoever asked; hostile text.
    """

    id: str
    rule: str
    subject: tuple[tuple[str, str], ...]
    from_at: datetime
    until: datetime
    by: str
    reason: str

    def holds(self, at: datetime) -> bool:
        """Whether it is in its time."""
        return self.from_at <= at < self.until

    def covers(self, key: AlertKey) -> bool:
        """Whether it is about an alert."""
        parts = dict(key.subject.parts)
        return matches(self.rule, key.rule) and all(
            name in parts and matches(pattern, parts[name]) for name, pattern in self.subject
        )


def refusal(silence: Silence) -> str:
    """Why a silence is not taken; empty when it is."""
    unknown = [name for name, _ in silence.subject if name not in KEYS]
    patterns = (silence.rule, *(pattern for _, pattern in silence.subject))
    if unknown:
        return f"subjects have no {unknown[0]!r}; they have: {', '.join(KEYS)}"
    if any(not 0 < len(pattern) <= PATTERN_MAX for pattern in patterns):
        return f"a pattern has 1 to {PATTERN_MAX} characters"
    if all(set(pattern) <= {"*"} for pattern in patterns):
        return "it would mute everything: name a rule, or a part of the subject such as account=main"
    if not 0 < len(silence.reason.strip()) <= REASON_MAX:
        return f"say why, in at most {REASON_MAX} characters"
    if not timedelta(0) < silence.until - silence.from_at <= LASTS_MAX:
        return "a silence lasts at most 24 hours; for longer write a waiver, which somebody approves"
    return ""


def is_muted(event: AlertEvent, silences: Iterable[Silence]) -> bool:
    """Whether what happened to an alert is not to be heard.

    Never muted: what is critical, or has just become so, and that a value cannot be measured.
    """
    if event.level_after is Level.CRITICAL or event.kind is EventKind.UNKNOWN:
        return False
    return any(silence.holds(event.at) and silence.covers(event.key) for silence in silences)


def heard(
    event: AlertEvent,
    messages: Sequence[Message],
    *,
    silences: Sequence[Silence],
    told: Container[str],
) -> tuple[Message, ...]:
    """What of an event's messages is sent.

    Of a muted alert nothing new is posted. A post that people have is still kept up to date in place: that makes no sound,
    and one that goes on saying "firing" after the end would be a lie.

    Args:
        event: What happened.
        messages: All that could be said about it.
        silences: All that there are.
        told: Keys of root messages that were posted or wait to be.
    """
    if not is_muted(event, silences):
        return tuple(messages)
    return tuple(message for message in messages if message.edits_root and message.thread in told)


def silence_reminders(
    silences: Iterable[Silence],
    states: Mapping[AlertKey, AlertState],
    *,
    now: datetime,
    said: Collection[str],
) -> tuple[Message, ...]:
    """What is to be said of silences, once each: a quarter of an hour before the end, and at the end what still fires.

    One that is shorter than that needs no reminder of its end, and one under which nothing fires ends without a word.

    Args:
        silences: All that there are.
        states: The alerts as they are.
        now: Aware UTC.
        said: Keys of the reminders that were said.
    """
    found: list[Message] = []
    for silence in silences:
        if silence.holds(now) and silence.from_at < silence.until - _WARN_BEFORE <= now:
            found.append(_before_the_end(silence))
        elif silence.until <= now < silence.until + _TELL_WITHIN:
            found += _at_the_end(silence, states)
    return tuple(message for message in found if message.key not in said)


def scope_words(silence: Silence) -> str:
    """What is muted, as people write it."""
    parts = [] if silence.rule == _ANYTHING else [silence.rule]
    return " ".join([*parts, *(f"{name}={pattern}" for name, pattern in silence.subject)])


def matches(pattern: str, text: str) -> bool:
    """Whether a text is one that a pattern means. No text, however hostile, takes it long."""
    place = here = 0
    star, resume = -1, 0
    while here < len(text):
        letter = pattern[place] if place < len(pattern) else ""
        if letter == "*":
            star, resume, place = place, here, place + 1
        elif letter in ("?", text[here]) and letter:
            place, here = place + 1, here + 1
        elif star >= 0:
            resume += 1
            place, here = star + 1, resume
        else:
            return False
    return set(pattern[place:]) <= {"*"}


def _before_the_end(silence: Silence) -> Message:
    headline = f"silence {silence.id} ends at {silence.until:%H:%M} UTC: {scope_words(silence)}"
    return _message(silence, "ends", headline, (f"Reason: {silence.reason}",))


def _at_the_end(silence: Silence, states: Mapping[AlertKey, AlertState]) -> list[Message]:
    firing = [
        f"{state.level.name} {key.rule} on {key.subject}"
        for key, state in states.items()
        if state.level is not Level.OK and silence.covers(key)
    ]
    if not firing:
        return []
    rest = len(firing) - _LISTED
    listed = [*firing[:_LISTED], f"… and {rest} more"] if rest > 0 else firing
    count = "1 alert" if len(firing) == 1 else f"{len(firing)} alerts"
    headline = f"silence {silence.id} has ended, and {count} under it still fire: {scope_words(silence)}"
    return [_message(silence, "ended", headline, tuple(listed))]


def _message(silence: Silence, word: str, headline: str, body: tuple[str, ...]) -> Message:
    return Message(
        key=f"{REMINDER}silence|{silence.id}|{silence.until.isoformat()}|{word}",
        kind=MessageKind.SYSTEM,
        level=Level.WARN,
        thread="",
        edits_root=False,
        headline=headline,
        fields=(("By", silence.by),),
        body=body,
    )
