"""`riskd silence list`: the silences that hold."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.adapters.safe_text import visible
from riskd.cli.daemon_client import Value, daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit
from riskd.cli.plain_table import plain_table

_COLUMNS = ("ID", "UNTIL (UTC)", "MUTES", "BY", "REASON")


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
@with_json
def list_silences(everything: bool, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """The silences that hold, with who asked for them and why.

    Exit codes: 0 listed, 2 wrong use, 3 no daemon answers.
    """
    told = daemon_of(config, state).read("silences", {"all": everything})
    if as_json:
        print_json(told)
    elif told:
        click.echo("\n".join(plain_table([_COLUMNS, *map(_row, told)], left=range(len(_COLUMNS)))))
    else:
        click.echo("no silence holds")
    return Exit.FINE


def _row(each: Value) -> tuple[str, ...]:
    scope = " ".join([each["rule"], *(f"{name}={pattern}" for name, pattern in each["subject"].items())])
    until = each["until"][:16].replace("T", " ")
    ended = "" if each["holds"] else " (ended)"
    return each["id"], until + ended, visible(scope), visible(each["by"]), visible(each["reason"])
