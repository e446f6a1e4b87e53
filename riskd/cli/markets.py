"""Options by which commands choose a market."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from riskd.paper.market.track import TrackMarket

P = ParamSpec("P")
T = TypeVar("T")

# Named here as well as in paper/market/presets.py, so that `--help` does not import the market; a test compares them.
SCENARIOS = ("demo", "2020-03-12", "2021-05-19", "2025-10-10")


def market_options(command: Callable[P, T]) -> Callable[P, T]:
    """Add ``--scenario``, ``--market`` and ``--event``."""
    for option in (
        click.option("--event", help="Which event of the market file, when it holds several."),
        click.option(
            "--market",
            type=click.Path(path_type=Path),
            help="Parquet file of recorded candles, instead of a scenario.",
        ),
        click.option(
            "--scenario",
            type=click.Choice(SCENARIOS),
            default="demo",
            show_default=True,
            help="Built-in market.",
        ),
    ):
        command = option(command)
    return command


def chosen_market(scenario: str, market: Path | None, event: str | None, seed: int) -> TrackMarket:
    """The market that the options name.

    Raises:
        click.UsageError: The file cannot be used, or an event was named without a file.
    """
    from riskd.adapters.candle_files import CandleFileError
    from riskd.daemon.demo.markets import built_in, from_file

    if market is None:
        if event is not None:
            raise click.UsageError(
                "--event names an event of a --market file; a --scenario is one event by itself"
            )
        return built_in(scenario, seed=seed)
    try:
        return from_file(market, event=event)
    except CandleFileError as error:
        raise click.UsageError(str(error)) from error
