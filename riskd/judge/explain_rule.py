"""What a rule says, of everything or of one subject, as far as policies and configuration show it without a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from riskd.judge.explain_limit import effective_lines, limit_words, source_lines
from riskd.measure.catalogue import CATALOGUE
from riskd.measure.columns.columns import column
from riskd.measure.spec import MeasureSpec, Unit
from riskd.model.desk import Mode
from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.expression.take import spec_of
from riskd.policy.expression.words import columns_in
from riskd.policy.rule import SENDS_ORDERS, Action, ActionKind, Approval, Rule, Selector
from riskd.policy.scope.coverage import match_words
from riskd.policy.scope.roster import Cover, Entry, coverage
from riskd.policy.scope.select import CARRIED
from riskd.policy.text.quantity import noun
from riskd.policy.text.units import show
from riskd.policy.waiver import Waiver

Line = tuple[str, str]

_RELEASED_BY = {
    Approval.AUTO: "by itself",
    Approval.HUMAN: "once a person approves",
    Approval.FOUR_EYES: "once two people approve",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known beside the rule.

    Attributes:
        now: Aware time; decides calendars and waivers.
        policy_mode: Of the rule's policy.
        ceiling: Of the daemon; None when there is no configuration.
        waivers: All of them.
        subject: The one asked about; None: the rule in general.
        entries: What the desk has of that subject; None when the desk is not known.
        account_mode: Of the subject's account; None when it is not known, or there is none.
    """

    now: datetime
    policy_mode: Mode
    ceiling: Mode | None = None
    waivers: tuple[Waiver, ...] = ()
    subject: Subject | None = None
    entries: tuple[Entry, ...] | None = None
    account_mode: Mode | None = None


def explain_rule(rule: Rule, context: Context) -> tuple[Line, ...]:
    """Name and text of every line, in the order in which a person asks: what, why, how, which limit, and then?"""
    return (
        ("rule", f"{rule.id}: {rule.title} ({rule.mark.file}:{rule.mark.line})"),
        ("why", rule.why or "the policy does not say"),
        *_about(rule, context),
        *_measured(rule),
        *(("limit", line) for line in effective_lines(rule, context.now, _waiver(rule, context))),
        *(("from", line) for line in source_lines(rule, context.now)),
        *_waiver_lines(rule, context),
        *_timing(rule),
        *_actions(rule),
        *_mode(rule, context),
    )


def rule_in_short(rule: Rule) -> Line:
    """A rule in one line of its policy's: its own id, and title, measure, limit, mode and place."""
    told = (rule.title, f"{rule.measure.name} {limit_words(rule.limit, rule.unit)}", rule.mode.name.lower())
    return rule.id.rpartition("/")[2], f"{'; '.join(told)} ({rule.mark.file}:{rule.mark.line})"


def covers_subject(rule: Rule, subject: Subject, entries: tuple[Entry, ...] | None) -> Cover:
    """Whether a rule covers a subject, as far as the desk shows it; PARTLY also where there is no desk."""
    if rule.grain is not subject.grain:
        return Cover.NO
    if entries is None:
        return Cover.PARTLY
    covers = {coverage(rule.where, entry) for entry in entries}
    return covers.pop() if len(covers) == 1 else Cover.PARTLY if covers else Cover.NO


# ---- what it is about ----------------------------------------------------------------------------------------------


def _about(rule: Rule, context: Context) -> Iterator[Line]:
    tests = "; ".join(match_words(name, match) for name, match in rule.where.tests)
    yield "about", f"every {rule.grain.value}" + (f" with {tests}" if tests else "")
    if context.subject is None:
        return
    yield "subject", str(context.subject)
    yield "covered", _covered(rule, context, context.subject)


def _covered(rule: Rule, context: Context, subject: Subject) -> str:
    match covers_subject(rule, subject, context.entries):
        case Cover.YES:
            return "yes"
        case Cover.PARTLY if context.entries is None:
            return "not known without a configuration, which says what the account is"
        case Cover.PARTLY:
            open_tests = [
                match_words(name, match)
                for name, match in rule.where.tests
                if any(
                    coverage(Selector(((name, match),)), entry) is not Cover.YES
                    for entry in context.entries or ()
                )
            ]
            return f"if it has {'; '.join(open_tests)}, which only the venue shows"
        case Cover.NO:
            return _not_covered(rule, context, subject)


def _not_covered(rule: Rule, context: Context, subject: Subject) -> str:
    if rule.grain is not subject.grain:
        return f"no: the rule is per {rule.grain.value}"
    if not context.entries:
        return "no: the configuration does not have it"
    carried = CARRIED[rule.grain]
    failed = [
        match_words(name, match)
        for name, match in rule.where.tests
        if name.split(".")[0] in carried
        and all(coverage(Selector(((name, match),)), entry) is Cover.NO for entry in context.entries)
    ]
    return f"no: it is not {'; '.join(failed)}"


def _measured(rule: Rule) -> Iterator[Line]:
    if rule.formula is not None:
        yield "measure", f"{rule.formula.text} (written in the policy; {noun(rule.unit)})"
        for name in columns_in(rule.formula.tree):
            each = column(rule.grain, name)
            yield "column", f"{name}: {each.meaning} ({each.source})"
        yield "needs", ", ".join(sorted(spec_of(rule.formula, rule.grain).needs)) or "nothing"
        return
    if rule.query is not None:
        yield "measure", f"SQL written in the policy at line {rule.query.mark.line}; {noun(rule.unit)}"
        yield from (("sql", line) for line in rule.query.text.strip().splitlines())
        return
    spec = CATALOGUE.get(rule.measure.name)
    given = ", ".join(f"{name} {_parameter(spec, name, value)}" for name, value in rule.measure.parameters)
    yield "measure", f"{rule.measure.name} with {given}" if given else rule.measure.name
    if spec is not None:
        yield "formula", spec.formula
        yield "source", spec.source
        yield "needs", ", ".join(sorted(spec.needs)) or "nothing: it is about the reads themselves"


def _parameter(spec: MeasureSpec | None, name: str, value: float | str) -> str:
    units = {parameter.name: parameter.unit for parameter in (spec.parameters if spec is not None else ())}
    unit = units.get(name)
    return show(value, unit) if unit is not None and not isinstance(value, str) else str(value)


# ---- waivers, time, actions, mode ----------------------------------------------------------------------------------


def _waiver(rule: Rule, context: Context) -> Waiver | None:
    """The waiver that holds for the subject asked about."""
    return next(
        (
            waiver
            for waiver in context.waivers
            if waiver.rule == rule.id and waiver.subject == context.subject and waiver.holds(context.now)
        ),
        None,
    )


def _waiver_lines(rule: Rule, context: Context) -> Iterator[Line]:
    for waiver in context.waivers:
        if waiver.rule != rule.id or context.subject not in (None, waiver.subject):
            continue
        state = (
            "in force"
            if waiver.holds(context.now)
            else "not begun"
            if context.now < waiver.from_at
            else "ended"
        )
        span = f"{waiver.from_at:%Y-%m-%d %H:%M} to {waiver.until_at:%Y-%m-%d %H:%M} UTC"
        place = f"{waiver.mark.file}:{waiver.mark.line}"
        told = f"{waiver.id} for {waiver.subject}: {state}, {span}, approved by {waiver.approved_by}, {waiver.ticket}"
        yield "waiver", f"{told} ({place})"


def _timing(rule: Rule) -> Iterator[Line]:
    held = ", ".join(f"{level.name.lower()} {_time(seconds)}" for level, seconds in rule.hold_seconds)
    yield "fires", f"when exceeded for: {held}"
    margin = f" by {show(rule.clear_margin, Unit.RATIO)}" if rule.clear_margin else ""
    yield "clears", f"when back inside{margin} for {_time(rule.clear_seconds)}"
    yield (
        "missing",
        f"keeps the last state for {_time(rule.missing_hold_seconds)}, then {rule.missing_then.value}",
    )


def _actions(rule: Rule) -> Iterator[Line]:
    for level, actions in rule.actions:
        if level > Level.OK:
            yield f"at {level.name.lower()}", ", ".join(_action(action, rule.unit) for action in actions)


def _action(action: Action, unit: Unit) -> str:
    given = []
    if action.to is not None:
        given.append(f"to {show(action.to, unit)}")
    if action.distance is not None:
        given.append(f"{show(action.distance, Unit.RATIO)} from mark")
    if action.kind is ActionKind.CANCEL_ORDERS:
        given.append(action.which)
    if action.kind in SENDS_ORDERS:
        given.append(_RELEASED_BY[action.approval])
    elif action.kind is ActionKind.BLOCK_NEW_RISK:
        given.append("told to bots")
    return f"{action.kind.value} ({', '.join(given)})" if given else action.kind.value


def _mode(rule: Rule, context: Context) -> Iterator[Line]:
    permissions = [("policy", context.policy_mode), ("rule", rule.mode)]
    if context.ceiling is not None:
        permissions.append(("daemon", context.ceiling))
    if context.account_mode is not None:
        permissions.append(("account", context.account_mode))
    weakest = min(mode for _, mode in permissions)
    limiting = [name for name, mode in permissions if mode == weakest]
    told = ", ".join(f"{name} {mode.name.lower()}" for name, mode in permissions)
    unknown = [
        name
        for name, mode in (("the daemon", context.ceiling), ("the account", context.account_mode))
        if mode is None
    ]
    rest = f"; {' and '.join(unknown)} may allow less" if unknown else ""
    yield "mode", f"{weakest.name.lower()}, because of the {limiting[0]} ({told}){rest}"


def _time(seconds: float) -> str:
    return show(seconds, Unit.DURATION)
