"""The paper venue of these tests: it writes down every request and every order, and it can be told to look when one comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from urllib.parse import parse_qsl

from riskd.adapters.system_clock import SystemClock
from riskd.paper.dialect.auth import KEY_HEADER
from riskd.paper.dialect.http import ApiKey, HttpRequest, Rights
from riskd.paper.dialect.limits import Budget, LimitRules
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Order, OrderRequest, OrderType, Side
from riskd.paper.faults import Fault, FaultPlan
from riskd.paper.strategies.actor import Actor
from riskd.paper.venue import Delivery, Outcome, Pending, Venue
from tests.support_paper import INSURANCE, StillMarket, key_of

ORDER_PATH = "/fapi/v1/order"
STEP_MS = 250

_PLENTY = LimitRules(
    weight=dict.fromkeys(Budget, 10**9), orders_per_10_seconds=10**9, orders_per_minute=10**9
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it reached the venue.

    Attributes:
        account: Whose key signed it; empty for public requests.
        rights: Of that key; None for public requests.
    """

    method: str
    path: str
    account: str
    rights: Rights | None
    parameters: Mapping[str, str]

    @property
    def is_order(self) -> bool:
        """Whether it asks for a new order."""
        return self.method == "POST" and self.path == ORDER_PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """An order that the venue took, and what it did to the position."""

    account: str
    request: OrderRequest
    order: Order
    held_before: Decimal
    held_after: Decimal


class RecordingExchange(Exchange):
    """An exchange that keeps every order it took."""

    booked: list[Booked]

    def place(self, account: str, request: OrderRequest) -> Order:
        """As always, and write it down."""
        before = self._held(account, request.symbol)
        order = super().place(account, request)
        after = self._held(account, request.symbol)
        self.booked.append(
            Booked(account=account, request=request, order=order, held_before=before, held_after=after)
        )
        return order

    def _held(self, account: str, symbol: str) -> Decimal:
        return sum((p.quantity for p in self.positions(account) if p.symbol == symbol), Decimal(0))


class RecordingVenue(Venue):
    """A venue that keeps every request.

    Attributes:
        on_order: Called with each request for an order before the exchange sees it.
        statuses: How many answers had which HTTP status.
        tells_weight: Whether clients hear how much of the request weight is used. A hundred starts in five minutes would
            spend what a real venue grants for twenty.
    """

    asked: list[Asked]
    on_order: Callable[[Asked], None]
    statuses: Counter[int]
    tells_weight: bool
    exchange: RecordingExchange

    def handle(self, request: HttpRequest, *, now_ms: int) -> Delivery:
        """As always, and write it down first."""
        asked = self._read(request)
        self.asked.append(asked)
        if asked.is_order:
            self.on_order(asked)
        delivery = super().handle(request, now_ms=now_ms)
        return delivery if isinstance(delivery, Pending) else self._told(delivery)

    def collect(self, pending: Pending) -> Outcome:
        """As always."""
        return self._told(super().collect(pending))

    @property
    def booked(self) -> list[Booked]:
        """Every order that the exchange took, of whomever."""
        return self.exchange.booked

    @property
    def orders_asked(self) -> list[Asked]:
        """Requests for orders."""
        return [asked for asked in self.asked if asked.is_order]

    def _told(self, outcome: Outcome) -> Outcome:
        response = outcome.response
        if response is None:
            return outcome
        self.statuses[response.status] += 1
        if self.tells_weight:
            return outcome
        headers = {n: v for n, v in response.headers.items() if not n.upper().startswith("X-MBX-USED-WEIGHT")}
        return replace(outcome, response=replace(response, headers=headers))

    def _read(self, request: HttpRequest) -> Asked:
        name = request.header(KEY_HEADER)
        key = next((key for key in self.keys if key.key == name), None)
        return Asked(
            method=request.method,
            path=request.path,
            account="" if key is None else key.account,
            rights=None if key is None else key.rights,
            parameters=dict([*parse_qsl(request.query), *parse_qsl(request.body)]),
        )


@dataclass(slots=True)
class Regrower:
    """A bot that takes its position up again whenever it has become too small: the breach never ends.

    Attributes:
        full: Signed quantity that it wants.
        least: It waits until less than this share is left.
    """

    account: str
    symbol: str
    full: Decimal
    least: Decimal = Decimal("0.9")
    name: str = "regrower"
    _sent: int = field(default=0)

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Buy back, or sell back, what somebody has taken away."""
        held = sum(
            (p.quantity for p in exchange.positions(self.account) if p.symbol == self.symbol), Decimal(0)
        )
        if abs(held) >= abs(self.full) * self.least:
            return
        missing = self.full - held
        self._sent += 1
        exchange.place(
            self.account,
            OrderRequest(
                symbol=self.symbol,
                side=Side.BUY if missing > 0 else Side.SELL,
                type=OrderType.MARKET,
                quantity=abs(missing),
                client_order_id=f"bot-{self._sent:06d}",
            ),
        )


def recording_venue(
    deposits: Mapping[str, str],
    *,
    actors: Iterable[Actor] = (),
    faults: Iterable[Fault] = (),
    keys: Iterable[ApiKey] | None = None,
    limits: LimitRules | None = None,
    seed: int = 7,
) -> tuple[RecordingVenue, StillMarket]:
    """A venue whose clock is the machine's, at a market that stands still until it is moved.

    Args:
        limits: What it grants, and tells; None for no limits.
    """
    market = StillMarket(start_ms=now_ms(), step_ms=STEP_MS)
    exchange = RecordingExchange(
        market.contracts,
        now_ms=market.started_at_ms,
        quotes=market.quotes(market.started_at_ms),
        insurance_fund=INSURANCE,
    )
    exchange.booked = []
    for account, amount in deposits.items():
        exchange.open_account(account)
        exchange.deposit(account, Decimal(amount))
    plan = FaultPlan(Random(seed))
    plan.add(faults)
    if keys is None:
        keys = [key_of(account, rights) for account in deposits for rights in Rights]
    venue = RecordingVenue(
        exchange, market, keys, faults=plan, actors=tuple(actors), limits=limits or _PLENTY
    )
    venue.asked, venue.on_order = [], lambda _: None
    venue.statuses, venue.tells_weight = Counter(), limits is not None
    return venue, market


def now_ms() -> int:
    """The machine's clock."""
    return int(SystemClock().now().timestamp() * 1000)
