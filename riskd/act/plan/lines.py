"""What a rule asks, as one line of a linear programme: how much each piece relieves it, and what cost takes away again.

A line says ``sum of relief * closed + margin * M - burden * C >= excess``: C is what closing costs altogether, M the
maintenance margin that it frees. What a line says is where to look; the measures judge what was found.

| rule | line |
|---|---|
| exposure over equity <= t | sum of what is closed of it - t·C >= exposure - t·E |
| margin ratio <= t | M + t·(wallets given back) - t·C >= MM - t·E |
| liquidation distance >= d | sum of d·closed + M (shocked) - C >= d·N + MM (shocked) - E |
| survives a move s | sum of -s·closed + M (shocked) - C >= MM (shocked) - E - s·net |
| share of gross <= a | sum of closed of the subject - a · sum of closed >= subject - a·gross |
| net delta within (low, high) | the two sides of it, as exposure |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.act.plan.pieces import Pieces
from riskd.act.plan.scene import Scene
from riskd.measure.book.groups import IndexArray
from riskd.measure.margin.brackets import brackets, cross_equity, maintenance
from riskd.measure.margin.market_move import Direction
from riskd.measure.strategy.hedge import leg_worth
from riskd.measure.trade.stops import MoneyAtRisk
from riskd.model.arrays import BoolArray, FloatArray
from riskd.model.subject import Grain
from riskd.policy.rule import Rule
from riskd.policy.scope.select import selection


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """One line.

    Attributes:
        relief: By piece, what closing all of it adds.
        margin: What a unit of maintenance margin freed adds.
        burden: What a unit of cost takes away.
        excess: What must be reached.
        scale: By which all of it is divided: what stands behind the rule.
    """

    relief: FloatArray
    margin: float
    burden: float
    excess: float
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a line is asked for: a rule on one subject, to be brought between two edges.

    Attributes:
        row: The subject in the universe of the rule's grain, in the book of the account alone.
        low: Lowest value wanted; -inf: none.
        high: Highest value wanted; +inf: none.
    """

    rule: Rule
    row: int
    low: float
    high: float


_OfLeft = Callable[[IndexArray, FloatArray], FloatArray]
"""A function of what is left of some positions: their rows, and the unsigned notional that is left of each."""


class Lines:
    """Makes the lines of one account.

    Attributes:
        freed: By piece, maintenance margin of cross positions that closing it frees.
        scale: By which lines are divided: the equity.
    """

    def __init__(self, scene: Scene, pieces: Pieces) -> None:
        """Take what all lines share.

        Args:
            scene: The account.
            pieces: In which its positions may be closed.
        """
        book = scene.book
        self._scene, self._book, self._pieces = scene, book, pieces
        self._equity = float(book.equity[0])
        self._notional = book.tables.positions.notional
        self._isolated = book.tables.positions.isolated
        self._needed = book.once(maintenance)
        self._cross = float(book.once(cross_equity)[0])
        self.scale = self._equity if self._equity > 0.0 else max(float(book.gross.sum()), 1.0)
        self.freed = self._drop(self._own, ~self._isolated)
        self._released = self._drop(self._given_back, self._isolated)

    def of(self, question: Question) -> tuple[Line, ...]:
        """The lines of a question; none when its measure is no line, or something of it is not known."""
        maker = _MAKERS.get(question.rule.measure.name)
        if maker is None or question.rule.formula is not None:
            return ()
        with np.errstate(all="ignore"):
            lines = maker(self, question)
        known = all(
            np.isfinite([line.excess, line.burden]).all() and np.isfinite(line.relief).all() for line in lines
        )
        return tuple(lines) if known else ()

    # ---- what is closed ------------------------------------------------------------------------------------------

    def _drop(self, of: _OfLeft, counted: BoolArray) -> FloatArray:
        """By piece, by how much a function of what is left of each position falls when the piece is closed."""
        pieces = self._pieces
        at = np.flatnonzero(counted[pieces.row])
        row, most = pieces.row[at], pieces.most[at]
        gross = np.abs(self._notional)[row]
        start, end = pieces.start[at], np.maximum(1.0 - pieces.start[at] - pieces.width[at], 0.0)
        fallen = of(row, gross * (1.0 - start)) - of(row, gross * end)
        if pieces.is_shared:
            # Which of its levels a position takes is open: each counts as the same part of all that may be closed.
            whole = of(row, gross) - of(row, gross * (1.0 - most))
            fallen = np.where(pieces.market[at] < 0, fallen, whole * pieces.width[at] / most)
        found = np.zeros(len(pieces.row))
        found[at] = fallen
        return found

    def _own(self, row: IndexArray, left: FloatArray) -> FloatArray:
        """Maintenance margin of what is left, by brackets; in proportion where they are not known."""
        code = self._book.layout.position_instrument[row]
        own = brackets(self._book).maintenance(code, left)
        share = self._needed[row] * left / np.abs(self._notional)[row]
        return np.where(np.isnan(own), share, own)

    def _shocked(self, move: FloatArray) -> _OfLeft:
        """Maintenance margin of what is left after its price moved by a fraction."""
        return lambda row, left: self._own(row, left * np.maximum(1.0 + move[row], 0.0))

    def _given_back(self, row: IndexArray, left: FloatArray) -> FloatArray:
        """What an isolated position still keeps of its margin; the rest is back in the cross wallet."""
        positions = self._book.tables.positions
        kept = positions.isolated_wallet + positions.unrealized_pnl
        return np.where(self._isolated[row], kept[row] * left / np.abs(self._notional)[row], 0.0)

    def _gross(self, rows: BoolArray) -> FloatArray:
        return self._drop(lambda _, left: left, rows)

    def _members(self, question: Question) -> BoolArray:
        """Positions of the subject that count in the rule."""
        rule = question.rule
        inside = self._book.position_groups(rule.grain).of == question.row
        chosen: BoolArray = inside & selection(rule.where, self._book).positions
        return chosen

    def _line(self, relief: FloatArray, excess: float, *, burden: float = 0.0, margin: float = 0.0) -> Line:
        return Line(relief=relief, margin=margin, burden=burden, excess=excess, scale=self.scale)

    # ---- measures ------------------------------------------------------------------------------------------------

    def exposure(self, question: Question) -> list[Line]:
        """Gross notional over equity."""
        rows = self._members(question)
        excess = float(np.abs(self._notional)[rows].sum()) - question.high * self._equity
        return [self._line(self._gross(rows), excess, burden=question.high)]

    def money_at_risk(self, question: Question) -> list[Line]:
        """Loss at the stops over equity, which falls with the position."""
        rows = self._members(question)
        risk = self._book.once(MoneyAtRisk.of(question.rule.measure))
        gross = np.abs(self._notional)
        relief = self._drop(lambda row, left: risk[row] * left / gross[row], rows)
        return [
            self._line(relief, float(risk[rows].sum()) - question.high * self._equity, burden=question.high)
        ]

    def share_of_gross(self, question: Question) -> list[Line]:
        """The subject's part of all that is held."""
        rows, gross = self._members(question), np.abs(self._notional)
        everything = np.ones(len(gross), dtype=np.bool_)
        relief = self._gross(rows) - question.high * self._gross(everything)
        return [self._line(relief, float(gross[rows].sum() - question.high * gross.sum()))]

    def net_delta(self, question: Question) -> list[Line]:
        """Signed worth over equity, between two edges."""
        rows, sign = self._members(question), np.sign(self._notional)
        closed = self._drop(lambda row, left: sign[row] * left, rows)
        net = float(self._notional[rows].sum()) + self._coins(question)
        found = []
        if np.isfinite(question.high):
            found.append(self._line(closed, net - question.high * self._equity, burden=question.high))
        if np.isfinite(question.low):
            found.append(self._line(-closed, question.low * self._equity - net, burden=-question.low))
        return found

    def margin_ratio(self, question: Question) -> list[Line]:
        """Maintenance margin over margin balance, as the venue states them where nothing is isolated."""
        stated, target = float(self._book.tables.accounts.maintenance_margin[0]), question.high
        if self._isolated.any():
            excess = self._margin_of_cross() - target * self._cross
            return [self._line(target * self._released, excess, burden=target, margin=1.0)]
        if np.isnan(stated):
            return [
                self._line(
                    np.zeros(len(self.freed)),
                    self._margin_of_cross() - target * self._equity,
                    burden=target,
                    margin=1.0,
                )
            ]
        positions = self._book.tables.positions
        own = self._own(np.arange(len(self._needed)), np.abs(self._notional))
        factor = np.where(own > 0.0, positions.maintenance_margin / own, 1.0)
        factor = np.where(np.isfinite(factor), factor, 1.0)
        relief = self.freed * (factor[self._pieces.row] - 1.0)
        return [self._line(relief, stated - target * self._equity, burden=target, margin=1.0)]

    def shocked_margin_ratio(self, question: Question) -> list[Line]:
        """The same after a common move of prices."""
        move, target, cross = question.rule.measure.parameter("move"), question.high, ~self._isolated
        shocked, sign = self._shocked(np.full(len(cross), move)), np.sign(self._notional)

        def burden_of(row: IndexArray, left: FloatArray) -> FloatArray:
            return shocked(row, left) - target * move * sign[row] * left

        relief = self._drop(burden_of, cross) + target * self._released
        return [self._line(relief, self._all(burden_of, cross) - target * self._cross, burden=target)]

    def liquidation_distance(self, question: Question) -> list[Line]:
        """A move against one position, or against all of them at once."""
        if question.rule.grain is Grain.ACCOUNT:
            against = -np.sign(self._notional) * question.low
            return [self._survives(against, ~self._isolated)]
        if self._isolated[question.row]:
            return [self._all_or_nothing(question.row)]
        if self._is_paired(question.row):
            return []
        move = np.zeros(len(self._notional))
        move[question.row] = -np.sign(self._notional[question.row]) * question.low
        return [self._survives(move, ~self._isolated)]

    def account_shock(self, question: Question) -> list[Line]:
        """A common move of all prices, down, up, or either."""
        return self._both_ways(question, np.ones(len(self._notional), dtype=np.bool_))

    def asset_shock(self, question: Question) -> list[Line]:
        """A move of one coin alone."""
        return self._both_ways(question, self._book.position_groups(Grain.ASSET).of == question.row)

    # ---- survival ------------------------------------------------------------------------------------------------

    def _both_ways(self, question: Question, moved: BoolArray) -> list[Line]:
        way = Direction(question.rule.measure.word("direction"))
        signs: Sequence[float] = {Direction.FALL: (-1.0,), Direction.RISE: (1.0,)}.get(way, (-1.0, 1.0))
        cross = ~self._isolated
        return [self._survives(np.where(moved, sign * question.low, 0.0), cross) for sign in signs]

    def _survives(self, move: FloatArray, cross: BoolArray) -> Line:
        """Equity covers maintenance after each price moved by its own fraction; no price falls below zero."""
        move = np.maximum(move, -1.0)
        shocked = self._shocked(move)
        gain = np.sign(self._notional) * move

        def burden_of(row: IndexArray, left: FloatArray) -> FloatArray:
            return shocked(row, left) - gain[row] * left

        moved = cross & (move != 0.0)
        relief = self._drop(burden_of, moved) - np.where(moved[self._pieces.row], self.freed, 0.0)
        excess = self._all(burden_of, cross) - self._cross
        return self._line(relief + self._released, excess, burden=1.0, margin=1.0)

    def _all_or_nothing(self, row: int) -> Line:
        """An isolated position gives its margin back as it shrinks: only closing all of it takes it away from liquidation."""
        here = np.arange(len(self._notional)) == row
        return self._line(self._gross(here), float(np.abs(self._notional[row])))

    def _is_paired(self, row: int) -> bool:
        code = self._book.layout.position_instrument
        return int((code == code[row]).sum()) > 1

    def _all(self, of: _OfLeft, counted: BoolArray) -> float:
        rows = np.flatnonzero(counted)
        return float(of(rows, np.abs(self._notional)[rows]).sum())

    def _margin_of_cross(self) -> float:
        return float(self._needed[~self._isolated].sum())

    def _coins(self, question: Question) -> float:
        """Worth of the spot that counts in a net delta: that which hedges name."""
        legs, worth = self._book.layout.legs, self._book.once(leg_worth)
        if question.rule.grain not in {Grain.ACCOUNT, Grain.ASSET}:
            return 0.0
        spot = {int(row): float(worth[leg]) for leg, row in enumerate(legs.spot.tolist()) if row >= 0}
        if question.rule.grain is Grain.ACCOUNT:
            return sum(spot.values())
        groups = self._book.layout.assets_of_spot.of
        return sum(value for row, value in spot.items() if groups[row] == question.row)


_MAKERS: dict[str, Callable[[Lines, Question], list[Line]]] = {
    "leverage": Lines.exposure,
    "share_of_equity": Lines.exposure,
    "share_of_gross": Lines.share_of_gross,
    "open_risk": Lines.money_at_risk,
    "risk_per_trade": Lines.money_at_risk,
    "net_delta": Lines.net_delta,
    "margin_ratio": Lines.margin_ratio,
    "shocked_margin_ratio": Lines.shocked_margin_ratio,
    "liquidation_distance": Lines.liquidation_distance,
    "account_shock": Lines.account_shock,
    "asset_shock": Lines.asset_shock,
}
