"""A query's answer as a measurement: one value for each subject, or why there is none.

The query decides the number and nothing else. Which subjects there are, what missing data means and how the number is
compared is decided here, as for every other measure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.doubts import doubts
from riskd.measure.book.universe import Universe
from riskd.measure.relations.of_names import subject_key
from riskd.model.answer import Answer
from riskd.model.subject import Grain
from riskd.model.verdict import Measurement
from riskd.policy.rule import Rule

# Sums of doubles may differ in their last digits between two runs of the same query [measured]; a comparison, and the
# hash of what was recorded, must not.
_SIGNIFICANT_DIGITS = 12

Ask = Callable[[Book, Sequence[Rule]], Mapping[str, Answer]]
"""Asks the queries of some rules of a snapshot: an answer for each of their ids. It never raises."""

_NOT_ASKED = Answer(failure="its query was not asked")
_SHOWN = 60


def nobody_asked(_book: Book, _rules: Sequence[Rule]) -> Mapping[str, Answer]:
    """No answers: every rule that has a query is unknown."""
    return {}


def asked(ask: Ask, book: Book, rules: Sequence[Rule]) -> Mapping[str, Answer]:
    """The answers to the queries of those rules that have one; nobody is asked when none has."""
    with_query = [rule for rule in rules if rule.query is not None]
    return ask(book, with_query) if with_query else {}


def answered(book: Book, grain: Grain, answer: Answer | None) -> Measurement:
    """The measurement that an answer is.

    All subjects are unknown when there is no answer, or when it names a subject twice: nobody can tell which is right.
    A subject is unknown when it has no row or no finite value, and when something that the query reads is unknown of an
    account that it hangs on. Rows of subjects that do not exist are not judged.
    """
    universe = book.universe(grain)
    keys = [subject_key(subject) for subject in universe.subjects]
    given = answer or _NOT_ASKED
    failure = given.failure or _fault(given, keys)
    if failure:
        return _measurement(universe, [np.nan] * len(keys), [failure] * len(keys))
    values, known = dict(given.rows), set(keys)
    strangers = [subject for subject, _ in given.rows if subject not in known]
    doubtful = _doubtful(book, universe, given)
    reasons = [doubtful.get(row) or _missing(key, values, strangers) for row, key in enumerate(keys)]
    numbers = [np.nan if reason else _rounded(values[key]) for key, reason in zip(keys, reasons, strict=True)]
    return _measurement(universe, numbers, reasons)


def _measurement(universe: Universe, values: Sequence[float], unknown: Sequence[str]) -> Measurement:
    return Measurement(
        measure="sql",
        parameters=(),
        grain=universe.grain,
        subjects=universe.subjects,
        values=np.array(values, dtype=np.float64),
        unknown=tuple(unknown),
    )


def _fault(answer: Answer, keys: Sequence[str]) -> str:
    """What is wrong with an answer as a whole; empty when nothing is."""
    counted, known = Counter(subject for subject, _ in answer.rows), set(keys)
    for subject, times in counted.items():
        if times > 1 and subject in known:
            return f"the query gave {times} rows for {_shown(subject)}"
    return ""


def _missing(key: str, values: dict[str | None, float | None], strangers: Sequence[str | None]) -> str:
    """Why a subject has no value; empty when it has one."""
    if key not in values:
        others = (
            f", and {len(strangers)} for what is no subject, such as {_shown(strangers[0])}"
            if strangers
            else ""
        )
        return f"the query gave no row for it{others}"
    value = values[key]
    if value is None or np.isnan(value):
        return "the query gave no value for it"
    return "the result is infinite: an input is absurd" if np.isinf(value) else ""


def _doubtful(book: Book, universe: Universe, answer: Answer) -> dict[int, str]:
    """Why subjects hang on something that is unknown, by row of the universe.

    Subjects that do not tell their accounts, such as instruments, are all in doubt when any account is.
    """
    by_account = doubts(book, answer.reads)
    if not by_account:
        return {}
    if universe.grain is Grain.INSTRUMENT:
        account = min(by_account)
        return dict.fromkeys(range(universe.size), _of(book, by_account, account))
    if universe.depends is None:
        pairs = enumerate(universe.account.tolist())
        return {row: by_account[account] for row, account in pairs if account in by_account}
    found: dict[int, str] = {}
    for row, account in zip(*(column.tolist() for column in universe.depends), strict=True):
        if account in by_account:
            found.setdefault(row, _of(book, by_account, account))
    return found


def _of(book: Book, by_account: dict[int, str], account: int) -> str:
    name = book.tables.profiles[account].id
    reason = by_account[account]
    return reason if name in reason else f"{reason}, in {name}"


def _rounded(value: float | None) -> float:
    assert value is not None, "a subject without a value has a reason"
    return float(f"{value:.{_SIGNIFICANT_DIGITS}g}")


def _shown(subject: str | None) -> str:
    """A subject as the query named it, cut short: it is the text of a policy and may be anything."""
    return (
        "NULL" if subject is None else repr(subject if len(subject) <= _SHOWN else subject[:_SHOWN] + "...")
    )
