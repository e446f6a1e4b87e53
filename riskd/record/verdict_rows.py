"""What each rule concluded about each subject, as ledger rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

import numpy as np

from riskd.measure.book.groups import IndexArray
from riskd.measure.book.universe import Universe
from riskd.measure.spec import MeasureRef
from riskd.model.arrays import FloatArray, IntArray
from riskd.model.subject import Grain
from riskd.model.verdict import Outcome
from riskd.policy.rule import Rule
from riskd.record.block import Block, Vocabulary, block
from riskd.record.snapshot_rows import same_for_all

# Up to this many verdicts of a cycle are all recorded. Beyond it, those that are fine and far from their limit are
# left out: a thousand positions under eight rules would otherwise be a gigabyte a day that says "ok". The positions
# themselves are always recorded, so that any verdict can be made again.
VERDICTS_WHOLE_MAX = 2000
UTILISATION_NEAR = 0.5

# Row 0 is level -1, unknown; then the levels in order, and what would be one of them without a waiver.
_OUTCOMES = (
    Outcome.UNKNOWN,
    Outcome.OK,
    Outcome.WARN,
    Outcome.BREACH,
    Outcome.CRITICAL,
    Outcome.WAIVED,
)
_WAIVED = 4


class RuleReading(Protocol):
    """One rule's conclusions, as the judge hands them over: one value for each subject that the rule covers."""

    @property
    def rule(self) -> Rule:
        """The rule."""
        ...

    @property
    def universe(self) -> Universe:
        """All subjects of the rule's grain."""
        ...

    @property
    def rows(self) -> IndexArray:
        """Row in the universe of each covered subject."""
        ...

    @property
    def values(self) -> FloatArray:
        """In the measure's unit; NaN unknown."""
        ...

    @property
    def levels(self) -> IntArray:
        """0 ok to 3 critical; -1 unknown."""
        ...

    @property
    def limits(self) -> FloatArray:
        """The limit that decides; NaN when none applies."""
        ...

    @property
    def utilisation(self) -> FloatArray:
        """Use of the breach limit; NaN when it has no meaning."""
        ...

    @property
    def unknown(self) -> Sequence[str]:
        """Which input was missing; empty when known."""
        ...

    @property
    def waivers(self) -> Mapping[int, str]:
        """Id of the waiver that holds, by row."""
        ...

    def is_waived(self, row: int) -> bool:
        """Whether only a waiver keeps the value within its limits."""
        ...


def verdict_block(
    snapshot_id: int,
    taken_at: datetime,
    readings: Sequence[RuleReading],
    *,
    whole_max: int = VERDICTS_WHOLE_MAX,
) -> Block:
    """One row for each rule and subject, in order of ``readings``.

    When there are more than ``whole_max`` of them, a rule keeps what is not ok, what uses half of its limit or more,
    what has no limit to be near to, and in any case the subject that uses most.
    """
    words = Vocabulary()
    subjects = _SubjectCodes(words)
    whole = sum(len(reading.rows) for reading in readings) <= whole_max
    kept = [_Kept.of(reading, words, subjects, whole=whole) for reading in readings]
    sizes = [len(part.value) for part in kept]
    numbers = {
        **same_for_all(snapshot_id, taken_at, sum(sizes)),
        "value": _joined([part.value for part in kept]),
        "limit_value": _joined([part.limit_value for part in kept]),
        "utilisation": _joined([part.utilisation for part in kept]),
    }
    texts = {
        "rule": np.repeat(words.codes(reading.rule.id for reading in readings), sizes),
        "measure": np.repeat(words.codes(measured_text(reading.rule) for reading in readings), sizes),
        "grain": np.repeat(words.codes(reading.rule.grain for reading in readings), sizes),
        "subject": _codes_joined([part.subject for part in kept]),
        "account": _codes_joined([part.account for part in kept]),
        "outcome": _codes_joined([part.outcome for part in kept]),
        "unknown_reason": _codes_joined([part.unknown_reason for part in kept]),
        "waiver": _codes_joined([part.waiver for part in kept]),
    }
    return block("verdicts", words, numbers, texts)


def measured_text(rule: Rule) -> str:
    """What a rule measures, as the ledger names it; of a rule with an expression, ``expr(net / equity)``."""
    if rule.formula is not None:
        return f"{rule.measure.name}({rule.formula.text})"
    return measure_text(rule.measure)


def measure_text(measure: MeasureRef) -> str:
    """``drawdown(window=2592000)``: name and parameters in base units."""
    if not measure.parameters:
        return measure.name
    return f"{measure.name}({measure.given()})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The rows of one reading that are recorded."""

    value: FloatArray
    limit_value: FloatArray
    utilisation: FloatArray
    subject: IntArray
    account: IntArray
    outcome: IntArray
    unknown_reason: IntArray
    waiver: IntArray

    @classmethod
    def of(cls, reading: RuleReading, words: Vocabulary, subjects: _SubjectCodes, *, whole: bool) -> _Kept:
        utilisation = reading.utilisation
        outcomes = _outcomes(reading)
        rows = np.arange(len(reading.rows)) if whole else _notable(outcomes, utilisation)
        names = subjects.of(reading.universe) if len(rows) else _NOBODY
        unknown = reading.unknown
        return cls(
            value=reading.values[rows],
            limit_value=reading.limits[rows],
            utilisation=utilisation[rows],
            subject=names.subject[reading.rows[rows]],
            account=names.account[reading.rows[rows]],
            outcome=words.codes(_OUTCOMES)[outcomes[rows] + 1],
            unknown_reason=words.codes(unknown[row] for row in rows.tolist()),
            waiver=_waiver_codes(reading.waivers, rows, words),
        )


def _waiver_codes(waivers: Mapping[int, str], rows: IndexArray, words: Vocabulary) -> IntArray:
    if not waivers:
        return np.zeros(len(rows), dtype=np.int32)
    return words.codes(waivers.get(row) for row in rows.tolist())


def _outcomes(reading: RuleReading) -> IntArray:
    """The level of each row; one beyond the worst where only a waiver keeps it ok."""
    waived = [row for row in reading.waivers if reading.is_waived(row)]
    if not waived:
        return reading.levels
    outcomes = reading.levels.copy()
    outcomes[waived] = _WAIVED
    return outcomes


def _notable(outcomes: IntArray, utilisation: FloatArray) -> IndexArray:
    """Rows to keep of a long reading; NaN utilisation says nothing of being far from the limit."""
    far = (outcomes == 0) & (utilisation < UTILISATION_NEAR)
    if far.any():
        far[np.nanargmax(utilisation)] = False
    return np.flatnonzero(~far)


class _Names(NamedTuple):
    """Codes of every subject of a universe: its name, and the account that it hangs on."""

    subject: IntArray
    account: IntArray


_NOBODY = _Names(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))


class _SubjectCodes:
    """Rules of one grain share one universe, whose subjects are spelled out once."""

    def __init__(self, words: Vocabulary) -> None:
        self._words = words
        self._known: dict[Grain, tuple[Universe, _Names]] = {}

    def of(self, universe: Universe) -> _Names:
        known = self._known.get(universe.grain)
        if known is None or known[0] is not universe:
            known = (universe, self._spelled(universe))
            self._known[universe.grain] = known
        return known[1]

    def _spelled(self, universe: Universe) -> _Names:
        subjects = tuple(universe.subjects)
        return _Names(
            subject=self._words.codes(str(subject) for subject in subjects),
            account=self._words.codes(subject.part("account") for subject in subjects),
        )


def _joined(columns: list[FloatArray]) -> FloatArray:
    return np.concatenate([np.empty(0), *columns])


def _codes_joined(columns: list[IntArray]) -> IntArray:
    return np.concatenate([np.empty(0, dtype=np.int32), *columns])
