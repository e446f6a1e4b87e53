"""What happened to the account: income and trades."""

from __future__ import annotations

from riskd.model.report import JsonValue
from riskd.paper.dialect import errors
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.endpoint import Call, Endpoint, costs
from riskd.paper.dialect.render import average_price, fixed, money, on_step
from riskd.paper.dialect.window import WEEK_MS, newest_or_first, time_window
from riskd.paper.engine import refusals
from riskd.paper.engine.types import Contract, Income, IncomeKind, Side, Trade

_QUOTE_PLACES = 8


def income(call: Call) -> JsonValue:
    """Changes of the wallet, oldest first.

    Without ``startTime`` and ``page`` the newest of the last seven days; else the page of the window, counted from 1.
    """
    parameters = call.parameters
    limit = parameters.limit(default=100, maximum=1000)
    page = parameters.integer("page")
    start_ms, end_ms = parameters.integer("startTime"), parameters.integer("endTime")
    if start_ms is not None and end_ms is not None and start_ms > end_ms:
        raise errors.start_after_end()
    named = call.contract_or_all()
    rows = call.exchange.income(
        call.account,
        since_ms=max(0, (call.now_ms if end_ms is None else end_ms) - WEEK_MS)
        if start_ms is None
        else start_ms,
        until_ms=end_ms,
        symbol=named.symbol if named else None,
        kind=parameters.choice("incomeType", IncomeKind, errors.invalid_value("incomeType")),
    )
    if page is not None:
        first = max(0, page - 1) * limit
        return [_income_row(row) for row in rows[first : first + limit]]
    return [_income_row(row) for row in newest_or_first(rows, limit, parameters)]


def user_trades(call: Call) -> JsonValue:
    """Fills of one contract, oldest first: from ``fromId`` on, or within a window of seven days."""
    contract = call.contract()
    parameters = call.parameters
    limit = parameters.limit(default=500, maximum=1000)
    from_id, order_id = parameters.integer("fromId"), parameters.integer("orderId")
    if from_id is not None:
        if "startTime" in parameters or "endTime" in parameters:
            raise refusals.unwanted_parameter("fromId")
        found = [t for t in call.exchange.trades(call.account, contract.symbol) if t.trade_id >= from_id]
        chosen = found[:limit]
    else:
        window = time_window(parameters, now_ms=call.now_ms)
        found = [
            t
            for t in call.exchange.trades(call.account, contract.symbol, since_ms=window.start)
            if t.at_ms in window and (order_id is None or t.order_id == order_id)
        ]
        chosen = list(newest_or_first(found, limit, parameters))
    return [_trade_row(contract, trade) for trade in chosen]


def _income_row(row: Income) -> JsonValue:
    return {
        "symbol": row.symbol,
        "incomeType": row.kind.value,
        "income": money(row.amount),
        "asset": row.asset,
        "info": row.kind.value,
        "time": row.at_ms,
        "tranId": row.tran_id,
        "tradeId": str(row.trade_id) if row.trade_id is not None else "",
    }


def _trade_row(contract: Contract, trade: Trade) -> JsonValue:
    return {
        "symbol": trade.symbol,
        "id": trade.trade_id,
        "orderId": trade.order_id,
        "side": trade.side.value,
        "price": average_price(trade.price, contract.tick_size),
        "qty": on_step(trade.quantity, contract.lot_size),
        "realizedPnl": money(trade.realized_pnl),
        "quoteQty": fixed(trade.quote, _QUOTE_PLACES),
        "commission": money(trade.fee),
        "commissionAsset": contract.quote,
        "time": trade.at_ms,
        "positionSide": trade.position_side.value,
        "maker": trade.maker,
        "buyer": trade.side is Side.BUY,
    }


ENDPOINTS = (
    Endpoint(method="GET", path="/fapi/v1/income", security=Security.READ, weight=costs(30), handler=income),
    Endpoint(
        method="GET", path="/fapi/v1/userTrades", security=Security.READ, weight=costs(5), handler=user_trades
    ),
)
