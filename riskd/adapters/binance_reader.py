"""Reads a Binance USD-M account, or the public market, over any transport: surfaces to endpoints, pages to lists.

Source of paths, limits and paging rules: developers.binance.com, USDS-margined futures.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskd.adapters.binance_contracts import order_books, turnover
from riskd.errors import VenueUnavailable
from riskd.model.report import JsonValue, Report, Surface
from riskd.model.wire import VenueAnswer, VenueCall
from riskd.observe.fields import JsonObject, moment
from riskd.observe.json_text import Rubbish, Shape, read_json
from riskd.ports import Clock, VenueTransport

Params = tuple[tuple[str, str], ...]

_PAGE_ROWS = 1000
# Pages of one read. An account that fills more than this between two reads is said to be read incompletely.
_PAGES_MAX = 10
# How far the first read looks back; userTrades reaches no further than seven days in one request, income three months.
_LOOK_BACK = timedelta(days=7) - timedelta(hours=1)
_INCOME_LOOK_BACK = timedelta(days=31)
# Rows may appear a little after their time stamp: each read begins this much before the last row of the one before.
_OVERLAP = timedelta(seconds=60)
# The venue charges 1 for fewer than a hundred candles and 5 for up to a thousand.
_CANDLES_MAX, _CANDLES_NEWEST = 1000, 99
# As many pages of candles as a window of 250 days takes, and the ten days before it (docs/decisions/0012).
_CANDLE_PAGES_MAX = 7
_CANDLES_WHOLE_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Endpoint:
    """One request that answers one surface whole."""

    path: str
    shape: Shape
    signed: bool
    params: Params = ()


_ENDPOINTS: Mapping[Surface, _Endpoint] = {
    Surface.INSTRUMENTS: _Endpoint(path="/fapi/v1/exchangeInfo", shape=Shape.OBJECT, signed=False),
    Surface.MARKS: _Endpoint(path="/fapi/v1/premiumIndex", shape=Shape.LIST, signed=False),
    Surface.FUNDING_INTERVALS: _Endpoint(path="/fapi/v1/fundingInfo", shape=Shape.LIST, signed=False),
    Surface.SERVER_TIME: _Endpoint(path="/fapi/v1/time", shape=Shape.OBJECT, signed=False),
    Surface.BRACKETS: _Endpoint(path="/fapi/v1/leverageBracket", shape=Shape.LIST, signed=True),
    Surface.BALANCES: _Endpoint(path="/fapi/v3/account", shape=Shape.OBJECT, signed=True),
    Surface.POSITIONS: _Endpoint(path="/fapi/v3/positionRisk", shape=Shape.LIST, signed=True),
    Surface.ORDERS: _Endpoint(path="/fapi/v1/openOrders", shape=Shape.LIST, signed=True),
    Surface.CONDITIONAL_ORDERS: _Endpoint(path="/fapi/v1/openAlgoOrders", shape=Shape.LIST, signed=True),
    Surface.SYMBOL_SETTINGS: _Endpoint(path="/fapi/v1/symbolConfig", shape=Shape.LIST, signed=True),
    Surface.POSITION_MODE: _Endpoint(path="/fapi/v1/positionSide/dual", shape=Shape.OBJECT, signed=True),
    Surface.SPOT_BALANCES: _Endpoint(
        path="/api/v3/account", shape=Shape.OBJECT, signed=True, params=(("omitZeroBalances", "true"),)
    ),
    Surface.ASSET_INDEX: _Endpoint(path="/fapi/v1/assetIndex", shape=Shape.LIST, signed=False),
}

# Surfaces that are asked for contract by contract.
_BY_CONTRACT = {Surface.ORDER_BOOKS: order_books, Surface.TURNOVER: turnover}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What one surface brought.

    Attributes:
        covers_from: For rows that only grow: where they begin.
    """

    payload: JsonValue
    complete: bool = True
    covers_from: datetime | None = None


class BinanceReader:
    """VenueReader of one account, or with an empty ``account`` of what the venue publishes.

    Args:
        transport: Carries the requests; its key decides what can be read.
        account: Account id.
        clock: Time of requests.
        venue: Venue id.
    """

    def __init__(
        self, transport: VenueTransport, *, account: str, clock: Clock, venue: str = "binanceusdm"
    ) -> None:
        self._transport = transport
        self._account = account
        self._clock = clock
        self._venue = venue
        self._cursors: dict[str, datetime] = {}  # by unified symbol for trades; "" for income
        self._candles_whole_at: dict[str, datetime] = {}

    @property
    def venue(self) -> str:
        """Venue id."""
        return self._venue

    @property
    def account(self) -> str:
        """Account id; empty for the keyless reader of a venue."""
        return self._account

    async def read(self, wanted: Sequence[Surface], *, symbols: Sequence[str] = ()) -> tuple[Report, ...]:
        """One report for each wanted surface, in their order. Failures are reports too; this never raises.

        Income and trades go on where the last successful read ended, a little overlapping. The payload of trades is
        an object: the venue's symbol, and the rows read for it.

        Args:
            wanted: Surfaces to read, all at once: positions and balances are checked against each other.
            symbols: Unified symbols whose trades are wanted.
        """
        return tuple(await asyncio.gather(*(self._report(surface, symbols) for surface in wanted)))

    async def close(self) -> None:
        """Release connections."""
        await self._transport.close()

    async def _report(self, surface: Surface, symbols: Sequence[str]) -> Report:
        requested_at = self._clock.now()
        failure, read = "", _Read(payload=None)
        try:
            read = await self._read_one(surface, symbols, requested_at)
        except (VenueUnavailable, Rubbish) as error:
            failure = error.reason
        return Report(
            venue=self._venue,
            account=self._account,
            surface=surface,
            requested_at=requested_at,
            received_at=self._clock.now(),
            payload=read.payload,
            failure=failure,
            complete=read.complete,
            covers_from=read.covers_from,
        )

    async def _read_one(self, surface: Surface, symbols: Sequence[str], now: datetime) -> _Read:
        if surface is Surface.INCOME:
            return await self._income(now)
        if surface is Surface.TRADES:
            return await self._trades(symbols, now)
        if surface is Surface.CANDLES:
            return await self._candles(symbols, now)
        if surface in _BY_CONTRACT:
            names = [venue_symbol(symbol) for symbol in symbols]
            payload, complete = await _BY_CONTRACT[surface](self._ask_object, names)
            return _Read(payload=payload, complete=complete)
        endpoint = _ENDPOINTS[surface]
        return _Read(
            payload=await self._ask(endpoint.path, endpoint.params, endpoint.shape, signed=endpoint.signed)
        )

    async def _income(self, now: datetime) -> _Read:
        """Wallet entries since the last ones seen. A full page goes on from the time of its last row."""
        begin = self._begin("", now, look_back=_INCOME_LOOK_BACK)
        rows, complete = await self._walk(
            "/fapi/v1/income",
            (("startTime", _milliseconds(begin)),),
            onward=lambda row: (("startTime", str(_integer(row, "time"))),),
        )
        self._keep("", rows, begin)
        return _Read(payload=rows, complete=complete, covers_from=begin)

    async def _trades(self, symbols: Sequence[str], now: datetime) -> _Read:
        """Fills of several symbols, all from where the one that is furthest behind begins.

        Nothing is remembered of a read of which any part failed: its rows are lost, and the next one must bring them.
        """
        begin = min((self._begin(symbol, now) for symbol in symbols), default=now)
        found: dict[str, list[JsonValue]] = {}
        complete = True
        for symbol in symbols:
            found[symbol], whole = await self._fills(venue_symbol(symbol), begin)
            complete = complete and whole
        for symbol, rows in found.items():
            self._keep(symbol, rows, begin)
        payload: dict[str, JsonValue] = {venue_symbol(symbol): rows for symbol, rows in found.items()}
        return _Read(payload=payload, complete=complete, covers_from=begin)

    async def _candles(self, symbols: Sequence[str], now: datetime) -> _Read:
        """Hourly candles of the mark price: at first and once a day all that are wanted, else the newest.

        What was read and then lost, for whatever reason, is whole again after a day.
        """
        payload: dict[str, JsonValue] = {}
        for symbol in symbols:
            name = venue_symbol(symbol)
            last_whole = self._candles_whole_at.get(name)
            is_whole = last_whole is None or now - last_whole >= _CANDLES_WHOLE_EVERY
            if is_whole:
                payload[name] = await self._candles_back(name)
                self._candles_whole_at[name] = now
            else:
                payload[name] = await self._page_of_candles(name, _CANDLES_NEWEST)
        return _Read(payload=payload)

    async def _candles_back(self, name: str) -> list[JsonValue]:
        """Candles page by page from the newest back, until the venue has no more or there are enough; oldest first."""
        pages: list[list[JsonValue]] = []
        before: Params = ()
        for _ in range(_CANDLE_PAGES_MAX):
            page = await self._page_of_candles(name, _CANDLES_MAX, before)
            pages.append(page)
            match page:
                case [[int(begins), *_], *_] if len(page) == _CANDLES_MAX:
                    before = (("endTime", str(begins - 1)),)
                case _:
                    break
        return [row for page in reversed(pages) for row in page]

    async def _page_of_candles(self, name: str, rows: int, before: Params = ()) -> list[JsonValue]:
        params = (("symbol", name), ("interval", "1h"), ("limit", str(rows)), *before)
        page = await self._ask("/fapi/v1/markPriceKlines", params, Shape.LIST, signed=False)
        assert isinstance(page, list)
        return page

    async def _fills(self, name: str, begin: datetime) -> tuple[list[JsonValue], bool]:
        """Fills of one contract. After the first page the venue counts by trade id, and refuses a time beside it."""

        def onward(row: JsonObject) -> Params:
            return (("symbol", name), ("fromId", str(_integer(row, "id") + 1)))

        first = (("symbol", name), ("startTime", _milliseconds(begin)))
        return await self._walk("/fapi/v1/userTrades", first, onward=onward)

    async def _walk(
        self, path: str, first: Params, *, onward: Callable[[JsonObject], Params]
    ) -> tuple[list[JsonValue], bool]:
        """Rows page by page, oldest first, and whether that was all of them.

        Args:
            path: The endpoint.
            first: Parameters of the first page.
            onward: Parameters of the next page, from the last row of a full one.
        """
        rows: list[JsonValue] = []
        params = first
        for _ in range(_PAGES_MAX):
            page = await self._ask(path, (*params, ("limit", str(_PAGE_ROWS))), Shape.LIST, signed=True)
            assert isinstance(page, list)
            rows += page
            if len(page) < _PAGE_ROWS:
                return rows, True
            following = onward(as_row(page[-1]))
            if following == params:
                return rows, False  # a whole page within one instant: there is no way past it
            params = following
        return rows, False

    async def _ask(self, path: str, params: Params, shape: Shape, *, signed: bool) -> JsonValue:
        answer = await self._transport.call(VenueCall(method="GET", path=path, params=params, signed=signed))
        if not answer.ok:
            raise VenueUnavailable(
                f"{path}: HTTP {answer.status}",
                reason=refusal_of(answer),
                retry_after_seconds=answer.retry_after_seconds,
            )
        return read_json(answer.text, shape)

    async def _ask_object(self, path: str, params: Params) -> JsonValue:
        return await self._ask(path, params, Shape.OBJECT, signed=False)

    def _begin(self, cursor: str, now: datetime, *, look_back: timedelta = _LOOK_BACK) -> datetime:
        """Where a read begins. Further back than the venue reaches there is nothing to read."""
        earliest = now - look_back
        return max(self._cursors.get(cursor, earliest), earliest)

    def _keep(self, cursor: str, rows: Sequence[JsonValue], begin: datetime) -> None:
        """Remember where the next read goes on: by the venue's own time stamps, whatever our clock says."""
        newest = max((moment(_integer(as_row(row), "time")) for row in rows), default=begin)
        self._cursors[cursor] = max(begin, newest - _OVERLAP)


def venue_symbol(symbol: str) -> str:
    """Binance's name of a linear perpetual: ``BTC/USDT:USDT`` is ``BTCUSDT``.

    Raises:
        VenueUnavailable: The unified symbol is not one of a linear perpetual.
    """
    pair, separator, settle = symbol.partition(":")
    base, slash, quote = pair.partition("/")
    if not (separator and slash and base and quote == settle):
        raise VenueUnavailable(f"{symbol!r} is no linear perpetual", reason="unsent:symbol")
    return base + quote


def refusal_of(answer: VenueAnswer) -> str:
    """A short reason for an answer that is no success: ``http:401:-2015``, or ``http:502`` where it has no code."""
    code = venue_code(answer.text)
    return f"http:{answer.status}:{code}" if code else f"http:{answer.status}"


def venue_code(text: str) -> str:
    """The venue's own code in an error body such as ``{"code": -2015, "msg": ...}``; empty when there is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    code = value.get("code") if isinstance(value, dict) else None
    return str(code) if type(code) is int else ""


def as_row(value: JsonValue) -> JsonObject:
    """A row, which must be an object.

    Raises:
        Rubbish: It is not.
    """
    if isinstance(value, dict):
        return value
    raise Rubbish("guard:not_a_row")


def _integer(row: JsonObject, name: str) -> int:
    value = row.get(name)
    if type(value) is int:
        return value
    raise Rubbish("guard:row", f"{name} is not a whole number")


def _milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
