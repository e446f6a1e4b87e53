"""Faults on demand: which call of which account goes wrong, how often, and how.

A plan decides, and decides nothing else: ``FaultPlan.take`` is asked once for each request and answers with the fault
that befalls it. What a fault does to an answer is in ``fault_effects``; what it does to time and to the exchange, the
venue does; what it does to the connection, the server does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from fnmatch import fnmatchcase
from random import Random
from typing import TypeAlias

from riskd.paper.dialect.http import Rights
from riskd.paper.engine.types import PositionSide


class Moment(Enum):
    """Whether the request has been executed when the fault strikes."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Executed at once, answered ``delay_ms`` later."""

    delay_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The connection is cut without an answer."""

    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Something else is answered: an error, a page of a firewall, nothing at all."""

    status: int
    body: str = ""
    moment: Moment = Moment.BEFORE
    content_type: str = "application/json"
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyList:
    """Every list of the answer comes without rows: "no positions", while there are some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatedList:
    """Every list of the answer ends after ``keep`` rows, as a page limit would cut it."""

    keep: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingField:
    """A field is left out of every row."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotANumber:
    """A field reads ``NaN`` in every row."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """An earlier answer to the same call comes again.

    Attributes:
        age_ms: At least this old, or the oldest that is remembered. 0 means the one before: a frozen feed.
        symbol: Only the rows of this symbol are old; empty for the whole answer.
    """

    age_ms: int = 0
    symbol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateBooking:
    """The request reaches the matching engine ``delay_ms`` later, if its receive window still allows.

    Attributes:
        answer: Told at once, while the outcome is open; None lets the client wait for the outcome.
    """

    delay_ms: int
    answer: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSkew:
    """The server's clock is ``skew_ms`` ahead (or behind, when negative) while it looks at this request."""

    skew_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatedBody:
    """A complete HTTP answer whose JSON ends after ``keep`` characters."""

    keep: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CutBody:
    """The connection breaks after ``keep`` characters of a longer answer."""

    keep: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherClientId:
    """The answer is about somebody else's order."""

    client_order_id: str = "not-yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleverage:
    """The venue closes part of a position on its own just before it looks at the request.

    Attributes:
        account: Whose position.
        symbol: Which contract.
        position_side: Which slot.
        quantity: Base units, > 0.
    """

    account: str
    symbol: str
    quantity: Decimal
    position_side: PositionSide = PositionSide.BOTH


Effect: TypeAlias = (
    Delay
    | Reset
    | Answer
    | EmptyList
    | TruncatedList
    | MissingField
    | NotANumber
    | Replay
    | LateBooking
    | ClockSkew
    | TruncatedBody
    | CutBody
    | OtherClientId
    | Deleverage
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of misfortune and whom it befalls.

    Attributes:
        effect: What happens.
        account: Glob over account names; public calls have the name "".
        method: Glob over HTTP methods.
        path: Glob over paths; ``*`` also spans slashes.
        rights: Only calls with a key of these rights; None: whatever the key, and without one.
        count: How often it strikes; None for ever.
        after: Matching calls that it lets pass first.
        probability: Chance to strike a matching call, above 0, at most 1.
        from_ms: First moment of the venue's time at which it can strike.
        until_ms: Last moment; None for ever.
    """

    effect: Effect
    account: str = "*"
    method: str = "*"
    path: str = "*"
    rights: Rights | None = None
    count: int | None = 1
    after: int = 0
    probability: float = 1.0
    from_ms: int = 0
    until_ms: int | None = None

    def matches(
        self, account: str, method: str, path: str, now_ms: int, *, rights: Rights | None = None
    ) -> bool:
        """Whether the call is one that it may strike."""
        return (
            self.from_ms <= now_ms
            and (self.until_ms is None or now_ms <= self.until_ms)
            and fnmatchcase(account, self.account)
            and fnmatchcase(method, self.method)
            and fnmatchcase(path, self.path)
            and self.rights in (None, rights)
        )


@dataclass(slots=True)
class _Armed:
    fault: Fault
    passed: int = 0
    struck: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.count is not None and self.struck >= self.fault.count


@dataclass(slots=True)
class FaultPlan:
    """Faults in order; the first one that matches a call and is not spent strikes it.

    Attributes:
        random: Seeded, so that a run repeats; drawn from only for faults with a probability below 1.
    """

    random: Random
    _armed: list[_Armed] = field(default_factory=list, init=False)

    def add(self, faults: Iterable[Fault]) -> None:
        """Arm more faults, behind those that are armed already."""
        self._armed.extend(_Armed(fault) for fault in faults)

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()

    def armed(self) -> tuple[tuple[Fault, int], ...]:
        """Faults that can still strike, each with how often it has struck."""
        return tuple((armed.fault, armed.struck) for armed in self._armed if not armed.spent)

    def take(
        self, account: str, method: str, path: str, now_ms: int, *, rights: Rights | None = None
    ) -> Fault | None:
        """The fault that befalls this call, counted as struck; None when the call goes well."""
        for armed in self._armed:
            if armed.spent or not armed.fault.matches(account, method, path, now_ms, rights=rights):
                continue
            if armed.passed < armed.fault.after:
                armed.passed += 1
                continue
            if armed.fault.probability < 1 and self.random.random() >= armed.fault.probability:
                continue
            armed.struck += 1
            return armed.fault
        return None


def too_many_requests(retry_after_seconds: int = 60) -> Answer:
    """HTTP 429: not executed."""
    body = '{"code":-1003,"msg":"Too many requests; current limit of IP is 2400 requests per minute."}'
    return Answer(status=429, body=body, retry_after_seconds=retry_after_seconds)


def banned(retry_after_seconds: int = 120) -> Answer:
    """HTTP 418, the ban that follows ignored 429s: not executed."""
    body = (
        '{"code":-1003,"msg":"Way too many requests; IP banned. Please use the websocket for live updates."}'
    )
    return Answer(status=418, body=body, retry_after_seconds=retry_after_seconds)


def maintenance() -> Answer:
    """HTTP 503 with -1016: not executed."""
    return Answer(status=503, body='{"code":-1016,"msg":"This service is no longer available."}')


def unknown_outcome() -> Answer:
    """HTTP 503 with -1007: executed, but the front end does not know."""
    message = (
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
    )
    return Answer(status=503, body=f'{{"code":-1007,"msg":"{message}"}}', moment=Moment.AFTER)


def html_page() -> Answer:
    """HTTP 200 with a page of HTML, as a captive portal or a firewall sends: executed."""
    page = "<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>"
    return Answer(status=200, body=page, moment=Moment.AFTER, content_type="text/html")


def empty_body() -> Answer:
    """HTTP 200 with nothing in it: executed."""
    return Answer(status=200, moment=Moment.AFTER)
