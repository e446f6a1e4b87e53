"""A local server that speaks Bybit's order endpoints (v5, category linear), over real HTTP, for one account.

Answers have the form of Bybit's documentation (v5/order, v5/execution) and the messages that Bybit is known to send;
requests are checked as the venue checks them: signature, time stamp, receive window. Creation is asynchronous: it is
acknowledged, and what the engine makes of the order shows when it is asked for.

async with bybit_server(book, clock) as server:
    server.faults.arm("POST /v5/order/create", WireFault.RESET_AFTER)
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.fakes.position_book import Life, Order, PositionBook, Refused, State
from tests.fakes.wire_faults import WireFault, WireFaults

KEY, SECRET = "bybit-key", "bybit-secret"
SYMBOL = "BTCUSDT"
CREATE = "/v5/order/create"

_REFUSALS = {
    Refused.NO_POSITION: (110017, "current position is zero, cannot fix reduce-only order qty"),
    Refused.WRONG_MODE: (10001, "position idx not match position mode"),
    Refused.OFF_LOT: (10001, "Qty invalid"),
    Refused.BELOW_MINIMUM: (10001, "The number of contracts exceeds minimum limit allowed"),
    Refused.PRICE_BAND: (110003, "Order price exceeds the allowable range."),
    Refused.DUPLICATE: (110072, "OrderLinkedID is duplicate"),
    Refused.WOULD_TRIGGER: (110093, "expect Falling, but trigger_price[X] >= current[Y]??MarkPrice"),
}
_STATES = {
    State.WAITING: "Untriggered",
    State.OPEN: "New",
    State.FILLED: "Filled",
    State.CANCELLED: "Cancelled",
    State.WOULD_TAKE: "Rejected",
}
_SIDES = {0: "BOTH", 1: "LONG", 2: "SHORT"}
_INDEX = {side: index for index, side in _SIDES.items()}
_GONE = (110001, "order not exists or too late to cancel")


@dataclass
class BybitServer:
    """The running server.

    Attributes:
        late: Orders whose request is still on its way: they are booked by ``deliver``.
        hold_next: The next order is held on its way, and its connection broken.
    """

    book: PositionBook
    time_ms: Callable[[], int]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    late: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    hold_next: bool = False
    faults: WireFaults = field(
        default_factory=lambda: WireFaults(
            refusals={
                WireFault.RATE_LIMITED: (200, _frame(10006, "Too many visits. Exceeded the API Rate Limit.")),
                WireFault.KEY_REFUSED: (
                    200,
                    _frame(10005, "Permission denied, please check your API key permissions."),
                ),
                WireFault.QUOTED: (500, _frame(110017, "current position is zero")),
                WireFault.HOLLOW: (200, _frame(0, "OK", {"category": "linear"})),
                WireFault.CLOCK: (200, _frame(10002, "invalid request, please check your server timestamp")),
            },
            own_id=frozenset({"orderLinkId"}),
            venue_id=frozenset({"orderId"}),
        )
    )

    def deliver(self) -> None:
        """What was held reaches the engine, which books it if its receive window has not ended."""
        for body, until_ms in self.late:
            if self.time_ms() <= until_ms:
                self._book(body)
        self.late.clear()

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self.faults.middleware, self._authenticate()])
        application.router.add_post(CREATE, self._create)
        application.router.add_post("/v5/order/cancel", self._cancel)
        application.router.add_get("/v5/order/realtime", self._realtime)
        application.router.add_get("/v5/order/history", self._history)
        application.router.add_get("/v5/execution/list", self._executions)
        return application

    def _authenticate(self) -> Any:
        @web.middleware
        async def check(request: web.Request, handler: Any) -> web.StreamResponse:
            stamp, window = request.headers["X-BAPI-TIMESTAMP"], request.headers["X-BAPI-RECV-WINDOW"]
            payload = request.raw_path.partition("?")[2] if request.method == "GET" else await request.text()
            expected = hmac.new(
                SECRET.encode(), f"{stamp}{KEY}{window}{payload}".encode(), hashlib.sha256
            ).hexdigest()
            if request.headers["X-BAPI-API-KEY"] != KEY:
                return _told(10003, "API key is invalid.")
            if request.headers["X-BAPI-SIGN"] != expected:
                return _told(10004, "Error sign, please check your signature generation algorithm.")
            if not self.time_ms() - int(window) <= int(stamp) < self.time_ms() + 1000:
                return _told(10002, "The request time exceeds the time window range.")
            response: web.StreamResponse = await handler(request)
            return response

        return check

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        if self.hold_next:
            self.hold_next = False
            until_ms = int(request.headers["X-BAPI-TIMESTAMP"]) + int(request.headers["X-BAPI-RECV-WINDOW"])
            self.late.append((body, until_ms))
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        booked = self._book(body)
        if isinstance(booked, Refused):
            return _told(*_REFUSALS[booked])
        return _told(0, "OK", {"orderId": _uuid(booked), "orderLinkId": booked.client_id})

    def _book(self, body: dict[str, Any]) -> Order | Refused:
        assert (body["category"], body["symbol"]) == ("linear", SYMBOL)
        assert body["reduceOnly"] is True, "an order of riskd's that may open"
        if Decimal(body["qty"]) > self.book.filters.maximum:
            raise AssertionError("the venue would split this order into several")
        stop = "triggerPrice" in body
        if stop:
            assert body["triggerBy"] == "MarkPrice"
            assert body["triggerDirection"] == (1 if body["side"] == "Buy" else 2)
        life = Life.POST_ONLY if body["timeInForce"] == "PostOnly" else Life.IMMEDIATE
        return self.book.place(
            Order(
                client_id=body["orderLinkId"],
                side=_SIDES[body["positionIdx"]],
                buys=body["side"] == "Buy",
                quantity=Decimal(body["qty"]),
                limit=Decimal(body["price"]) if body["orderType"] == "Limit" else None,
                trigger=Decimal(body["triggerPrice"]) if stop else None,
                life=Life.STOP if stop else life,
            )
        )

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        order = self.book.cancel(_number(body["orderId"]))
        if order is None:
            return _told(*_GONE)
        return _told(0, "OK", {"orderId": body["orderId"], "orderLinkId": order.client_id})

    async def _realtime(self, request: web.Request) -> web.StreamResponse:
        return self._listed(request)

    async def _history(self, request: web.Request) -> web.StreamResponse:
        return self._listed(request)

    async def _executions(self, request: web.Request) -> web.StreamResponse:
        rows = [
            {"orderId": _uuid(o), "orderLinkId": o.client_id, "execQty": str(o.filled), "symbol": SYMBOL}
            for o in self._asked_for(request)
            if o.filled
        ]
        return _told(0, "OK", {"category": "linear", "list": rows, "nextPageCursor": ""})

    def _listed(self, request: web.Request) -> web.StreamResponse:
        rows = [self._row(order) for order in self._asked_for(request)]
        return _told(0, "OK", {"category": "linear", "list": rows, "nextPageCursor": ""})

    def _asked_for(self, request: web.Request) -> list[Order]:
        if "orderId" in request.query:
            return [o for o in self.book.orders if _uuid(o) == request.query["orderId"]]
        return self.book.named(request.query["orderLinkId"])

    def _row(self, order: Order) -> dict[str, Any]:
        conditional = order.life is Life.STOP
        return {
            "orderId": _uuid(order),
            "orderLinkId": order.client_id,
            "symbol": SYMBOL,
            "price": "0" if order.limit is None else str(order.limit),
            "qty": str(order.quantity),
            "side": "Buy" if order.buys else "Sell",
            "positionIdx": _INDEX[order.side],
            "orderStatus": _STATES[order.state],
            "rejectReason": "EC_PostOnlyWillTakeLiquidity"
            if order.state is State.WOULD_TAKE
            else "EC_NoError",
            "avgPrice": str(self.book.price) if order.filled else "",
            "cumExecQty": str(order.filled),
            "leavesQty": "0",
            "timeInForce": "PostOnly" if order.life is Life.POST_ONLY else "IOC",
            "orderType": "Market" if order.limit is None else "Limit",
            "stopOrderType": "Stop" if conditional else "",
            "triggerPrice": str(order.trigger) if conditional else "",
            "triggerBy": "MarkPrice" if conditional else "",
            "reduceOnly": True,
            "createdTime": str(self.time_ms()),
        }


@asynccontextmanager
async def bybit_server(book: PositionBook, time_ms: Callable[[], int]) -> AsyncIterator[BybitServer]:
    """Serve on a free port of the loopback."""
    server = BybitServer(book=book, time_ms=time_ms)
    async with serving(server.application()) as url:
        server.url = url
        yield server


@asynccontextmanager
async def serving(application: web.Application) -> AsyncIterator[str]:
    """The address of a running application. Handlers end when their client goes away."""
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.0, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _frame(code: int, words: str, result: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "retCode": code,
        "retMsg": words,
        "result": result or {},
        "retExtInfo": {},
        "time": 1_772_452_800_000,
    }


def _told(code: int, words: str, result: dict[str, Any] | None = None) -> web.Response:
    return web.json_response(text=json.dumps(_frame(code, words, result)))


def _uuid(order: Order) -> str:
    return f"fd4300ae-7847-404e-b947-{order.number:012d}"


def _number(order_id: str) -> int:
    digits = order_id.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0
