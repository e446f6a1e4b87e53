"""The little of Binance's spot and wallet API that a futures desk reads: spot balances, coins, rights of the key.

Spot is bought and sold inside the simulation only (``Exchange.trade_spot``); no spot order can be sent over HTTP.
"""

from __future__ import annotations

from riskd.model.report import JsonValue
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.contracts import ping, server_time
from riskd.paper.dialect.endpoint import Call, Endpoint, costs
from riskd.paper.dialect.http import Rights
from riskd.paper.dialect.limits import Budget
from riskd.paper.dialect.render import money


def spot_account(call: Call) -> JsonValue:
    """Spot balances, such as the coin leg of a cash-and-carry hedge. They never margin the futures."""
    held = call.exchange.spot_balances(call.account)
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "canTrade": False,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": call.now_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": money(quantity), "locked": money(quantity * 0)}
            for asset, quantity in sorted(held.items())
        ],
        "permissions": ["SPOT"],
    }


def coins(call: Call) -> JsonValue:
    """Every coin of the venue. Clients with a key ask for this while they load markets."""
    contracts = call.exchange.contracts
    names = sorted({contract.base for contract in contracts} | {contract.quote for contract in contracts})
    held = call.exchange.spot_balances(call.account)
    return [
        {
            "coin": name,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "name": name,
            "free": money(held[name]) if name in held else "0",
            "locked": "0",
            "freeze": "0",
            "withdrawing": "0",
            "ipoing": "0",
            "ipoable": "0",
            "storage": "0",
            "isLegalMoney": False,
            "trading": True,
            "networkList": [],
        }
        for name in names
    ]


def no_margin_pairs(_: Call) -> JsonValue:
    """Pairs of spot margin trading, of which there are none. Clients with a key ask while they load markets."""
    return []


def key_rights(call: Call) -> JsonValue:
    """What the key that asks may do. It can never withdraw."""
    trades = call.key is not None and call.key.rights is Rights.TRADE
    return {
        "ipRestrict": True,
        "createTime": 0,
        "enableReading": True,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": trades,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": False,
        "enablePortfolioMarginTrading": False,
    }


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/api/v3/ping",
        security=Security.NONE,
        weight=costs(1),
        handler=ping,
        budget=Budget.SPOT,
    ),
    Endpoint(
        method="GET",
        path="/api/v3/time",
        security=Security.NONE,
        weight=costs(1),
        handler=server_time,
        budget=Budget.SPOT,
    ),
    Endpoint(
        method="GET",
        path="/api/v3/account",
        security=Security.READ,
        weight=costs(20),
        handler=spot_account,
        budget=Budget.SPOT,
    ),
    Endpoint(
        method="GET",
        path="/sapi/v1/capital/config/getall",
        security=Security.READ,
        weight=costs(10),
        handler=coins,
        budget=Budget.WALLET,
    ),
    *(
        Endpoint(
            method="GET",
            path=path,
            security=Security.READ,
            weight=costs(weight),
            handler=no_margin_pairs,
            budget=Budget.WALLET,
        )
        for path, weight in (("/sapi/v1/margin/allPairs", 1), ("/sapi/v1/margin/isolated/allPairs", 10))
    ),
    Endpoint(
        method="GET",
        path="/sapi/v1/account/apiRestrictions",
        security=Security.READ,
        weight=costs(1),
        handler=key_rights,
        budget=Budget.WALLET,
    ),
)
