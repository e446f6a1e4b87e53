"""What a margin account holds: positions in cross or isolated margin, and wallets of one asset or many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from riskd.measure.venues.margin import Holding
from riskd.measure.venues.model import ContractKind, MarginModel
from riskd.measure.venues.schedule import Schedule, flat

COUNTS_WHOLE = flat(0.0)


class Collateral(StrEnum):
    """What stands behind the cross positions of an account."""

    SEPARATE = "each settlement asset by itself"
    POOLED = "all assets together, in dollars"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One position of an account.

    Attributes:
        symbol: Of the market. A long and a short of one symbol in cross margin are a pair of hedge mode.
        asset: The coin whose price the contract follows, as directions name it.
        settle: The asset of its margin and of its gains. Of an inverse contract it is ``asset``.
        model: Of the venue: what is required, and at which price.
        holding: Quantity, entry, mark and the maintenance schedule.
        margin: What stands behind an isolated position, settlement currency, without its gain; None in cross margin.
        fee_rate: Of the closing fee, fraction of value; the model's own where None.

    Raises:
        ValueError: An inverse contract that does not settle in the coin it follows.
    """

    symbol: str
    asset: str
    settle: str
    model: MarginModel
    holding: Holding
    margin: float | None = None
    fee_rate: float | None = None

    def __post_init__(self) -> None:
        if self.is_inverse and self.settle != self.asset:
            raise ValueError(
                f"{self.symbol}: an inverse contract on {self.asset} settles in {self.asset}, found {self.settle}; "
                "a contract that settles in a third coin is a quanto contract"
            )

    @property
    def name(self) -> str:
        """The symbol with its side: unique within an account."""
        return f"{self.symbol} {'long' if self.holding.position.side > 0.0 else 'short'}"

    @property
    def is_inverse(self) -> bool:
        """Whether value falls when price rises."""
        return self.holding.position.contract.kind is ContractKind.INVERSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """What an account has of one asset.

    Attributes:
        asset: Name.
        cash: Cross wallet balance, units of the asset: without the gains of open positions, and without the margin of
            isolated ones. Negative where the asset is owed.
        price: Dollars for one, also of money. Needed where wallets are pooled; NaN when unknown.
        haircut: What does not count of a positive balance, by its size in units: ``flat(0.05)``, or
            ``marginal([(0, 0.02), (10, 0.05)])`` where the part beyond ten units counts less. A negative balance
            counts whole.
        follows: The coin whose price the asset's price follows, where it is neither the name of the asset nor money:
            ``ETH`` for wrapped ether; ``BNB`` for BNB itself where no position is in it. None: the price moves with
            the positions in the asset if there are any, and stands still else, unless a direction names the asset.

    Raises:
        ValueError: A haircut whose rate grows with each unit.
    """

    asset: str
    cash: float
    price: float = math.nan
    haircut: Schedule = COUNTS_WHOLE
    follows: str | None = None

    def __post_init__(self) -> None:
        if self.haircut.rate_per_unit != 0.0:
            raise ValueError(
                f"haircut of {self.asset}: expected tiers, found a rate that grows with each unit"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBook:
    """All that one account holds.

    Attributes:
        lines: Positions. Of one symbol at most one long and one short in each margin mode.
        wallets: One an asset.
        collateral: Whether each settlement asset is a margin account of its own, or all assets are pooled.

    Raises:
        ValueError: Two wallets of one asset.
    """

    lines: tuple[Line, ...] = ()
    wallets: tuple[Wallet, ...] = ()
    collateral: Collateral = Collateral.SEPARATE

    def __post_init__(self) -> None:
        assets = [wallet.asset for wallet in self.wallets]
        twice = sorted({asset for asset in assets if assets.count(asset) > 1})
        if twice:
            raise ValueError(
                f"expected one wallet an asset, found two of {', '.join(twice)}: add their cash up"
            )
