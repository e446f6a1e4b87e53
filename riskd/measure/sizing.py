"""How large a trade may be for what it may lose: the question before a position exists."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

import numpy as np

from riskd.measure.brackets import Brackets
from riskd.measure.groups import Groups
from riskd.measure.solver import Cushion, smallest_move
from riskd.model.instrument import Bracket


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionSize:
    """A size for a risk.

    Attributes:
        risk_amount: Quote currency that is lost when the stop fills where expected, costs included.
        quantity: Base units, unsigned.
        notional: Quote currency at entry.
        leverage: Notional over equity.
    """

    risk_amount: float
    quantity: float
    notional: float
    leverage: float


def size_for_risk(
    *,
    equity: float,
    risk: float,
    entry: float,
    stop: float,
    fee_rate: float = 0.0,
    slippage: float = 0.0,
) -> PositionSize:
    """The position that loses ``risk * equity`` when its stop fills.

    ``quantity = equity * risk / (|entry - stop| + slippage + fee_rate * (entry + stop))``.

    Args:
        equity: Quote currency, > 0.
        risk: Fraction of equity, > 0.
        entry: Quote per base, > 0.
        stop: Quote per base, > 0, not equal to ``entry``.
        fee_rate: Taker fee of the way in and of the way out, fraction of notional.
        slippage: Quote per base by which the stop fills worse than its trigger.

    Raises:
        ValueError: An argument is not finite or out of its range; says which.

    Source: the 1-2 % rule (Elder, Tharp); pinned by the ``sizing-*`` vectors in tests/measure/test_vectors.py.
    """
    _demand_positive(equity=equity, risk=risk, entry=entry, stop=stop)
    _demand_not_negative(fee_rate=fee_rate, slippage=slippage)
    lost_each = abs(entry - stop) + slippage + fee_rate * (entry + stop)
    if entry == stop:
        raise ValueError(f"stop {stop} equals entry {entry}: the distance is what the size follows from")
    quantity = equity * risk / lost_each
    return PositionSize(
        risk_amount=equity * risk,
        quantity=quantity,
        notional=quantity * entry,
        leverage=quantity * entry / equity,
    )


def floored_to_lot(quantity: float, lot_size: Decimal) -> Decimal:
    """The largest multiple of the lot that is not above ``quantity``: a size is never rounded up."""
    lots = (Decimal(repr(quantity)) / lot_size).to_integral_value(rounding=ROUND_FLOOR)
    return lots * lot_size


def liquidation_price(
    *, quantity: float, entry: float, wallet: float, brackets: Sequence[Bracket]
) -> float | None:
    """Mark at which one position, alone in its wallet, meets its maintenance margin.

    Args:
        quantity: Base units, signed: long +, short -.
        entry: Quote per base; also the mark of today.
        wallet: Cash behind the position, quote currency.
        brackets: Of the instrument, sorted from 0.

    Returns:
        Quote per base; None when no positive price liquidates; ``entry`` when it is due at once.

    Source: Binance USD-M; the same solver as the measure ``liquidation_distance``.
    """
    table = Brackets(
        floor=np.array([[float(bracket.notional_floor) for bracket in brackets]]),
        rate=np.array([[float(bracket.maintenance_margin_rate) for bracket in brackets]]),
        amount=np.array([[float(bracket.maintenance_amount) for bracket in brackets]]),
    )
    direction = -1.0 if quantity >= 0.0 else 1.0
    notional = np.array([abs(quantity) * entry])
    cushion = Cushion(
        equity=np.array([wallet]),
        gain=-notional,
        most=np.array([1.0 if direction < 0.0 else np.inf]),
        notional=notional,
        growth=direction * notional,
        instrument=np.zeros(1, dtype=np.intp),
        groups=Groups(np.zeros(1, dtype=np.intp), 1),
    )
    move = float(smallest_move(cushion, table)[0])
    return None if math.isinf(move) else entry * (1.0 + direction * move)


def _demand_positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if not (math.isfinite(number) and number > 0.0):
            raise ValueError(f"{name} must be a finite number above 0, found {number}")


def _demand_not_negative(**numbers: float) -> None:
    for name, number in numbers.items():
        if not (math.isfinite(number) and number >= 0.0):
            raise ValueError(f"{name} must be a finite number, 0 or above, found {number}")
