"""`riskd size`: how large a position may be so that its stop costs no more than the risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit

if TYPE_CHECKING:
    from riskd.measure.spec import Unit


@click.command()
@click.option("--equity", required=True, help="Such as `10k USD`.")
@click.option("--risk", default="1%", show_default=True, help="Share of equity to lose at the stop.")
@click.option("--entry", required=True, type=float, help="Price at which you enter.")
@click.option(
    "--stop", required=True, type=float, help="Price of the stop: below entry for a long, above for a short."
)
@click.option("--fee", default="5bps", show_default=True, help="Fee for each of the two fills.")
@click.option(
    "--slippage", default="0%", show_default=True, help="How much worse than its price the stop may fill."
)
def size(equity: str, risk: str, entry: float, stop: float, fee: str, slippage: str) -> int:
    """Position size for a fixed risk: equity x risk / (distance to the stop + costs). Sends nothing, knows no account."""
    from riskd.measure.sizing import size_for_risk
    from riskd.measure.spec import Unit

    amount = _quantity(equity, Unit.MONEY, "--equity")
    try:
        found = size_for_risk(
            equity=amount,
            risk=_quantity(risk, Unit.RATIO, "--risk"),
            entry=entry,
            stop=stop,
            fee_rate=_quantity(fee, Unit.RATIO, "--fee"),
            slippage=_quantity(slippage, Unit.RATIO, "--slippage") * entry,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    click.echo(
        f"{'long' if entry > stop else 'short'}  quantity {found.quantity:.6g}  notional {found.notional:,.2f}"
    )
    click.echo(
        f"lost at the stop, costs included: {found.risk_amount:,.2f} ({found.risk_amount / amount:.2%} of equity)"
    )
    click.echo(f"leverage on the whole equity: {found.notional / amount:.2f}x")
    return Exit.FINE


def _quantity(text: str, unit: Unit, option: str) -> float:
    from riskd.policy.text.quantity import example, noun
    from riskd.policy.text.units import QuantityError, parse

    try:
        quantity = parse(text)
    except QuantityError as error:
        raise click.UsageError(f"{option}: {error}") from error
    if quantity.unit is not unit:
        raise click.UsageError(
            f"{option}: {text} is {noun(quantity.unit)}; write for example {example(unit)}"
        )
    return quantity.value
