"""What riskd says of changes of its policies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from riskd.daemon.messages import system_message
from riskd.daemon.orders_due import Order
from riskd.daemon.shadow import AlertMove, ShadowReport
from riskd.errors import PolicyError
from riskd.model.message import Message
from riskd.model.verdict import Level
from riskd.policy.change.change import LOOSE, Change, Effect, counted_effects

_SHOWN = 10
_OBSERVES_ONLY = "riskd only observes, and sends no orders until it is restarted with policies that are valid"


def refused(error: PolicyError, *, observes_since: datetime | None, at: datetime) -> Message:
    """The files on the disk are not fit to run; what was in force stays.

    Args:
        observes_since: When those came into force with which riskd started instead, without acting; None when it
            started with what was on the disk.
    """
    count = len(error.problems)
    headline = f"policies were not reloaded: {count} errors; the ones in force stay in force"
    tail: tuple[str, ...] = ()
    if observes_since is not None:
        headline = f"the policies on the disk have {count} errors: riskd watches with those of {observes_since:%Y-%m-%d %H:%M} UTC"
        tail = (_OBSERVES_ONLY,)
    shown = [str(problem).splitlines()[0] for problem in error.problems]
    return system_message(
        word="policy-load-failed",
        headline=headline,
        level=Level.CRITICAL,
        body=(*tail, *_first(shown), "said again daily until it is mended"),
        at=at,
    )


def mended(*, observes_only: bool, at: datetime) -> Message:
    """What is on the disk is in force again."""
    tail = (_OBSERVES_ONLY,) if observes_only else ()
    return system_message(
        word="policy-load-mended",
        headline="the policies on the disk are in force again",
        level=Level.OK,
        body=tail,
        at=at,
    )


def swapped(report: ShadowReport, *, old: str, new: str, at: datetime) -> Message:
    """New policies come into force, with what they change."""
    heavy = any({*LOOSE, Effect.ACTS_MORE} & {*change.effects} for change in report.changes)
    told = [change for change in report.changes if change.effect is not Effect.WORDS]
    lines = [change.text for change in sorted(told, key=_acts_less)]
    moves = [_move_text(move) for move in report.moves]
    return system_message(
        word="policies",
        headline=f"new policies {new[:8]} in force instead of {old[:8]}: {_counted(report)}",
        level=Level.WARN if heavy else Level.OK,
        body=(*_first(lines), *_seen(report, moves)),
        at=at,
    )


def _seen(report: ShadowReport, moves: Sequence[str]) -> tuple[str, ...]:
    if report.cycles == 0:
        return ("not watched in shadow first",)
    nothing = () if moves else (f"no alert stood otherwise in {report.cycles} cycles of shadow",)
    return (
        *nothing,
        *_first(moves),
        *_first([f"would ask for {_order_text(order)}" for order in report.orders_more]),
        *_first([f"would no longer ask for {_order_text(order)}" for order in report.orders_fewer]),
    )


def _counted(report: ShadowReport) -> str:
    return counted_effects(report.changes) or "nothing differs"


def _move_text(move: AlertMove) -> str:
    name = f"{move.key.rule} {move.key.subject}"
    if move.waits:
        return f"alert to come: {name} is beyond its limit, and fires when that has lasted long enough"
    if move.old is Level.OK:
        return f"alert gained: {move.new.name} {name}"
    if move.new is Level.OK:
        return f"alert lost: {move.old.name} {name}"
    return f"alert changed: {name} {move.old.name} -> {move.new.name}"


def _acts_less(change: Change) -> bool:
    """What acts more comes first, for a message shows only the first lines."""
    return Effect.ACTS_MORE not in change.effects


def _order_text(order: Order) -> str:
    rule, subject, action = order
    return f"{action} for {rule} {subject}"


def _first(lines: Sequence[str]) -> tuple[str, ...]:
    more = len(lines) - _SHOWN
    return (*lines[:_SHOWN], *((f"and {more} more",) if more > 0 else ()))
