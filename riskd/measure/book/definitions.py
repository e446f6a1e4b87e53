"""Hedges and grids of the desk, resolved from names to codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskd.measure.book.groups import IndexArray, index
from riskd.measure.book.shape import Shape
from riskd.model.arrays import BoolArray
from riskd.model.desk import HedgeLeg, LegKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Every leg of every hedge, one row each; -1 where a name is not in the snapshot.

    Attributes:
        hedge: Number of the hedge.
        primary: True for the first leg of a hedge: what is hedged.
        perpetual: True for a perpetual, False for spot.
        account: Code of the account.
        instrument: Code of the instrument; -1 for spot.
        spot: Row of the spot balance; -1 for a perpetual.
        asset: Coin that the leg holds.
        legs: The definitions.
    """

    hedge: IndexArray
    primary: BoolArray
    perpetual: BoolArray
    account: IndexArray
    instrument: IndexArray
    spot: IndexArray
    asset: tuple[str, ...]
    legs: tuple[HedgeLeg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Account and instrument of every grid; -1 where a name is not in the snapshot."""

    account: IndexArray
    instrument: IndexArray


class Names:
    """Codes by name within one part."""

    def __init__(self, shape: Shape) -> None:
        self.accounts = {
            (part, profile.id): code
            for code, (part, profile) in enumerate(
                zip(shape.account_part.tolist(), shape.profiles, strict=True)
            )
        }
        self.instruments = {
            (part, instrument.venue, instrument.symbol): code
            for code, (part, instrument) in enumerate(
                zip(shape.instrument_part.tolist(), shape.instruments, strict=True)
            )
        }
        self.spot = {
            (account, asset): row
            for row, (account, asset) in enumerate(
                zip(shape.spot_account.tolist(), shape.spot_assets, strict=True)
            )
        }
        self._shape = shape

    def account(self, part: int, name: str) -> int:
        """Code of an account; -1 when the part has none of that name."""
        return self.accounts.get((part, name), -1)

    def instrument(self, part: int, account: str, symbol: str) -> int:
        """Code of the instrument that ``symbol`` means in an account; -1 when there is none."""
        code = self.account(part, account)
        if code < 0:
            return -1
        return self.instruments.get((part, self._shape.profiles[code].venue, symbol), -1)


def legs_of(shape: Shape, names: Names) -> Legs:
    """The legs of all hedges, in the order of their definitions."""
    rows = [
        (number, part, place == 0, leg)
        for number, (part, hedge) in enumerate(zip(shape.hedge_part.tolist(), shape.hedges, strict=True))
        for place, leg in enumerate(hedge.legs)
    ]
    account = [names.account(part, leg.account) for _, part, _, leg in rows]
    perpetual = [leg.kind is LegKind.PERPETUAL for _, _, _, leg in rows]
    instrument = [
        names.instrument(part, leg.account, leg.name) if leg.kind is LegKind.PERPETUAL else -1
        for _, part, _, leg in rows
    ]
    spot = [
        names.spot.get((code, leg.name), -1) if leg.kind is LegKind.SPOT else -1
        for code, (_, _, _, leg) in zip(account, rows, strict=True)
    ]
    return Legs(
        hedge=index([number for number, _, _, _ in rows]),
        primary=np.array([primary for _, _, primary, _ in rows], dtype=np.bool_),
        perpetual=np.array(perpetual, dtype=np.bool_),
        account=index(account),
        instrument=index(instrument),
        spot=index(spot),
        asset=tuple(
            leg.name if code < 0 else shape.instruments[code].base
            for code, (_, _, _, leg) in zip(instrument, rows, strict=True)
        ),
        legs=tuple(leg for _, _, _, leg in rows),
    )


def places_of(shape: Shape, names: Names) -> Places:
    """Where each grid trades."""
    grids = list(zip(shape.grid_part.tolist(), shape.grids, strict=True))
    return Places(
        account=index([names.account(part, grid.account) for part, grid in grids]),
        instrument=index([names.instrument(part, grid.account, grid.symbol) for part, grid in grids]),
    )
