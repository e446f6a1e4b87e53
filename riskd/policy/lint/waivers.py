"""Lint of waivers: those that have ended, and those that can never apply."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from riskd.model.desk import Desk
from riskd.model.subject import Grain, Subject
from riskd.policy.bundle import Bundle
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.scope.roster import ANYTHING, Cover, Entry, coverage, roster
from riskd.policy.waiver import Waiver

_ONLY_AT_THE_VENUE = frozenset({"symbol", "side", "asset"})


def waiver_findings(bundle: Bundle, desk: Desk | None, now: datetime) -> Iterator[Finding]:
    """What is odd about the waivers in force.

    Args:
        bundle: Policies and waivers.
        desk: The accounts; None when they are not known, and nothing is then said of subjects.
        now: Aware time.
    """
    entries = roster(desk) if desk is not None else None
    for waiver in bundle.waivers:
        if waiver.until_at <= now:
            yield Finding(
                lint=Lint.WAIVER_OVER,
                mark=waiver.mark,
                what=f"waiver {waiver.id} ended at {waiver.until_at:%Y-%m-%d %H:%M} UTC",
                cure="take it out; the ledger remembers it",
            )
        elif entries is not None:
            yield from _idle(waiver, bundle, entries)


def _idle(waiver: Waiver, bundle: Bundle, entries: tuple[Entry, ...]) -> Iterator[Finding]:
    rule = next((rule for rule in bundle.rules if rule.id == waiver.rule), None)
    if rule is None:
        return
    candidates = [entry for entry in entries if may_be(entry, waiver.subject)]
    what = ""
    if not candidates:
        what = f"waiver {waiver.id} is for {waiver.subject}, which this desk does not have"
    elif all(coverage(rule.where, entry) is Cover.NO for entry in candidates):
        what = f"waiver {waiver.id} is for {waiver.subject}, which {waiver.rule} does not cover"
    if what:
        cure = "it waives nothing; correct the subject, or take it out"
        yield Finding(lint=Lint.IDLE_WAIVER, mark=waiver.mark, what=what, cure=cure)


def may_be(entry: Entry, subject: Subject) -> bool:
    """Whether a subject is the entry's, or may be found in it once a venue is read."""
    if entry.grain is not subject.grain:
        return False
    named = dict(subject.parts)
    for key, text in entry.parts:
        if text != ANYTHING and key in named and named[key] != text:
            return False
    open_keys = (
        _ONLY_AT_THE_VENUE if subject.grain is Grain.POSITION else frozenset({subject.grain.value, "symbol"})
    )
    held = dict(entry.parts)
    return all(key in held or key in open_keys for key in named)
