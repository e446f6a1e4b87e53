"""`riskd test`: runs the tests inside policies, and shows what they would not notice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.policy_options import chosen_config, policy_config_option, policy_files_argument
from riskd.cli.problem_text import counted, problem_fields

if TYPE_CHECKING:
    from riskd.judge.answered import Ask
    from riskd.judge.mutate import Weakened
    from riskd.judge.rehearse import TestResult
    from riskd.policy.bundle import Bundle, Policy


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """What came of a run.

    Attributes:
        weakened: Of the policies whose tests pass; empty unless asked for.
    """

    policies: int
    lines: tuple[_Line, ...]
    weakened: tuple[Weakened, ...]
    elapsed_ms: int

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
        return Exit.FINDINGS if self.failed or self.missed else Exit.FINE


@click.command()
@policy_files_argument
@policy_config_option
@click.option("--allow-empty", is_flag=True, help="A policy without tests does not fail.")
@click.option("--mutate", is_flag=True, help="Weaken each limit, timer, action and selector in turn as well.")
@json_option
def test(
    files: tuple[str, ...],
    config: Path | None,
    allow_empty: bool,  # noqa: FBT001 - click's flags are booleans
    mutate: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Run the tests inside policies through the state machine that judges the live book.

    FILES are policy files, directories of them, or names of shipped packs. Without FILES: the policies of the
    configuration, else the shipped packs.

    With --mutate each number, action and selector that a policy says is weakened in turn, and the tests are run again:
    what none of them notices is listed with its place in the file.

    Exit codes: 0 all pass, 1 a test failed, a policy has none, or a weakening was not noticed, 2 a file is not valid.
    """
    from riskd.adapters.system_clock import SystemClock
    from riskd.daemon.policy_files import load_policy_files
    from riskd.daemon.queries import asking, patient_queries

    clock = SystemClock()
    began = clock.monotonic()
    names = _names(files, chosen_config(files, config))
    empty = Outcome.NONE if allow_empty else Outcome.FAILED
    with patient_queries() as queries:
        bundle, ask = load_policy_files(names, queries), asking(queries)
        lines = tuple(line for policy in bundle.policies for line in _lines(policy, empty, ask))
        weakened = tuple(_weakened(bundle, lines, ask)) if mutate else ()
    report = _Report(
        policies=len(bundle.policies),
        lines=lines,
        weakened=weakened,
        elapsed_ms=round((clock.monotonic() - began) * 1000),
    )
    if as_json:
        click.echo(json.dumps(_fields(report), indent=2))
    else:
        _print(report)
    return report.code


def _names(files: tuple[str, ...], config: Path | None) -> tuple[str, ...]:
    if files or config is None:
        return files
    from riskd.daemon.policy_files import seen_from
    from riskd.daemon.settings_file import read_settings

    return seen_from(config.parent, read_settings(config).policy_files)


def _lines(policy: Policy, empty: Outcome, ask: Ask) -> Iterator[_Line]:
    from riskd.judge.rehearse import rehearse

    for result in rehearse(policy, ask=ask):
        if not policy.tests:
            yield _Line(policy, result, empty)
        else:
            yield _Line(policy, result, Outcome.OK if result.passed else Outcome.FAILED)


def _weakened(bundle: Bundle, lines: Iterable[_Line], ask: Ask) -> Iterator[Weakened]:
    """The weakenings of each policy whose tests pass: of the others nothing would be learned."""
    from riskd.judge.mutate import mutate

    failing = {line.policy.name for line in lines if not line.result.passed}
    for policy in bundle.policies:
        if policy.name not in failing:
            yield from mutate(policy, ask=ask)


# ---- for people ----------------------------------------------------------------------------------------------------


def _print(report: _Report) -> None:
    for line in report.lines:
        click.echo(f"{line.outcome.value:7} {line.policy.name}: {line.result.name}")
        if line.outcome is Outcome.FAILED:
            for problem in line.result.problems:
                click.echo(f"        {problem}")
    _print_weakened(report.weakened)
    passed = sum(line.outcome is Outcome.OK for line in report.lines)
    tests = counted(passed + report.failed, "test")
    summary = (
        f"{tests} of {counted(report.policies, 'policy', 'policies')}: {passed} ok, {report.failed} failed"
    )
    if report.weakened:
        summary += f"; {counted(len(report.weakened), 'weakening')}: {len(report.missed)} not noticed"
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
