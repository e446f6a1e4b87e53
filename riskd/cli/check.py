"""`riskd check`: are these files what riskd can work with?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.policy_options import chosen_config, policy_config_option, policy_files_argument
from riskd.cli.problem_text import counted, problem_fields
from riskd.errors import PolicyError, Problem, SettingsError

if TYPE_CHECKING:
    from riskd.policy.bundle import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of a check.

    Attributes:
        bundle: The policies; None when a file is not valid.
        invalid: Faults of files. Nothing can run with them.
        failed: What tests inside policies expected and did not find.
    """

    bundle: Bundle | None
    invalid: tuple[Problem, ...]
    failed: tuple[Problem, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them."""
        return (*self.invalid, *self.failed)

    @property
    def code(self) -> Exit:
        """What the command returns."""
        if self.invalid:
            return Exit.WRONG_USE
        return Exit.FINDINGS if self.failed else Exit.FINE


@click.command()
@policy_files_argument
@policy_config_option
@json_option
def check(files: tuple[str, ...], config: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags are booleans
    """Check policy files and the configuration: syntax, units, measures, sense, and the tests inside policies.

    FILES are policy files, directories of them, or names of shipped packs. Without FILES: the policies of the
    configuration, else the shipped packs. With a configuration, that file and the credential files that it names are
    checked too. Every fault of every file is listed.

    Exit codes: 0 fine, 1 a test inside a policy fails, 2 a file is not valid.
    """
    from riskd.adapters.system_clock import SystemClock

    clock = SystemClock()
    began = clock.monotonic()
    found = _checked(files, chosen_config(files, config))
    elapsed_ms = round((clock.monotonic() - began) * 1000)
    if as_json:
        click.echo(json.dumps(_report(found, elapsed_ms), indent=2))
        return found.code
    for problem in found.problems:
        click.echo(str(problem), err=True)
    click.echo(f"{_summary(found)} ({elapsed_ms} ms)", err=bool(found.problems))
    for note in _notes(found):
        click.echo(f"note: {note}")
    return found.code


def _checked(files: tuple[str, ...], config: Path | None) -> Checked:
    from riskd.daemon.policy_files import load_policy_files
    from riskd.judge.rehearse import rehearse

    names, invalid = files, list[Problem]()
    if config is not None:
        configured, faults = _configuration(config)
        names = files or configured
        invalid.extend(faults)
        if not names:  # nobody can tell which policies are meant
            return Checked(bundle=None, invalid=tuple(invalid), failed=())
    try:
        bundle = load_policy_files(names)
    except PolicyError as error:
        return Checked(bundle=None, invalid=(*invalid, *error.problems), failed=())
    results = [result for policy in bundle.policies if policy.tests for result in rehearse(policy)]
    failed = tuple(problem for result in results for problem in result.problems)
    return Checked(bundle=bundle, invalid=tuple(invalid), failed=failed)


def _configuration(config: Path) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Names of the policies in a configuration, and its faults and those of its credential files."""
    from riskd.daemon.credential_check import credential_problems, credentials_of
    from riskd.daemon.policy_files import seen_from
    from riskd.daemon.settings_file import read_settings

    try:
        settings = read_settings(config)
    except SettingsError as error:
        return (), error.problems
    policies = seen_from(config.parent, settings.policies)
    return policies, credential_problems(config, settings, credentials_of(config))


def _summary(found: Checked) -> str:
    if found.problems:
        files = len({problem.file for problem in found.problems})
        return f"{counted(len(found.problems), 'error')} in {counted(files, 'file')}"
    assert found.bundle is not None, "a check without a problem has its policies"
    tests = sum(len(policy.tests) for policy in found.bundle.policies)
    parts = (
        counted(len(found.bundle.policies), "policy", "policies"),
        counted(len(found.bundle.rules), "rule"),
        counted(tests, "test"),
    )
    return f"{', '.join(parts)}: fine"


def _notes(found: Checked) -> list[str]:
    """What a policy asks for and riskd only reports."""
    from riskd.policy.rule import REDUCES, ActionKind

    told = []
    for policy in found.bundle.policies if found.bundle is not None else ():
        asked = {action.kind for rule in policy.rules for _, actions in rule.actions for action in actions}
        left = sorted(asked - REDUCES - {ActionKind.NOTIFY})
        if left:
            told.append(
                f"{policy.name} asks for {', '.join(left)}: riskd says so in the alert, a person must do it"
            )
    return told


def _report(found: Checked, elapsed_ms: int) -> dict[str, object]:
    policies = found.bundle.policies if found.bundle is not None else ()
    return {
        "ok": not found.problems,
        "policies": [
            {
                "name": policy.name,
                "file": policy.file,
                "mode": policy.mode.name.lower(),
                "rules": len(policy.rules),
                "tests": len(policy.tests),
                "hash": policy.hash,
            }
            for policy in policies
        ],
        "notes": _notes(found),
        "problems": [problem_fields(problem) for problem in found.problems],
        "elapsed_ms": elapsed_ms,
    }
