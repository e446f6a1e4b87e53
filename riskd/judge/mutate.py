"""Do a policy's tests notice when it is weakened? It is weakened in one place after the other, and tested each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from riskd.judge.answered import Ask, nobody_asked
from riskd.judge.rehearse import rehearsal_of, rules_of, set_differs
from riskd.judge.rehearse_parts import Rehearsal, RuleRun
from riskd.policy.bundle import Policy
from riskd.policy.limits.weaken import Part, Weakening, weakenings
from riskd.policy.rule import Mark, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakened:
    """One weakening, and the test that noticed it.

    Attributes:
        of: Whose: ``policy/rule``, ``policy defaults`` or ``policy scope``.
        what: What was weakened, in words.
        mark: Where the file says what was weakened.
        noticed_by: Name of a test that failed; None: none did.
        tests: How many tests could have noticed.
    """

    part: Part
    of: str
    what: str
    mark: Mark
    noticed_by: str | None
    tests: int


def mutate(
    policy: Policy, parts: frozenset[Part] = frozenset(Part), *, ask: Ask = nobody_asked
) -> tuple[Weakened, ...]:
    """Every weakening of a policy, in the order of the file. A test that fails as the policy is notices nothing.

    Args:
        policy: Any policy.
        parts: What is weakened.
        ask: Asks the queries of rules that snapshot tests are about.
    """
    ready = [_Ready.of(policy, rehearsal_of(policy, test, ask=ask)) for test in policy.tests]
    passing = [one for one in ready if not one.notices(())]
    return tuple(_weakened(one, passing) for one in weakenings(policy) if one.part in parts)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A test, and what each of its rules did in it."""

    rehearsal: Rehearsal
    runs: Mapping[str, RuleRun]

    @classmethod
    def of(cls, policy: Policy, rehearsal: Rehearsal) -> _Ready:
        rules = rules_of(policy, rehearsal.test)
        return cls(rehearsal, {rule.id: rehearsal.run(rule) for rule in rules})

    @property
    def looks(self) -> int:
        """How much work the test is."""
        return sum(run.looks for run in self.runs.values())

    def notices(self, weaker: Iterable[Rule]) -> bool:
        """Whether the test fails with these rules in the place of its own."""
        weak = {rule.id: self.rehearsal.run(rule) for rule in weaker if rule.id in self.runs}
        runs = {**self.runs, **weak}.values()
        return bool(set_differs(self.rehearsal.test, runs)) or any(run.problems for run in runs)


def _weakened(weakening: Weakening, ready: Iterable[_Ready]) -> Weakened:
    touched = {rule.id for rule in weakening.rules}
    able = sorted((one for one in ready if touched & one.runs.keys()), key=lambda one: one.looks)
    noticed = next((one.rehearsal.test.name for one in able if one.notices(weakening.rules)), None)
    return Weakened(
        part=weakening.part,
        of=weakening.of,
        what=weakening.what,
        mark=weakening.mark,
        noticed_by=noticed,
        tests=len(able),
    )
