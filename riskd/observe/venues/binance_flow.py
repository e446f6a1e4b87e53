"""What moved a Binance USD-M account: entries in its wallet, and fills.

Source: developers.binance.com, USDS-margined futures: Get Income History ("tranId is unique in the same incomeType
for a user"), Account Trade List.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from riskd.model.flow import IncomeKind, IncomeRow, TradeRow
from riskd.model.order import Direction
from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.facts import Normalised
from riskd.observe.fields import (
    Fault,
    JsonObject,
    Plausibility,
    RowRefused,
    choice,
    flag,
    identifier,
    moment,
    number,
    text,
    whole,
)
from riskd.observe.venues.binance_balances import SIDES
from riskd.observe.venues.binance_rows import listed, read_rows, rows_by_symbol

_DIRECTIONS = frozenset(Direction)
_KINDS: Mapping[str, IncomeKind] = {
    "FUNDING_FEE": IncomeKind.FUNDING,
    "REALIZED_PNL": IncomeKind.REALIZED_PNL,
    "DELIVERED_SETTELMENT": IncomeKind.REALIZED_PNL,  # of a contract that was delisted; the venue's spelling
    "COMMISSION": IncomeKind.COMMISSION,
    "INSURANCE_CLEAR": IncomeKind.LIQUIDATION_FEE,
    "TRANSFER": IncomeKind.TRANSFER,
    "INTERNAL_TRANSFER": IncomeKind.TRANSFER,
    "CROSS_COLLATERAL_TRANSFER": IncomeKind.TRANSFER,
    "STRATEGY_UMFUTURES_TRANSFER": IncomeKind.TRANSFER,
    "COIN_SWAP_DEPOSIT": IncomeKind.TRANSFER,
    "COIN_SWAP_WITHDRAW": IncomeKind.TRANSFER,
    "WELCOME_BONUS": IncomeKind.TRANSFER,
}


def income(
    payload: JsonValue, listing: Listing, plausible: Plausibility
) -> Normalised[tuple[IncomeRow, ...]]:
    """Entries of ``income``, oldest first. A row that several pages hold counts once.

    Raises:
        Rubbish: Not a list.
    """
    faults: list[Fault] = []
    found = read_rows(_once(payload), lambda row: _income(row, listing, plausible), faults)
    return Normalised(tuple(sorted(found.values(), key=lambda row: (row.at, row.id))), tuple(faults))


def trades(
    payload: JsonValue, listing: Listing, plausible: Plausibility
) -> Normalised[Mapping[str, tuple[TradeRow, ...]]]:
    """Fills of ``userTrades`` by unified symbol, oldest first.

    Args:
        payload: An object: the venue's symbol, and the rows that were read for it. An empty list says that there were
            none; a symbol that is not there was not asked for.
        listing: Instruments by the venue's symbol.
        plausible: Bounds of numbers.

    Raises:
        Rubbish: Not such an object.
    """
    faults: list[Fault] = []
    found: dict[str, tuple[TradeRow, ...]] = {}
    for venue_symbol, symbol, rows in rows_by_symbol(payload, listing, "trades", faults):
        fills = read_rows(_once(rows), lambda row: _trade(row, listing, plausible), faults)
        own = [fill for fill in fills.values() if fill.symbol == symbol]
        if len(own) != len(fills):
            faults.append(Fault(venue_symbol, f"trades of another contract among those of {symbol}"))
        found[symbol] = tuple(sorted(own, key=lambda fill: (fill.at, int(fill.id))))
    return Normalised(found, tuple(faults))


def _once(payload: JsonValue) -> JsonValue:
    """The list without rows that are equal in every field: pages overlap by the rows of one millisecond."""
    if not isinstance(payload, list):
        return payload
    kept: list[JsonValue] = []
    seen: set[str] = set()
    for row in payload:
        words = repr(row)
        if words not in seen:
            seen.add(words)
            kept.append(row)
    return kept


def _income(row: JsonObject, listing: Listing, plausible: Plausibility) -> tuple[str, IncomeRow]:
    kind = text(row, "incomeType")
    venue_symbol = row.get("symbol")
    if not isinstance(venue_symbol, str):
        raise RowRefused("symbol is missing")
    # Income of a contract that is listed no more is still income.
    symbol = listing[venue_symbol].symbol if venue_symbol in listing else venue_symbol
    fact = IncomeRow(
        id=f"{kind}:{identifier(row, 'tranId')}:{venue_symbol}",
        kind=_KINDS.get(kind, IncomeKind.OTHER),
        symbol=symbol,
        amount=number(row, "income", plausible.money),
        asset=text(row, "asset"),
        at=moment(whole(row, "time", plausible.time_ms)),
        trade=_trade_of(row),
    )
    return fact.id, fact


def _trade_of(row: JsonObject) -> str:
    """The fill that caused an entry; empty text where none is named. An entry counts whatever stands there."""
    try:
        return identifier(row, "tradeId")
    except RowRefused:
        return ""


def _trade(row: JsonObject, listing: Listing, plausible: Plausibility) -> tuple[int, TradeRow]:
    trade_id = whole(row, "id", plausible.amount)
    quantity, price = number(row, "qty", plausible.size), number(row, "price", plausible.price)
    fact = TradeRow(
        id=str(trade_id),
        order_id=identifier(row, "orderId"),
        symbol=listed(row, listing).symbol,
        position_side=choice(row, "positionSide", SIDES),
        direction=Direction(choice(row, "side", _DIRECTIONS)),
        quantity=quantity,
        price=price,
        realized_pnl=number(row, "realizedPnl", plausible.money),
        fee=number(row, "commission", plausible.money),
        fee_asset=text(row, "commissionAsset"),
        maker=flag(row, "maker"),
        at=moment(whole(row, "time", plausible.time_ms)),
    )
    _check_quote(row, quantity * price, plausible)
    return trade_id, fact


def _check_quote(row: JsonObject, expected: Decimal, plausible: Plausibility) -> None:
    stated = number(row, "quoteQty", plausible.amount)
    if abs(stated - expected) > Decimal("0.01") * expected + Decimal("0.01"):
        raise RowRefused(f"quoteQty {stated} is not quantity x price, {expected}")
