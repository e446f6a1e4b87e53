"""Runs the tests inside a policy through the very code that judges the live book.

The state is written to JSON and read back before every tick, so that each test is a test of restarting too. Expectations
are exact, the set of actions is exact, and a policy without tests does not pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from riskd.errors import Problem
from riskd.judge.answered import Ask, nobody_asked
from riskd.judge.rehearse_parts import Rehearsal, RuleRun, listed, problem
from riskd.judge.rehearse_series import SeriesRehearsal
from riskd.judge.rehearse_snapshot import SnapshotRehearsal
from riskd.policy.bundle import Policy, PolicyTest, SeriesTest
from riskd.policy.rule import Mark, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """What came of one test.

    Attributes:
        name: Of the test.
        rule: ``policy/rule``, as the test names it; several with commas.
        ticks: How many values or books were judged.
        problems: Everything that differed from what the test expects; empty when it passed.
    """

    __test__ = False  # not a class of tests, whatever pytest makes of its name

    name: str
    rule: str
    ticks: int
    problems: tuple[Problem, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing differed."""
        return not self.problems


def rehearse(policy: Policy, *, ask: Ask = nobody_asked) -> tuple[TestResult, ...]:
    """The result of every test of a policy; one failing result when it has none.

    Args:
        policy: Whose tests are run.
        ask: Asks the queries of rules that snapshot tests are about.
    """
    if not policy.tests:
        mark = Mark(file=policy.file, line=1, column=1)
        empty = problem(mark, "T001", "the policy has no tests", "write at least one under `tests:`")
        return (TestResult(name="(no tests)", rule="", ticks=0, problems=(empty,)),)
    return tuple(_rehearsed(policy, test, ask) for test in policy.tests)


def rehearsal_of(policy: Policy, test: PolicyTest, *, ask: Ask = nobody_asked) -> Rehearsal:
    """The test, ready to be run. Queries are asked once, whatever becomes of the limits of their rules."""
    if isinstance(test, SeriesTest):
        return SeriesRehearsal(test)
    return SnapshotRehearsal.of(test, rules_of(policy, test), ask=ask)


def rules_of(policy: Policy, test: PolicyTest) -> tuple[Rule, ...]:
    """The rules that a test is about, in its own order; one that the policy does not have is left out."""
    known = {rule.id: rule for rule in policy.rules}
    wanted = (known.get(name) or known.get(f"{policy.name}/{name}") for name in test.rules)
    return tuple(rule for rule in wanted if rule is not None)


def set_differs(test: PolicyTest, runs: Iterable[RuleRun]) -> tuple[Problem, ...]:
    """Whether the actions that all rules of a test asked for are another set than the expected one."""
    if test.actions is None:
        return ()
    asked = frozenset(action for run in runs for action in run.asked)
    if asked == frozenset(test.actions):
        return ()
    what = f"expected the actions {listed(test.actions)}, found {listed(asked)}"
    cure = "the set is exact: every level that fired asks for its own list"
    return (problem(test.mark, "T006", what, cure),)


def _rehearsed(policy: Policy, test: PolicyTest, ask: Ask) -> TestResult:
    rules = rules_of(policy, test)
    named = ", ".join(rule.id for rule in rules) or ", ".join(test.rules)
    if len(rules) < len(test.rules):
        known = ", ".join(rule.id for rule in policy.rules)
        missing = problem(test.mark, "T002", f"no rule {', '.join(test.rules)!r}", f"name one of {known}")
        return TestResult(name=test.name, rule=named, ticks=0, problems=(missing,))
    rehearsal = rehearsal_of(policy, test, ask=ask)
    runs = [rehearsal.run(rule) for rule in rules]
    problems = (*(found for run in runs for found in run.problems), *set_differs(test, runs))
    if isinstance(test, SeriesTest) and not test.expect and test.actions is None:
        cure = "say what `is` so at some time, or which `actions`"
        problems = (*problems, problem(test.mark, "T003", "the test expects nothing", cure))
    looks = sum(run.looks for run in runs)
    return TestResult(name=test.name, rule=named, ticks=looks, problems=problems)
