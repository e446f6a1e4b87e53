"""What riskd says about itself."""

from __future__ import annotations

from datetime import datetime

from riskd.daemon.equity import Rebased
from riskd.model.message import Message, MessageKind
from riskd.model.verdict import Level
from riskd.record.fold import Remembered


def system_message(
    *, word: str, headline: str, level: Level, body: tuple[str, ...] = (), at: datetime
) -> Message:
    """A message of riskd about itself.

    Args:
        word: What it is about; with ``at`` it makes the key.
    """
    return Message(
        key=f"system|{word}|{at.isoformat()}",
        kind=MessageKind.SYSTEM,
        level=level,
        thread="",
        edits_root=False,
        headline=headline,
        body=body,
    )


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
    return system_message(
        word="started",
        headline=f"riskd {version} watches {accounts} accounts, mode {mode}: {text}",
        level=Level.OK,
        body=(
            f"{firing} alerts still firing",
            f"{open_orders} orders of unknown outcome, to be resolved with the venue",
        ),
        at=at,
    )


def halted(*, at: datetime) -> Message:
    """Somebody pulled the kill switch."""
    return system_message(
        word="halt",
        headline="riskd is halted: it watches and alerts, and sends no orders",
        level=Level.CRITICAL,
        at=at,
    )


def resumed(*, at: datetime) -> Message:
    """Somebody released it."""
    return system_message(
        word="resume",
        headline="riskd is no longer halted: it acts again where everything is armed",
        level=Level.OK,
        at=at,
    )


def record_damaged(what: str, *, at: datetime) -> Message:
    """A file of riskd's own record was not as it was left."""
    return system_message(
        word="record",
        headline="riskd found its record damaged and goes on with what is whole",
        level=Level.CRITICAL,
        body=(what,),
        at=at,
    )


def cycle_failed(error: Exception, *, at: datetime) -> Message:
    """A cycle could not be completed: nothing was judged."""
    return system_message(
        word="cycle",
        headline=f"riskd could not complete a cycle ({type(error).__name__}): no account is being judged",
        level=Level.CRITICAL,
        body=(str(error)[:500], "the log has the details; riskd tries again with the next cycle"),
        at=at,
    )


def equity_rebased(account: str, change: Rebased, *, at: datetime) -> Message:
    """What an account's equity is made of has changed, and with it what its past is compared with."""
    return system_message(
        word=f"equity of {account}",
        headline=f"the equity of {account} is made of {change.after} from now on, before of {change.before}",
        level=Level.WARN,
        body=(
            f"the step of {change.amount:+,.2f} USD is neither profit nor loss: drawdown goes on from where it was",
        ),
        at=at,
    )


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
