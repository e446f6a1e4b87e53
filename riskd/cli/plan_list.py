"""`riskd plan list`: the plans that wait for people."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.adapters.safe_text import visible
from riskd.cli.daemon_client import Value, daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit
from riskd.cli.plain_table import plain_table

_COLUMNS = ("ID", "ACCOUNT", "WHAT", "RULE", "STATE")


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Every plan of the last day.")
@with_json
def list_plans(everything: bool, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """The plans that wait for people, and what happens when nobody decides.

    Exit codes: 0 nothing waits, 1 something does, 2 wrong use, 3 no daemon answers.
    """
    told = daemon_of(config, state).read("plans", {"all": everything})
    if as_json:
        print_json(told)
    elif told:
        click.echo("\n".join(plain_table([_COLUMNS, *map(_row, told)], left=range(len(_COLUMNS)))))
    else:
        click.echo("no plan of the last day" if everything else "no plan waits for anybody")
    return Exit.FINDINGS if any(each["waits"] for each in told) else Exit.FINE


def _row(each: Value) -> tuple[str, ...]:
    steps = "1 step" if each["steps"] == 1 else f"{each['steps']} steps"
    became = each["state"] + (f": {each['reason']}" if each["reason"] else "")
    return (
        each["id"],
        each["account"],
        f"{each['action']}, {steps}, ${each['notional_usd']:,.0f}",
        visible(each["rule"]),
        visible(each["prospect"] or became),
    )
