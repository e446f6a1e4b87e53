"""How many cycles a second the paper engine does in-process: 4 accounts x 10 positions.

One cycle is one ``advance`` with new prices for all ten symbols, then ``positions()`` and ``account()`` of every account.
The plain baseline is the least that any exact engine must do for it: six Decimal multiplications or divisions for each
position (value, two margins, the two halves of a liquidation price, a funding or ADL ratio).
"""

from __future__ import annotations

from decimal import Decimal
from timeit import Timer

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import (
    Bracket,
    Contract,
    DatedBrackets,
    OrderRequest,
    OrderType,
    Quote,
    Side,
)

ACCOUNTS = 4
SYMBOLS = 10
CYCLES = 300
STEP_MS = 1_000
START_MS = 1_760_000_000_000
OPERATIONS_PER_POSITION = 6


def main() -> None:
    """Prints cycles a second and how many times the baseline a cycle costs."""
    exchange = _exchange()
    paths = [_quotes(step) for step in range(16)]
    step = 0

    def cycle() -> None:
        nonlocal step
        step += 1
        exchange.advance(START_MS + step * STEP_MS, paths[step % len(paths)])
        for name in exchange.accounts:
            exchange.positions(name)
            exchange.account(name)

    cycle_seconds = min(Timer(cycle).repeat(repeat=5, number=CYCLES)) / CYCLES
    baseline_seconds = min(Timer(_baseline).repeat(repeat=5, number=CYCLES)) / CYCLES
    books = exchange.books()
    assert books.total() == books.expected()
    print(
        f"paper engine, {ACCOUNTS} accounts x {SYMBOLS} positions: {1 / cycle_seconds:,.0f} cycles a second, "
        f"{cycle_seconds / baseline_seconds:.1f}x the Decimal arithmetic of a cycle "
        f"({ACCOUNTS * SYMBOLS * OPERATIONS_PER_POSITION} operations)"
    )


def _exchange() -> Exchange:
    contracts = [_contract(f"C{number}USDT") for number in range(SYMBOLS)]
    exchange = Exchange(contracts, now_ms=START_MS, quotes=_quotes(0), insurance_fund=Decimal(1_000_000))
    for account in range(ACCOUNTS):
        name = f"account-{account}"
        exchange.open_account(name)
        exchange.deposit(name, Decimal(1_000_000))
        for number, contract in enumerate(contracts):
            side = Side.BUY if (account + number) % 2 else Side.SELL
            exchange.place(
                name,
                OrderRequest(
                    symbol=contract.symbol, side=side, type=OrderType.MARKET, quantity=Decimal("12.345")
                ),
            )
    return exchange


def _contract(symbol: str) -> Contract:
    rows = (
        (0, 50_000, "0.004", 0, 125),
        (50_000, 600_000, "0.005", 50, 100),
        (600_000, 10**9, "0.01", 3050, 50),
    )
    brackets = tuple(
        Bracket(
            notional_floor=Decimal(floor),
            notional_cap=Decimal(cap),
            maintenance_margin_rate=Decimal(rate),
            maintenance_amount=Decimal(amount),
            leverage_max=leverage,
        )
        for floor, cap, rate, amount, leverage in rows
    )
    return Contract(
        symbol=symbol,
        base=symbol.removesuffix("USDT"),
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
        market_lot_size=Decimal("0.001"),
        quantity_min=Decimal("0.001"),
        quantity_max=Decimal(1_000_000),
        market_quantity_max=Decimal(1_000_000),
        notional_min=Decimal(5),
        price_band=Decimal("0.05"),
        maker_fee_rate=Decimal("0.0002"),
        taker_fee_rate=Decimal("0.0005"),
        liquidation_fee_rate=Decimal("0.0125"),
        funding_interval_hours=8,
        funding_cap=Decimal("0.02"),
        bracket_tables=(DatedBrackets(valid_from_ms=0, brackets=brackets),),
    )


def _quotes(step: int) -> dict[str, Quote]:
    quotes = {}
    for number in range(SYMBOLS):
        mark = Decimal(1000 + 17 * number) + Decimal(step * (number + 1)) / 100
        quotes[f"C{number}USDT"] = Quote(
            mark=mark,
            index=mark,
            last=mark,
            spread_rate=Decimal("0.0002"),
            depth_usd=Decimal(10_000_000),
            funding_rate=Decimal("0.0001"),
        )
    return quotes


def _baseline() -> None:
    quantity, price, rate = Decimal("12.345"), Decimal("1017.35"), Decimal("0.005")
    for _ in range(ACCOUNTS * SYMBOLS * OPERATIONS_PER_POSITION // 3):
        notional = quantity * price
        _ = notional * rate
        _ = notional / quantity


if __name__ == "__main__":
    main()
