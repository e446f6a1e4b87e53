"""Where each part of a rule stood and stands: at its own key, or at what its policy says once for many rules."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.policy.bundle import Policy
from riskd.policy.rule import Mark, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One rule in two versions of its policy."""

    before: Policy
    after: Policy
    old: Rule
    new: Rule

    def places(self, *keys: str) -> tuple[Mark, Mark]:
        """Where the first of ``keys`` that a rule has stands in each; the rule itself where it has none."""
        return self.old.place(*keys), self.new.place(*keys)

    def policy_places(self, key: str) -> tuple[Mark, Mark]:
        """Where the policies say it."""
        return self.before.place(key), self.after.place(key)

    def shared_places(self, key: str, shared: str) -> tuple[Mark, Mark, str]:
        """As ``places`` of ``key``, and where a rule does not have it, that of ``shared`` in its policy.

        Returns:
            Both places, and ``shared`` where neither rule says it itself and a policy does; else empty.
        """
        rules_say = any(_has(rule, key) for rule in (self.old, self.new))
        policies_say = any(_has(policy, shared) for policy in (self.before, self.after))
        old, new = (
            _shared_place(policy, rule, key, shared)
            for policy, rule in ((self.before, self.old), (self.after, self.new))
        )
        return old, new, shared if policies_say and not rules_say else ""


def _shared_place(policy: Policy, rule: Rule, key: str, shared: str) -> Mark:
    if _has(rule, key) or not _has(policy, shared):
        return rule.place(key)
    return policy.place(shared)


def _has(noun: Policy | Rule, key: str) -> bool:
    return key in dict(noun.places)
