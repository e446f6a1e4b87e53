"""`riskd check`: are these files what riskd can work with?"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.finding_text import finding_fields, finding_text, is_failing, tally
from riskd.cli.options import json_option
from riskd.cli.parents import Named, with_parents
from riskd.cli.policy_options import chosen_config, policy_config_option, policy_files_argument
from riskd.cli.problem_text import counted, problem_fields
from riskd.errors import PolicyError, Problem, SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from riskd.daemon.settings import Settings
    from riskd.policy.bundle import Bundle
    from riskd.policy.lint.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of a check.

    Attributes:
        bundle: The policies; None when a file is not valid.
        invalid: Faults of files. Nothing can run with them.
        failed: What tests inside policies expected and did not find.
        waivers: Those that hold now, in words.
        findings: What lint says of policies that are valid.
        fails: Whether lint alone makes the check fail.
        parents: What is said of policies that are only there because others refine them.
        people: What is said of those who are to decide.
    """

    bundle: Bundle | None
    invalid: tuple[Problem, ...]
    failed: tuple[Problem, ...] = ()
    waivers: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    fails: bool = False
    parents: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them."""
        return (*self.invalid, *self.failed)

    @property
    def code(self) -> Exit:
        """What the command returns."""
        if self.invalid:
            return Exit.WRONG_USE
        return Exit.FINDINGS if self.failed or self.fails else Exit.FINE


@click.command()
@policy_files_argument
@policy_config_option
@click.option("--strict", is_flag=True, help="Let warnings of lint fail, too.")
@json_option
def check(files: tuple[str, ...], config: Path | None, strict: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags are booleans
    """Check policy files and the configuration: syntax, units, measures, sense, lint, and the tests inside policies.

    FILES are policy files, directories of them, or names of shipped packs. Without FILES: the policies of the
    configuration, else the shipped packs. With a configuration, that file and the credential files that it names are
    checked too, and lint knows the desk. Every fault of every file is listed. Policies of the configuration that rules
    of FILES refine are loaded with them, and nothing else is said of them.

    Exit codes: 0 fine, 1 a test inside a policy fails or lint has an error, 2 a file is not valid.
    """
    from riskd.adapters.system_clock import SystemClock

    clock = SystemClock()
    began = clock.monotonic()
    chosen = chosen_config(files, config)
    found = _checked(files, chosen, clock.now(), strict=strict)
    elapsed_ms = round((clock.monotonic() - began) * 1000)
    if as_json:
        click.echo(json.dumps(_report(found, chosen, elapsed_ms), indent=2))
        return found.code
    for problem in found.problems:
        click.echo(str(problem), err=True)
    errors = [finding for finding in found.findings if finding.severity.value == "error"]
    for finding in errors:
        click.echo(finding_text(finding, chosen), err=True)
    click.echo(f"{_summary(found)} ({elapsed_ms} ms)", err=found.code is not Exit.FINE)
    for note in (*found.parents, *found.waivers, *found.people):
        click.echo(f"note: {note}")
    for finding in found.findings:
        if finding not in errors:
            click.echo(finding_text(finding, chosen))
    return found.code


def _checked(files: tuple[str, ...], config: Path | None, now: datetime, *, strict: bool) -> Checked:
    from riskd.daemon.people import people_of
    from riskd.daemon.people_check import people_notes
    from riskd.daemon.policy_files import load_policy_files
    from riskd.daemon.queries import asking, patient_queries
    from riskd.judge.rehearse import rehearse
    from riskd.policy.lint.lint import lint
    from riskd.policy.waiver_words import in_force_lines

    named, invalid, settings = Named(names=files), list[Problem](), None
    if config is not None:
        configured, faults, settings = _configuration(config)
        named = Named(names=files or configured)
        invalid.extend(faults)
        if not named.names:  # nobody can tell which policies are meant
            return Checked(bundle=None, invalid=tuple(invalid))
    if files:
        named = with_parents(files, config)
    with patient_queries() as queries:
        try:
            bundle = load_policy_files(named.all, queries)
        except PolicyError as error:
            return Checked(bundle=None, invalid=(*invalid, *error.problems))
        ask = asking(queries)
        tested = [policy for policy in named.policies(bundle) if policy.tests]
        results = [result for policy in tested for result in rehearse(policy, ask=ask)]
    failed = tuple(problem for result in results for problem in result.problems)
    findings = tuple(
        found
        for found in lint(bundle, None if settings is None else settings.desk(), now)
        if found.mark is None or not named.is_parent(found.mark.file)
    )
    return Checked(
        bundle=replace(bundle, policies=named.policies(bundle)),
        invalid=tuple(invalid),
        failed=failed,
        waivers=in_force_lines(bundle, now),
        findings=findings,
        fails=is_failing(findings, strict=strict),
        parents=tuple(named.notes(bundle)),
        people=() if settings is None else people_notes(people_of(settings.people), bundle.rules),
    )


def _configuration(config: Path) -> tuple[tuple[str, ...], tuple[Problem, ...], Settings | None]:
    """Names of the policies in a configuration, its faults and those of its credential files, and what it says."""
    from riskd.daemon.credential_check import credential_problems, credentials_of
    from riskd.daemon.policy_files import seen_from
    from riskd.daemon.settings_file import read_settings

    try:
        settings = read_settings(config)
    except SettingsError as error:
        return (), error.problems, None
    policies = seen_from(config.parent, settings.policy_files)
    faults = credential_problems(config, credentials_of(config))
    return policies, faults, settings


def _summary(found: Checked) -> str:
    told = tally(found.findings)
    if found.problems:
        files = len({problem.file for problem in found.problems})
        faults = f"{counted(len(found.problems), 'error')} in {counted(files, 'file')}"
        return f"{faults}; lint: {told}" if told else faults
    assert found.bundle is not None, "a check without a problem has its policies"
    tests = sum(len(policy.tests) for policy in found.bundle.policies)
    parts = [
        counted(len(found.bundle.policies), "policy", "policies"),
        counted(len(found.bundle.rules), "rule"),
        counted(tests, "test"),
    ]
    if found.bundle.waivers:
        parts.append(f"{counted(len(found.bundle.waivers), 'waiver')} of which {len(found.waivers)} in force")
    return f"{', '.join(parts)}: {', '.join(part for part in ('' if found.fails else 'fine', told) if part)}"


def _report(found: Checked, config: Path | None, elapsed_ms: int) -> dict[str, object]:
    policies = found.bundle.policies if found.bundle is not None else ()
    return {
        "ok": found.code is Exit.FINE,
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
        "problems": [problem_fields(problem) for problem in found.problems],
        "parents": list(found.parents),
        "waivers": list(found.waivers),
        "people": list(found.people),
        "findings": [finding_fields(finding, config) for finding in found.findings],
        "elapsed_ms": elapsed_ms,
    }
