"""Positions and accounts in few words."""

from __future__ import annotations

from riskd.measure.account import AccountBook, Line, Wallet
from riskd.measure.venues import MODELS, Holding, MarginModel, flat, inverse, linear
from riskd.measure.venues.schedule import Schedule

USDM, COINM = MODELS["binance_usdm"], MODELS["binance_coinm"]
FLAT = flat(0.01)


def a_linear(
    coin: str,
    quantity: float,
    entry: float,
    *,
    mark: float | None = None,
    table: Schedule = FLAT,
    settle: str = "USDT",
    model: MarginModel = USDM,
    margin: float | None = None,
    fee_rate: float | None = None,
) -> Line:
    """So many coins, settled in dollars of some kind."""
    holding = Holding(
        position=linear(quantity, entry), mark=entry if mark is None else mark, maintenance=table
    )
    return Line(
        symbol=f"{coin}/{settle}:{settle}",
        asset=coin,
        settle=settle,
        model=model,
        holding=holding,
        margin=margin,
        fee_rate=fee_rate,
    )


def an_inverse(
    coin: str,
    dollars: float,
    entry: float,
    *,
    mark: float | None = None,
    table: Schedule = FLAT,
    model: MarginModel = COINM,
    margin: float | None = None,
) -> Line:
    """So many dollars, settled in the coin."""
    holding = Holding(
        position=inverse(dollars, entry), mark=entry if mark is None else mark, maintenance=table
    )
    return Line(
        symbol=f"{coin}/USD:{coin}", asset=coin, settle=coin, model=model, holding=holding, margin=margin
    )


def dollars(cash: float, asset: str = "USDT") -> Wallet:
    """A wallet of money."""
    return Wallet(asset=asset, cash=cash, price=1.0)


def a_book(*lines: Line, cash: float = 0.0) -> AccountBook:
    """Positions behind which so many USDT stand."""
    return AccountBook(lines=lines, wallets=(dollars(cash),))
