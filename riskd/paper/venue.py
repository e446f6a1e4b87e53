"""The paper venue in one piece: exchange, market, bots, dialect and faults under one virtual time.

Pure: time is an argument of everything, so the same venue runs behind a real server, in a simulation that jumps from
event to event, and in a test that moves time by hand.

The exchange moves at the market's step and at no other moment, whenever requests come. The path of prices, fills and
liquidations therefore does not depend on who looks when.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TypeAlias

from riskd.paper.dialect.auth import KEY_HEADER, Timing
from riskd.paper.dialect.dialect import Dialect
from riskd.paper.dialect.errors import error_response, outside_matching_window, outside_window
from riskd.paper.dialect.http import ApiKey, HttpRequest, HttpResponse
from riskd.paper.dialect.limits import BINANCE_LIMITS, LimitRules
from riskd.paper.dialect.memory import MarketMemory
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Event, Rejection
from riskd.paper.fault_effects import Recordings, corrupted, replaced, replayed
from riskd.paper.faults import (
    Answer,
    ClockSkew,
    CutBody,
    Delay,
    Deleverage,
    Effect,
    FaultPlan,
    LateBooking,
    Moment,
    Replay,
    Reset,
)
from riskd.paper.market.track import Market
from riskd.paper.strategies.actor import Actor

EVENTS_KEPT = 50_000
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_MINUTE_MS = 60_000
_BOOKED_KEPT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What travels back over the wire.

    Attributes:
        response: The answer; None when the connection is cut without one.
        delay_ms: How long the client waits for it, on the client's own clock.
        cut_after: The connection breaks after this many characters of the body; None when it arrives whole.
    """

    response: HttpResponse | None
    delay_ms: int = 0
    cut_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A request that is on its way to the matching engine; ``Venue.collect`` has its outcome from ``due_ms`` on."""

    number: int
    due_ms: int


Delivery: TypeAlias = Outcome | Pending


@dataclass(order=True, slots=True)
class _Late:
    due_ms: int
    number: int
    request: HttpRequest = field(compare=False)


class Venue:
    """A simulated venue that answers requests.

    Args:
        exchange: Where orders meet the market; its present time is the venue's.
        market: Prices as a function of time.
        keys: Who may ask what.
        faults: What goes wrong.
        actors: Bots inside the venue, called after each step in this order.
        limits: Request limits.
        remembered_from_ms: The market's past from this moment on fills the candles: the last day by the minute, what
            lies before by the hour. None for candles that begin now.
        timing: LENIENT where the venue's time runs at another speed than the clients'.

    Raises:
        ValueError: A key of an account that the exchange has not opened.
    """

    def __init__(
        self,
        exchange: Exchange,
        market: Market,
        keys: Iterable[ApiKey],
        *,
        faults: FaultPlan,
        actors: Sequence[Actor] = (),
        limits: LimitRules = BINANCE_LIMITS,
        remembered_from_ms: int | None = None,
        timing: Timing = Timing.STRICT,
    ) -> None:
        keys = tuple(keys)
        unopened = {key.account for key in keys} - set(exchange.accounts)
        if unopened:
            raise ValueError(
                f"keys of accounts that are not open: {sorted(unopened)}; open them on the exchange first"
            )
        self.exchange = exchange
        self.faults = faults
        self.keys = keys
        self.memory = MarketMemory(market.contracts)
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._market = market
        self._actors = tuple(actors)
        self._accounts = {key.key: key.account for key in keys}
        self._rights = {key.key: key.rights for key in keys}
        self._dialect = Dialect(exchange, self.memory, keys, limits=limits, timing=timing)
        self._recordings = Recordings()
        self._late: list[_Late] = []
        self._booked: dict[int, Outcome] = {}
        self._sent = 0
        for past_ms in _past(exchange.now_ms, remembered_from_ms):
            self.memory.observe(past_ms, market.quotes(past_ms))
        self.memory.observe(exchange.now_ms, market.quotes(exchange.now_ms))

    @property
    def now_ms(self) -> int:
        """The last step that was taken."""
        return self.exchange.now_ms

    @property
    def step_ms(self) -> int:
        """Length of a step."""
        return self._market.step_ms

    @property
    def ended(self) -> bool:
        """Whether the market's path is over; its last quotes stand from then on."""
        return self.now_ms >= self._market.ends_at_ms

    def advance_to(self, now_ms: int) -> None:
        """Take every step that lies before or at a moment, and book what came late; a moment in the past is no step."""
        while self.exchange.now_ms + self._market.step_ms <= now_ms:
            step_ms = self.exchange.now_ms + self._market.step_ms
            self._book_late(before_ms=step_ms)
            self._step(step_ms)
        self._book_late(before_ms=now_ms + 1)

    def handle(self, request: HttpRequest, *, now_ms: int) -> Delivery:
        """Answer one request, as the faults allow. The venue must have been advanced to ``now_ms`` before."""
        account = self._account_of(request)
        rights = self._rights.get(request.header(KEY_HEADER))
        fault = self.faults.take(account, request.method, request.path, now_ms, rights=rights)
        effect = fault.effect if fault is not None else None
        match effect:
            case LateBooking():
                return self._delayed_booking(effect, request, now_ms)
            case Answer(moment=Moment.BEFORE):
                return Outcome(response=replaced(effect))
            case Reset(moment=Moment.BEFORE):
                return Outcome(response=None)
            case Deleverage():
                with suppress(Rejection):  # what is no longer held cannot be deleveraged; the request goes on
                    self.exchange.deleverage(
                        effect.account, effect.symbol, effect.position_side, effect.quantity
                    )
            case _:
                pass
        skew_ms = effect.skew_ms if isinstance(effect, ClockSkew) else 0
        response = self._dialect.handle(request, now_ms=now_ms, skew_ms=skew_ms)
        return self._after(effect, account, request, response, now_ms)

    def collect(self, pending: Pending) -> Outcome:
        """The outcome of a request that was booked late; once only.

        Raises:
            LookupError: The venue has not been advanced to ``pending.due_ms``, or the outcome was collected before.
        """
        try:
            return self._booked.pop(pending.number)
        except KeyError:
            raise LookupError(
                f"request {pending.number} has no outcome at {self.now_ms}: advance the venue to {pending.due_ms}"
                " first, and collect once"
            ) from None

    def _after(
        self, effect: Effect | None, account: str, request: HttpRequest, response: HttpResponse, now_ms: int
    ) -> Outcome:
        match effect:
            case None:
                self._recordings.record(account, request, response, now_ms)
                return Outcome(response=response)
            case Delay(delay_ms=delay_ms):
                return Outcome(response=response, delay_ms=delay_ms)
            case Reset():
                return Outcome(response=None)
            case Answer():
                return Outcome(response=replaced(effect))
            case CutBody(keep=keep):
                return Outcome(response=response, cut_after=keep)
            case Replay(age_ms=age_ms):
                earlier = self._recordings.earlier(account, request, until_ms=now_ms - age_ms)
                return Outcome(response=replayed(effect, response, earlier))
            case _:
                return Outcome(response=corrupted(effect, response))

    def _delayed_booking(self, effect: LateBooking, request: HttpRequest, now_ms: int) -> Delivery:
        self._sent += 1
        late = _Late(now_ms + effect.delay_ms, self._sent, request)
        heappush(self._late, late)
        if effect.answer is not None:
            return Outcome(response=replaced(effect.answer))
        return Pending(number=late.number, due_ms=late.due_ms)

    def _book_late(self, *, before_ms: int) -> None:
        while self._late and self._late[0].due_ms < before_ms:
            late = heappop(self._late)
            self._booked[late.number] = Outcome(response=self._booked_response(late))
            if len(self._booked) > _BOOKED_KEPT:  # outcomes whose client has gone are forgotten, oldest first
                del self._booked[min(self._booked)]

    def _booked_response(self, late: _Late) -> HttpResponse:
        response = self._dialect.handle(late.request, now_ms=late.due_ms)
        answered = json.loads(response.body)
        if isinstance(answered, dict) and answered.get("code") == outside_window().code:
            return error_response(outside_matching_window())
        return response

    def _step(self, step_ms: int) -> None:
        quotes = self._market.quotes(step_ms)
        self.events.extend(self.exchange.advance(step_ms, quotes))
        self.memory.observe(step_ms, quotes)
        for actor in self._actors:
            actor.on_step(self.exchange, step_ms)

    def _account_of(self, request: HttpRequest) -> str:
        return self._accounts.get(request.header(KEY_HEADER), "")


def _past(now_ms: int, from_ms: int | None) -> Iterator[int]:
    if from_ms is None:
        return
    day_ms = max(from_ms, now_ms - _DAY_MS)
    yield from range(from_ms, day_ms, _HOUR_MS)
    yield from range(day_ms, now_ms, _MINUTE_MS)
