"""Changes of the account's settings: leverage, margin mode, position mode, isolated margin."""

from __future__ import annotations

from riskd.model.report import JsonValue
from riskd.paper.dialect import errors
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.contracts import notional_max
from riskd.paper.dialect.endpoint import Call, Endpoint, costs
from riskd.paper.dialect.render import trimmed
from riskd.paper.engine import refusals
from riskd.paper.engine.types import MarginType, PositionSide, Rejection

_ADD, _REMOVE = 1, 2


def change_leverage(call: Call) -> JsonValue:
    """Set the leverage of one contract."""
    contract = call.contract()
    leverage = call.parameters.required_integer("leverage")
    call.exchange.set_leverage(call.account, contract.symbol, leverage)
    return {
        "leverage": leverage,
        "maxNotionalValue": trimmed(notional_max(contract, leverage, call.exchange.now_ms), 8),
        "symbol": contract.symbol,
    }


def change_margin_type(call: Call) -> JsonValue:
    """Set one contract to cross or isolated margin."""
    contract = call.contract()
    wanted = call.parameters.choice("marginType", MarginType, errors.invalid_value("marginType"))
    if wanted is None:
        raise refusals.missing_parameter("marginType")
    call.exchange.set_margin_type(call.account, contract.symbol, wanted)
    return {"code": 200, "msg": "success"}


def change_position_mode(call: Call) -> JsonValue:
    """Hold long and short apart, or net them."""
    wanted = call.parameters.flag("dualSidePosition")
    if wanted is None:
        raise refusals.missing_parameter("dualSidePosition")
    call.exchange.set_position_mode(call.account, hedge_mode=wanted)
    return {"code": 200, "msg": "success"}


def change_isolated_margin(call: Call) -> JsonValue:
    """Add margin to an isolated position, or take some out."""
    contract = call.contract()
    amount = call.parameters.required_decimal("amount")
    kind = call.parameters.required_integer("type")
    if kind not in (_ADD, _REMOVE):
        raise errors.invalid_value("type", "Send 1 to add or 2 to reduce.")
    side = (
        call.parameters.choice("positionSide", PositionSide, errors.invalid_position_side())
        or PositionSide.BOTH
    )
    if amount <= 0:
        raise Rejection(-4055, "Amount must be positive.")
    call.exchange.add_isolated_margin(
        call.account, contract.symbol, side, amount if kind == _ADD else -amount
    )
    return {
        "amount": float(amount),
        "code": 200,
        "msg": "Successfully modify position margin.",
        "type": kind,
    }


ENDPOINTS = tuple(
    Endpoint(method="POST", path=path, security=Security.TRADE, weight=costs(1), handler=handler)
    for path, handler in (
        ("/fapi/v1/leverage", change_leverage),
        ("/fapi/v1/marginType", change_margin_type),
        ("/fapi/v1/positionSide/dual", change_position_mode),
        ("/fapi/v1/positionMargin", change_isolated_margin),
    )
)
