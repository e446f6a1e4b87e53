"""Many incidents at once: one post with a table of the worst, kept up to date, and everything else in its thread.

A market that falls breaks every limit of every account within a minute. Posted one by one the incidents hide the worst of
them, and a channel takes about one post a second. What is critical, and what cannot be seen, stands alone all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from riskd.act.message import ROOT_PREFIX
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level

STORM_SIZE = 5
"""More new incidents than this within the window are a storm."""

WINDOW = timedelta(seconds=60)
LASTS_MAX = timedelta(minutes=30)
"""A storm that goes on for longer gets a post of its own, so that the newest table is not far up in the channel."""

_LISTED = 10
_HEAD = ("Level", "Incident")
_KEY = "storm|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One alert that has a post.

    Attributes:
        key: Of its root message.
        at: When it was new.
        level: Now.
        headline: Now.
        is_over: It was resolved.
    """

    key: str
    at: datetime
    level: Level
    headline: str
    is_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What is remembered from one batch of messages to the next.

    Attributes:
        incidents: While there is no storm, those of the last minute; during one, all of it.
        root: Key of its post; empty: there is no storm.
        began_at: When it began.
        newest_at: When its last incident was new.
        version: Number of the last edit of its post.
    """

    incidents: tuple[Incident, ...] = ()
    root: str = ""
    began_at: datetime | None = None
    newest_at: datetime | None = None
    version: int = 0

    def rages(self, now: datetime) -> bool:
        """Whether a new incident joins it."""
        if self.began_at is None or self.newest_at is None:
            return False
        return now - self.newest_at <= WINDOW and now - self.began_at <= LASTS_MAX


CALM = Storm()


def calmed(storm: Storm, messages: Sequence[Message], now: datetime) -> tuple[Storm, tuple[Message, ...]]:
    """What to post instead of some messages, and what to remember for the next.

    Args:
        storm: As it was after the last messages.
        messages: In the order in which they should be read.
        now: Aware UTC.
    """
    new = [_incident(message, now) for message in messages if _is_new(message)]
    before = storm if storm.rages(now) else _over(storm, now, bool(new))
    after = replace(before, incidents=(*_updated(before.incidents, messages), *new))
    if new and after.root:
        after = replace(after, newest_at=now)
    begins = not after.root and len(after.incidents) > STORM_SIZE
    if begins:
        after = replace(after, root=f"{_KEY}{new[0].key}", began_at=now, newest_at=now, version=0)
    rest = _placed(messages, after) if after.rages(now) else tuple(messages)
    if begins:
        return after, (_post(after), *rest)
    if after.root and after.incidents != storm.incidents:
        after = replace(after, version=after.version + 1)
        return after, (*rest, _edit(after))
    return after, rest


def _over(storm: Storm, now: datetime, has_new: bool) -> Storm:  # noqa: FBT001 - whether something needs its place
    """A storm that nothing joins any more. Its post is kept up to date until something new needs the place."""
    if storm.root and not has_new and not all(incident.is_over for incident in storm.incidents):
        return storm
    kept = () if storm.root else storm.incidents
    return Storm(incidents=tuple(incident for incident in kept if now - incident.at <= WINDOW))


def _is_new(message: Message) -> bool:
    return message.kind is MessageKind.ALERT and message.thread == "" and message.key.startswith(ROOT_PREFIX)


def _incident(message: Message, now: datetime) -> Incident:
    return Incident(key=message.key, at=now, level=message.level, headline=message.headline)


def _updated(incidents: Iterable[Incident], messages: Iterable[Message]) -> Iterable[Incident]:
    shown: Mapping[str, Message] = {message.thread: message for message in messages if message.edits_root}
    for incident in incidents:
        message = shown.get(incident.key)
        if message is None:
            yield incident
        else:
            over = message.kind is MessageKind.RESOLVED
            yield replace(incident, level=message.level, headline=message.headline, is_over=over)


def _placed(messages: Iterable[Message], storm: Storm) -> tuple[Message, ...]:
    """Messages as they are posted while a storm rages: in its thread, and without a sound, unless they are critical."""
    inside = frozenset(incident.key for incident in storm.incidents)

    def placed(message: Message) -> Message:
        if message.level is Level.CRITICAL:
            return message
        if _is_new(message):
            return replace(message, thread=storm.root)
        is_loud = message.kind is MessageKind.ESCALATION and message.thread in inside
        return replace(message, kind=MessageKind.ALERT) if is_loud else message

    return tuple(map(placed, messages))


def _post(storm: Storm) -> Message:
    ranked = sorted(storm.incidents, key=lambda incident: (incident.is_over, -incident.level))
    worst = ranked[0]
    rows = tuple((_word(incident), incident.headline) for incident in ranked[:_LISTED])
    left = len(ranked) - len(rows)
    return Message(
        key=storm.root,
        kind=MessageKind.ALERT,
        level=Level.OK if worst.is_over else worst.level,
        thread="",
        edits_root=False,
        headline=f"MARKET STRESS: {_count(storm)}; the worst: {worst.headline}",
        body=(
            *([f"{left} more stand in the thread."] if left else ()),
            "Details of each stand in the thread.",
        ),
        table=(_HEAD, *rows),
    )


def _edit(storm: Storm) -> Message:
    """With the moment in its key: after a restart the same incidents make the same storm, whose edits are counted anew."""
    began = "" if storm.began_at is None else storm.began_at.isoformat()
    key = f"{storm.root}|{began}|{storm.version}"
    return replace(_post(storm), key=key, thread=storm.root, edits_root=True)


def _word(incident: Incident) -> str:
    return "over" if incident.is_over else incident.level.name


def _count(storm: Storm) -> str:
    accounts = len({account for incident in storm.incidents if (account := _account(incident.key))})
    over = sum(incident.is_over for incident in storm.incidents)
    where = f" on {accounts} account{'' if accounts == 1 else 's'}" if accounts else ""
    return f"{len(storm.incidents)} incidents{where}{f', {over} of them over' if over else ''}"


def _account(key: str) -> str:
    """The account that an incident is about, from the subject in its key; empty: it is about more than one."""
    subject = key.split("|", 2)[-1]
    first = subject.partition(" ")[0].partition("|")[0]
    return first.removeprefix("account=") if first.startswith("account=") else ""
