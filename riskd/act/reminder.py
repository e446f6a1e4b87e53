"""Reminds people that a waiver is about to end: two days before, and four hours before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from riskd.act.message import subject_words
from riskd.measure.spec import Unit
from riskd.model.alert import AlertKey, AlertState
from riskd.model.message import REMINDER, Message, MessageKind
from riskd.model.verdict import Level
from riskd.policy.text.units import show
from riskd.policy.waiver import Waiver

_BEFORE = (timedelta(hours=4), timedelta(hours=48))


def waiver_reminders(
    waivers: Iterable[Waiver], states: Mapping[AlertKey, AlertState], *, now: datetime, said: Collection[str]
) -> tuple[Message, ...]:
    """The reminders that are due and were not said before.

    One that was missed, because riskd did not run, is said late as long as the waiver still holds, unless a later one
    is due by then. A waiver that is shorter than the time of a reminder needs none.

    Args:
        waivers: All that there are.
        states: The alerts, which know whether a waiver is needed now.
        now: Aware UTC.
        said: Keys of the reminders that were said.
    """
    due = ((waiver, _due(waiver, now)) for waiver in waivers if waiver.holds(now))
    messages = (_reminder(waiver, before, states, now) for waiver, before in due if before is not None)
    return tuple(message for message in messages if message.key not in said)


def _due(waiver: Waiver, now: datetime) -> timedelta | None:
    """How long before the end the last reminder should have come; None when there should have been none yet."""
    return next(
        (before for before in _BEFORE if waiver.from_at < waiver.until_at - before <= now),
        None,
    )


def _reminder(
    waiver: Waiver, before: timedelta, states: Mapping[AlertKey, AlertState], now: datetime
) -> Message:
    left = show(float(round((waiver.until_at - now).total_seconds() / 60) * 60), Unit.DURATION)
    hours = int(before.total_seconds() // 3600)
    state = states.get(AlertKey(rule=waiver.rule, subject=waiver.subject), AlertState())
    return Message(
        key=f"{REMINDER}waiver|{waiver.id}|{waiver.until_at.isoformat()}|{hours}h",
        kind=MessageKind.SYSTEM,
        level=Level.WARN,
        thread="",
        edits_root=False,
        headline=f"waiver {waiver.id} ends in {left}: {waiver.rule} for {subject_words(waiver.subject)}",
        fields=(
            ("Ends", f"{waiver.until_at:%Y-%m-%d %H:%M} UTC"),
            ("Asked for by", waiver.requested_by),
            ("Approved by", waiver.approved_by),
            ("Ticket", waiver.ticket),
        ),
        body=(_need(waiver, state), f"Reason: {waiver.reason}"),
    )


def _need(waiver: Waiver, state: AlertState) -> str:
    """What its end means as things stand."""
    if state.waiver != waiver.id or not state.normal_crossed_at:
        return "It is not needed now: the value is within the normal limit."
    level, _ = max(state.normal_crossed_at)
    return f"It is needed now: the value is beyond the normal {level.name.lower()} limit, and the alert fires when it ends."
