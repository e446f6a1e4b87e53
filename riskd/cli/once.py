"""`riskd once`: one look at the configured accounts. It sends nothing and records nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import config_option, json_option


@click.command()
@config_option
@json_option
@click.option("--why", is_flag=True, help="Show how each finding was reached: formula, source, limits.")
def once(config: Path, as_json: bool, why: bool) -> int:  # noqa: FBT001 - click's flags
    """One cycle against the configured accounts: exposures, what the rules say, and what riskd would do about it.

    Nothing is sent, whatever is armed: no object that could send an order is made. Exit code 1 when a rule is exceeded
    or something could not be seen.
    """
    from riskd.cli.once_text import as_values, lines
    from riskd.daemon.logs import silence_logs
    from riskd.daemon.once import look

    silence_logs()
    sight = asyncio.run(look(config))
    click.echo(json.dumps(as_values(sight), indent=2) if as_json else "\n".join(lines(sight, why=why)))
    return Exit.FINDINGS if sight.findings else Exit.FINE
