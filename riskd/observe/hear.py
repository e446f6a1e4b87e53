"""Taking in one answer: renew what was heard, or keep it and say why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from riskd.model.report import Report
from riskd.observe.facts import Normalised
from riskd.observe.json_text import Rubbish
from riskd.observe.known import Heard

T = TypeVar("T")

NO_INSTRUMENTS = "no instruments are known to read it with"

# An answer that was asked for up to this much before the one we have came late and is dropped; one that seems to be
# older than that was asked for after our clock was set back.
_LATE_MAX = timedelta(minutes=2)


def hear(
    heard: Heard[T],
    report: Report,
    read: Callable[[], Normalised[T]],
    doubt: Callable[[T], str] | None = None,
) -> Heard[T]:
    """What is heard of a surface after one report.

    Args:
        heard: What was heard before.
        report: The report.
        read: Reads its payload; raises Rubbish.
        doubt: Why a value that could be read is still not believed; empty when it is.
    """
    if heard.requested_at is not None:
        late = heard.requested_at - report.requested_at
        if timedelta(0) < late <= _LATE_MAX:
            return heard
    if report.failure:
        return heard.failed(report.failure)
    try:
        normalised = read()
    except Rubbish as rubbish:
        return heard.failed(rubbish.reason)
    reason = doubt(normalised.value) if doubt is not None else ""
    return heard.failed(reason) if reason else heard.renewed(report, normalised)
