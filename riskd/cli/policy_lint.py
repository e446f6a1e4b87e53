"""`riskd policy lint`: what loads and is probably not meant."""

from __future__ import annotations

import json
from pathlib import Path

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.parents import Named, with_parents
from riskd.cli.policy_options import chosen_config, policy_config_option, policy_files_argument


@click.command()
@policy_files_argument
@policy_config_option
@click.option("--strict", is_flag=True, help="Let warnings fail, too.")
@json_option
def lint(files: tuple[str, ...], config: Path | None, strict: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Read policies as a careful colleague would: rules that can never matter, and what was probably not meant.

    FILES as for `riskd check`. With a configuration the desk is known, and selectors that pick nothing, and accounts
    that no rule is about, are found too. docs/lint.md explains every code.

    Exit codes: 0 no error, 1 an error, or a warning with --strict, 2 a file is not valid.
    """
    from riskd.adapters.system_clock import SystemClock
    from riskd.cli.chosen_policies import chosen_policies
    from riskd.cli.finding_text import finding_fields, finding_text, is_failing, tally
    from riskd.cli.problem_text import counted
    from riskd.policy.lint.lint import lint as lint_bundle

    named = with_parents(files, config) if files else Named(names=())
    chosen = chosen_policies(named.all, chosen_config(files, config))
    findings = tuple(
        found
        for found in lint_bundle(chosen.bundle, chosen.desk, SystemClock().now())
        if found.mark is None or not named.is_parent(found.mark.file)
    )
    failing = is_failing(findings, strict=strict)
    if as_json:
        listed = [finding_fields(finding, chosen.config) for finding in findings]
        click.echo(
            json.dumps({"ok": not failing, "desk": chosen.desk is not None, "findings": listed}, indent=2)
        )
        return Exit.FINDINGS if failing else Exit.FINE
    for finding in findings:
        click.echo(finding_text(finding, chosen.config))
    rules = counted(sum(len(policy.rules) for policy in named.policies(chosen.bundle)), "rule")
    click.echo(f"{rules}: {tally(findings) or 'no error and no warning'}")
    if chosen.desk is None:
        click.echo("without a configuration the desk is not known; --config names one")
    return Exit.FINDINGS if failing else Exit.FINE
