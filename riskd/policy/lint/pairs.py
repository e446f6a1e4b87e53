"""Lint of rules beside each other: the same twice, what another one makes idle, and what a refinement gives up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, permutations

from riskd.measure.spec import Counts
from riskd.model.verdict import Level
from riskd.policy.compile.limit import all_thresholds, levels_of
from riskd.policy.expression.take import rule_spec
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.rule import SENDS_ORDERS, Action, MissingThen, Rule, Selector, Thresholds
from riskd.policy.scope.select import CARRIED
from riskd.policy.scope.selectors import covers
from riskd.policy.text.spelling import listed

_PAIRS_MAX = 20_000  # of rules on one measure; where there are more, only the first are compared


def pair_findings(rules: Sequence[Rule]) -> Iterator[Finding]:
    """What only shows when rules are laid side by side."""
    for group in _comparable(rules):
        yield from _repeats(group)
        yield from _redundant(group)
    yield from _same_formulas(rules)
    yield from _refinements(rules)


def _comparable(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    """Rules on the same number of the same kind of subject, with the same bad side."""
    groups: dict[object, list[Rule]] = defaultdict(list)
    for rule in rules:
        groups[rule.measure, _own_text(rule), rule.grain, rule.limit.bound].append(rule)
    return (group for group in groups.values() if len(group) > 1)


def _repeats(rules: Sequence[Rule]) -> Iterator[Finding]:
    first: dict[object, Rule] = {}
    for rule in rules:
        other = first.setdefault((rule.where, rule.limit, rule.during, rule.refines), rule)
        if other is not rule:
            yield Finding(
                lint=Lint.SAME_RULE,
                mark=rule.mark,
                what=f"{rule.id} limits what {other.id} ({other.mark.file}:{other.mark.line}) limits, in the same way",
                cure="two alerts will say the same; keep one",
            )


def _redundant(rules: Sequence[Rule]) -> Iterator[Finding]:
    told: set[str] = set()
    for weak, strong in islice(permutations(rules, 2), _PAIRS_MAX):
        if weak.id not in told and _adds_nothing(weak, strong):
            told.add(weak.id)
            yield Finding(
                lint=Lint.REDUNDANT,
                mark=weak.mark,
                what=f"whatever {weak.id} says, {strong.id} ({strong.mark.file}:{strong.mark.line}) says no later "
                "and does no less",
                cure="take it out, or make it stricter",
            )


def _adds_nothing(weak: Rule, strong: Rule) -> bool:
    """Whether, wherever ``weak`` speaks, ``strong`` has spoken already and acts at least as much."""
    if _is_ancestor(weak, strong) or (weak.where, weak.limit, weak.during) == (
        strong.where,
        strong.limit,
        strong.during,
    ):
        return False
    return (
        weak.mode <= strong.mode
        and _is_looser_throughout(weak, strong)
        and all(
            weak.hold(level) >= strong.hold(level) and _acts(strong, level) >= _acts(weak, level)
            for level in levels_of(weak.limit)
        )
        and _lasts_no_longer(weak, strong)
        and _counts_the_same(weak, strong)
        and covers(strong.where, weak.where)
    )


def _lasts_no_longer(weak: Rule, strong: Rule) -> bool:
    """Whether the alerts of ``weak`` end no later, and missing data says no more in them."""
    return (
        weak.clear_margin <= strong.clear_margin
        and weak.clear_seconds <= strong.clear_seconds
        and weak.missing_hold_seconds >= strong.missing_hold_seconds
        and weak.missing_then in (strong.missing_then, MissingThen.IGNORE)
    )


def _is_ancestor(rule: Rule, other: Rule) -> bool:
    """A rule that others refine is there for those that do not."""
    return any(ancestor.id == rule.id for ancestor in other.chain)


def _is_looser_throughout(weak: Rule, strong: Rule) -> bool:
    """Whether each limit that ``weak`` ever has is no tighter than the plain one of ``strong``."""
    held = strong.limit.thresholds
    if held is None:
        return weak.limit == strong.limit and not weak.during
    limits = (weak.limit, *(limit for _, limit in weak.during))
    return all(_is_looser(own, held) for limit in limits for own in all_thresholds(limit))


def _is_looser(weak: Thresholds, strong: Thresholds) -> bool:
    edges = {level: (low, high) for level, low, high in strong.levels}
    return all(
        level in edges and low <= edges[level][0] and high >= edges[level][1]
        for level, low, high in weak.levels
    )


def _acts(rule: Rule, level: Level) -> frozenset[Action]:
    return frozenset(rule.actions_at(level))


def _counts_the_same(weak: Rule, strong: Rule) -> bool:
    """Whether both sum the same rows of a subject, so that their values are one number."""
    spec = rule_spec(weak)
    if weak.query is not None or (spec is not None and spec.counts is Counts.WHOLE_ACCOUNT):
        return True
    return _uncarried(weak) == _uncarried(strong)


def _uncarried(rule: Rule) -> Selector:
    carried = CARRIED[rule.grain]
    return Selector(tuple(test for test in rule.where.tests if test[0].split(".")[0] not in carried))


def _same_formulas(rules: Iterable[Rule]) -> Iterator[Finding]:
    first: dict[str, Rule] = {}
    for rule in rules:
        text = _own_text(rule)
        kind = "expr" if rule.formula is not None else "sql"
        other = first.setdefault(" ".join(text.split()), rule) if text.strip() else rule
        if other is not rule:
            yield Finding(
                lint=Lint.SAME_FORMULA,
                mark=rule.place(kind),
                what=f"the `{kind}` of {rule.id} is that of {other.id} ({other.mark.file}:{other.mark.line})",
                cure="what two rules need is worth a measure of the catalogue: ask for one",
            )


def _own_text(rule: Rule) -> str:
    """The formula or the query that is written in the rule; empty where it names a measure of the catalogue."""
    written = rule.query if rule.formula is None else rule.formula
    return "" if written is None else written.text


# ---- refinements ---------------------------------------------------------------------------------------------------


def _refinements(rules: Iterable[Rule]) -> Iterator[Finding]:
    by_id = {rule.id: rule for rule in rules}
    pairs = [(rule, by_id[rule.refines]) for rule in by_id.values() if rule.refines in by_id]
    yield from _weaker_modes(pairs)
    for rule, parent in pairs:
        missing = _orders(parent) - _orders(rule)
        if missing:
            yield Finding(
                lint=Lint.FEWER_ORDERS,
                mark=rule.place("refines"),
                what=f"{rule.id} asks for no {', '.join(sorted(missing))}, and {parent.id}, which it refines, does",
                cure="at the tighter limit nothing of it happens; the parent still asks for it at its own",
            )


def _weaker_modes(pairs: Iterable[tuple[Rule, Rule]]) -> Iterator[Finding]:
    """Said once for two policies, because it is mostly their modes that differ."""
    groups: dict[tuple[str, str, str, str], list[Rule]] = defaultdict(list)
    for rule, parent in pairs:
        if rule.mode < parent.mode:
            key = (rule.policy, rule.mode.name.lower(), parent.policy, parent.mode.name.lower())
            groups[key].append(rule)
    for (policy, mode, parent_policy, parent_mode), weaker in groups.items():
        names = listed([rule.id.removeprefix(f"{policy}/") for rule in weaker])
        yield Finding(
            lint=Lint.WEAKER_MODE,
            mark=weaker[0].place("refines"),
            what=f"{names} of {policy} in mode {mode} refine what {parent_policy} has in mode {parent_mode}",
            cure="the tighter limits are in the weaker mode alone; the others go on in theirs",
        )


def _orders(rule: Rule) -> set[str]:
    return {
        action.kind.value for _, actions in rule.actions for action in actions if action.kind in SENDS_ORDERS
    }
