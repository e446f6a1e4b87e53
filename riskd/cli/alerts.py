"""`riskd alerts`: what fires, and who looks after it."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.adapters.safe_text import visible
from riskd.cli.daemon_client import Value, daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit
from riskd.cli.plain_table import plain_table

_COLUMNS = ("ID", "LEVEL", "SINCE (UTC)", "RULE", "SUBJECT", "VALUE", "LOOKED AFTER BY")


@click.command()
@click.option(
    "--all", "everything", is_flag=True, help="Also what may come to fire, and what cannot be judged."
)
@with_json
def alerts(everything: bool, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """The alerts that fire, worst first, with their ids for `riskd ack` and `riskd explain`.

    Exit codes: 0 nothing fires, 1 something does, 2 wrong use, 3 no daemon answers.
    """
    told = daemon_of(config, state).read("alerts", {"all": everything})
    listed = told["alerts"]
    if as_json:
        print_json(told)
    elif not listed:
        click.echo("nothing fires")
    else:
        click.echo("\n".join(plain_table([_COLUMNS, *map(_row, listed)], left=range(len(_COLUMNS)))))
        if told["left_out"]:
            click.echo(
                f"and {told['left_out']} more; --json and the ledger have no more of them than these",
                err=True,
            )
    return Exit.FINDINGS if any(each["id"] for each in listed) else Exit.FINE


def _row(each: Value) -> tuple[str, ...]:
    since = each["since"]
    return (
        each["id"] or "-",
        f"{each['level'].upper()}{' ?' if each['unknown'] else ''}" if each["id"] else each["condition"],
        f"{since[:10]} {since[11:19]}" if since else "-",
        visible(each["rule"]),
        visible(each["subject"]),
        visible(each["shown"]) or "?",
        _handled(each),
    )


def _handled(each: Value) -> str:
    given, silence = each["acknowledged"], each["silence"]
    words = [] if given is None else [f"{visible(given['by'])} until {given['until'][11:16]}"]
    return ", ".join([*words, *([f"silenced by {silence}"] if silence else [])]) or "-"
