"""Every measure again, in plain Python over one row at a time, straight from its definition.

Slow and independent of the code under test: no columns, no groups, bisection in place of the exact solver. ``None``
is unknown. Used by property tests only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from riskd.model.desk import UNLABELLED, HedgeLeg, LegKind
from riskd.model.history import History
from riskd.model.report import MARKET_SURFACES, Surface
from riskd.model.snapshot import OrderKind, Quality, Snapshot
from riskd.model.subject import Grain

Known = float | None


@dataclass(frozen=True, kw_only=True)
class Case:
    """A subject: its name, the accounts it hangs on, and its value."""

    name: str
    accounts: tuple[int, ...]
    value: Known


@dataclass(frozen=True, kw_only=True)
class Subjects:
    """A subject with the position rows and spot rows that belong to it."""

    name: str
    accounts: tuple[int, ...]
    rows: tuple[int, ...] = ()
    coins: tuple[int, ...] = ()


class Reference:
    """One snapshot with its history, row by row."""

    def __init__(
        self,
        snapshot: Snapshot,
        history: History,
        clusters: Mapping[str, str] = MappingProxyType({}),
        orders_selected: Sequence[bool] = (),
    ) -> None:
        """``clusters``: name of the cluster by asset; ``orders_selected``: one for each order."""
        self.s = snapshot
        self.h = history
        self.clusters = clusters
        self.orders_selected = orders_selected
        self.now = snapshot.taken_at.timestamp()
        self.profiles = snapshot.desk.accounts
        self.p = snapshot.positions
        self.rows = range(len(self.p))
        self.accounts = range(len(self.profiles))

    # --- what rows say -------------------------------------------------------------------------------------------

    def account(self, row: int) -> int:
        return int(self.p.account[row])

    def symbol(self, row: int) -> str:
        return self.s.instruments[int(self.p.instrument[row])].symbol

    def asset(self, row: int) -> str:
        return self.s.instruments[int(self.p.instrument[row])].base

    def strategy(self, row: int) -> str:
        return self.s.strategies[int(self.p.strategy[row])]

    def quantity(self, row: int) -> Known:
        return known(self.p.quantity[row])

    def mark(self, row: int) -> Known:
        return known(self.p.mark_price[row])

    def notional(self, row: int) -> Known:
        return known(self.p.notional[row])

    def gross(self, row: int) -> Known:
        return absolute(self.notional(row))

    def equity(self, account: int) -> Known:
        return known(self.s.accounts.equity[account])

    def name(self, row: int) -> str:
        return (
            f"account={self.profiles[self.account(row)].id} symbol={self.symbol(row)} side={self.p.side(row)}"
        )

    # --- subjects ------------------------------------------------------------------------------------------------

    def subjects(self, grain: Grain) -> list[Subjects]:
        match grain:
            case Grain.POSITION:
                return [
                    Subjects(name=self.name(r), accounts=(self.account(r),), rows=(r,)) for r in self.rows
                ]
            case Grain.ACCOUNT:
                return [self._over(f"account={self.profiles[a].id}", (a,)) for a in self.accounts]
            case Grain.PORTFOLIO:
                return [self._over("portfolio", tuple(self.accounts))]
            case Grain.EXCHANGE:
                return self._grouped("venue", [profile.venue for profile in self.profiles])
            case Grain.DESK:
                return self._grouped("desk", [profile.desk for profile in self.profiles])
            case Grain.STRATEGY:
                return self._strategies()
            case Grain.ASSET:
                return self._coins("asset", {})
            case Grain.CLUSTER:
                return self._coins("cluster", self.clusters)
            case Grain.HEDGE:
                return [
                    Subjects(name=f"hedge={h.id}", accounts=tuple(sorted({self.owner(x) for x in h.legs})))
                    for h in self.s.desk.hedges
                ]
            case Grain.GRID:
                return [
                    Subjects(name=f"grid={g.id}", accounts=(self.number(g.account),))
                    for g in self.s.desk.grids
                ]
            case _:
                raise NotImplementedError(grain)

    def number(self, account: str) -> int:
        return [profile.id for profile in self.profiles].index(account)

    def owner(self, leg: HedgeLeg) -> int:
        return self.number(leg.account)

    def _over(self, name: str, accounts: tuple[int, ...]) -> Subjects:
        return Subjects(
            name=name,
            accounts=accounts,
            rows=tuple(r for r in self.rows if self.account(r) in accounts),
            coins=tuple(c for c in range(len(self.s.spot.asset)) if int(self.s.spot.account[c]) in accounts),
        )

    def _grouped(self, key: str, names: Sequence[str]) -> list[Subjects]:
        return [
            self._over(f"{key}={name}", tuple(a for a in self.accounts if names[a] == name))
            for name in sorted(set(names))
            if name
        ]

    def _strategies(self) -> list[Subjects]:
        found = []
        for a in self.accounts:
            profile = self.profiles[a]
            names = {match.strategy for match in profile.strategies} | {UNLABELLED}
            names |= {self.strategy(r) for r in self.rows if self.account(r) == a}
            orders = self.s.orders
            names |= {
                self.s.strategies[int(orders.strategy[o])]
                for o in range(len(orders))
                if orders.account[o] == a
            }
            for name in sorted(names):
                rows = tuple(r for r in self.rows if self.account(r) == a and self.strategy(r) == name)
                found.append(Subjects(name=f"account={profile.id} strategy={name}", accounts=(a,), rows=rows))
        return found

    def _coins(self, key: str, names: Mapping[str, str]) -> list[Subjects]:
        found: list[Subjects] = []

        def name(asset: str) -> str:
            return names.get(asset, asset)

        for a in self.accounts:
            coins = [c for c in range(len(self.s.spot.asset)) if self.s.spot.account[c] == a]
            rows = [r for r in self.rows if self.account(r) == a]
            found.extend(
                Subjects(
                    name=f"account={self.profiles[a].id} {key}={called}",
                    accounts=(a,),
                    rows=tuple(r for r in rows if name(self.asset(r)) == called),
                    coins=tuple(c for c in coins if name(self.s.spot.asset[c]) == called),
                )
                for called in sorted(
                    {name(self.asset(r)) for r in rows} | {name(self.s.spot.asset[c]) for c in coins}
                )
            )
        return found

    # --- trust ---------------------------------------------------------------------------------------------------

    def trusted(self, accounts: Iterable[int], needs: Iterable[Surface]) -> bool:
        return all(self._ok(a, surface) for a in accounts for surface in needs)

    def _ok(self, account: int, surface: Surface) -> bool:
        if surface is Surface.SPOT_BALANCES and account not in [int(a) for a in self.s.spot.account]:
            return True
        profile = self.profiles[account]
        owner = "" if surface in MARKET_SURFACES else profile.id
        states = [
            x
            for x in self.s.surfaces
            if x.account == owner and x.surface is surface and (owner or x.venue == profile.venue)
        ]
        return any(x.quality is Quality.OK for x in states)

    # --- margin --------------------------------------------------------------------------------------------------

    def maintenance_at(self, instrument: int, notional: float) -> Known:
        """Maintenance by brackets of an unsigned notional."""
        quotes = self.s.quotes
        result: Known = None
        for floor, rate, amount in zip(
            quotes.bracket_floor[instrument],
            quotes.bracket_rate[instrument],
            quotes.bracket_amount[instrument],
            strict=True,
        ):
            if math.isfinite(floor) and notional >= floor:
                result = known(float(rate) * notional - float(amount))
        return result

    def own_maintenance(self, row: int) -> Known:
        gross = self.gross(row)
        return None if gross is None else self.maintenance_at(int(self.p.instrument[row]), gross)

    def maintenance(self, row: int) -> Known:
        own = self.own_maintenance(row)
        return own if own is not None else known(self.p.maintenance_margin[row])

    def cross(self, account: int) -> list[int]:
        return [r for r in self.rows if self.account(r) == account and not self.p.isolated[r]]

    def cross_equity(self, account: int) -> Known:
        parts = [known(self.s.accounts.cross_wallet_balance[account])]
        return total([*parts, *(known(self.p.unrealized_pnl[r]) for r in self.cross(account))])

    def legs(self, row: int) -> list[int]:
        """Rows that are liquidated together with a row."""
        if self.p.isolated[row]:
            return [row]
        return [r for r in self.cross(self.account(row)) if self.p.instrument[r] == self.p.instrument[row]]

    def moves(self, row: int) -> tuple[Known, Known]:
        """(fall, rise) of the symbol's mark that liquidates, by bisection."""
        legs = self.legs(row)
        if self.p.isolated[row]:
            backing = total([known(self.p.isolated_wallet[row]), known(self.p.unrealized_pnl[row])])
        else:
            others = [r for r in self.cross(self.account(row)) if r not in legs]
            backing = minus(
                self.cross_equity(self.account(row)), total([self.maintenance(r) for r in others])
            )
        return self.shortfall(backing, legs, -1.0), self.shortfall(backing, legs, 1.0)

    def shortfall(self, equity: Known, rows: Sequence[int], direction: float) -> Known:
        """Smallest common move of the rows' marks in one direction beyond which equity < maintenance."""
        notional = [self.notional(r) for r in rows]
        if equity is None or any(
            n is None or self.own_maintenance(r) is None for n, r in zip(notional, rows, strict=True)
        ):
            return None
        values = [n for n in notional if n is not None]

        def cushion(s: float) -> float:
            gained = [direction * s * n for n in values]
            needed = [
                self.maintenance_at(int(self.p.instrument[r]), abs(n) * (1.0 + direction * s)) or 0.0
                for n, r in zip(values, rows, strict=True)
            ]
            return equity + math.fsum(gained) - math.fsum(needed)

        return smallest_shortfall(cushion, 1.0 if direction < 0 else math.inf)

    def adverse(self, account: int) -> Known:
        """Smallest move of every cross position against itself."""
        rows, equity = self.cross(account), self.cross_equity(account)
        notional = [self.notional(r) for r in rows]
        if equity is None or any(
            n is None or self.own_maintenance(r) is None for n, r in zip(notional, rows, strict=True)
        ):
            return None

        def cushion(s: float) -> float:
            left = equity
            for r, n in zip(rows, notional, strict=True):
                assert n is not None
                lost = abs(n) * (min(s, 1.0) if n >= 0 else s)
                there = abs(n) * (max(1.0 - s, 0.0) if n >= 0 else 1.0 + s)
                left -= lost + (self.maintenance_at(int(self.p.instrument[r]), there) or 0.0)
            return left

        return smallest_shortfall(cushion, math.inf)


def known(value: object) -> Known:
    number = float(value)  # type: ignore[arg-type]  # a numpy or Python number
    return None if math.isnan(number) else number


def absolute(value: Known) -> Known:
    return None if value is None else abs(value)


def total(values: Iterable[Known]) -> Known:
    result = 0.0
    for value in values:
        if value is None:
            return None
        result += value
    return result


def minus(left: Known, right: Known) -> Known:
    return None if left is None or right is None else left - right


def times(left: Known, right: Known) -> Known:
    return None if left is None or right is None else left * right


def smallest_shortfall(cushion: Callable[[float], float], most: float) -> float:
    """Smallest s in [0, most] beyond which a function that starts non-negative is negative; by bisection."""
    if cushion(0.0) < 0:
        return 0.0
    low, high = 0.0, min(most, 1.0)
    while cushion(high) >= 0:
        if high >= most or high > 1e300:
            return math.inf
        low, high = high, high * 2.0
    for _ in range(300):
        middle = (low + high) / 2.0
        if high - low <= 1e-13 * high:
            break
        if cushion(middle) >= 0:
            low = middle
        else:
            high = middle
    return high


def is_stop(kind: OrderKind) -> bool:
    return kind in (OrderKind.STOP, OrderKind.TRAILING)


def is_spot(leg: HedgeLeg) -> bool:
    return leg.kind is LegKind.SPOT
