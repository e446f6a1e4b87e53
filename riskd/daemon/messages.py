"""What riskd says about itself."""

from __future__ import annotations

from datetime import datetime

from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level
from riskd.record.fold import Remembered


def started(
    found: Remembered, *, firing: int, accounts: int, mode: str, at: datetime, version: str
) -> Message:
    """The daemon is back (or here for the first time), and what it found."""
    if found.last_at is None:
        text = "first start of this installation"
    else:
        down = (at - found.last_at).total_seconds()
        unclean = found.stopped_at is None or (
            found.started_at is not None and found.stopped_at < found.started_at
        )
        text = f"was down {_span(down)}{' after an unclean end' if unclean else ''}"
    open_orders = len(found.open_intents())
    return Message(
        key=f"system|started|{at.isoformat()}",
        kind=MessageKind.SYSTEM,
        level=Level.OK,
        thread="",
        edits_root=False,
        headline=f"riskd {version} watches {accounts} accounts, mode {mode}: {text}",
        body=(
            f"{firing} alerts still firing",
            f"{open_orders} orders of unknown outcome, to be resolved with the venue",
        ),
    )


def halted(*, at: datetime) -> Message:
    """Somebody pulled the kill switch."""
    return _switched(
        "halt", "riskd is halted: it watches and alerts, and sends no orders", Level.CRITICAL, at
    )


def resumed(*, at: datetime) -> Message:
    """Somebody released it."""
    return _switched(
        "resume", "riskd is no longer halted: it acts again where everything is armed", Level.OK, at
    )


def _switched(word: str, headline: str, level: Level, at: datetime) -> Message:
    return Message(
        key=f"system|{word}|{at.isoformat()}",
        kind=MessageKind.SYSTEM,
        level=level,
        thread="",
        edits_root=False,
        headline=headline,
    )


def record_damaged(what: str, *, at: datetime) -> Message:
    """A file of riskd's own record was not as it was left."""
    return Message(
        key=f"system|record|{at.isoformat()}",
        kind=MessageKind.SYSTEM,
        level=Level.CRITICAL,
        thread="",
        edits_root=False,
        headline="riskd found its record damaged and goes on with what is whole",
        body=(what,),
    )


def cycle_failed(error: Exception, *, at: datetime) -> Message:
    """A cycle could not be completed: nothing was judged."""
    return Message(
        key=f"system|cycle|{at.isoformat()}",
        kind=MessageKind.SYSTEM,
        level=Level.CRITICAL,
        thread="",
        edits_root=False,
        headline=f"riskd could not complete a cycle ({type(error).__name__}): no account is being judged",
        body=(str(error)[:500], "the log has the details; riskd tries again with the next cycle"),
    )


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
