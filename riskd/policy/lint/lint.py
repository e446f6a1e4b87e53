"""Reads policies that load as a careful colleague would: what can never matter, what was probably not meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import MeasureSpec
from riskd.model.desk import Desk
from riskd.model.subject import Grain
from riskd.policy.bundle import Bundle
from riskd.policy.lint.actions import action_findings
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.lint.levels import level_findings
from riskd.policy.lint.limits import limit_findings
from riskd.policy.lint.names import name_findings
from riskd.policy.lint.pairs import pair_findings
from riskd.policy.lint.ratios import ratio_findings
from riskd.policy.lint.selectors import desk_findings, selector_findings
from riskd.policy.lint.stops import stop_findings
from riskd.policy.lint.waivers import waiver_findings
from riskd.policy.scope.coverage import HOLDS_RISK
from riskd.policy.scope.roster import Entry, coverage, roster


def lint(
    bundle: Bundle,
    desk: Desk | None,
    now: datetime,
    *,
    catalogue: Mapping[str, MeasureSpec] = CATALOGUE,
) -> tuple[Finding, ...]:
    """Every finding, by file and place; those that only the configuration shows come last.

    Args:
        bundle: Policies and waivers, as loaded together.
        desk: The configured accounts, hedges and grids; None when they are not known: dead selectors, subjects that no
            rule covers and idle waivers cannot be told then.
        now: Aware time; calendars and waivers end.
        catalogue: The measures.
    """
    return tuple(sorted(_all(bundle, desk, now, catalogue), key=_place))


def _all(
    bundle: Bundle, desk: Desk | None, now: datetime, catalogue: Mapping[str, MeasureSpec]
) -> Iterator[Finding]:
    for policy in bundle.policies:
        yield from selector_findings(policy)
        yield from action_findings(policy)
        for rule in policy.rules:
            yield from limit_findings(rule, catalogue, now)
            yield from level_findings(rule)
            yield from ratio_findings(rule)
    yield from stop_findings(bundle.rules)
    yield from pair_findings(bundle.rules)
    yield from waiver_findings(bundle, desk, now)
    if desk is not None:
        for policy in bundle.policies:
            yield from desk_findings(policy, desk)
            for rule in policy.rules:
                yield from name_findings(rule, desk, catalogue)
        yield from _uncovered(bundle, desk)


def _uncovered(bundle: Bundle, desk: Desk) -> Iterator[Finding]:
    for entry in roster(desk):
        if entry.grain in HOLDS_RISK and not is_covered(bundle, entry):
            yield Finding(
                lint=Lint.UNCOVERED,
                mark=None,
                what=f"no rule is about {_words(entry)}",
                cure="add one, or widen a scope; `riskd policy coverage` shows what covers what",
            )


def is_covered(bundle: Bundle, entry: Entry) -> bool:
    """Whether any rule is about the entry for certain, or may be once a venue is read."""
    return any(rule.grain is entry.grain and coverage(rule.where, entry) for rule in bundle.rules)


def _words(entry: Entry) -> str:
    return f"positions of {entry}" if entry.grain is Grain.POSITION else f"{entry.grain.value} {entry}"


def _place(finding: Finding) -> tuple[bool, str, int, int, str, str]:
    mark = finding.mark
    if mark is None:
        return True, "", 0, 0, finding.code, finding.what
    return False, mark.file, mark.line, mark.column, finding.code, finding.what
