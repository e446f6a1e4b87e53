"""A swarm of faults: in each seed every kind is off, rare or frequent by itself, so that some seeds are calm in one way
and mad in another. Every fault ends when the world heals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from riskd.paper.faults import (
    Answer,
    ClockSkew,
    CutBody,
    Delay,
    Deleverage,
    Effect,
    EmptyList,
    Fault,
    FaultPlan,
    LateBooking,
    MissingField,
    Moment,
    NotANumber,
    OtherClientId,
    Replay,
    Reset,
    TruncatedBody,
    TruncatedList,
    banned,
    empty_body,
    html_page,
    maintenance,
    too_many_requests,
    unknown_outcome,
)

_READ_RATES = (0.0, 0.0, 0.0, 0.01, 0.08)
_ORDER_RATES = (0.1, 0.4)
_ORDER_FAULTS_MAX = 4
_POSITIONS = "/fapi/v3/positionRisk"
_BALANCES = "/fapi/v3/account"
_MARKS = "/fapi/v1/premiumIndex"
_ORDER = "/fapi/v1/order"
_LISTS = (
    _POSITIONS,
    _MARKS,
    "/fapi/v1/openOrders",
    "/fapi/v1/openAlgoOrders",
    "/fapi/v1/income",
    "/fapi/v1/userTrades",
)
_FIELDS = (
    (_POSITIONS, "positionAmt"),
    (_POSITIONS, "markPrice"),
    (_POSITIONS, "maintMargin"),
    (_BALANCES, "totalMarginBalance"),
    (_BALANCES, "totalMaintMargin"),
    (_BALANCES, "totalWalletBalance"),
    (_MARKS, "markPrice"),
)

Draw = Callable[[Random], tuple[str, Effect]]
"""A path, and what happens to a request for it."""


def _anything(effect: Callable[[Random], Effect]) -> Draw:
    return lambda random: ("*", effect(random))


def _one_of(random: Random, *effects: Effect) -> Effect:
    return random.choice(effects)


def _list(effect: Callable[[Random], Effect]) -> Draw:
    return lambda random: (random.choice(_LISTS), effect(random))


def _field(effect: Callable[[str], Effect]) -> Draw:
    def draw(random: Random) -> tuple[str, Effect]:
        path, name = random.choice(_FIELDS)
        return path, effect(name)

    return draw


_ON_READS: dict[str, Draw] = {
    "delay": _anything(lambda random: Delay(delay_ms=random.choice([1_500, 6_000, 15_000]))),
    "reset": _anything(lambda random: Reset(moment=random.choice(list(Moment)))),
    "5xx": _anything(lambda random: _one_of(random, maintenance(), Answer(status=502), unknown_outcome())),
    "429": _anything(lambda random: random.choice([too_many_requests(10), banned(120)])),
    "page": _anything(lambda random: random.choice([html_page(), empty_body()])),
    "cut": _anything(lambda random: _one_of(random, TruncatedBody(keep=40), CutBody(keep=40))),
    "skew": _anything(lambda random: ClockSkew(skew_ms=random.choice([-9_000, -700, 700, 9_000]))),
    "empty": _list(lambda random: EmptyList()),
    "empty positions": lambda random: (_POSITIONS, EmptyList()),
    "empty account": lambda random: (_BALANCES, EmptyList()),
    "short": _list(lambda random: TruncatedList(keep=1)),
    "stale": _anything(lambda random: Replay(age_ms=random.choice([0, 5_000, 60_000]))),
    "stale positions": lambda random: (_POSITIONS, Replay(age_ms=random.choice([5_000, 30_000, 200_000]))),
    "missing": _field(lambda name: MissingField(name=name)),
    "nan": _field(lambda name: NotANumber(name=name)),
}

_ON_ORDERS: dict[str, Callable[[Random], Effect]] = {
    "delay": lambda random: Delay(delay_ms=random.choice([3_000, 12_000])),
    "lost": lambda random: Reset(moment=Moment.BEFORE),
    "answer lost": lambda random: Reset(moment=Moment.AFTER),
    "5xx": lambda random: random.choice(
        [unknown_outcome(), Answer(status=500, moment=Moment.AFTER), Answer(status=502)]
    ),
    "refused": lambda random: random.choice([too_many_requests(10), banned(120), maintenance()]),
    "page": lambda random: random.choice([html_page(), empty_body()]),
    "cut": lambda random: _one_of(random, TruncatedBody(keep=30), CutBody(keep=30)),
    "late": lambda random: LateBooking(
        delay_ms=random.choice([800, 3_000, 4_900, 9_000]),
        answer=random.choice([None, html_page(), unknown_outcome()]),
    ),
    "skew": lambda random: ClockSkew(skew_ms=random.choice([-9_000, 9_000])),
    "other id": lambda random: OtherClientId(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often what is no fault of the venue goes wrong.

    Attributes:
        crash: At one append to the journal, each before and after it.
        hiccup: One append that fails, while the next one works again.
        halt_after_send: Somebody pulls the kill switch while an order is on its way.
        kills: Kills at a random moment, in a minute.
        kill_after_send: Of the process, while an order is on its way.
        stops: Ends in order, in a minute.
        windows: By name, how often in a minute it begins to be broken, and for how long at most.
        post_lost: A message that does not arrive.
        answer_lost: A message that arrives, and nobody says so.
    """

    crash: float
    hiccup: float
    halt_after_send: float
    kills: float
    kill_after_send: float
    stops: float
    windows: dict[str, tuple[float, float]] = field(default_factory=dict)
    post_lost: float
    answer_lost: float

    @classmethod
    def drawn(cls, random: Random) -> Rates:
        return cls(
            crash=random.choice([0.0, 0.0, 0.0005, 0.003]),
            hiccup=random.choice([0.0, 0.0, 0.01, 0.1]),
            halt_after_send=random.choice([0.0, 0.0, 0.3]),
            kills=random.choice([0.0, 0.1, 0.5]),
            kill_after_send=random.choice([0.0, 0.0, 0.1, 0.4]),
            stops=random.choice([0.0, 0.1]),
            windows={
                "disk": (random.choice([0.0, 0.0, 0.1, 0.4]), 40.0),
                "reserve": (random.choice([0.0, 0.0, 0.1]), 60.0),
                "ledger": (random.choice([0.0, 0.0, 0.2]), 40.0),
                "channel": (random.choice([0.0, 0.1, 0.3]), 200.0),
                "halt": (random.choice([0.0, 0.0, 0.1]), 90.0),
                "maintenance": (random.choice([0.0, 0.0, 0.1]), 90.0),
            },
            post_lost=random.choice([0.0, 0.02, 0.2]),
            answer_lost=random.choice([0.0, 0.02, 0.2]),
        )


def venue_faults(
    random: Random, accounts: Sequence[str], symbols: Sequence[str], *, until_ms: int
) -> list[Fault]:
    """What goes wrong at the venue in one seed."""
    faults = [*_read_faults(random), *_order_faults(random), *_forced(random, accounts, symbols)]
    return [
        Fault(
            effect=fault.effect,
            account=fault.account,
            method=fault.method,
            path=fault.path,
            count=fault.count,
            probability=fault.probability,
            until_ms=until_ms,
        )
        for fault in faults
    ]


class WatchedPlan(FaultPlan):
    """A plan of faults that remembers what it did last."""

    last: Fault | None = None

    def take(self, account: str, method: str, path: str, now_ms: int) -> Fault | None:
        self.last = super().take(account, method, path, now_ms)
        return self.last


def maintenance_window(from_ms: int, until_ms: int) -> Fault:
    """The venue answers nothing but 503."""
    return Fault(effect=maintenance(), count=None, from_ms=from_ms, until_ms=until_ms)


def _read_faults(random: Random) -> Iterable[Fault]:
    if random.random() < 0.15:
        return  # a venue whose answers can be trusted, for once
    for draw in _ON_READS.values():
        rate = random.choice(_READ_RATES)
        path, effect = draw(random)
        if rate:
            yield Fault(effect=effect, method="GET", path=path, count=None, probability=rate)


def _order_faults(random: Random) -> Iterable[Fault]:
    for name in random.sample(list(_ON_ORDERS), random.randint(0, _ORDER_FAULTS_MAX)):
        effect, rate = _ON_ORDERS[name](random), random.choice(_ORDER_RATES)
        yield Fault(effect=effect, method="POST", path=_ORDER, count=None, probability=rate)


def _forced(random: Random, accounts: Sequence[str], symbols: Sequence[str]) -> Iterable[Fault]:
    """The venue closes positions by itself, now and then just before it looks at an order."""
    rate = random.choice((0.0, 0.0, 0.3))
    for symbol in symbols:
        effect = Deleverage(
            account=random.choice(accounts), symbol=symbol, quantity=Decimal(str(random.choice([1, 20])))
        )
        if rate:
            yield Fault(effect=effect, method="POST", path=_ORDER, count=3, probability=rate)
