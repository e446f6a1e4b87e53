"""`riskd plan show`: everything that a plan would do, and what it is for."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.daemon_client import daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit
from riskd.cli.plan_text import plan_lines, standing_lines


@click.command()
@click.argument("plan")
@with_json
def show(plan: str, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """What PLAN, an id of `riskd plan list`, would send, what it mends, and who has said what about it.

    Exit codes: 0 shown, 2 wrong use or no such plan, 3 no daemon answers.
    """
    told = daemon_of(config, state).read("plan", {"id": plan})
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join((*plan_lines(told), *standing_lines(told))))
    return Exit.FINE
