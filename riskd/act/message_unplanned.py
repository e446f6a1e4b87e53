"""A firing alert asks riskd to act, and no plan could be made for it: a person must look."""

from __future__ import annotations

from datetime import datetime

from riskd.act.message import clock_words, root_key
from riskd.act.proposal import Unplanned
from riskd.model.message import Message, MessageKind


def unplanned_message(unplanned: Unplanned, *, at: datetime) -> Message:
    """What cannot be planned, and why, as a reply under the alert that asks for it."""
    where = f" on {unplanned.account}" if unplanned.account else ""
    return Message(
        key=f"unplanned|{unplanned.rule}|{unplanned.subject}|{unplanned.episode}|{unplanned.reason}",
        kind=MessageKind.EXECUTION,
        level=unplanned.level,
        thread=root_key(unplanned.rule, str(unplanned.subject), unplanned.episode),
        edits_root=False,
        headline=f"NO PLAN{where} for {unplanned.rule}: {unplanned.reason}",
        fields=(("Subject", str(unplanned.subject)), ("At", clock_words(at))),
    )
