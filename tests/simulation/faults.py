"""A swarm of faults: in each seed every kind is off, rare or frequent by itself, so that some seeds are calm in one way
and mad in another. Every fault ends when the world heals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

from riskd.paper.dialect.http import Rights
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
from tests.simulation.script import Script

_READ_RATES = (0.0, 0.0, 0.0, 0.01, 0.08)
_ORDER_RATES = (0.1, 0.4)
_ORDER_FAULTS_MAX = 4
_LATE_SHARE = 0.25
_CANCELS_FAIL_SHARE = 0.3
_POSITIONS = "/fapi/v3/positionRisk"
_BALANCES = "/fapi/v3/account"
_MARKS = "/fapi/v1/premiumIndex"
_ORDER = "/fapi/v1/order"
_ANY_ORDER = "/fapi/v1/*rder"  # plain and conditional
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
        delay_ms=random.choice([800, 2_000, 3_000, 4_500, 9_000]),
        answer=random.choice([None, html_page(), unknown_outcome(), unknown_outcome()]),
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
        receipt_lost: What became of an order cannot be written down, though the next entry can.
        kills: Kills at a random moment, in a minute.
        kill_after_send: Of the process, while an order is on its way.
        stops: Ends in order, in a minute.
        dies_at_steps: Whether lives end at single awaits, wherever these are.
        windows: By name, how often in a minute it begins to be broken, and for how long at most.
        post_lost: A message that does not arrive.
        answer_lost: A message that arrives, and nobody says so.
    """

    crash: float
    hiccup: float
    halt_after_send: float
    receipt_lost: float
    kills: float
    kill_after_send: float
    stops: float
    dies_at_steps: bool
    windows: dict[str, tuple[float, float]] = field(default_factory=dict)
    post_lost: float
    answer_lost: float

    @classmethod
    def drawn(cls, random: Random) -> Rates:
        return cls(
            crash=random.choice([0.0, 0.0, 0.0005, 0.003]),
            hiccup=random.choice([0.0, 0.0, 0.01, 0.1]),
            halt_after_send=random.choice([0.0, 0.0, 0.3]),
            receipt_lost=random.choice([0.0, 0.0, 0.4]),
            kills=random.choice([0.0, 0.1, 0.5]),
            kill_after_send=random.choice([0.0, 0.0, 0.1, 0.4]),
            stops=random.choice([0.0, 0.1]),
            dies_at_steps=random.random() < 0.3,
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


@dataclass(slots=True)
class _Line:
    """One kind of misfortune, with chance of its own."""

    group: str
    fault: Fault
    random: Random
    struck: int = 0


class WatchedPlan(FaultPlan):
    """What goes wrong at the venue in one seed; remembers what it did last.

    Args:
        draw: Decides which kinds there are.
        until_ms: None strikes later.
    """

    def __init__(
        self,
        seed: int,
        draw: Random,
        script: Script,
        *,
        accounts: Sequence[str],
        symbols: Sequence[str],
        until_ms: int,
    ) -> None:
        super().__init__(Random(f"{seed} faults"))
        self._script = script
        self._lines = [
            _Line(f"fault {name}", replace(fault, until_ms=until_ms), Random(f"{seed} fault {name}"))
            for name, fault in (
                *_read_faults(draw),
                *_order_faults(draw),
                *_forced(draw, accounts, symbols),
            )
        ]
        self.last: Fault | None = None

    def closed_between(self, from_ms: int, until_ms: int) -> None:
        """The venue answers nothing but 503."""
        fault = Fault(effect=maintenance(), count=None, from_ms=from_ms, until_ms=until_ms)
        self._lines.insert(0, _Line("closed", fault, Random(0)))

    def take(
        self, account: str, method: str, path: str, now_ms: int, *, rights: Rights | None = None
    ) -> Fault | None:
        """The first that strikes. All of them throw their dice, so that one that is left out changes no other."""
        self.last = None
        for line in self._lines:
            fault = line.fault
            if line.struck == fault.count or not fault.matches(account, method, path, now_ms, rights=rights):
                continue
            strikes = fault.probability >= 1 or line.random.random() < fault.probability
            if strikes and self.last is None and self._plays(line, account, method, path, now_ms):
                self.last = fault
        return self.last

    def _plays(self, line: _Line, account: str, method: str, path: str, now_ms: int) -> bool:
        line.struck += 1
        if line.group == "closed":
            return True  # a window, which is a piece of its own
        words = f"{line.fault.effect} strikes {method} {path} of {account or 'all'} at {now_ms}"
        return self._script.plays(line.group, line.struck, words)


def _read_faults(random: Random) -> Iterator[tuple[str, Fault]]:
    if random.random() < 0.15:
        return  # a venue whose answers can be trusted, for once
    for name, draw in _ON_READS.items():
        rate = random.choice(_READ_RATES)
        path, effect = draw(random)
        if rate:
            yield (
                f"read {name}",
                Fault(effect=effect, method="GET", path=path, count=None, probability=rate),
            )


def _order_faults(random: Random) -> Iterator[tuple[str, Fault]]:
    names = random.sample(list(_ON_ORDERS), random.randint(0, _ORDER_FAULTS_MAX))
    # What is booked later than the venue answers is the trap of all that ask; it has a chance of its own.
    if random.random() < _LATE_SHARE and "late" not in names:
        names.insert(0, "late")
    for name in names:
        effect, rate = _ON_ORDERS[name](random), random.choice(_ORDER_RATES)
        yield (
            f"order {name}",
            Fault(effect=effect, method="POST", path=_ANY_ORDER, count=None, probability=rate),
        )
    if random.random() < _CANCELS_FAIL_SHARE:
        name = random.choice(["delay", "lost", "answer lost", "5xx", "page"])
        effect = _ON_ORDERS[name](random)
        yield (
            f"cancel {name}",
            Fault(effect=effect, method="DELETE", path=_ANY_ORDER, count=None, probability=0.3),
        )


def _forced(random: Random, accounts: Sequence[str], symbols: Sequence[str]) -> Iterator[tuple[str, Fault]]:
    """The venue closes positions by itself, now and then just before it looks at an order."""
    rate = random.choice((0.0, 0.0, 0.3))
    for symbol in symbols:
        effect = Deleverage(
            account=random.choice(accounts), symbol=symbol, quantity=Decimal(str(random.choice([1, 20])))
        )
        if rate:
            yield (
                f"closing {symbol}",
                Fault(effect=effect, method="POST", path=_ORDER, count=3, probability=rate),
            )
