"""`riskd size`: how large a position may be so that its stop costs no more than the risk, and what that size means."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar, Unpack

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option

if TYPE_CHECKING:
    from riskd.cli.size_question import Words

P = ParamSpec("P")
T = TypeVar("T")


def _trade_options(command: Callable[P, T]) -> Callable[P, T]:
    for option in reversed(
        (
            click.option(
                "--equity", required=True, help="Such as `10k USD`; of an inverse contract `2 BTC`."
            ),
            click.option(
                "--risk", default="1%", show_default=True, help="Share of equity to lose at the stop."
            ),
            click.option("--entry", required=True, type=float, help="Price at which you enter."),
            click.option(
                "--stop",
                required=True,
                type=float,
                help="Price of the stop: below entry for a long, above for a short.",
            ),
            click.option("--fee", default="5bps", show_default=True, help="Fee for each of the two fills."),
            click.option(
                "--slippage",
                default="0%",
                show_default=True,
                help="How much worse than its price the stop may fill.",
            ),
            click.option(
                "--funding", help="Funding rate of the market, such as `0.01%/8h`; needs --horizon."
            ),
            click.option("--horizon", help="How long you mean to hold, such as `5d`."),
        )
    ):
        command = option(command)
    return command


def _venue_options(command: Callable[P, T]) -> Callable[P, T]:
    for option in reversed(
        (
            click.option(
                "--venue",
                default="binance_usdm",
                show_default=True,
                help="Whose margin arithmetic; docs/venues.md lists them.",
            ),
            click.option(
                "--inverse", is_flag=True, help="The contract settled in the coin, of venues with both."
            ),
            click.option(
                "--maintenance", help="Maintenance margin rate, such as `0.4%`; 0.5% where not given."
            ),
            click.option(
                "--brackets",
                type=click.Path(path_type=Path, dir_okay=False),
                help="File with the venue's margin tiers, instead of one rate.",
            ),
            click.option(
                "--leverage",
                help="Isolated margin at this setting, such as `5x`; else cross, all equity behind it.",
            ),
            click.option(
                "--leverage-max", help="Highest leverage that the venue or you allow, such as `20x`."
            ),
            click.option("--lot", help="Smallest step of the size: coins, or contracts; inverse: 1."),
            click.option(
                "--contract-size", default="1", show_default=True, help="Coins, or dollars, in one contract."
            ),
            click.option("--tick", help="Smallest step of the price, to which venues round."),
        )
    ):
        command = option(command)
    return command


@click.command()
@_trade_options
@_venue_options
@json_option
def size(*, as_json: bool, **words: Unpack[Words]) -> int:
    """Position size for a fixed risk, and what it means: leverage, margin, liquidation price against the stop, funding.

    Sends nothing, knows no account.
    """
    from riskd.cli.size_question import question
    from riskd.cli.size_text import as_values, lines
    from riskd.measure.sizing.cure import cure
    from riskd.measure.sizing.outlook import outlook

    asked = question(words)
    try:
        contracts = asked.sizing.contracts(asked.lot)
        found = outlook(asked.sizing, float(contracts))
        better = cure(asked.sizing, contracts, asked.lot) if found.objections else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(json.dumps(as_values(asked, contracts, found, better), allow_nan=False))
    else:
        click.echo("\n".join(lines(asked, contracts, found, better)))
    return Exit.FINDINGS if found.is_refused else Exit.FINE
