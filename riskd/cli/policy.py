"""`riskd policy`: what can be said of policies beyond whether they are valid."""

from __future__ import annotations

import click

from riskd.cli.lazy_group import LazyGroup, Table

COMMANDS: Table = {
    "lint": ("riskd.cli.policy_lint", "lint", "What loads and is probably not meant."),
    "coverage": ("riskd.cli.policy_coverage", "coverage", "What each rule covers, and what no rule does."),
    "diff": ("riskd.cli.policy_diff", "diff", "What a change loosens, tightens, and lets riskd do."),
    "schema": ("riskd.cli.policy_schema", "schema", "JSON Schema of a file, for editors and programs."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def policy() -> None:
    """Look at policies: lint, coverage, diff, schema.

    Exit codes: 0 fine, 1 findings, 2 wrong use or invalid files.
    """
