"""`riskd test`: runs the tests inside policies, and shows what they would not notice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.parents import Named, with_parents
from riskd.cli.policy_options import chosen_config, policy_config_option, policy_files_argument
from riskd.cli.problem_text import counted, problem_fields

if TYPE_CHECKING:
    from riskd.judge.answered import Ask
    from riskd.judge.mutate import Weakened
    from riskd.judge.rehearse import TestResult
    from riskd.policy.bundle import Policy


class Outcome(Enum):
    """What came of a test, as it is printed."""

    OK = "ok"
    FAILED = "FAILED"
    NONE = "none"  # a policy without tests, which somebody allowed


@dataclass(frozen=True, slots=True)
class _Line:
    policy: Policy
    result: TestResult
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Skipped:
    """A policy that is not weakened, because nothing would be learned: it fails as it is, or has no test."""

    policy: str
    failing: int

    @property
    def why(self) -> str:
        """In words."""
        if self.failing:
            return f"{self.failing} of its tests {'fails' if self.failing == 1 else 'fail'}"
        return "it has no tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """What came of a run.

    Attributes:
        weakened: Of the policies whose tests pass; empty unless asked for.
        skipped: Policies that were to be weakened and were not.
        parents: What is said of policies that are only there because others refine them.
    """

    policies: int
    lines: tuple[_Line, ...]
    weakened: tuple[Weakened, ...]
    skipped: tuple[_Skipped, ...]
    elapsed_ms: int
    parents: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """How many tests failed."""
        return sum(line.outcome is Outcome.FAILED for line in self.lines)

    @property
    def missed(self) -> tuple[Weakened, ...]:
        """What no test noticed."""
        return tuple(one for one in self.weakened if one.noticed_by is None)

    @property
    def code(self) -> Exit:
        """What the command returns."""
        return Exit.FINDINGS if self.failed or self.missed or self.skipped else Exit.FINE


@click.command()
@policy_files_argument
@policy_config_option
@click.option("--policy", "only", help="Only the tests of the policy of that name.")
@click.option("--allow-empty", is_flag=True, help="A policy without tests does not fail.")
@click.option("--mutate", is_flag=True, help="Weaken each limit, timer, action and selector in turn as well.")
@json_option
def test(
    files: tuple[str, ...],
    config: Path | None,
    only: str | None,
    allow_empty: bool,  # noqa: FBT001 - click's flags are booleans
    mutate: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Run the tests inside policies through the state machine that judges the live book.

    FILES are policy files, directories of them, or names of shipped packs. Without FILES: the policies of the
    configuration, else the shipped packs. Policies of the configuration that rules of FILES refine are loaded with
    them, and their own tests are not run.

    With --mutate each number, action and selector that a policy says is weakened in turn, and the tests are run again:
    what none of them notices is listed with its place in the file. A policy whose tests fail, or that has none, is not
    weakened, and is named.

    Exit codes: 0 all pass, 1 a test failed, a policy has none, or a weakening was not noticed, 2 a file is not valid.
    """
    from riskd.adapters.system_clock import SystemClock
    from riskd.daemon.policy_files import load_policy_files
    from riskd.daemon.queries import asking, patient_queries

    clock = SystemClock()
    began = clock.monotonic()
    named = _named(files, config)
    empty = Outcome.NONE if allow_empty else Outcome.FAILED
    with patient_queries() as queries:
        bundle, ask = load_policy_files(named.all, queries), asking(queries)
        policies = _chosen(named.policies(bundle), only)
        lines = tuple(line for policy in policies for line in _lines(policy, empty, ask))
        skipped = tuple(_skipped(policies, lines)) if mutate else ()
        weakened = tuple(_weakened(policies, skipped, ask)) if mutate else ()
    report = _Report(
        policies=len(policies),
        lines=lines,
        weakened=weakened,
        skipped=skipped,
        elapsed_ms=round((clock.monotonic() - began) * 1000),
        parents=tuple(named.notes(bundle)),
    )
    if as_json:
        click.echo(json.dumps(_fields(report), indent=2))
    else:
        _print(report)
    return report.code


def _named(files: tuple[str, ...], config: Path | None) -> Named:
    if files:
        return with_parents(files, config)
    config = chosen_config(files, config)
    if config is None:
        return Named(names=())
    from riskd.daemon.policy_files import seen_from
    from riskd.daemon.settings_file import read_settings

    return Named(names=seen_from(config.parent, read_settings(config).policy_files))


def _chosen(policies: tuple[Policy, ...], only: str | None) -> tuple[Policy, ...]:
    """The policies whose tests are run.

    Raises:
        click.UsageError: There is none of that name.
    """
    found = tuple(policy for policy in policies if only is None or policy.name == only)
    if only is not None and not found:
        from riskd.policy.text.spelling import choose, quoted

        cure = choose(only, [policy.name for policy in policies])
        raise click.UsageError(f"there is no policy {quoted(only)}; {cure}")
    return found


def _lines(policy: Policy, empty: Outcome, ask: Ask) -> Iterator[_Line]:
    from riskd.judge.rehearse import rehearse

    for result in rehearse(policy, ask=ask):
        if not policy.tests:
            yield _Line(policy, result, empty)
        else:
            yield _Line(policy, result, Outcome.OK if result.passed else Outcome.FAILED)


def _skipped(policies: Iterable[Policy], lines: Iterable[_Line]) -> Iterator[_Skipped]:
    failing = Counter(line.policy.name for line in lines if line.policy.tests and not line.result.passed)
    for policy in policies:
        if failing[policy.name] or not policy.tests:
            yield _Skipped(policy.name, failing[policy.name])


def _weakened(policies: Iterable[Policy], skipped: Iterable[_Skipped], ask: Ask) -> Iterator[Weakened]:
    from riskd.judge.mutate import mutate

    left_out = {one.policy for one in skipped}
    for policy in policies:
        if policy.name not in left_out:
            yield from mutate(policy, ask=ask)


# ---- for people ----------------------------------------------------------------------------------------------------


def _print(report: _Report) -> None:
    for line in report.lines:
        click.echo(f"{line.outcome.value:7} {line.policy.name}: {line.result.name}")
        if line.outcome is Outcome.FAILED:
            for problem in line.result.problems:
                click.echo(f"        {problem}")
    for one in report.skipped:
        click.echo(f"FAILED  {one.policy}: not weakened, {one.why}")
    _print_weakened(report.weakened)
    for note in report.parents:
        click.echo(f"note: {note}")
    passed = sum(line.outcome is Outcome.OK for line in report.lines)
    tests = counted(passed + report.failed, "test")
    summary = (
        f"{tests} of {counted(report.policies, 'policy', 'policies')}: {passed} ok, {report.failed} failed"
    )
    if report.weakened:
        summary += f"; {counted(len(report.weakened), 'weakening')}: {len(report.missed)} not noticed"
    if report.skipped:
        summary += f"; {counted(len(report.skipped), 'policy', 'policies')} not weakened"
    click.echo(f"{summary} ({report.elapsed_ms} ms)")


def _print_weakened(weakened: tuple[Weakened, ...]) -> None:
    """One line for each rule, and below it what no test of it noticed."""
    by_rule: dict[str, list[Weakened]] = {}
    for one in weakened:
        by_rule.setdefault(one.of, []).append(one)
    for name, ones in by_rule.items():
        missed = [one for one in ones if one.noticed_by is None]
        verdict = "noticed" if not missed else "MISSED"
        click.echo(
            f"{verdict:7} {name}: {len(ones) - len(missed)} of {len(ones)} weakenings noticed{_untested(ones)}"
        )
        for one in missed:
            click.echo(f"        {one.mark.file}:{one.mark.line}:{one.mark.column}: NOT NOTICED: {one.what}")


def _untested(ones: list[Weakened]) -> str:
    return "" if any(one.tests for one in ones) else ", no test is of it"


# ---- for programs --------------------------------------------------------------------------------------------------


def _fields(report: _Report) -> dict[str, object]:
    return {
        "ok": report.code is Exit.FINE,
        "tests": [_test_fields(line) for line in report.lines],
        "weakened": [_weakened_fields(one) for one in report.weakened],
        "not_weakened": [
            {"policy": one.policy, "why": one.why, "failing": one.failing} for one in report.skipped
        ],
        "parents": list(report.parents),
        "elapsed_ms": report.elapsed_ms,
    }


def _test_fields(line: _Line) -> dict[str, object]:
    failed = line.outcome is Outcome.FAILED
    return {
        "policy": line.policy.name,
        "rule": line.result.rule,
        "name": line.result.name,
        "outcome": line.outcome.value.lower(),
        "ticks": line.result.ticks,
        "problems": [problem_fields(problem) for problem in line.result.problems] if failed else [],
    }


def _weakened_fields(one: Weakened) -> dict[str, object]:
    return {
        "of": one.of,
        "part": one.part.value,
        "what": one.what,
        "noticed_by": one.noticed_by,
        "tests": one.tests,
        "file": one.mark.file,
        "line": one.mark.line,
        "column": one.mark.column,
    }
