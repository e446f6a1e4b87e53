"""What no venue knows: accounts and their labels, which strategy a position belongs to, hedges, grids."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum

from riskd.model.scenario import Scenario


class Mode(IntEnum):
    """How far riskd may go. The weakest of ceiling, policy, rule and account wins, so modes are ordered."""

    OBSERVE = 0
    PROPOSE = 1
    ENFORCE = 2


UNLABELLED = "unlabelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyMatch:
    """A line of an account's ``strategies``: the first that matches names the strategy.

    Attributes:
        symbols: Globs over unified symbols.
        client_id_prefix: Matches the client order ids of a position's orders; empty matches all.
        strategy: The name given.
    """

    symbols: tuple[str, ...]
    strategy: str
    client_id_prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProfile:
    """An account as the desk describes it.

    Attributes:
        id: Name used in policies, messages and the ledger.
        venue: Venue id, such as ``binanceusdm``.
        desk: Level above account; empty when unused.
        book: Level between desk and account; empty when unused.
        labels: Sorted ``(key, value)`` pairs for selectors.
        strategies: Tried in order; what matches nothing is ``unlabelled``.
        mode: How far riskd may go on this account.
    """

    id: str
    venue: str
    desk: str = ""
    book: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    strategies: tuple[StrategyMatch, ...] = ()
    mode: Mode = Mode.OBSERVE


class LegKind(StrEnum):
    """Where one leg of a hedge is held."""

    SPOT = "spot"
    PERPETUAL = "perpetual"


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeLeg:
    """One leg: spot of an asset, or the perpetual of a symbol, in one account."""

    account: str
    kind: LegKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeDefinition:
    """A hedge: the first leg is what is hedged (the primary), the others hedge it.

    Attributes:
        ratio: Wanted ``-hedge delta / primary delta``; 1 is fully hedged.
        labels: Sorted pairs for selectors, such as ``("hedge", "cross")``.
    """

    id: str
    legs: tuple[HedgeLeg, ...]
    ratio: Decimal = Decimal(1)
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GridDefinition:
    """A grid: its resting orders are read from the venue, its bounds from their extremes unless given here."""

    id: str
    account: str
    symbol: str
    lower: Decimal | None = None
    upper: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Assets that count as one bet, because they fall together."""

    name: str
    assets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything the configuration says about the book.

    Attributes:
        clusters: As the desk names them; None: they are measured by correlation.
        scenarios: Crashes of the desk's own, beside those that riskd knows.
    """

    accounts: tuple[AccountProfile, ...]
    hedges: tuple[HedgeDefinition, ...] = ()
    grids: tuple[GridDefinition, ...] = ()
    clusters: tuple[Cluster, ...] | None = None
    scenarios: tuple[Scenario, ...] = ()
