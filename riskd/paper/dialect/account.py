"""What the account's own reading endpoints answer: balances, positions, settings."""

from __future__ import annotations

from decimal import Decimal

from riskd.model.report import JsonValue
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.contracts import notional_max
from riskd.paper.dialect.endpoint import Call, Endpoint, costs
from riskd.paper.dialect.holdings import Holding, holdings
from riskd.paper.dialect.render import entry_price, money, on_step, trimmed
from riskd.paper.engine.types import AccountView, Position, PositionSide

_PRICE_PLACES = 8
_ZERO = Decimal(0)


def account_newer(call: Call) -> JsonValue:
    """Balances, and the slots that hold something or have a resting order."""
    view = call.exchange.account(call.account)
    return {
        **_totals(view),
        "assets": [_asset_row(view, call.now_ms)],
        "positions": [_account_position_row(h) for h in holdings(call) if h.in_use],
    }


def account_older(call: Call) -> JsonValue:
    """Balances and every slot of every contract, with leverage and margin mode."""
    view = call.exchange.account(call.account)
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
        **_totals(view),
        "assets": [{**_asset_row(view, call.now_ms), "marginAvailable": True}],
        "positions": [
            {
                **_account_position_row(h),
                "positionInitialMargin": money(h.position.initial_margin) if h.position else "0",
                "openOrderInitialMargin": _amount(h.open_order_margin),
                "leverage": str(h.leverage),
                "isolated": h.isolated,
                "entryPrice": entry_price(h.position.entry_price) if h.position else "0.0",
                "breakEvenPrice": _break_even(h),
                "maxNotional": _leverage_cap(h, call),
                "bidNotional": _amount(h.bid_notional),
                "askNotional": _amount(h.ask_notional),
            }
            for h in holdings(call)
        ],
    }


def balances(call: Call) -> JsonValue:
    """Balance of each margin asset; there is one."""
    view = call.exchange.account(call.account)
    return [
        {
            "accountAlias": call.account,
            "asset": "USDT",
            "balance": money(view.wallet_balance),
            "crossWalletBalance": money(view.cross_wallet_balance),
            "crossUnPnl": money(view.cross_unrealized_pnl),
            "availableBalance": money(view.available_balance),
            "maxWithdrawAmount": money(view.withdrawable_balance),
            "marginAvailable": True,
            "updateTime": call.now_ms,
        }
    ]


def positions_newer(call: Call) -> JsonValue:
    """Slots that hold something or have a resting order. Leverage and margin mode are not told here."""
    return [
        {
            **_risk_row(h, call),
            "marginAsset": h.contract.quote,
            "initialMargin": money(_initial_margin(h)),
            "maintMargin": money(h.position.maintenance_margin) if h.position else "0",
            "positionInitialMargin": money(h.position.initial_margin) if h.position else "0",
            "openOrderInitialMargin": _amount(h.open_order_margin),
            "adl": h.position.adl_rank if h.position else 0,
            "bidNotional": _amount(h.bid_notional),
            "askNotional": _amount(h.ask_notional),
        }
        for h in holdings(call)
        if h.in_use
    ]


def positions_older(call: Call) -> JsonValue:
    """Every slot of every contract, empty ones too, with leverage and margin mode."""
    return [
        {
            **_risk_row(h, call),
            "leverage": str(h.leverage),
            "maxNotionalValue": _leverage_cap(h, call),
            "marginType": "isolated" if h.isolated else "cross",
            "isAutoAddMargin": "false",
        }
        for h in holdings(call)
    ]


def account_config(call: Call) -> JsonValue:
    """Settings of the account as a whole."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": call.exchange.account(call.account).hedge_mode,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def symbol_config(call: Call) -> JsonValue:
    """Leverage and margin mode of one contract or of all."""
    rows: list[JsonValue] = []
    for contract in call.contracts():
        leverage, margin_type = call.exchange.settings(call.account, contract.symbol)
        rows.append(
            {
                "symbol": contract.symbol,
                "marginType": margin_type.value,
                "isAutoAddMargin": "false",
                "leverage": leverage,
                "maxNotionalValue": trimmed(notional_max(contract, leverage, call.exchange.now_ms), 8),
            }
        )
    return rows


def position_mode(call: Call) -> JsonValue:
    """Whether long and short are held apart."""
    return {"dualSidePosition": call.exchange.account(call.account).hedge_mode}


def assets_mode(_: Call) -> JsonValue:
    """Whether several assets margin together; never, here."""
    return {"multiAssetsMargin": False}


def commission_rate(call: Call) -> JsonValue:
    """Fees of one contract."""
    contract = call.contract()
    return {
        "symbol": contract.symbol,
        "makerCommissionRate": trimmed(contract.maker_fee_rate, 8),
        "takerCommissionRate": trimmed(contract.taker_fee_rate, 8),
        "rpiCommissionRate": "0",
    }


def adl_quantiles(call: Call) -> JsonValue:
    """Place of each open position in the auto-deleveraging queue, 0 (last) to 4 (first)."""
    ranks: dict[str, dict[str, int]] = {}
    for contract in call.contracts():
        held = [p for p in call.exchange.positions(call.account) if p.symbol == contract.symbol]
        if held:
            ranks[contract.symbol] = _ranks(held)
    return [{"symbol": symbol, "adlQuantile": dict(quantiles)} for symbol, quantiles in ranks.items()]


def _ranks(held: list[Position]) -> dict[str, int]:
    by_side = {p.position_side: p.adl_rank for p in held}
    whole = {"BOTH": by_side[PositionSide.BOTH]} if PositionSide.BOTH in by_side else {"HEDGE": 0}
    return {
        "LONG": by_side.get(PositionSide.LONG, 0),
        "SHORT": by_side.get(PositionSide.SHORT, 0),
        **whole,
    }


def _totals(view: AccountView) -> dict[str, JsonValue]:
    return {
        "totalInitialMargin": money(view.initial_margin),
        "totalMaintMargin": money(view.maintenance_margin),
        "totalWalletBalance": money(view.wallet_balance),
        "totalUnrealizedProfit": money(view.unrealized_pnl),
        "totalMarginBalance": money(view.margin_balance),
        "totalPositionInitialMargin": money(view.position_initial_margin),
        "totalOpenOrderInitialMargin": money(view.open_order_initial_margin),
        "totalCrossWalletBalance": money(view.cross_wallet_balance),
        "totalCrossUnPnl": money(view.cross_unrealized_pnl),
        "availableBalance": money(view.available_balance),
        "maxWithdrawAmount": money(view.withdrawable_balance),
    }


def _asset_row(view: AccountView, now_ms: int) -> dict[str, JsonValue]:
    return {
        "asset": "USDT",
        "walletBalance": money(view.wallet_balance),
        "unrealizedProfit": money(view.unrealized_pnl),
        "marginBalance": money(view.margin_balance),
        "maintMargin": money(view.maintenance_margin),
        "initialMargin": money(view.initial_margin),
        "positionInitialMargin": money(view.position_initial_margin),
        "openOrderInitialMargin": money(view.open_order_initial_margin),
        "crossWalletBalance": money(view.cross_wallet_balance),
        "crossUnPnl": money(view.cross_unrealized_pnl),
        "availableBalance": money(view.available_balance),
        "maxWithdrawAmount": money(view.withdrawable_balance),
        "updateTime": now_ms,  # 0 means "never used" at Binance, and clients drop the row
    }


def _account_position_row(h: Holding) -> dict[str, JsonValue]:
    position = h.position
    return {
        "symbol": h.contract.symbol,
        "positionSide": h.side.value,
        "positionAmt": on_step(position.quantity, h.contract.lot_size) if position else "0",
        "unrealizedProfit": money(position.unrealized_pnl) if position else "0.00000000",
        "isolatedMargin": _isolated_margin(position),
        "notional": money(position.quantity * position.mark_price) if position else "0",
        "isolatedWallet": _isolated_wallet(position),
        "initialMargin": _amount(_initial_margin(h)),
        "maintMargin": money(position.maintenance_margin) if position else "0",
        "updateTime": position.updated_ms if position else 0,
    }


def _risk_row(h: Holding, call: Call) -> dict[str, JsonValue]:
    position = h.position
    mark = call.exchange.quote(h.contract.symbol).mark
    return {
        "symbol": h.contract.symbol,
        "positionSide": h.side.value,
        "positionAmt": on_step(position.quantity if position else _ZERO, h.contract.lot_size),
        "entryPrice": entry_price(position.entry_price if position else _ZERO),
        "breakEvenPrice": _break_even(h),
        "markPrice": money(mark),
        "unRealizedProfit": money(position.unrealized_pnl if position else _ZERO),
        "liquidationPrice": trimmed(position.liquidation_price, _PRICE_PLACES) if position else "0",
        "isolatedMargin": _isolated_margin(position),
        "notional": money(position.quantity * mark) if position else "0",
        "isolatedWallet": _isolated_wallet(position),
        "updateTime": position.updated_ms if position else 0,
    }


def _isolated_margin(position: Position | None) -> str:
    """Margin set aside plus the position's own result. Clients read "0" as cross, so that is kept for cross alone."""
    if position is None or not position.isolated:
        return "0"
    return money(position.isolated_wallet + position.unrealized_pnl)


def _isolated_wallet(position: Position | None) -> str:
    return money(position.isolated_wallet) if position is not None and position.isolated else "0"


def _initial_margin(h: Holding) -> Decimal:
    return (h.position.initial_margin if h.position else _ZERO) + h.open_order_margin


def _break_even(h: Holding) -> str:
    """The entry price moved by one taker fee; Binance also counts the fees and funding paid so far."""
    if h.position is None:
        return "0.0"
    direction = 1 if h.position.quantity > 0 else -1
    return entry_price(h.position.entry_price * (1 + direction * h.contract.taker_fee_rate))


def _leverage_cap(h: Holding, call: Call) -> str:
    return trimmed(notional_max(h.contract, h.leverage, call.exchange.now_ms), _PRICE_PLACES)


def _amount(value: Decimal) -> str:
    return money(value) if value else "0"


ENDPOINTS = tuple(
    Endpoint(method="GET", path=path, security=Security.READ, weight=costs(weight), handler=handler)
    for path, weight, handler in (
        ("/fapi/v3/account", 5, account_newer),
        ("/fapi/v2/account", 5, account_older),
        ("/fapi/v3/balance", 5, balances),
        ("/fapi/v2/balance", 5, balances),
        ("/fapi/v3/positionRisk", 5, positions_newer),
        ("/fapi/v2/positionRisk", 5, positions_older),
        ("/fapi/v1/accountConfig", 5, account_config),
        ("/fapi/v1/symbolConfig", 5, symbol_config),
        ("/fapi/v1/positionSide/dual", 30, position_mode),
        ("/fapi/v1/multiAssetsMargin", 30, assets_mode),
        ("/fapi/v1/commissionRate", 20, commission_rate),
        ("/fapi/v1/adlQuantile", 5, adl_quantiles),
    )
)
