"""The book as it would be at other prices, everything else as it is: nobody trades, no order is filled, nothing is liquidated.

Marks, index and last prices move, and with them PnL, equity, margin, order books and the coins that back an account. What
only the venue knows after a move is dropped and so unknown: the place in its auto-deleveraging queue, and its liquidation
prices of positions in cross margin, for which ours are used. Funding rates, resting orders and the past stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from riskd.measure.book.groups import IndexArray, index
from riskd.measure.supposed.restated import restated_maintenance
from riskd.model.arrays import FloatArray, floats
from riskd.model.collateral import CollateralColumns
from riskd.model.history import History
from riskd.model.scenario import Scenario, coin_of
from riskd.model.snapshot import SEVERAL_ASSETS, AccountColumns, PositionColumns, Snapshot

EVERYTHING = Scenario(name="all prices", title="All prices move together", others=1.0)
"""Every coin but those at par with the dollar moves by the share that is gone of it: -0.3 is a fall by 30 %."""

_ALL = -1.0  # no price falls further


def of_coin(coin: str) -> Scenario:
    """One coin alone moves; ``coin`` as ``coin_of`` writes it."""
    return Scenario(name=coin, title=f"{coin} moves alone", others=0.0, moves=((coin, 1.0),))


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePath:
    """The way of a book's prices along a scenario, of which any share may be gone, also backwards.

    Attributes:
        snapshot: As it is.
        history: As it is.
        of_instruments: How far each instrument's price moves over the whole scenario; the others likewise.
        of_spot: Of spot rows.
        of_collateral: Of the assets that back accounts.
        of_assets: Of the assets of the venue's index.
        of_markets: Of the contracts whose order books are known.
        rates: What the venue counts a unit of each asset that backs an account, in dollars; NaN unknown.
        settled_in: For each position, the row of the collateral that its gains settle in; beyond the last: none.
    """

    snapshot: Snapshot
    history: History
    of_instruments: FloatArray
    of_spot: FloatArray
    of_collateral: FloatArray
    of_assets: FloatArray
    of_markets: FloatArray
    rates: FloatArray
    settled_in: IndexArray

    @classmethod
    def of(cls, snapshot: Snapshot, history: History, scenario: Scenario) -> PricePath:
        """The path of a scenario."""
        bases = [instrument.base for instrument in snapshot.instruments]
        listed = [symbol.partition("/")[0] for symbol in history.liquidity.symbol]
        return cls(
            snapshot=snapshot,
            history=history,
            of_instruments=floats(scenario.moves_of(bases)),
            of_spot=floats(scenario.moves_of(snapshot.spot.asset)),
            of_collateral=floats(scenario.moves_of(history.collateral.asset)),
            of_assets=floats(scenario.moves_of(history.asset_index.asset)),
            of_markets=floats(scenario.moves_of(listed)),
            rates=_rates(snapshot, history),
            settled_in=_settled_in(snapshot, history.collateral),
        )

    @property
    def of_positions(self) -> FloatArray:
        """How far the price of each position moves over the whole scenario."""
        return self.of_instruments[self.snapshot.positions.instrument]

    def at(self, share: float) -> tuple[Snapshot, History]:
        """The book when that share of the scenario is gone; a coin falls to zero and no further."""
        with np.errstate(invalid="ignore"):  # what is unknown stays unknown
            return self._at(share)

    def _at(self, share: float) -> tuple[Snapshot, History]:
        before, moved = self.snapshot, _gone(self.of_instruments, share)
        move = moved[before.positions.instrument]
        gain = np.where(move == 0.0, 0.0, before.positions.notional * move)
        positions = _positions_after(before, move, gain)
        coins = self.coin_gains(share)
        snapshot = replace(
            before,
            quotes=replace(
                before.quotes,
                mark_price=before.quotes.mark_price * (1.0 + moved),
                index_price=before.quotes.index_price * (1.0 + moved),
                last_price=before.quotes.last_price * (1.0 + moved),
            ),
            positions=positions,
            accounts=_accounts_after(before, positions, gain, coins),
            spot=replace(before.spot, price=before.spot.price * (1.0 + _gone(self.of_spot, share))),
        )
        return snapshot, self._history_after(share, gain)

    def coin_gains(self, share: float) -> FloatArray:
        """What the coins that back each account gain in dollars, after the venue's haircut; NaN where it is not known."""
        backing, size = self.history.collateral, len(self.snapshot.desk.accounts)
        if share == 0.0:
            return np.zeros(size)
        told = np.zeros(size, dtype=np.bool_)
        told[backing.account] = True
        several = np.array([basis == SEVERAL_ASSETS for basis in self.snapshot.accounts.basis] or [False])
        gains = np.where(np.broadcast_to(several, (size,)) & ~told, np.nan, 0.0)
        moved = _gone(self.of_collateral, share)
        for row in np.flatnonzero((moved != 0.0) & (backing.balance != 0.0)).tolist():
            gains[backing.account[row]] += backing.balance[row] * self.rates[row] * moved[row]
        return gains

    def _history_after(self, share: float, gain: FloatArray) -> History:
        after: dict[str, object] = {}
        history = self.history
        if len(history.collateral.asset):
            rows = len(history.collateral.asset)
            settled = np.bincount(self.settled_in, weights=gain, minlength=rows + 1)[:rows]
            balance = history.collateral.balance + settled
            after["collateral"] = replace(history.collateral, balance=balance)
        if len(history.asset_index.asset):
            listed, factor = history.asset_index, 1.0 + _gone(self.of_assets, share)
            after["asset_index"] = replace(
                listed,
                index=listed.index * factor,
                bid_rate=listed.bid_rate * factor,
                ask_rate=listed.ask_rate * factor,
            )
        if len(history.liquidity.price):
            books = history.liquidity
            levels = np.diff(books.begins[::2])
            factor = np.repeat(1.0 + _gone(self.of_markets, share), levels)
            after["liquidity"] = replace(books, price=books.price * factor, paid=books.paid * factor)
        return replace(history, **after) if after else history  # type: ignore[arg-type]  # each under its own name


def coins_of(snapshot: Snapshot) -> frozenset[str]:
    """The coins whose price something in the book follows."""
    bases = (instrument.base for instrument in snapshot.instruments)
    return frozenset(map(coin_of, (*bases, *snapshot.spot.asset)))


def _rates(snapshot: Snapshot, history: History) -> FloatArray:
    """What is owed counts more than what is held."""
    backing, listed = history.collateral, history.asset_index
    places = {place: row for row, place in enumerate(zip(listed.venue, listed.asset, strict=True))}
    rates = np.full(len(backing.asset), np.nan)
    for row, (account, asset) in enumerate(zip(backing.account.tolist(), backing.asset, strict=True)):
        place = places.get((snapshot.desk.accounts[account].venue, asset))
        if place is not None:
            rates[row] = (listed.bid_rate if backing.balance[row] > 0.0 else listed.ask_rate)[place]
    return rates


def _settled_in(snapshot: Snapshot, backing: CollateralColumns) -> IndexArray:
    pairs = zip(backing.account.tolist(), backing.asset, strict=True)
    rows = {pair: row for row, pair in enumerate(pairs)}
    settles = [instrument.settle for instrument in snapshot.instruments]
    positions = snapshot.positions
    held = zip(positions.account.tolist(), positions.instrument.tolist(), strict=True)
    return index([rows.get((account, settles[instrument]), len(rows)) for account, instrument in held])


def _gone(whole: FloatArray, share: float) -> FloatArray:
    return np.maximum(whole * share, _ALL)


def _positions_after(before: Snapshot, move: FloatArray, gain: FloatArray) -> PositionColumns:
    positions, factor = before.positions, 1.0 + move
    # Without brackets a smaller position needs no more in proportion; a larger one may climb into a higher one.
    otherwise = np.where(move <= 0.0, factor, np.nan)
    notional = positions.notional * factor
    return replace(
        positions,
        mark_price=positions.mark_price * factor,
        notional=notional,
        unrealized_pnl=positions.unrealized_pnl + gain,
        initial_margin=positions.initial_margin * factor,
        maintenance_margin=restated_maintenance(before, np.abs(notional), otherwise),
        liquidation_price=np.where(positions.isolated, positions.liquidation_price, np.nan),
        cannot_be_liquidated=positions.cannot_be_liquidated & positions.isolated,
        adl_rank=np.where(move == 0.0, positions.adl_rank, np.nan),
    )


def _accounts_after(
    before: Snapshot, after: PositionColumns, gain: FloatArray, coins: FloatArray
) -> AccountColumns:
    accounts, positions = before.accounts, before.positions
    owner, size = index(positions.account), len(accounts.equity)

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(owner, weights=values, minlength=size), dtype=np.float64)

    initial = after.initial_margin - positions.initial_margin
    freed = np.where(positions.isolated, 0.0, gain - initial)
    return replace(
        accounts,
        equity=accounts.equity + total(gain) + coins,
        wallet_balance=accounts.wallet_balance + coins,
        cross_wallet_balance=accounts.cross_wallet_balance + coins,
        maintenance_margin=accounts.maintenance_margin
        + total(after.maintenance_margin - positions.maintenance_margin),
        initial_margin=accounts.initial_margin + total(initial),
        available_balance=_available(accounts.available_balance, total(freed) + coins),
    )


def _available(stated: FloatArray, change: FloatArray) -> FloatArray:
    """Free margin after a change. A venue states none below zero, so that how much is lacking is not known."""
    return np.where((stated <= 0.0) & (change > 0.0), np.nan, np.maximum(stated + change, 0.0))
