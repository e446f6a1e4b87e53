"""A position that may grow, lot by lot: one that is held, or one that could be opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import partial

import numpy as np

from riskd.measure.supposed.charged import notional_affordable
from riskd.measure.supposed.suppose_more import suppose_more
from riskd.measure.supposed.suppose_opened import Opening, suppose_opened
from riskd.model.instrument import Instrument
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Subject, position_subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A position of an account that may be supposed larger.

    Attributes:
        snapshot: As it is.
        position: Which.
        account: Code into the desk's accounts.
        instrument: Its contract.
        held: Notional that is held now, signed; 0: none is.
        mark_price: At which more would be bought or sold, quote per base.
        leverage: The account's setting for the contract; NaN unknown.
        isolated: Whether it is margined in isolation.
        affordable: How much more the venue's free margin pays for, quote currency; NaN unknown.
        notional_max: The largest position that the venue takes at this leverage, quote currency; NaN unknown.
        suppose: The snapshot with so many base units more of it.
    """

    snapshot: Snapshot
    position: Subject
    account: int
    instrument: Instrument
    held: float
    mark_price: float
    leverage: float
    isolated: bool
    affordable: float
    notional_max: float
    suppose: Callable[[Decimal], Snapshot]

    @property
    def accepted(self) -> float:
        """How much more the venue takes at this leverage, quote currency, whatever its margin; NaN unknown."""
        return float(np.maximum(self.notional_max - abs(self.held), 0.0))

    @property
    def smallest(self) -> int:
        """Lots of the smallest order that the venue accepts."""
        terms = self.instrument
        quantity = max(terms.quantity_min, terms.notional_min / Decimal(self.mark_price))
        return max(int((quantity / terms.lot_size).to_integral_value(ROUND_CEILING)), 1)

    def quantity(self, lots: int) -> Decimal:
        """Base units of so many lots."""
        return lots * self.instrument.lot_size

    def notional(self, lots: int) -> float:
        """Worth of so many lots at mark."""
        return float(self.quantity(lots)) * self.mark_price


def growth_of_held(snapshot: Snapshot, row: int, *, notional_max: float = np.nan) -> Growth:
    """Of a position that is held, of which quantity and mark are known."""
    positions = snapshot.positions
    account, instrument = int(positions.account[row]), int(positions.instrument[row])
    leverage = float(positions.leverage_setting[row])
    return Growth(
        snapshot=snapshot,
        position=_subject(snapshot, account, instrument, positions.side(row)),
        account=account,
        instrument=snapshot.instruments[instrument],
        held=float(positions.notional[row]),
        mark_price=float(positions.mark_price[row]),
        leverage=leverage,
        isolated=bool(positions.isolated[row]),
        affordable=notional_affordable(snapshot, account, instrument, leverage),
        notional_max=notional_max,
        suppose=partial(suppose_more, snapshot, row),
    )


def growth_of_opening(snapshot: Snapshot, opening: Opening, *, notional_max: float = np.nan) -> Growth:
    """Of a position that could be opened, in a contract whose mark is known."""
    account, instrument = opening.account, opening.instrument
    return Growth(
        snapshot=snapshot,
        position=_subject(snapshot, account, instrument, opening.side),
        account=account,
        instrument=snapshot.instruments[instrument],
        held=0.0,
        mark_price=float(snapshot.quotes.mark_price[instrument]),
        leverage=opening.leverage,
        isolated=opening.isolated,
        affordable=notional_affordable(snapshot, account, instrument, opening.leverage),
        notional_max=notional_max,
        suppose=partial(suppose_opened, snapshot, opening),
    )


def _subject(snapshot: Snapshot, account: int, instrument: int, side: str) -> Subject:
    return position_subject(snapshot.desk.accounts[account].id, snapshot.instruments[instrument].symbol, side)
