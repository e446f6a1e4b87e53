"""`riskd paper serve`: the simulated venue on a port of this machine."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import click

from riskd.cli.markets import market_options


@click.group()
def paper() -> None:
    """The simulated venue, for your own bot or your first steps."""


@paper.command()
@market_options
@click.option("--seed", default=7, show_default=True, help="Decides the noise of the market and the bots.")
@click.option("--port", default=8900, show_default=True, help="Port on 127.0.0.1; 0 picks a free one.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.01, 1000),
    help="Simulated seconds a second.",
)
@click.option("--account", default="practice", show_default=True, help="Name of your account.")
@click.option(
    "--deposit",
    default=10_000,
    show_default=True,
    type=click.IntRange(1, 10**9),
    help="USDT in your account.",
)
def serve(
    scenario: str,
    market: Path | None,
    event: str | None,
    seed: int,
    port: int,
    speed: float,
    account: str,
    deposit: int,
) -> None:
    """Serve the Binance USD-M dialect on 127.0.0.1 until Ctrl-C. Simulated money; no keys, no network."""
    from riskd.cli.markets import chosen_market
    from riskd.daemon.demo.practice import Practice
    from riskd.daemon.demo.practice import serve as run
    from riskd.paper.dialect.http import ApiKey

    def started(url: str, key: ApiKey) -> None:
        click.echo(f"paper venue at {url} · account {account} · {deposit:,} USDT · Ctrl-C stops")
        click.echo(f"  apiKey {key.key}\n  secret {key.secret}")

    practice = Practice(
        market=chosen_market(scenario, market, event, seed),
        seed=seed,
        account=account,
        deposit=Decimal(deposit),
        speed=speed,
        port=port,
    )
    asyncio.run(run(practice, started=started))
