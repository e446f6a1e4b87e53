"""What a rule is about: one position, one account, one grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Grain(StrEnum):
    """The kinds of subject. A measure says which of them it can be taken for.

    ``asset``, ``strategy`` and ``cluster`` are per account: if no account is over a share, the firm, whose share
    is a weighted mean of theirs, is not over it either.
    """

    POSITION = "position"
    ACCOUNT = "account"
    STRATEGY = "strategy"
    ASSET = "asset"
    EXCHANGE = "exchange"
    CLUSTER = "cluster"
    INSTRUMENT = "instrument"
    HEDGE = "hedge"
    GRID = "grid"
    DESK = "desk"
    PORTFOLIO = "portfolio"


PARTS: Mapping[Grain, tuple[str, ...]] = {
    Grain.POSITION: ("account", "symbol", "side"),
    Grain.ACCOUNT: ("account",),
    Grain.STRATEGY: ("account", "strategy"),
    Grain.ASSET: ("account", "asset"),
    Grain.EXCHANGE: ("venue",),
    Grain.CLUSTER: ("account", "cluster"),
    Grain.INSTRUMENT: ("venue", "symbol"),
    Grain.HEDGE: ("hedge",),
    Grain.GRID: ("grid",),
    Grain.DESK: ("desk",),
    Grain.PORTFOLIO: (),
}
"""The parts of the name of each kind of subject, in canonical order."""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """One subject, by the parts of its name in canonical order.

    Attributes:
        grain: Its kind.
        parts: ``(key, value)`` pairs, for example ``(("account", "swing"), ("symbol", "ETH/USDT:USDT"),
            ("side", "long"))``.
    """

    grain: Grain
    parts: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.parts) or self.grain.value

    def part(self, key: str) -> str:
        """The value of one part; empty when this kind of subject has no such part."""
        return next((value for name, value in self.parts if name == key), "")


def position_subject(account: str, symbol: str, side: str) -> Subject:
    """The subject of a position; ``side`` is ``long`` or ``short``, so that both legs of hedge mode differ."""
    return Subject(Grain.POSITION, (("account", account), ("symbol", symbol), ("side", side)))


def account_subject(account: str) -> Subject:
    """The subject of an account."""
    return Subject(Grain.ACCOUNT, (("account", account),))
