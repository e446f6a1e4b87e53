"""`riskd test`: runs the tests inside policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    from riskd.judge.rehearse import TestResult
    from riskd.policy.bundle import Policy


class Outcome(Enum):
    """What came of a test, as it is printed."""

    OK = "ok"
    FAILED = "FAILED"
    NONE = "none"  # a policy without tests, which is allowed because it sends no orders


@dataclass(frozen=True, slots=True)
class _Line:
    policy: Policy
    result: TestResult
    outcome: Outcome


@click.command()
@policy_files_argument
@policy_config_option
@json_option
def test(files: tuple[str, ...], config: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags are booleans
    """Run the tests inside policies through the state machine that judges the live book.

    FILES are policy files, directories of them, or names of shipped packs. Without FILES: the policies of the
    configuration, else the shipped packs.

    Exit codes: 0 all pass, 1 a test failed or a policy that can send orders has none, 2 a file is not valid.
    """
    from riskd.adapters.system_clock import SystemClock
    from riskd.daemon.policy_files import load_policy_files

    clock = SystemClock()
    began = clock.monotonic()
    policies = load_policy_files(_names(files, chosen_config(files, config))).policies
    lines = tuple(line for policy in policies for line in _lines(policy))
    elapsed_ms = round((clock.monotonic() - began) * 1000)
    failed = sum(line.outcome is Outcome.FAILED for line in lines)
    if as_json:
        report = {"ok": not failed, "tests": [_fields(line) for line in lines], "elapsed_ms": elapsed_ms}
        click.echo(json.dumps(report, indent=2))
    else:
        for line in lines:
            _print(line)
        passed = sum(line.outcome is Outcome.OK for line in lines)
        summary = f"{counted(passed + failed, 'test')} of {counted(len(policies), 'policy', 'policies')}"
        click.echo(f"{summary}: {passed} ok, {failed} failed ({elapsed_ms} ms)")
    return Exit.FINDINGS if failed else Exit.FINE


def _names(files: tuple[str, ...], config: Path | None) -> tuple[str, ...]:
    if files or config is None:
        return files
    from riskd.daemon.policy_files import seen_from
    from riskd.daemon.settings_file import read_settings

    return seen_from(config.parent, read_settings(config).policies)


def _lines(policy: Policy) -> Iterator[_Line]:
    from riskd.judge.rehearse import rehearse
    from riskd.policy.compile_rule import sends_orders

    needs_tests = any(sends_orders(rule) for rule in policy.rules)
    for result in rehearse(policy):
        if not policy.tests and not needs_tests:
            yield _Line(policy, result, Outcome.NONE)
        else:
            yield _Line(policy, result, Outcome.OK if result.passed else Outcome.FAILED)


def _print(line: _Line) -> None:
    click.echo(f"{line.outcome.value:7} {line.policy.name}: {line.result.name}")
    if line.outcome is Outcome.FAILED:
        for problem in line.result.problems:
            click.echo(f"        {problem}")


def _fields(line: _Line) -> dict[str, object]:
    failed = line.outcome is Outcome.FAILED
    return {
        "policy": line.policy.name,
        "rule": line.result.rule,
        "name": line.result.name,
        "outcome": line.outcome.value.lower(),
        "ticks": line.result.ticks,
        "problems": [problem_fields(problem) for problem in line.result.problems] if failed else [],
    }
