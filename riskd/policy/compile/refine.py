"""Links rules to the rules that they refine, once all policies are read: every parent exists, and nothing goes in a circle.

A rule that refines another one is judged by the tightest of its own limits and those of every ancestor. The ancestor
itself is judged as before, for its own subjects: refining takes nothing away (docs/decisions/0007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskd.policy.compile.context import Context
from riskd.policy.compile.draft import PolicyDraft
from riskd.policy.compile.refine_check import check_refines
from riskd.policy.compile.rule import Draft
from riskd.policy.rule import Ancestor
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.spelling import choose, nearest, quoted
from riskd.policy.text.yaml_text import ScalarNode

Chains = Mapping[str, tuple[Ancestor, ...] | None]
"""By rule: its parent, the parent's parent and so on; None where a fault keeps that from being known."""


def chains_of(drafts: Sequence[PolicyDraft], *, are_all: bool) -> Chains:
    """What every rule refines. Faults are noted in the file of the rule that refines.

    Args:
        drafts: All policies that are loaded together.
        are_all: Whether every file could be read. If not, a policy that is not found may stand in one that could not.
    """
    linker = _Linker(drafts, are_all=are_all)
    chains = {
        rule.id: linker.chain(rule, draft.context)
        for draft in drafts
        for rule in draft.rules.values()
        if rule is not None
    }
    linker.say_missing()
    return chains


_LINKS_MAX = 16  # nobody reads a longer chain, and each rule is held against all of its ancestors


class _Linker:
    """The rules of all policies, by their names."""

    def __init__(self, drafts: Sequence[PolicyDraft], *, are_all: bool) -> None:
        self._policies = {draft.name: draft for draft in reversed(drafts)}  # of one name, the first counts
        self._are_all = are_all
        self._missing: dict[str, list[tuple[ScalarNode, Problems]]] = {}

    def say_missing(self) -> None:
        """Note each policy that rules refine and that is not there: once, where it is named first."""
        for policy, named in self._missing.items():
            (name, problems), more = named[0], len(named) - 1
            others = f" (and {more} more rule{'s' if more > 1 else ''})" if more else ""
            what = f"refines {name.text}, but no policy {quoted(policy)} is loaded with this one{others}"
            problems.add(name.mark, Code.REFINES, what, self._cure(policy, problems.file))

    def chain(self, rule: Draft, context: Context) -> tuple[Ancestor, ...] | None:
        """The ancestors of a rule, nearest first; None when they cannot be known."""
        ancestors: list[Draft] = []
        child = rule
        while child.refines is not None:
            parent = self._parent(child.refines, context.problems if child is rule else None)
            if parent is None:
                return None
            if parent is rule:
                self._circle(rule, ancestors, context.problems)
                return None
            if any(parent is each for each in ancestors):
                return None  # it leads to a circle without being part of it; that is said of those that are
            ancestors.append(parent)
            if len(ancestors) > _LINKS_MAX:
                _too_long(rule, context.problems)
                return None
            child = parent
        if not check_refines(rule, ancestors, context):
            return None
        return tuple(
            Ancestor(
                id=each.id,
                limit=each.limit,
                during=each.during,
                mark=each.node.mark,
                places=tuple((key.text, key.mark) for key, _ in each.node.entries),
            )
            for each in ancestors
        )

    def _parent(self, name: ScalarNode, problems: Problems | None) -> Draft | None:
        """The rule of that name; None when it has a fault of its own, or does not exist, which is noted."""
        policy, _, rule = name.text.partition("/")
        draft = self._policies.get(policy)
        if draft is not None and rule in draft.rules:
            return draft.rules[rule]
        if problems is None:
            return None
        if draft is not None:
            cure = choose(rule, draft.rules)
            problems.add(
                name.mark, Code.REFINES, f"the policy {quoted(policy)} has no rule {quoted(rule)}", cure
            )
        elif self._are_all:
            self._missing.setdefault(policy, []).append((name, problems))
        return None

    def _cure(self, policy: str, file: str) -> str:
        near = nearest(policy, self._policies)
        if near:
            return f"did you mean '{near}'?"
        return f"load both together: add {policy} to the policies, or `riskd check {file} {policy}`"

    def _circle(self, rule: Draft, ancestors: Sequence[Draft], problems: Problems) -> None:
        by_way = f" by way of {', '.join(each.id for each in ancestors)}" if ancestors else ""
        assert rule.refines is not None
        what = f"{rule.id} refines itself{by_way}"
        problems.add(rule.refines.mark, Code.REFINES, what, "let the loosest of them refine nothing")


def _too_long(rule: Draft, problems: Problems) -> None:
    assert rule.refines is not None, "a rule with ancestors names the first"
    what = f"{rule.id} has more than {_LINKS_MAX} rules above it"
    problems.add(rule.refines.mark, Code.REFINES, what, "refine a rule that is nearer to the first")
