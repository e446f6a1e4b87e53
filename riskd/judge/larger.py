"""How much more of a position may be held, or opened, until the first rule reaches a level.

This is a report for people. Nothing here is near the code that makes orders, which knows smaller positions only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np

from riskd.judge.crossing import limit_of
from riskd.judge.evaluate import evaluate
from riskd.judge.first_crossing import Crossing, Fate, first_crossings
from riskd.judge.reading import UNKNOWN, Reading
from riskd.judge.supposed import Way
from riskd.measure.book.book import Book
from riskd.measure.supposed.first_place import Resolution
from riskd.measure.supposed.growth import Growth
from riskd.model.arrays import FloatArray
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.verdict import Level
from riskd.policy.rule import Rule
from riskd.policy.waiver import Waiver

# From a thousandth of what the account has to a hundred times what the desk has, each step a fifth larger than the last.
_LEAST, _MOST, _STEP, _STEPS_MAX = 0.001, 100.0, 1.2, 120
_MONEY_MIN = 1_000.0
# Near enough to tell which rules may be the first; of these the place is then found to the lot.
_RESOLUTION = Resolution(absolute=1.0, relative=0.001)
_SAME = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """How much more of a position may be held without that a rule reaches a level.

    Attributes:
        level: Which.
        quantity: Base units, whole lots: with one lot more the level is reached. None: no rule reaches it, or nobody knows.
        notional: Its worth at mark, quote currency; +inf where no rule reaches the level, NaN where nobody knows.
        first: The rule that binds; None where none does.
        now: What that rule has reached before anything is added; OK where it has not reached this level.
        unclear: Rules that cannot be judged there, and so may bind earlier.
        apart: The first rule that it is a matter of size for, where ``first`` leaves no room at all.
    """

    level: Level
    quantity: Decimal | None
    notional: float
    first: Crossing | None
    now: Level = Level.OK
    unclear: tuple[Crossing, ...] = ()
    apart: Binding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """How much more of one position may be held.

    Attributes:
        growth: The position.
        bindings: By level, mildest first.
        unclear: Of each rule that cannot be judged, and so may bind earlier, the first subject.
    """

    growth: Growth
    bindings: tuple[Binding, ...]
    unclear: tuple[Crossing, ...]


def more_of(
    growth: Growth,
    history: History,
    *,
    rules: tuple[Rule, ...],
    now: datetime,
    waivers: tuple[Waiver, ...] = (),
) -> More:
    """How much more of a position may be held before each level is first reached by any rule.

    The first rule whose value the position changes binds. A rule that is beyond its limit already leaves no room, unless more
    of the position would bring it back.
    """
    search = _Search(growth, history, rules, now, waivers)
    levels = sorted({each.level for each in search.found})
    return More(
        growth=growth,
        bindings=tuple(search.binding(level) for level in levels),
        unclear=tuple({each.rule.id: each for each in reversed(search.unclear)}.values()),
    )


class _Search:
    """The way along which one position grows: from the smallest order that the venue accepts, in lots."""

    def __init__(
        self,
        growth: Growth,
        history: History,
        rules: tuple[Rule, ...],
        now: datetime,
        waivers: tuple[Waiver, ...],
    ) -> None:
        self._growth, self._history = growth, history
        self._smallest = growth.smallest
        self._before = evaluate(rules, Book.of(growth.snapshot, history), now=now, waivers=waivers)
        self._way = Way(suppose=self._at, rules=rules, now=now, waivers=waivers)
        self._places = _places(growth)
        self._after: dict[int, Reading] = {}
        self.found = first_crossings(self._way, self._places, _RESOLUTION)
        self.unclear = [each for each in self.found if each.fate is Fate.UNKNOWN and self._concerns(each)]

    def binding(self, level: Level) -> Binding:
        """The first rule at a level."""
        at_once = [each for each in self.found if each.level == level and self._leaves_no_room(each)]
        by_size = self._by_size(level)
        if not at_once:
            return by_size
        first = max(at_once, key=self._now)
        return Binding(
            level=level,
            quantity=Decimal(0),
            notional=0.0,
            first=first,
            now=self._now(first),
            apart=by_size,
        )

    def _at(self, lots: float) -> tuple[Snapshot, History]:
        """The book with whole lots more, and never with less than the venue accepts."""
        quantity = self._growth.quantity(max(math.floor(lots), self._smallest))
        return self._growth.suppose(quantity), self._history

    def _now(self, crossing: Crossing) -> Level:
        """What a rule has reached before anything is added; OK where it does not know the subject yet."""
        level = self._level_before(crossing)
        return Level(level) if level >= crossing.level else Level.OK

    def _level_before(self, crossing: Crossing) -> int:
        before = self._before[crossing.number]
        row = before.row_of(crossing.subject)
        return UNKNOWN if row is None else int(before.levels[row])

    def _leaves_no_room(self, crossing: Crossing) -> bool:
        if crossing.fate is not Fate.ALREADY:
            return False
        return self._now(crossing) is Level.OK or self._worsens(crossing)

    def _worsens(self, crossing: Crossing) -> bool:
        """Whether more of the position takes a value that is beyond its limit further away from it."""
        before, after = self._before[crossing.number], self._next(crossing.number)
        row, row_after = before.row_of(crossing.subject), after.row_of(crossing.subject)
        assert row is not None  # it has a level there
        if row_after is None or after.levels[row_after] == UNKNOWN:
            return True
        value, beyond = float(before.values[row]), float(after.values[row_after])
        if not math.isfinite(value):  # such as leverage without equity, which is as bad as can be
            return not math.isfinite(beyond) and self._concerns(crossing)
        thresholds = before.thresholds(row)
        limit = (
            None
            if thresholds is None
            else limit_of(before.rule.limit.bound, thresholds, crossing.level, value)
        )
        if limit is None or math.isclose(value, beyond, rel_tol=_SAME, abs_tol=0.0):
            return False
        return abs(beyond - limit) > abs(value - limit)

    def _next(self, number: int) -> Reading:
        """A rule one step of the search along the way."""
        if number not in self._after:
            self._after[number] = self._way.reading(number, float(self._places[1]))
        return self._after[number]

    def _by_size(self, level: Level) -> Binding:
        """The first of the rules that are kept by the smallest order, to the lot."""
        reached = [each for each in self.found if each.level == level and each.fate is Fate.REACHED]
        nearest = min((each.place for each in reached), default=np.inf)
        unclear = tuple(
            each
            for each in self.unclear
            if each.place <= nearest and (each.level == level or not self._way.start[each.number].held)
        )
        if not reached:
            return Binding(
                level=level,
                quantity=None,
                notional=np.nan if unclear else np.inf,
                first=None,
                unclear=unclear,
            )
        rivals = [each for each in reached if each.place - _width(each.place) <= nearest]
        near = math.floor(min(each.place - _width(each.place) for each in rivals))

        def is_reached(lots: int) -> bool:
            return next(self._there(rivals, lots), None) is not None

        lots = least_reached(is_reached, near=near, far=math.floor(nearest), kept=self._smallest)
        return Binding(
            level=level,
            quantity=self._growth.quantity(lots - 1),
            notional=self._growth.notional(lots - 1),
            first=next(self._there(rivals, lots)),
            unclear=unclear,
        )

    def _there(self, crossings: Sequence[Crossing], lots: int) -> Iterator[Crossing]:
        """Those that are reached with so many lots more."""
        numbers = sorted({each.number for each in crossings})
        scanned = dict(zip(numbers, self._way.scan(np.array([float(lots)]), numbers), strict=True))
        for each in crossings:
            if scanned[each.number].levels[0, each.row] >= each.level:
                yield each

    def _concerns(self, crossing: Crossing) -> bool:
        """Whether the position can change what is said of a subject: of another account's own it cannot."""
        owner = crossing.subject.part("account")
        return owner in ("", self._growth.position.part("account"))


def least_reached(is_reached: Callable[[int], bool], *, near: int, far: int, kept: int) -> int:
    """The least number at which something is reached, below ``far``, where it is: with one less it is not.

    Args:
        is_reached: Asks.
        near: A number from which on it is looked for; further back where it is reached there too.
        far: A number at which it is reached.
        kept: A number at which it is not.
    """
    near = max(min(near, far - 1), kept)
    while near > kept and is_reached(near):
        far, near = near, max(kept, near - 2 * (far - near))
    while far - near > 1:
        middle = (near + far) // 2
        if is_reached(middle):
            far = middle
        else:
            near = middle
    return far


def _width(place: float) -> float:
    """How far before the place that was told it may have been reached."""
    return max(_RESOLUTION.absolute, _RESOLUTION.relative * place)


def _places(growth: Growth) -> FloatArray:
    """The lots that are looked at: the smallest order, and then sizes in proportion to the money there is."""
    equity = growth.snapshot.accounts.equity
    desk = _money(float(equity[equity > 0.0].sum()))  # what one account owes is not the others' to have
    own = min(_money(float(equity[growth.account])), desk)
    count = math.ceil(math.log(_MOST * desk / (_LEAST * own)) / math.log(_STEP)) + 1
    worth = np.geomspace(_LEAST * own, _MOST * desk, min(count, _STEPS_MAX))
    smallest = growth.smallest
    lots = np.unique(np.floor(worth / growth.notional(1)))
    return np.concatenate([[0.0], [smallest + 1.0], lots[lots > smallest + 1.0]])


def _money(equity: float) -> float:
    return max(equity, _MONEY_MIN) if math.isfinite(equity) else _MONEY_MIN
