"""An intent in OKX's words, the venue's words about it as a receipt, and the frame around every answer.

OKX counts in contracts. A quantity in base units becomes contracts only where that is exact, and only in whole lots.

Source: OKX's documentation: Place order, Place algo order, Cancel order, Cancel algo order.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, localcontext

from riskd.act.outcomes.okx import ALL_FAILED, SUCCESS
from riskd.act.rounding import EXACT
from riskd.adapters.binance_reader import as_row
from riskd.errors import VenueUnavailable
from riskd.model.instrument import Instrument
from riskd.model.order import Direction, Execution, Intent, OrderStatus, Receipt
from riskd.model.wire import VenueAnswer
from riskd.observe.fields import JsonObject, RowRefused
from riskd.observe.json_text import Rubbish, read_envelope
from riskd.observe.venues.okx_receipt import OkxOrder, OkxStop

ORDER = "/api/v5/trade/order"
ALGO_ORDER = "/api/v5/trade/order-algo"

_POSITION_SIDES = {"BOTH": "net", "LONG": "long", "SHORT": "short"}
_SIDES = {Direction.BUY: "buy", Direction.SELL: "sell"}
_AT_MARKET = "-1"
_NOT_REDUCE_ONLY = "the venue answers reduceOnly: false to an order that set it"


def contracts_of(quantity: Decimal, contract: Instrument) -> Decimal | None:
    """A quantity in contracts; None when it is no whole number of lots.

    Args:
        quantity: Base units, > 0.
        contract: ``contract_size`` and ``lot_size`` in base units.
    """
    with localcontext(EXACT):
        if quantity % contract.lot_size:
            return None
        contracts = quantity / contract.contract_size
        return contracts if contracts * contract.contract_size == quantity else None


def base_units_of(contracts: Decimal, contract: Instrument) -> Decimal:
    """Contracts in base units; exact."""
    with localcontext(EXACT):
        return contracts * contract.contract_size


def order_body(intent: Intent, contracts: Decimal, margin_mode: str) -> str:
    """The JSON of an order, reduce-only by flag in net mode, by its side in long/short mode.

    The venue heeds ``reduceOnly`` in net mode only; in long/short mode an order that sells long or buys short cannot
    open anything. A ``market`` order of a swap rests at the price limit when the book is thin, so an immediate order is
    ``ioc`` or ``optimal_limit_ioc``, a market order of which the rest is cancelled.

    Args:
        intent: What is to be done.
        contracts: Its quantity.
        margin_mode: That of the position; under the other one the order would be about another position.
    """
    own = _stop_terms(intent) if intent.execution is Execution.STOP else _order_terms(intent)
    terms: dict[str, str | bool] = {
        "instId": intent.venue_symbol,
        "tdMode": margin_mode,
        "side": _SIDES[intent.direction],
        "posSide": _POSITION_SIDES[intent.position_side],
        "sz": format(contracts.normalize(), "f"),
        **own,
    }
    if intent.position_side == "BOTH":
        terms["reduceOnly"] = True
    return json.dumps(terms, separators=(",", ":"))


def cancel_body(venue_symbol: str, order_id: str) -> str:
    """The JSON of a cancellation of an ordinary order."""
    return json.dumps({"instId": venue_symbol, "ordId": order_id})


def cancel_stop_body(venue_symbol: str, order_id: str) -> str:
    """The JSON of a cancellation of one conditional order; the venue takes a list."""
    return json.dumps([{"instId": venue_symbol, "algoId": order_id}])


def order_receipt(intent: Intent, order: OkxOrder, contract: Instrument, at: datetime) -> Receipt:
    """The receipt that an order's description makes.

    Raises:
        RowRefused: It describes another order than the one we meant.
    """
    filled = base_units_of(order.contracts_filled, contract)
    expected = (intent.venue_symbol, intent.direction, intent.position_side)
    if (order.symbol, order.direction, order.position_side) != expected or filled > intent.quantity:
        raise RowRefused(f"our id, but {order}")
    return Receipt(
        client_order_id=intent.client_order_id,
        status=order.status,
        filled=filled,
        average_price=order.average_price,
        venue_order_id=order.order_id,
        code=f"cancel:{order.reason}" if order.status is OrderStatus.CANCELLED and order.reason else "",
        detail=_reduces(intent, told=order.reduce_only),
        at=at,
    )


def stop_receipt(intent: Intent, stop: OkxStop, status: OrderStatus, at: datetime) -> Receipt:
    """The receipt of a stop that has become no order.

    Raises:
        RowRefused: It describes another stop than the one we meant.
    """
    expected = (intent.venue_symbol, intent.direction, intent.position_side, intent.trigger_price)
    if (stop.symbol, stop.direction, stop.position_side, stop.trigger_price) != expected:
        raise RowRefused(f"our id, but {stop}")
    return Receipt(
        client_order_id=intent.client_order_id,
        status=status,
        filled=Decimal(0),
        average_price=None,
        venue_order_id=stop.algo_id,
        code=stop.reason,
        detail=_reduces(intent, told=stop.reduce_only),
        at=at,
    )


def verdict(answer: VenueAnswer) -> tuple[str, list[JsonObject]]:
    """The code that decides, and the rows; of an answer that is believable as JSON.

    Where every row failed, the code is that of the row; of several rows that do not agree none decides.

    Raises:
        Rubbish: It is not, or it is no answer of OKX's.
    """
    frame = read_envelope(answer.text)
    code, data = frame.get("code"), frame.get("data")
    if not isinstance(code, str):
        raise Rubbish("guard:no_code")
    if not isinstance(data, list):
        if code == SUCCESS:
            raise Rubbish("guard:not_a_list")
        data = []
    rows = [as_row(row) for row in data]
    codes = {_row_code(row) for row in rows if "sCode" in row}
    if code in (SUCCESS, ALL_FAILED) and codes:
        return codes.pop() if len(codes) == 1 else "", rows
    return code, rows


def no_answer(path: str, answer: VenueAnswer, code: str = "") -> VenueUnavailable:
    """For an answer that tells nothing of what was asked."""
    reason = f"http:{answer.status}:{code}" if code else f"http:{answer.status}"
    return VenueUnavailable(
        f"{path}: HTTP {answer.status} {code}".rstrip(),
        reason=reason,
        retry_after_seconds=answer.retry_after_seconds,
    )


def _order_terms(intent: Intent) -> dict[str, str]:
    named = {"clOrdId": intent.client_order_id}
    if intent.limit_price is None:
        return {"ordType": "optimal_limit_ioc", **named}
    kind = "post_only" if intent.execution is Execution.POST_ONLY else "ioc"
    return {"ordType": kind, "px": format(intent.limit_price, "f"), **named}


def _stop_terms(intent: Intent) -> dict[str, str]:
    """Waits for the mark price, not for the last trade, which a single order can move."""
    assert intent.trigger_price is not None, "a stop has a trigger"
    return {
        "ordType": "conditional",
        "slTriggerPx": format(intent.trigger_price, "f"),
        "slTriggerPxType": "mark",
        "slOrdPx": _AT_MARKET,
        "algoClOrdId": intent.client_order_id,
    }


def _row_code(row: JsonObject) -> str:
    code = row.get("sCode")
    return code if isinstance(code, str) else ""


def _reduces(intent: Intent, *, told: bool) -> str:
    return "" if told or intent.position_side != "BOTH" else _NOT_REDUCE_ONLY
