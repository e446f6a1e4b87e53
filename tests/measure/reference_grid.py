"""Grid measures in plain Python: fill the orders of one side one by one, then look."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from riskd.model.desk import GridDefinition
from riskd.model.snapshot import OrderKind
from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, known, minus, smallest_shortfall, total
from tests.measure.reference_cases import Measure, Parameters, Selected, over_equity


@dataclass(frozen=True, kw_only=True)
class Full:
    """One side of one grid, filled."""

    edge: float
    legs: tuple[float, ...]
    pnl: float
    bought: float


class Grid:
    """One grid of a reference."""

    def __init__(self, ref: Reference, definition: GridDefinition) -> None:
        self.ref, self.definition = ref, definition
        self.account = ref.number(definition.account)
        venue = ref.profiles[self.account].venue
        self.instrument = [(i.venue, i.symbol) for i in ref.s.instruments].index((venue, definition.symbol))
        orders = ref.s.orders
        self.orders = [
            o
            for o in range(len(orders))
            if orders.account[o] == self.account
            and orders.instrument[o] == self.instrument
            and orders.kind[o] is OrderKind.LIMIT
        ]
        self.rows = [
            r for r in ref.rows if ref.account(r) == self.account and ref.p.instrument[r] == self.instrument
        ]
        self.mark = known(ref.s.quotes.mark_price[self.instrument])
        prices = [known(orders.price[o]) for o in self.orders]
        lower, upper = definition.lower, definition.upper
        self.lower = float(lower) if lower is not None else _worst(prices, "min")
        self.upper = float(upper) if upper is not None else _worst(prices, "max")
        self.idle = not self.orders and not self.rows

    @property
    def at_rest(self) -> bool:
        return self.idle and (self.lower is None or self.upper is None)

    def full(self, side: str, beyond: float = 0.0) -> Full | None:
        """Everything filled on the way down (side BUY) or up (side SELL), price at the bound and ``beyond``."""
        if self.mark is None or self.lower is None or self.upper is None:
            return None
        falls = side == "BUY"
        edge = min(self.lower, self.mark) if falls else max(self.upper, self.mark)
        price = edge * (1 - beyond if falls else 1 + beyond)
        against = "SHORT" if falls else "LONG"
        main, other, pnl, bought = 0.0, 0.0, 0.0, 0.0
        for r in self.rows:
            quantity, mark = self.ref.quantity(r), self.ref.mark(r)
            if quantity is None or mark is None:
                return None
            pnl += quantity * (price - mark)
            if self.ref.p.position_side[r] == against:
                other += quantity
            else:
                main += quantity
        orders = self.ref.s.orders
        for o in self.orders:
            adds = not orders.reduce_only[o] and not orders.close_position[o]
            if orders.direction[o] != (1 if falls else -1) or orders.position_side[o] == against or not adds:
                continue
            amount, limit = known(orders.remaining[o]), known(orders.price[o])
            if amount is None or limit is None:
                return None
            signed = amount if falls else -amount
            main += signed
            pnl += signed * (price - limit)
            bought += amount * limit
        return Full(edge=edge, legs=(main, other), pnl=pnl, bought=bought)

    def gross(self, full: Full) -> float:
        return sum(abs(leg) for leg in full.legs) * full.edge

    def leverage(self, side: str) -> Known:
        full, equity = self.full(side), self.ref.equity(self.account)
        if full is None or equity is None:
            return None
        return over_equity(self.gross(full), equity + full.pnl)

    def room(self, side: str) -> Known:
        full, ref = self.full(side), self.ref
        if full is None:
            return None
        if any(ref.p.isolated[r] for r in self.rows):
            own = [
                total([known(ref.p.isolated_wallet[r]), known(ref.p.unrealized_pnl[r])])
                for r in self.rows
                if ref.p.isolated[r]
            ]
            setting = _worst([known(ref.p.leverage_setting[r]) for r in self.rows], "min")
            if full.bought > 0:
                own.append(None if setting is None else full.bought / setting)
            backing = total(own)
        else:
            others = [r for r in ref.cross(self.account) if r not in self.rows]
            backing = minus(ref.cross_equity(self.account), total([ref.maintenance(r) for r in others]))
        if backing is None or ref.maintenance_at(self.instrument, 1.0) is None:
            return None
        equity, direction = backing + full.pnl, -1.0 if side == "BUY" else 1.0

        def cushion(s: float) -> float:
            price = full.edge * (1 + direction * s)
            needed = [ref.maintenance_at(self.instrument, abs(leg) * price) or 0.0 for leg in full.legs]
            return equity + math.fsum(leg * (price - full.edge) for leg in full.legs) - math.fsum(needed)

        return smallest_shortfall(cushion, 1.0 if direction < 0 else math.inf)


def _worst(values: Sequence[Known], choose: str) -> Known:
    answers = [x for x in values if x is not None]
    if len(answers) < len(values) or not answers:
        return None
    return max(answers) if choose == "max" else min(answers)


def _cases(ref: Reference, value: dict[str, Known]) -> list[Case]:
    return [
        Case(name=f"grid={g.id}", accounts=(ref.number(g.account),), value=value[g.id])
        for g in ref.s.desk.grids
    ]


def grid_worst_leverage(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    grids = [Grid(ref, definition) for definition in ref.s.desk.grids]
    if grain is Grain.ACCOUNT:
        return [_account(ref, x.name, x.accounts, grids) for x in ref.subjects(grain)]
    return _cases(
        ref,
        {
            g.definition.id: 0.0 if g.at_rest else _worst([g.leverage("BUY"), g.leverage("SELL")], "max")
            for g in grids
        },
    )


def _account(ref: Reference, name: str, accounts: tuple[int, ...], grids: Sequence[Grid]) -> Case:
    mine = [g for g in grids if g.account == accounts[0]]
    elsewhere = [r for r in ref.rows if ref.account(r) == accounts[0] and not any(r in g.rows for g in mine)]
    gross, equity = total([ref.gross(r) for r in elsewhere]), ref.equity(accounts[0])
    for g in mine:
        if g.idle:
            continue
        down, up = g.leverage("BUY"), g.leverage("SELL")
        if down is None or up is None or gross is None or equity is None:
            return Case(name=name, accounts=accounts, value=None)
        full = g.full("BUY" if down >= up else "SELL")
        assert full is not None
        gross, equity = gross + g.gross(full), equity + full.pnl
    return Case(name=name, accounts=accounts, value=over_equity(gross, equity))


def grid_worst_loss(ref: Reference, _: Grain, parameters: Parameters, __: Selected) -> list[Case]:
    found: dict[str, Known] = {}
    for definition in ref.s.desk.grids:
        g = Grid(ref, definition)
        both = [g.full(side, parameters["beyond"]) for side in ("BUY", "SELL")]
        loss = _worst([None if full is None else -full.pnl for full in both], "max")
        worst = None if loss is None else max(loss, 0.0)
        found[definition.id] = 0.0 if g.at_rest else over_equity(worst, ref.equity(g.account))
    return _cases(ref, found)


def grid_worst_liquidation_distance(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    found: dict[str, Known] = {}
    for definition in ref.s.desk.grids:
        g = Grid(ref, definition)
        found[definition.id] = math.inf if g.at_rest else _worst([g.room("BUY"), g.room("SELL")], "min")
    return _cases(ref, found)


def grid_breakout(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    found: dict[str, Known] = {}
    for definition in ref.s.desk.grids:
        g = Grid(ref, definition)
        value: Known = None
        if g.at_rest:
            value = 0.0
        elif g.lower is not None and g.upper is not None and g.mark is not None and g.upper > g.lower:
            value = max(g.lower - g.mark, g.mark - g.upper, 0.0) / (g.upper - g.lower)
        found[definition.id] = value
    return _cases(ref, found)


GRIDS: Mapping[str, Measure] = {
    "grid_worst_leverage": grid_worst_leverage,
    "grid_worst_loss": grid_worst_loss,
    "grid_worst_liquidation_distance": grid_worst_liquidation_distance,
    "grid_breakout": grid_breakout,
}
