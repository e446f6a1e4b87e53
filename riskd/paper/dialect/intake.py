"""Order parameters read once: the words that plain and conditional orders share, with the venue's own refusals.

What depends on the contract, the account or the market (steps, margin, reduce-only, duplicates) the exchange refuses.
"""

from __future__ import annotations

import re
from enum import Enum

from riskd.paper.dialect import errors
from riskd.paper.dialect.endpoint import Call
from riskd.paper.dialect.parameters import Parameters
from riskd.paper.engine import refusals
from riskd.paper.engine.types import (
    OrderRequest,
    OrderType,
    PositionSide,
    Rejection,
    Side,
    TimeInForce,
    WorkingType,
)

_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_CONDITIONAL = frozenset({"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"})
_NOT_SIMULATED = frozenset({"STOP", "TAKE_PROFIT", "TRAILING_STOP_MARKET"})
_NEVER_WITH_MARKET = ("price", "timeInForce")


class ResponseType(Enum):
    """How much the answer to a new order says."""

    ACK = "ACK"  # only that it was taken
    RESULT = "RESULT"  # what became of it at once


def plain_order(call: Call) -> OrderRequest:
    """A LIMIT or MARKET order.

    Raises:
        Rejection: -4120 for a conditional type, and the codes of every malformed parameter.
    """
    parameters = call.parameters
    contract = call.contract()
    kind = _plain_type(parameters)
    _refuse_unsimulated(parameters)
    if "stopPrice" in parameters:
        raise refusals.unwanted_parameter("stopPrice")
    if parameters.flag("closePosition"):
        raise Rejection(-4136, f"Target strategy invalid for orderType {kind.value},closePosition true")
    if kind is OrderType.MARKET:
        for name in _NEVER_WITH_MARKET:
            if name in parameters:
                raise refusals.unwanted_parameter(name)
    return OrderRequest(
        symbol=contract.symbol,
        side=_side(parameters),
        type=kind,
        quantity=parameters.required_decimal("quantity"),
        position_side=_position_side(parameters),
        price=parameters.required_decimal("price") if kind is OrderType.LIMIT else None,
        time_in_force=_required_time_in_force(parameters) if kind is OrderType.LIMIT else TimeInForce.GTC,
        reduce_only=_reduce_only(call),
        client_order_id=client_id(parameters, "newClientOrderId"),
    )


def conditional_order(call: Call) -> OrderRequest:
    """A STOP_MARKET or TAKE_PROFIT_MARKET order.

    Raises:
        Rejection: For a type that is not simulated, and the codes of every malformed parameter.
    """
    parameters = call.parameters
    contract = call.contract()
    if parameters.required_text("algoType") != "CONDITIONAL":
        raise errors.invalid_value("algoType", "Send CONDITIONAL.")
    kind = _conditional_type(parameters)
    _refuse_unsimulated(parameters)
    if "price" in parameters:
        raise refusals.unwanted_parameter("price")
    close_position = parameters.flag("closePosition") or False
    if close_position and "quantity" in parameters:
        raise Rejection(-4137, "Quantity must be zero with closePosition equals true")
    if close_position and "reduceOnly" in parameters:
        raise refusals.unwanted_parameter("reduceOnly")
    return OrderRequest(
        symbol=contract.symbol,
        side=_side(parameters),
        type=kind,
        quantity=None if close_position else parameters.required_decimal("quantity"),
        position_side=_position_side(parameters),
        trigger_price=parameters.required_decimal("triggerPrice"),
        reduce_only=_reduce_only(call),
        close_position=close_position,
        client_order_id=client_id(parameters, "clientAlgoId"),
        working_type=parameters.choice("workingType", WorkingType, Rejection(-4031, "Invalid working type."))
        or WorkingType.CONTRACT_PRICE,
    )


def response_type(parameters: Parameters) -> ResponseType:
    """How much the answer shall say; ACK unless asked otherwise."""
    refusal = Rejection(-1136, "Invalid newOrderRespType.")
    return parameters.choice("newOrderRespType", ResponseType, refusal) or ResponseType.ACK


def client_id(parameters: Parameters, name: str) -> str:
    """The client's own id of a new order; empty when it sent none.

    Raises:
        Rejection: -4015, longer than 36 or with other characters than Binance allows.
    """
    sent = parameters.text(name)
    if sent is None:
        return ""
    if not _CLIENT_ID.fullmatch(sent):
        raise Rejection(-4015, "Client order id is not valid.")
    return sent


def _plain_type(parameters: Parameters) -> OrderType:
    sent = parameters.required_text("type")
    if sent in _CONDITIONAL:
        raise refusals.conditional_order_elsewhere()
    if sent not in (OrderType.LIMIT.value, OrderType.MARKET.value):
        raise Rejection(-1116, "Invalid orderType.")
    return OrderType(sent)


def _conditional_type(parameters: Parameters) -> OrderType:
    sent = parameters.required_text("type")
    if sent in _NOT_SIMULATED:
        raise errors.not_simulated("type", sent, "send STOP_MARKET or TAKE_PROFIT_MARKET")
    if sent not in _CONDITIONAL:
        raise Rejection(-1116, "Invalid orderType.")
    return OrderType(sent)


def _side(parameters: Parameters) -> Side:
    side = parameters.choice("side", Side, Rejection(-1117, "Invalid side."))
    if side is None:
        raise refusals.missing_parameter("side")
    return side


def _position_side(parameters: Parameters) -> PositionSide:
    return (
        parameters.choice("positionSide", PositionSide, errors.invalid_position_side()) or PositionSide.BOTH
    )


def _required_time_in_force(parameters: Parameters) -> TimeInForce:
    if parameters.required_text("timeInForce") == "GTD":
        raise errors.not_simulated("timeInForce", "GTD", "send GTC and cancel the order")
    found = parameters.choice("timeInForce", TimeInForce, Rejection(-1115, "Invalid timeInForce."))
    return found or TimeInForce.GTC


def _reduce_only(call: Call) -> bool:
    sent = call.parameters.flag("reduceOnly")
    if sent is not None and call.exchange.account(call.account).hedge_mode:
        raise refusals.unwanted_parameter("reduceOnly")  # in hedge mode the position side says it already
    return sent or False


def _refuse_unsimulated(parameters: Parameters) -> None:
    matched = parameters.text("priceMatch")
    if matched not in (None, "NONE"):
        raise errors.not_simulated("priceMatch", matched or "", "send a price")
    if parameters.flag("priceProtect"):
        raise errors.not_simulated("priceProtect", "true", "leave it out")
