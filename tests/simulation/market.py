"""A market that never rests: random walks with jumps of up to 15 %, and from a chosen moment on hardly any movement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from random import Random

from riskd.paper.engine.types import Contract, Quote
from riskd.paper.market.contracts import built_in

STEP_MS = 2_000
JUMP_MAX = 0.15

_FIRST_PRICES: Mapping[str, float] = {
    "BTCUSDT": 60_000.0,
    "ETHUSDT": 3_000.0,
    "SOLUSDT": 150.0,
    "XRPUSDT": 0.6,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """How wild the market of one seed is.

    Attributes:
        volatility: Standard deviation of one step's return.
        jump_probability: Of a jump of one symbol in one step; half of the jumps take all symbols along.
        depth_usd: Notional that moves the price by 1 %: small accounts of thin books fill in part.
        premium: Largest distance between mark and last, a fraction.
    """

    volatility: float
    jump_probability: float
    depth_usd: int
    premium: float

    @classmethod
    def drawn(cls, random: Random) -> Mood:
        return cls(
            volatility=random.choice([0.0003, 0.001, 0.003]),
            jump_probability=random.choice([0.0, 0.002, 0.008]),
            depth_usd=random.choice([400_000, 2_000_000, 20_000_000]),
            premium=random.choice([0.0002, 0.003]),
        )


class WildMarket:
    """A ``Market``: a pure function of time, made once from its seed.

    Args:
        random: Decides every price.
        calm_from_ms: From here on prices tremble and no more, so that what must converge can.
    """

    name = "wild"
    step_ms = STEP_MS

    def __init__(
        self,
        random: Random,
        *,
        symbols: int,
        mood: Mood,
        started_at_ms: int,
        calm_from_ms: int,
        ends_at_ms: int,
    ) -> None:
        names = list(_FIRST_PRICES)[:symbols]
        self.contracts: tuple[Contract, ...] = tuple(built_in(name) for name in names)
        self.known_from_ms = self.started_at_ms = started_at_ms
        self.ends_at_ms = ends_at_ms
        self._calm_step = (calm_from_ms - started_at_ms) // STEP_MS
        self._mood = mood
        self._random = random
        self._prices = {name: _FIRST_PRICES[name] for name in names}
        self._path: list[Mapping[str, Quote]] = []

    def quotes(self, at_ms: int) -> Mapping[str, Quote]:
        step = (at_ms - self.started_at_ms) // STEP_MS
        if step < 0:
            raise ValueError(f"no quotes before {self.started_at_ms}, asked for {at_ms}")
        while len(self._path) <= step:
            self._path.append(self._next(calm=len(self._path) >= self._calm_step))
        return self._path[step]

    @cached_property
    def _funding(self) -> Mapping[str, Decimal]:
        return {
            contract.symbol: Decimal(self._random.randint(-30, 30)).scaleb(-5) for contract in self.contracts
        }

    def _next(self, *, calm: bool) -> Mapping[str, Quote]:
        common = self._jump() if not calm and self._random.random() < 0.5 else 0.0
        return {contract.symbol: self._quote(contract, common, calm=calm) for contract in self.contracts}

    def _quote(self, contract: Contract, common: float, *, calm: bool) -> Quote:
        volatility = 1e-5 if calm else self._mood.volatility
        move = self._random.gauss(0.0, volatility) + common + (0.0 if calm else self._jump())
        price = max(self._prices[contract.symbol] * math.exp(move), 100 * float(contract.tick_size))
        self._prices[contract.symbol] = price
        last = round(price / float(contract.tick_size)) * contract.tick_size
        premium = 1.0 + self._random.uniform(-1.0, 1.0) * (0.0001 if calm else self._mood.premium)
        return Quote(
            mark=Decimal(f"{price * premium:.8f}"),
            index=Decimal(f"{price:.8f}"),
            last=last,
            spread_rate=max(Decimal("0.0002"), (contract.tick_size / last).quantize(Decimal("1e-8"))),
            depth_usd=Decimal(self._mood.depth_usd),
            funding_rate=self._funding[contract.symbol],
        )

    def _jump(self) -> float:
        if self._random.random() >= self._mood.jump_probability:
            return 0.0
        return math.log1p(self._random.uniform(-JUMP_MAX, JUMP_MAX))
