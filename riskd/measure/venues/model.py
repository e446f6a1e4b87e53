"""What sets one venue's margin arithmetic apart from another's, as a value: no formula asks which venue it is for.

A difference between venues is a field here or it does not exist. The formulas are in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ContractKind(StrEnum):
    """How value follows from price."""

    LINEAR = "linear"  # quantity · price, settled in the quote currency
    INVERSE = "inverse"  # dollars / price, settled in the base coin
    QUANTO = "quanto"  # multiplier · price, settled in a third coin


class Basis(StrEnum):
    """The price at which margin is taken of a position."""

    MARK = "mark"
    ENTRY = "entry"


class ClosingFee(StrEnum):
    """The fee of closing that equity must cover beside maintenance margin."""

    NONE = "none"
    AT_MARK = "at mark"  # on the value of the moment: as good as a higher maintenance rate
    AT_ENTRY = "at entry"
    AT_BANKRUPTCY = "at bankruptcy"  # on the value at the price where the position's margin is gone


class MarginRule(StrEnum):
    """How the maintenance rate follows from size."""

    MARGINAL_TIERS = "tiers, each rate on its own slice"  # continuous: the deduction makes up the difference
    WHOLE_TIERS = "tiers, one rate on the whole"  # jumps at each tier
    LINEAR_IN_SIZE = "linear in size"
    FLAT = "one rate"


class HedgeMargin(StrEnum):
    """What a long and a short of one market need together, in one cross account."""

    EACH_SIDE = "each side by itself"
    LARGER_SIDE = "the larger side alone"
    LARGER_SIDE_BY_BOTH = "the larger side alone, its tier by both together"


class Direction(StrEnum):
    """Which way the venue's margin ratio goes on the way to liquidation."""

    RISING = "rising"  # required / equity
    FALLING = "falling"  # equity / required


class Rounding(StrEnum):
    """To which side a venue rounds a price that does not lie on its grid."""

    NONE = "exact"
    UP = "up"
    DOWN = "down"
    EARLIER = (
        "earlier"  # up for a long, down for a short: what is stated is reached no later than the exact price
    )


class MarginMode(StrEnum):
    """What stands behind a position."""

    ISOLATED = "isolated"
    CROSS = "cross"


class FundingPrice(StrEnum):
    """The price of the notional that funding is paid on."""

    MARK = "mark"
    ORACLE = "oracle"
    INDEX = "index"


class FundingInterval(StrEnum):
    """How often funding is paid."""

    PER_SYMBOL = "by symbol, and it changes"  # never assume it: ask the venue
    FIXED = "fixed"
    CONTINUOUS = "continuous"


class FundingFormula(StrEnum):
    """How the rate follows from the premium P of the perpetual over its index."""

    CLAMPED_INTEREST = "P + clamp(I - P)"
    DAMPED_PREMIUM = "max(d, P) + min(-d, P)"
    PREMIUM = "P + I"


class AdlScore(StrEnum):
    """What orders the queue of those who are deleveraged."""

    LEVERAGED_PROFIT = "profit% · leverage, or profit% / leverage in loss"
    PRICE_RATIO = "mark/entry · notional/equity"
    NOT_FOUND = "not found"


class AdlTrigger(StrEnum):
    """When a venue deleverages."""

    INSURANCE_SPENT = "insurance fund spent"
    POOL_DRAWDOWN = "drawdown of the insurance pool in 8 hours, or pool spent"
    NEGATIVE_EQUITY = "account below zero"
    NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value comes from.

    Attributes:
        title: Of the page, file or response.
        at: Address, or repository and path.
        dated: Date of the page as far as it states one; else of the copy, or "undated".
        says: Which values of the model it gives, in our words.
    """

    title: str
    at: str
    dated: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioRule:
    """The venue's own margin ratio.

    Attributes:
        name: What the venue calls it.
        direction: Whether it rises or falls on the way to liquidation.
        liquidates_at: The ratio at which the venue liquidates, as a fraction: 1.0 is 100 %.
    """

    name: str
    direction: Direction
    liquidates_at: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingRule:
    """How a venue funds its perpetuals. Everywhere the long pays when the rate is positive.

    Attributes:
        price: Of the notional.
        interval: Whether the interval may be relied on.
        interval_hours: Between payments, usual value; 0 for continuous.
        rate_hours: Hours that the rate of the formula is for; a venue may pay an eighth of an 8-hour rate each hour.
        formula: Rate from premium.
        band: Half-width of the clamp or of the damper, fraction for ``rate_hours``.
        interest_rate: Usual interest term, fraction for ``rate_hours``.
        cap_margin_multiple: Bound of the rate as a multiple of (initial - maintenance rate); 0 where there is no such bound.
        cap_rate_per_hour: Bound of the rate an hour; 0 where none is published or it differs by symbol.
    """

    price: FundingPrice
    interval: FundingInterval
    interval_hours: float
    rate_hours: float
    formula: FundingFormula
    band: float = 0.0
    interest_rate: float = 0.0
    cap_margin_multiple: float = 0.0
    cap_rate_per_hour: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdlRule:
    """How a venue deleverages: who, when, at which price.

    Attributes:
        score: Order of the queue.
        trigger: When it happens.
        closes_at: Price of the forced close, in words.
    """

    score: AdlScore
    trigger: AdlTrigger
    closes_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginModel:
    """The margin arithmetic of one kind of account at one venue.

    Attributes:
        name: Short, such as ``binance_usdm``.
        title: For people.
        contracts: Kinds of contract that these rules are for.
        maintenance_basis: Price at which maintenance margin is taken.
        initial_basis: Price at which initial margin is taken while a position is held.
        isolated_fee: Closing fee within the liquidation condition of an isolated position.
        cross_fee: The same of a cross account.
        bankruptcy_fee: Closing fee within the bankruptcy price.
        fee_rate: Rate of that fee where no rate of the account is known, fraction of value; 0 without a fee.
        margin_rule: How the rate follows from size.
        tiers_by: What the size of a tier is measured in, in words.
        hedge_margin: What a long and a short of one market need in a cross account; isolated ones each need their own.
        ratio: The venue's margin ratio.
        liquidation_rounding: Of stated liquidation prices.
        bankruptcy_rounding: Of stated bankruptcy prices.
        funding: Funding.
        adl: Auto-deleveraging.
        assumed: Names of those of these fields for which no page or number was found: common practice stands in them.
        doubts: What no source settles, or where sources contradict each other; empty where nothing is open.
        sources: At least one.
    """

    name: str
    title: str
    contracts: tuple[ContractKind, ...]
    maintenance_basis: Basis
    initial_basis: Basis
    isolated_fee: ClosingFee
    cross_fee: ClosingFee
    bankruptcy_fee: ClosingFee = ClosingFee.NONE
    fee_rate: float = 0.0
    margin_rule: MarginRule
    tiers_by: str
    hedge_margin: HedgeMargin = HedgeMargin.EACH_SIDE
    ratio: RatioRule
    liquidation_rounding: Rounding = Rounding.NONE
    bankruptcy_rounding: Rounding = Rounding.NONE
    funding: FundingRule
    adl: AdlRule
    assumed: tuple[str, ...] = ()
    doubts: str = ""
    sources: tuple[Source, ...]

    def closing_fee(self, mode: MarginMode) -> ClosingFee:
        """Closing fee within the liquidation condition."""
        return self.isolated_fee if mode is MarginMode.ISOLATED else self.cross_fee
