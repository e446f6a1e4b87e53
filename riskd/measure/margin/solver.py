"""The smallest common move of prices at which equity no longer covers maintenance margin, exact by segments."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from riskd.measure.book.groups import Groups, IndexArray, index
from riskd.measure.margin.brackets import Brackets
from riskd.measure.margin.segments import BrokenLines, first_below_zero
from riskd.model.arrays import BoolArray, FloatArray

# Each step of the iteration ends in a segment further left, so that it cannot take more steps than there are
# segments; in practice it takes two to five.
_MOST_STEPS = 200
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cushion:
    """Equity above maintenance margin of each group of positions, as a function of the size ``s`` of a move.

    ``cushion(s) = equity + gain * s - sum over rows of maintenance(notional + growth * s)``.
    Where maintenance is convex in notional, as in every sound table of slices, the cushion is concave in ``s``.

    Attributes:
        equity: By group, at s = 0.
        gain: By group, what a move of 1 adds to equity.
        most: By group, the end of the move: 1 where prices fall, to zero; +inf where they rise.
        notional: By row, unsigned, at s = 0.
        growth: By row, what a move of 1 adds to the unsigned notional.
        instrument: By row.
        groups: Group of each row.
    """

    equity: FloatArray
    gain: FloatArray
    most: FloatArray
    notional: FloatArray
    growth: FloatArray
    instrument: IndexArray
    groups: Groups

    def only(self, wanted: BoolArray) -> Cushion:
        """The rows of the wanted groups; other groups keep their numbers and lose their rows."""
        rows = np.append(wanted, False)[self.groups.of]
        return self._of_rows(rows, Groups(self.groups.of[rows], self.groups.size))

    def among(self, wanted: IndexArray) -> Cushion:
        """The wanted groups, in rising order, and their rows; numbered anew."""
        chosen = replace(self, equity=self.equity[wanted], gain=self.gain[wanted], most=self.most[wanted])
        if self.groups.singles:
            return chosen._of_rows(wanted, Groups.of_one(len(wanted)))
        number = np.full(self.groups.size + 1, -1, dtype=np.intp)
        number[wanted] = np.arange(len(wanted))
        of = number[self.groups.of]
        rows = np.flatnonzero(of >= 0)
        return chosen._of_rows(rows, Groups(of[rows], len(wanted)))

    def _of_rows(self, rows: BoolArray | IndexArray, groups: Groups) -> Cushion:
        return replace(
            self,
            notional=self.notional[rows],
            growth=self.growth[rows],
            instrument=self.instrument[rows],
            groups=groups,
        )

    def beside(self, other: Cushion) -> Cushion:
        """Both as one problem, the groups of ``other`` numbered after those of this one."""
        pairs = {
            field: np.concatenate([getattr(self, field), getattr(other, field)])
            for field in ("equity", "gain", "most", "notional", "growth", "instrument")
        }
        size = self.groups.size + other.groups.size
        mine = np.where(self.groups.of == self.groups.size, size, self.groups.of)
        of = np.concatenate([mine, other.groups.of + self.groups.size])
        return replace(self, **pairs, groups=Groups(of, size))


def smallest_move(cushion: Cushion, brackets: Brackets) -> FloatArray:
    """For each group, the smallest ``s >= 0`` beyond which the cushion is negative.

    Newton's iteration on a concave piecewise linear function: a tangent nowhere lies below it, so that the zero of
    the first tangent is not left of the root, and from there every step leads left until the segment holds the
    root. The last step is the closed form of that segment, not an approximation.

    Where a table is not convex or jumps (``Brackets.uneven``), tangents prove nothing: groups with such a row are
    swept segment by segment (``riskd.measure.margin.segments``), and a jump past equity is the answer where it comes first.

    Returns:
        0 where the cushion is negative already; +inf where it never is up to ``most``; NaN where an input is unknown.
    """
    with np.errstate(all="ignore"):  # a line that does not fall has no zero, and that is an answer
        if brackets.all_even:
            return _iterated(cushion, brackets)
        uneven = cushion.groups.touched(brackets.uneven[cushion.instrument])
        if not uneven.any():
            return _iterated(cushion, brackets)
        even = _iterated(cushion.only(~uneven), brackets)
        return np.where(uneven, _swept(cushion.only(uneven), brackets), even)


def _iterated(cushion: Cushion, brackets: Brackets) -> FloatArray:
    at_rest, slope = _tangent(cushion, brackets, np.zeros(cushion.groups.size))
    unknown, short = np.isnan(at_rest) | np.isnan(slope), at_rest < 0.0
    found = np.minimum(_zero(at_rest, slope), cushion.most)
    found[short] = 0.0
    found[unknown] = np.nan
    open_ = index(np.flatnonzero(~(short | unknown)))
    if len(open_) < len(found):
        cushion = cushion.among(open_)
    move = found[open_]
    for _ in range(_MOST_STEPS):
        if len(open_) == 0:
            return found
        level, slope = _tangent(cushion, brackets, move)
        zero = _zero(level, slope)
        found[open_[(move == cushion.most) & (zero >= move)]] = np.inf
        # Only groups that still move are looked at again: after two steps they are few.
        moving = index(np.flatnonzero(zero < move))
        open_, move, cushion = open_[moving], zero[moving], cushion.among(moving)
        found[open_] = move
    found[open_] = np.nan
    return found


def _tangent(cushion: Cushion, brackets: Brackets, move: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Value at s = 0 and slope of the segment that holds ``move``, by group."""
    groups = cushion.groups
    shift = cushion.growth * groups.named(move)
    if np.isinf(move).any():
        # Nothing grows without end from nothing, and the table of brackets ends below infinity.
        shift = np.minimum(np.where(cushion.growth == 0.0, 0.0, shift), _LARGEST)
    place = brackets.number(cushion.instrument, cushion.notional + shift)
    rate, amount = brackets.rate.ravel()[place], brackets.amount.ravel()[place]
    level = cushion.equity + groups.total(amount - rate * cushion.notional)
    return level, cushion.gain - groups.total(rate * cushion.growth)


def _zero(level: FloatArray, slope: FloatArray) -> FloatArray:
    """Where a falling line meets zero; +inf for one that does not fall."""
    return np.where(slope < 0.0, level / -slope, np.inf)


def _swept(cushion: Cushion, brackets: Brackets) -> FloatArray:
    """The smallest move of each group, whatever its tables look like: all segments, in order."""
    groups, notional, growth = cushion.groups, cushion.notional, cushion.growth
    floor = brackets.floor[cushion.instrument]
    rate, amount = brackets.rate[cushion.instrument], brackets.amount[cushion.instrument]
    width = floor.shape[1]
    held = brackets.number(cushion.instrument, notional) - cushion.instrument * width
    rises, number = growth > 0.0, np.arange(width)
    above = rises[:, None] & (number > held[:, None]) & np.isfinite(floor)
    below = (growth < 0.0)[:, None] & (number > 0) & (number <= held[:, None])
    row, upper = np.nonzero(above | below)
    into = np.where(rises[row], 1.0, -1.0)
    steeper = into * (rate[row, upper] - rate[row, upper - 1])
    deducted = into * (amount[row, upper] - amount[row, upper - 1])
    now = np.arange(len(held)), held
    return first_below_zero(
        BrokenLines(
            level=cushion.equity + groups.total(amount[now] - rate[now] * notional),
            slope=cushion.gain - groups.total(rate[now] * growth),
            end=cushion.most,
            line=groups.of[row],
            at=(floor[row, upper] - notional[row]) / growth[row],
            late=index(np.where(into < 0.0, 1, 0)),
            level_step=deducted - steeper * notional[row],
            slope_step=-steeper * growth[row],
        )
    )
