"""`riskd run`: the daemon."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from riskd.cli.options import config_option


@click.command()
@config_option
def run(config: Path) -> None:
    """Watch the configured accounts until stopped. SIGHUP reads the policies again; SIGTERM ends within 5 seconds."""
    from riskd.daemon.process import run_daemon

    asyncio.run(run_daemon(config))
