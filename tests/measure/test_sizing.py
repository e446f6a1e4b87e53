"""The size of a trade before it exists."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.measure.sizing.sizing import (
    Trade,
    contracts_for_risk,
    floored_to_lot,
    loss_at_stop,
    shown_lot,
)
from riskd.measure.venues.contract import Contract
from riskd.measure.venues.model import ContractKind

FEW = settings(max_examples=80, derandomize=True, deadline=None)
KINDS = st.sampled_from((ContractKind.LINEAR, ContractKind.INVERSE))
PRICES = st.floats(0.01, 1e5)


def a_trade(
    entry: float = 100.0,
    stop: float = 98.0,
    *,
    kind: ContractKind = ContractKind.LINEAR,
    multiplier: float = 1.0,
    fee_rate: float = 0.0,
    slippage: float = 0.0,
) -> Trade:
    contract = Contract(kind=kind, multiplier=multiplier)
    return Trade(contract=contract, entry=entry, stop=stop, fee_rate=fee_rate, slippage=slippage)


class Wallet:
    """Coins and dollars in exact fractions: what a trade does, done as purchases and sales of the coin."""

    def __init__(self) -> None:
        self.coins = self.dollars = Fraction(0)

    def trade(self, coins: Fraction, price: Fraction, fee_rate: Fraction, *, fee_in_coins: bool) -> None:
        """Buy (+) or sell (-) coins, and pay the fee."""
        self.coins += coins
        self.dollars -= coins * price
        if fee_in_coins:
            self.coins -= fee_rate * abs(coins)
        else:
            self.dollars -= fee_rate * abs(coins) * price


def lost_by_fills(trade: Trade, contracts: int) -> Fraction:
    """What is gone after both fills, one contract after the other: coins of an inverse contract, dollars of a linear one.

    A linear contract holds so many coins, bought and sold again. An inverse one holds so many dollars, borrowed to buy
    coins and given back from the sale of coins.
    """
    wallet, inverse = Wallet(), trade.contract.kind is ContractKind.INVERSE
    entry, fill, fee = Fraction(trade.entry), Fraction(trade.fill), Fraction(trade.fee_rate)
    size, side = Fraction(trade.contract.multiplier), int(trade.side)
    for _ in range(contracts):
        for price, direction in ((entry, side), (fill, -side)):
            coins = size / price if inverse else size
            wallet.trade(direction * coins, price, fee, fee_in_coins=inverse)
    if inverse:
        assert wallet.dollars == 0
        return -wallet.coins
    assert wallet.coins == 0
    return -wallet.dollars


@FEW
@given(
    KINDS,
    PRICES,
    st.floats(0.5, 1.5),
    st.floats(0.0, 0.01),
    st.floats(0.0, 0.02),
    st.sampled_from((1.0, 10.0, 100.0, 0.01)),
    st.integers(1, 30),
)
def test_the_loss_is_what_simulated_fills_lose(
    kind: ContractKind, entry: float, ratio: float, fee: float, slip: float, multiplier: float, contracts: int
) -> None:
    assume(abs(ratio - 1.0) > 1e-3)
    trade = a_trade(
        entry, entry * ratio, kind=kind, multiplier=multiplier, fee_rate=fee, slippage=slip * entry
    )
    expected = float(lost_by_fills(trade, contracts))
    assert loss_at_stop(trade, contracts).total == pytest.approx(expected, rel=1e-9)


@FEW
@given(
    KINDS,
    PRICES,
    st.floats(0.2, 3.0),
    st.floats(10, 1e9),
    st.floats(1e-4, 1.0),
    st.floats(0.0, 0.01),
    st.sampled_from(("1", "0.001", "10", "0.00025")),
)
def test_the_loss_at_the_floored_size_never_exceeds_the_risk_and_one_lot_more_would(
    kind: ContractKind, entry: float, ratio: float, equity: float, risk: float, fee: float, lot_text: str
) -> None:
    assume(abs(ratio - 1.0) > 1e-4)
    trade, lot = a_trade(entry, entry * ratio, kind=kind, fee_rate=fee), Decimal(lot_text)
    wanted = contracts_for_risk(trade, equity=equity, risk=risk)
    for step in (lot, shown_lot(wanted)):
        size = floored_to_lot(wanted, step)
        assert loss_at_stop(trade, float(size)).total <= equity * risk * (1.0 + 1e-11)
        assert loss_at_stop(trade, float(size + step)).total > equity * risk * (1.0 - 1e-11)
        assert size % step == 0


def test_an_inverse_long_loses_more_coin_than_a_short_of_the_same_distance_because_coin_is_dearer_below() -> (
    None
):
    """10,000 dollars from 50,000: down to 40,000 costs 0.05 coins, up to 60,000 costs 0.0333."""
    long = loss_at_stop(a_trade(50_000.0, 40_000.0, kind=ContractKind.INVERSE), 10_000).total
    short = loss_at_stop(a_trade(50_000.0, 60_000.0, kind=ContractKind.INVERSE), 10_000).total
    assert (long, short) == pytest.approx((0.05, 1 / 30))


def test_the_parts_of_a_loss() -> None:
    """One coin from 100 to a stop at 98 that fills at 97, fees of 0.1 % on 100 and on 97."""
    loss = loss_at_stop(a_trade(100.0, 98.0, fee_rate=0.001, slippage=1.0))
    assert (loss.by_price, loss.by_slippage, loss.by_fees) == pytest.approx((2.0, 1.0, 0.197))
    short = loss_at_stop(a_trade(100.0, 102.0, fee_rate=0.001, slippage=1.0))
    assert (short.by_price, short.by_slippage, short.by_fees) == pytest.approx((2.0, 1.0, 0.203))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"stop": 0.0}, "stop"),
        ({"stop": 100.0}, "distance"),
        ({"entry": float("nan")}, "entry"),
        ({"fee_rate": -1.0}, "fee_rate"),
        ({"slippage": float("inf")}, "slippage"),
        ({"slippage": 98.0}, "slippage 98.0 takes the stop at 98.0 to zero"),
    ],
)
def test_a_senseless_trade_is_refused_by_name(changes: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        a_trade(**changes)  # type: ignore[arg-type]  # every change is a number, none is the kind


@pytest.mark.parametrize(
    ("equity", "risk", "named"),
    [(0.0, 0.01, "equity"), (float("nan"), 0.01, "equity"), (1e3, -0.01, "risk"), (1e3, 1.5, "at most 100%")],
)
def test_senseless_money_is_refused_by_name(equity: float, risk: float, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        contracts_for_risk(a_trade(), equity=equity, risk=risk)


def test_a_size_is_never_rounded_up_but_noise_of_a_float_is_no_fraction_of_a_lot() -> None:
    assert floored_to_lot(1.2399999, Decimal("0.001")) == Decimal("1.239")
    assert floored_to_lot(0.0009, Decimal("0.001")) == 0
    assert floored_to_lot(29.999999999999996, Decimal(1)) == 30


@pytest.mark.parametrize(("size", "lot"), [(0.0416666667, "1E-7"), (500.0, "0.001"), (123456.7, "1")])
def test_without_a_lot_six_digits_are_kept(size: float, lot: str) -> None:
    assert shown_lot(size) == Decimal(lot)
