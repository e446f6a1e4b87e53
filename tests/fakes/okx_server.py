"""A local server that speaks OKX's order endpoints (v5, swaps), over real HTTP, for one account. Sizes are in contracts.

Answers have the form of OKX's documentation (Trade, Algo Trading, Account) and its words for each code; requests are checked
as the venue checks them: signature, time stamp (30 seconds), ``expTime`` of orders. Orders are accepted first, and what the
engine makes of them shows when they are asked for. Assumed, because the documentation does not show it: that an unknown
conditional order is answered with 51603, as an unknown ordinary one is.

async with okx_server(book, clock) as server:
    server.faults.arm("POST /api/v5/trade/order", WireFault.RESET_AFTER)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.fakes.bybit_server import serving
from tests.fakes.position_book import Life, Order, PositionBook, Refused, State
from tests.fakes.wire_faults import WireFault, WireFaults

KEY, SECRET, PASSPHRASE = "okx-key", "okx-secret", "okx-passphrase"
SYMBOL = "BTC-USDT-SWAP"
ORDER = "/api/v5/trade/order"
ALGO_ORDER = "/api/v5/trade/order-algo"

_REFUSALS = {
    Refused.NO_POSITION: (
        "51169",
        "Order failed because you don't have any positions in this direction for this contract to reduce or close. ",
    ),
    Refused.WRONG_MODE: ("51000", "Parameter posSide error"),
    Refused.OFF_LOT: ("51121", "Order quantity must be a multiple of the lot size."),
    Refused.BELOW_MINIMUM: ("51020", "Your order should meet or exceed the minimum order amount."),
    Refused.ABOVE_MAXIMUM: (
        "51101",
        "Order failed, the sz of the current order can’t be more than 1000 (contracts).",
    ),
    Refused.PRICE_BAND: ("51006", "Order price is not within the price limit"),
    Refused.DUPLICATE: ("51016", "Client order ID already exists."),
    Refused.WOULD_TRIGGER: ("51304", "SL trigger price cannot be higher than the mark price"),
}
_TOO_LARGE = ("51112", "Close order size exceeds available size for this position.")
_NO_SUCH_ORDER = ("51603", "Order does not exist.")
_GONE = ("51400", "Order cancellation failed as the order has been filled, canceled or does not exist.")
_STATES = {
    State.OPEN: "live",
    State.FILLED: "filled",
    State.CANCELLED: "canceled",
    State.WOULD_TAKE: "canceled",
}
_SIDES = {"net": "BOTH", "long": "LONG", "short": "SHORT"}
_NAMES = {side: name for name, side in _SIDES.items()}
_VALID_MS = 30_000


@dataclass
class OkxServer:
    """The running server.

    Attributes:
        level: The account's mode; 4 is portfolio margin.
        late: Orders whose request is still on its way: they are booked by ``deliver``.
        hold_next: The next order is held on its way, and its connection broken.
    """

    book: PositionBook
    time_ms: Callable[[], int]
    level: str = "2"
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    late: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    hold_next: bool = False
    faults: WireFaults = field(
        default_factory=lambda: WireFaults(
            refusals={
                WireFault.RATE_LIMITED: (429, _failed("50011", "Rate limit reached.")),
                WireFault.KEY_REFUSED: (401, _failed("50113", "Invalid signature.")),
                WireFault.QUOTED: (
                    500,
                    _failed("51169", "Order failed because you don't have any positions"),
                ),
                WireFault.HOLLOW: (200, _data([])),
                WireFault.CLOCK: (401, _failed("50102", "Timestamp request expired.")),
            },
            own_id=frozenset({"clOrdId", "algoClOrdId"}),
            venue_id=frozenset({"ordId", "algoId"}),
        )
    )

    def deliver(self) -> None:
        """What was held reaches the engine, which books it if it has not expired."""
        for body, until_ms in self.late:
            if self.time_ms() <= until_ms:
                self._book(body)
        self.late.clear()

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self.faults.middleware, self._authenticate()])
        application.router.add_post(ORDER, self._create)
        application.router.add_post(ALGO_ORDER, self._create)
        application.router.add_post("/api/v5/trade/cancel-order", self._cancel)
        application.router.add_post("/api/v5/trade/cancel-algos", self._cancel_stops)
        application.router.add_get(ORDER, self._order)
        application.router.add_get(ALGO_ORDER, self._stop)
        application.router.add_get("/api/v5/trade/orders-pending", self._open)
        application.router.add_get("/api/v5/trade/orders-algo-pending", self._open_stops)
        application.router.add_get("/api/v5/trade/fills", self._fills)
        application.router.add_get("/api/v5/account/positions", self._positions)
        application.router.add_get("/api/v5/account/config", self._configuration)
        return application

    def _authenticate(self) -> Any:
        @web.middleware
        async def check(request: web.Request, handler: Any) -> web.StreamResponse:
            stamp = request.headers["OK-ACCESS-TIMESTAMP"]
            text = stamp + request.method + request.raw_path + await request.text()
            expected = base64.b64encode(
                hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
            ).decode()
            if request.headers["OK-ACCESS-KEY"] != KEY:
                return web.json_response(_failed("50111", "Invalid OK-ACCESS-KEY."), status=401)
            if request.headers["OK-ACCESS-PASSPHRASE"] != PASSPHRASE:
                return web.json_response(_failed("50105", "passphrase incorrect."), status=401)
            if request.headers["OK-ACCESS-SIGN"] != expected:
                return web.json_response(_failed("50113", "Invalid signature."), status=401)
            if abs(self.time_ms() - _ms(stamp)) > _VALID_MS:
                return web.json_response(_failed("50102", "Timestamp request expired."), status=401)
            response: web.StreamResponse = await handler(request)
            return response

        return check

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        until_ms = _ms(request.headers["OK-ACCESS-TIMESTAMP"]) + _VALID_MS
        if request.path == ORDER:
            until_ms = min(until_ms, int(request.headers["expTime"]))
        if self.hold_next:
            self.hold_next = False
            self.late.append((body, until_ms))
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if self.time_ms() > until_ms:
            return web.json_response(_failed("50037", "Order expired."))
        told = self._book(body)
        if isinstance(told, tuple):
            return web.json_response(_row_failed(*told, client_id=_client_id(body)))
        return web.json_response(_taken(told))

    def _book(self, body: dict[str, Any]) -> Order | tuple[str, str]:
        order = _order_of(body)
        if body["tdMode"] != self.book.margin:
            return _REFUSALS[Refused.NO_POSITION]  # another position, which is not there
        assert self.book.hedged or body.get("reduceOnly") is True, "an order of riskd's that may open"
        if self.book.hedged and order.quantity > abs(self.book.held.get(order.side, Decimal(0))) > 0:
            return _TOO_LARGE
        booked = self.book.place(order)
        return _REFUSALS[booked] if isinstance(booked, Refused) else booked

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        return self._cancelled(body["ordId"], conditional=False)

    async def _cancel_stops(self, request: web.Request) -> web.StreamResponse:
        [body] = await request.json()
        return self._cancelled(body["algoId"], conditional=True)

    def _cancelled(self, number: str, *, conditional: bool) -> web.StreamResponse:
        order = self.book.cancel(int(number))
        if order is None:
            return web.json_response(_row_failed(*_GONE, client_id=""))
        name = "algoId" if conditional else "ordId"
        row = {name: number, "clOrdId": order.client_id, "sCode": "0", "sMsg": ""}
        return web.json_response(_data([row]))

    async def _order(self, request: web.Request) -> web.StreamResponse:
        found = self._asked_for(request, number="ordId", client_id="clOrdId")
        # A stop is not found by an ordinary client id; what it became is found by its number.
        rows = [o for o in found if o.life is not Life.STOP or (o.triggered and "ordId" in request.query)]
        return self._told(rows[:1], self._row)

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        found = self._asked_for(request, number="algoId", client_id="algoClOrdId")
        return self._told([o for o in found if o.life is Life.STOP][:1], self._stop_row)

    def _told(self, orders: list[Order], row: Callable[[Order], dict[str, Any]]) -> web.StreamResponse:
        if not orders:
            return web.json_response(_failed(*_NO_SUCH_ORDER))
        return web.json_response(_data([row(order) for order in orders]))

    async def _open(self, _: web.Request) -> web.StreamResponse:
        rows = [self._row(o) for o in self.book.open_orders() if o.life is not Life.STOP]
        return web.json_response(_data(rows))

    async def _open_stops(self, _: web.Request) -> web.StreamResponse:
        rows = [self._stop_row(o) for o in self.book.open_orders() if o.life is Life.STOP]
        return web.json_response(_data(rows))

    async def _fills(self, _: web.Request) -> web.StreamResponse:
        rows = [
            {"clOrdId": o.client_id, "ordId": str(o.number), "fillSz": str(o.filled), "instId": SYMBOL}
            for o in self.book.orders
            if o.filled
        ]
        return web.json_response(_data(rows))

    async def _positions(self, _: web.Request) -> web.StreamResponse:
        rows = [
            {
                "instId": SYMBOL,
                "posSide": _NAMES[side],
                "pos": str(held if side == "BOTH" else abs(held)),
                "mgnMode": self.book.margin,
                "uTime": str(self.time_ms()),
            }
            for side, held in self.book.held.items()
            if held
        ]
        return web.json_response(_data(rows))

    async def _configuration(self, _: web.Request) -> web.StreamResponse:
        mode = "long_short_mode" if self.book.hedged else "net_mode"
        return web.json_response(_data([{"acctLv": self.level, "posMode": mode, "uid": "44"}]))

    def _asked_for(self, request: web.Request, *, number: str, client_id: str) -> list[Order]:
        if number in request.query:
            return [o for o in self.book.orders if str(o.number) == request.query[number]]
        return self.book.named(request.query[client_id])

    def _row(self, order: Order) -> dict[str, Any]:
        return {
            "accFillSz": str(order.filled),
            "avgPx": str(self.book.price) if order.filled else "",
            "cancelSource": "31" if order.state is State.WOULD_TAKE else "",
            "clOrdId": "" if order.life is Life.STOP else order.client_id,
            "instId": SYMBOL,
            "instType": "SWAP",
            "ordId": str(order.number),
            "ordType": "post_only" if order.life is Life.POST_ONLY else "ioc",
            "posSide": _NAMES[order.side],
            "px": "" if order.limit is None else str(order.limit),
            "reduceOnly": "false" if self.book.hedged else "true",
            "side": "buy" if order.buys else "sell",
            "state": _STATES[order.state],
            "sz": str(order.quantity),
            "tdMode": order.margin,
        }

    def _stop_row(self, order: Order) -> dict[str, Any]:
        state = "live" if order.state is State.WAITING else "effective" if order.triggered else "canceled"
        return {
            "algoClOrdId": order.client_id,
            "algoId": str(order.number),
            "failCode": "",
            "instId": SYMBOL,
            "instType": "SWAP",
            "ordIdList": [str(order.number)] if order.triggered else [],
            "ordType": "conditional",
            "posSide": _NAMES[order.side],
            "reduceOnly": "false" if self.book.hedged else "true",
            "side": "buy" if order.buys else "sell",
            "slOrdPx": "-1",
            "slTriggerPx": str(order.trigger),
            "slTriggerPxType": "mark",
            "state": state,
            "sz": str(order.quantity),
            "tdMode": order.margin,
        }


@asynccontextmanager
async def okx_server(book: PositionBook, time_ms: Callable[[], int]) -> AsyncIterator[OkxServer]:
    """Serve on a free port of the loopback."""
    server = OkxServer(book=book, time_ms=time_ms)
    async with serving(server.application()) as url:
        server.url = url
        yield server


def _order_of(body: dict[str, Any]) -> Order:
    assert body["instId"] == SYMBOL
    stop = body["ordType"] == "conditional"
    if stop:
        assert (body["slTriggerPxType"], body["slOrdPx"]) == ("mark", "-1")
    lives = {"post_only": Life.POST_ONLY, "conditional": Life.STOP, "ioc": Life.IMMEDIATE}
    return Order(
        client_id=_client_id(body),
        side=_SIDES[body["posSide"]],
        buys=body["side"] == "buy",
        quantity=Decimal(body["sz"]),
        limit=Decimal(body["px"]) if "px" in body else None,
        trigger=Decimal(body["slTriggerPx"]) if stop else None,
        life=Life.IMMEDIATE if body["ordType"] == "optimal_limit_ioc" else lives[body["ordType"]],
        margin=body["tdMode"],
    )


def _client_id(body: dict[str, Any]) -> str:
    return str(body.get("clOrdId") or body["algoClOrdId"])


def _data(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": rows}


def _failed(code: str, words: str) -> dict[str, Any]:
    return {"code": code, "msg": words, "data": []}


def _row_failed(code: str, words: str, *, client_id: str) -> dict[str, Any]:
    row = {"clOrdId": client_id, "ordId": "", "sCode": code, "sMsg": words, "tag": "", "ts": "1781230210358"}
    return {"code": "1", "msg": "All operations failed", "data": [row]}


def _taken(order: Order) -> dict[str, Any]:
    own, venues = ("algoClOrdId", "algoId") if order.life is Life.STOP else ("clOrdId", "ordId")
    return _data([{own: order.client_id, venues: str(order.number), "sCode": "0", "sMsg": "", "tag": ""}])


def _ms(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp() * 1000)
