"""Demands for tests: a rule whose worst level asks for one action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from riskd.act.demand import Demand
from riskd.act.plan import Costs, NoPlan, Occasion, propose
from riskd.measure.book.book import Book
from riskd.measure.catalogue import with_defaults
from riskd.model.order import Plan
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Subject, account_subject
from riskd.policy.rule import Action, Rule
from tests.builders import NOW, a_history
from tests.builders_rules import NOTIFY

OCCASION = Occasion(episode=3, attempt=1, now=NOW)
MAIN = account_subject("main")


def asking(rule: Rule, action: Action) -> Rule:
    """The rule with an action at its worst level, and its measure's parameters filled in."""
    thresholds = rule.limit.thresholds or rule.limit.steps[0].thresholds
    worst = max(level for level, _, _ in thresholds.levels)
    return replace(rule, measure=with_defaults(rule.measure), actions=((worst, (NOTIFY, action)),))


def demand(rule: Rule, action: Action, subject: Subject = MAIN) -> Demand:
    """What the rule asks for when it fires."""
    ready = asking(rule, action)
    return Demand(rule=ready, subject=subject, action=action, level=ready.actions[0][0], episode=3)


def plan_for(
    snapshot: Snapshot,
    *demands: Demand,
    rules: Sequence[Rule] = (),
    occasion: Occasion = OCCASION,
    costs: Costs | None = None,
    book: Book | None = None,
) -> Plan | NoPlan:
    """The plan for some demands; their rules are in force, and whatever others are named."""
    return propose(
        book or Book.of(snapshot, a_history(snapshot)),
        demands,
        rules=(*(each.rule for each in demands), *rules),
        occasion=occasion,
        costs=costs or Costs(),
    )
