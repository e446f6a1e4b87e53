"""`riskd flatten`: the plan that closes everything of an account."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.account_typed import account_typed, yes_option
from riskd.cli.daemon_client import daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit
from riskd.cli.plan_text import plan_lines, standing_lines


@click.command()
@click.argument("account")
@click.option("--dry-run", is_flag=True, help="Show the plan, and propose nothing.")
@yes_option
@with_json
def flatten(
    account: str,
    dry_run: bool,  # noqa: FBT001 - click's flags
    yes: str,
    config: Path,
    state: Path | None,
    as_json: bool,  # noqa: FBT001 - click's flags
) -> int:
    """Propose to close everything of ACCOUNT: orders that protect nothing are cancelled, then every position is closed.

    It takes an operator to ask and an approver to release it, as every plan; nothing is sent by asking.

    Exit codes: 0 proposed or shown, 1 there is nothing to close, 2 wrong use or not allowed, 3 no daemon answers.
    """
    daemon = daemon_of(config, state)
    if not dry_run:
        account_typed(account, yes, "propose to close everything of it")
    done = daemon.control("flatten", {"account": account, "dry_run": dry_run})
    if as_json:
        print_json(done)
        return Exit.FINE
    click.echo("\n".join((*plan_lines(done), *([] if dry_run else standing_lines(done)))))
    if dry_run:
        click.echo("nothing was proposed")
    return Exit.FINE
