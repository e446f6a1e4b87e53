"""The numbers of docs/guide/position-sizing.md."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from docs.guide.figures.worked import Page, measured
from riskd.measure.sizing.sizing import Trade, contracts_for_risk, floored_to_lot, loss_at_stop
from riskd.measure.venues.contract import Contract
from riskd.measure.venues.model import ContractKind
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims

EQUITY, RISK, ENTRY, FEE, SLIPPAGE = 10_000.0, 0.01, 60_000.0, 0.0005, 0.001


def left(risk: float) -> float:
    """Of the money, after ten losers in a row."""
    return (1.0 - risk) ** 10


def sized(stop: float) -> tuple[Decimal, float]:
    """The size for the risk, and what its fees and slippage take at the stop."""
    trade = Trade(
        contract=Contract(kind=ContractKind.LINEAR),
        entry=ENTRY,
        stop=stop,
        fee_rate=FEE,
        slippage=SLIPPAGE * ENTRY,
    )
    size = floored_to_lot(contracts_for_risk(trade, equity=EQUITY, risk=RISK), Decimal("0.001"))
    loss = loss_at_stop(trade, float(size))
    return size, loss.by_fees + loss.by_slippage


def computed(page: Page) -> Iterator[str]:
    for risk in (0.01, 0.02, 0.05, 0.1):
        yield f"| {risk:.0%} | {left(risk):.1%} |"
    yield f"From {left(0.01):.1%} you can come back; from {left(0.1):.1%} you have to win {1 / left(0.1) - 1:.0%}"
    far, near = 58_200.0, 59_100.0
    yield (
        f"You have {EQUITY:,.0f} USD. You want to buy BTC at {ENTRY:,.0f}, and you would be wrong at {far:,.0f}, which is "
        f"{1 - far / ENTRY:.0%} lower. You risk {RISK:.0%} of what you have, that is {EQUITY * RISK:.0f} USD."
    )
    yield f"a stop that fills {SLIPPAGE:.1%} worse than it says"
    assert abs((ENTRY - near) / (ENTRY - far) - 0.5) < 1e-12
    yield f"Put the stop at half the distance, at {near:,.0f}, and the same risk buys {sized(near)[0]} coins, almost twice"
    assert 1.8 < sized(near)[0] / sized(far)[0] < 2.0
    yield f"of the {EQUITY * RISK:.0f} USD they now take {sized(near)[1]:.0f} USD instead of {sized(far)[1]:.0f} USD"
    rows, (book,) = page.rows(), page.books()
    counted = measured(book, "risk_per_trade", Grain.POSITION, "BTC/USDT:USDT")
    yield f"BTC counts {counted:.2%} and not {RISK:.2%}, because the fee of its entry is paid already"
    eth, stop = rows.positions[1], rows.orders[1].trigger
    yield f"adds {eth.quantity} ETH at {rows.instruments[1].mark:,.0f} with a stop at {stop:,.0f}"


CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    cited=(
        Cited(
            said="rule of 1 to 2% (Elder, *Trading for a Living*; Tharp)",
            file="risk-rules.md",
            found="Elder 2 %, Tharp ≤2 %",
        ),
        Cited(
            said="ccxt issue 12494 an order was ten times as large",
            file="failure-stories.md",
            found="ccxt#12494 (10× size)",
        ),
    ),
)
