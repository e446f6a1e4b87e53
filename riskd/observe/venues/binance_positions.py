"""What a Binance USD-M account holds, and how it is set up: positions, leverage, position mode, brackets.

Source: developers.binance.com, USDS-margined futures: Position Information V3, Symbol Configuration, Get Current
Position Mode, Notional and Leverage Brackets.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from riskd.model.instrument import Bracket
from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.facts import (
    BracketsBySymbol,
    Normalised,
    PositionFact,
    PositionKey,
    Positions,
    SettingFact,
    Settings,
)
from riskd.observe.fields import (
    Fault,
    JsonObject,
    Plausibility,
    RowRefused,
    as_object,
    choice,
    fault_of,
    flag,
    number,
    number_or_none,
    whole,
)
from riskd.observe.json_text import Rubbish
from riskd.observe.venues.binance_balances import SIDES
from riskd.observe.venues.binance_rows import listed, object_of, read_rows

_MARGIN_TYPES = frozenset({"CROSSED", "ISOLATED"})
_NOTIONAL_TOLERANCE = Decimal("0.01")  # of the notional
_PNL_TOLERANCE = Decimal("0.001")  # of the notional
_AMOUNT_TOLERANCE = Decimal("0.01")  # of a bracket's amount
_CENT = Decimal("0.01")
_ONE = Decimal(1)
_ZERO = Decimal(0)


def positions(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[Positions]:
    """Open positions of ``v3/positionRisk``.

    A row whose quantity, prices and PnL contradict each other is refused: notional must be quantity x mark, and
    PnL quantity x (mark - entry).

    Raises:
        Rubbish: Not a list.
    """
    faults: list[Fault] = []
    refused: list[JsonObject] = []
    found = read_rows(payload, lambda row: _position(row, listing, plausible, faults), faults, refused)
    unreadable = {key for row in refused if (key := _key_or_none(row, listing)) is not None}
    value = Positions(
        rows=tuple(fact for fact in found.values() if fact is not None),
        flat=frozenset(key for key, fact in found.items() if fact is None) - unreadable,
        unreadable=frozenset(unreadable - {key for key, fact in found.items() if fact is not None}),
    )
    return Normalised(value, tuple(faults))


def symbol_settings(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[Settings]:
    """Leverage and margin type by symbol, from ``symbolConfig``. Rows of what is no perpetual are left out.

    Raises:
        Rubbish: Not a list.
    """
    faults: list[Fault] = []
    found = read_rows(
        _of_perpetuals(payload, listing),
        lambda row: (
            listed(row, listing).symbol,
            SettingFact(
                leverage=number(row, "leverage", plausible.leverage),
                isolated=choice(row, "marginType", _MARGIN_TYPES) == "ISOLATED",
            ),
        ),
        faults,
    )
    return Normalised(found, tuple(faults))


def position_mode(payload: JsonValue, _plausible: Plausibility) -> Normalised[bool]:
    """True when long and short of a symbol are held apart (hedge mode).

    Raises:
        Rubbish: The answer does not say.
    """
    try:
        return Normalised(flag(object_of(payload), "dualSidePosition"))
    except RowRefused as refusal:
        raise Rubbish("guard:position_mode", str(refusal)) from refusal


def brackets(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[BracketsBySymbol]:
    """Leverage brackets by symbol. A table with a gap, or whose margin jumps at a floor, is refused.

    Raises:
        Rubbish: Not a list, or an empty one.
    """
    if payload == []:
        raise Rubbish("guard:no_brackets")
    faults: list[Fault] = []
    found = read_rows(
        _of_perpetuals(payload, listing),
        lambda row: (listed(row, listing).symbol, _bracket_table(row.get("brackets"), plausible)),
        faults,
    )
    return Normalised(found, tuple(faults))


def _of_perpetuals(payload: JsonValue, listing: Listing) -> JsonValue:
    """The payload without sound rows about contracts that are no perpetuals."""
    if not isinstance(payload, list):
        return payload
    return [
        row
        for row in payload
        if not (isinstance(row, dict) and isinstance(row.get("symbol"), str) and row["symbol"] not in listing)
    ]


def _key(row: JsonObject, listing: Listing) -> PositionKey:
    return PositionKey(listed(row, listing).symbol, choice(row, "positionSide", SIDES))


def _key_or_none(row: JsonObject, listing: Listing) -> PositionKey | None:
    try:
        return _key(row, listing)
    except RowRefused:
        return None


def _position(
    row: JsonObject, listing: Listing, plausible: Plausibility, faults: list[Fault]
) -> tuple[PositionKey, PositionFact | None]:
    """The position of a row; None when the row says that nothing is held."""
    key = _key(row, listing)
    quantity = number(row, "positionAmt", plausible.quantity)
    notional = number(row, "notional", plausible.money)
    if quantity == 0:
        if notional != 0:
            raise RowRefused(f"nothing is held, yet the notional is {notional}")
        return key, None
    if (key.side == "LONG" and quantity < 0) or (key.side == "SHORT" and quantity > 0):
        raise RowRefused(f"positionSide {key.side} contradicts positionAmt {quantity}")
    fact = PositionFact(
        key=key,
        quantity=quantity,
        entry_price=number(row, "entryPrice", plausible.price),
        mark_price=number(row, "markPrice", plausible.price),
        unrealized_pnl=number(row, "unRealizedProfit", plausible.money),
        notional=notional,
        initial_margin=_margin(row, "positionInitialMargin", notional, plausible, faults),
        maintenance_margin=_margin(row, "maintMargin", notional, plausible, faults),
        liquidation_price=number_or_none(row, "liquidationPrice", plausible.price_or_none, faults),
        isolated_wallet=number_or_none(row, "isolatedWallet", plausible.money, faults),
        adl_rank=number_or_none(row, "adl", plausible.rank, faults),
        leverage=number_or_none(row, "leverage", plausible.leverage, faults) if "leverage" in row else None,
        updated_ms=whole(row, "updateTime", plausible.time_ms),
    )
    _check_arithmetic(fact)
    return key, fact


def _margin(
    row: JsonObject, name: str, notional: Decimal, plausible: Plausibility, faults: list[Fault]
) -> Decimal | None:
    """A margin of an open position, which is above nothing and at most the notional."""
    margin = number_or_none(row, name, plausible.amount, faults)
    if margin is not None and not 0 < margin <= abs(notional) * (_ONE + _NOTIONAL_TOLERANCE):
        faults.append(fault_of(row, f"{name} is {margin} for a notional of {notional}"))
        return None
    return margin


def _check_arithmetic(fact: PositionFact) -> None:
    notional = fact.quantity * fact.mark_price
    if abs(fact.notional - notional) > _NOTIONAL_TOLERANCE * abs(notional):
        raise RowRefused(f"notional {fact.notional} is not {fact.quantity} x mark {fact.mark_price}")
    pnl = fact.quantity * (fact.mark_price - fact.entry_price)
    allowed = _CENT + _PNL_TOLERANCE * abs(notional) + _NOTIONAL_TOLERANCE * abs(pnl)
    if abs(fact.unrealized_pnl - pnl) > allowed:
        raise RowRefused(
            f"PnL {fact.unrealized_pnl} is not {fact.quantity} x "
            f"(mark {fact.mark_price} - entry {fact.entry_price})"
        )


def _bracket_table(rows: JsonValue, plausible: Plausibility) -> tuple[Bracket, ...]:
    if not isinstance(rows, list) or not rows:
        raise RowRefused("brackets are missing")
    table = sorted((_bracket(as_object(row), plausible) for row in rows), key=lambda b: b.notional_floor)
    if table[0].notional_floor != 0:
        raise RowRefused(f"the first bracket begins at {table[0].notional_floor}, not at 0")
    for lower, upper in pairwise(table):
        _check_step(lower, upper)
    return tuple(table)


def _bracket(row: JsonObject, plausible: Plausibility) -> Bracket:
    bracket = Bracket(
        notional_floor=number(row, "notionalFloor", plausible.amount),
        notional_cap=number(row, "notionalCap", plausible.cap),
        maintenance_margin_rate=number(row, "maintMarginRatio", plausible.fraction),
        maintenance_amount=number(row, "cum", plausible.amount),
        leverage_max=number(row, "initialLeverage", plausible.leverage),
    )
    if bracket.notional_cap <= bracket.notional_floor:
        raise RowRefused(f"a bracket ends at {bracket.notional_cap}, at or below its floor")
    return bracket


def _check_step(lower: Bracket, upper: Bracket) -> None:
    """Brackets touch, rates rise, and maintenance margin is continuous at the floor."""
    if upper.notional_floor != lower.notional_cap:
        raise RowRefused(f"brackets leave a gap between {lower.notional_cap} and {upper.notional_floor}")
    rise = upper.maintenance_margin_rate - lower.maintenance_margin_rate
    amount = lower.maintenance_amount + upper.notional_floor * rise
    if rise < 0 or abs(upper.maintenance_amount - amount) > _ONE + _AMOUNT_TOLERANCE * amount:
        raise RowRefused(
            f"maintenance margin jumps at {upper.notional_floor}: "
            f"amount {upper.maintenance_amount}, expected {amount}"
        )
