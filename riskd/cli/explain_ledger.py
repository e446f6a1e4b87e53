"""What the last recorded cycle saw of a rule: the value, what it was made of, and how old that was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from riskd.adapters.duckdb_query import run_query
from riskd.adapters.safe_text import visible
from riskd.measure.spec import Unit
from riskd.policy.text.units import show

if TYPE_CHECKING:
    from riskd.adapters.duckdb_query import Cell
    from riskd.model.subject import Subject
    from riskd.policy.rule import Rule

Line = tuple[str, str]

# A position without a side means both of its sides.
_VERDICTS = """
select subject, outcome, value, limit_value, utilisation, unknown_reason
from verdicts
where rule = $rule and (subject = $subject or starts_with(subject, $subject || ' side='))
  and snapshot_id = (select max(snapshot_id) from snapshots)
order by subject
"""
_ALERTS = """
select subject, condition, level, is_unknown, opened_at, reason
from open_alerts
where rule = $rule and (subject = $subject or starts_with(subject, $subject || ' side='))
order by subject
"""
_SURFACES = """
with newest as (select max(snapshot_id) as id from snapshots),
venues as (
    select venue from account_snapshots
    where account = $account and snapshot_id = (select id from newest)
)
select surface, venue, account, quality, age_seconds, reason
from surfaces
where snapshot_id = (select id from newest)
  and (account = $account or (account = '' and venue in (select venue from venues)))
order by surface
"""


def last_cycle(ledger: Path, rule: Rule, subject: Subject, needs: frozenset[str]) -> tuple[Line, ...]:
    """Name and text of each line.

    Args:
        ledger: It exists.
        rule: The rule.
        subject: Of its grain; without a side: both.
        needs: Surfaces that the measure needs.

    Raises:
        LedgerError: It cannot be read.
    """
    asked = {"rule": rule.id, "subject": str(subject)}
    verdicts = run_query(ledger, _VERDICTS, parameters=asked)
    if not verdicts.taken_at:
        return (("recorded", "no cycle yet"),)
    lines: list[Line] = [("recorded", f"cycle {verdicts.snapshot_id}, {verdicts.taken_at}Z")]
    lines += [_verdict(row, rule.unit) for row in verdicts.rows]
    if not verdicts.rows:
        lines.append(("value", "not recorded: the subject was not there, or was fine and far from its limit"))
    lines += _alerts(ledger, asked)
    if subject.part("account"):
        lines += _inputs(ledger, subject.part("account"), needs)
    return tuple(lines)


def _verdict(row: tuple[Cell, ...], unit: Unit) -> Line:
    subject, outcome, value, limit, utilisation, unknown = row
    if value is None:
        return "value", f"? ({visible(str(subject))}: {visible(str(unknown))})"
    use = f", {float(utilisation):.0%} of breach" if utilisation is not None else ""
    against = f", limit {show(float(limit), unit)}" if limit is not None else ""
    return "value", f"{show(float(value), unit)} ({visible(str(subject))}: {outcome}{against}{use})"


def _alerts(ledger: Path, asked: dict[str, str]) -> Iterator[Line]:
    rows = run_query(ledger, _ALERTS, parameters=asked).rows
    for subject, condition, level, is_unknown, opened_at, reason in rows:
        since = f" since {opened_at}Z" if opened_at is not None else ""
        overlay = ", unknown" if is_unknown else ""
        why = f" ({visible(str(reason))})" if reason else ""
        yield "alert", f"{visible(str(subject))}: {condition} {level}{since}{overlay}{why}"
    if not rows:
        yield "alert", "none"


def _inputs(ledger: Path, account: str, needs: frozenset[str]) -> Iterator[Line]:
    """The reads that the measure needs, with their age at that cycle."""
    for surface, venue, owner, quality, age, reason in run_query(
        ledger, _SURFACES, parameters={"account": account}
    ).rows:
        if surface in needs:
            source = f"account {owner}" if owner else f"venue {venue}"
            old = f"{show(round(float(age), 1), Unit.DURATION)} old" if age is not None else "never read"
            why = f", {visible(str(reason))}" if reason else ""
            yield "input", f"{surface} of {source}: {quality}, {old}{why}"
