"""Runs a snapshot test: books through the real measures, selectors and state machine, with a restart before each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from riskd.errors import Problem
from riskd.judge.advance import advance
from riskd.judge.answered import Ask, asked, nobody_asked
from riskd.judge.closed import is_closed
from riskd.judge.evaluate import evaluate
from riskd.judge.reading import Reading, verdicts
from riskd.judge.rehearse_book import book_of
from riskd.judge.rehearse_parts import (
    RuleRun,
    asked_for,
    asks_now,
    in_words,
    level_of,
    listed,
    problem,
    time_text,
)
from riskd.judge.state_text import key_from_json, key_to_json, state_from_json, state_to_json
from riskd.measure.book.book import Book
from riskd.model.alert import AlertEvent, AlertKey, AlertState
from riskd.model.answer import Answer
from riskd.model.subject import Subject
from riskd.model.verdict import Outcome, Verdict
from riskd.policy.bundle import ExpectedVerdict, Moment, SnapshotTest
from riskd.policy.rule import Rule, Selector
from riskd.policy.scope.select import subjects_selected
from riskd.policy.scope.selectors import match_text
from riskd.policy.text.units import show

_NOT_COVERED = "not_covered"
_ENOUGH = 1e-9  # of a value: more is no difference of digits, but of binary fractions


@dataclass(frozen=True, slots=True)
class SnapshotRehearsal:
    """A snapshot test, ready to be run: its books stand, whatever its rules become.

    Attributes:
        looks: The book of each moment, its time, and the answers to queries.
    """

    test: SnapshotTest
    looks: tuple[tuple[Moment, Book, datetime, Mapping[str, Answer]], ...]

    @classmethod
    def of(
        cls, test: SnapshotTest, rules: Sequence[Rule] = (), *, ask: Ask = nobody_asked
    ) -> SnapshotRehearsal:
        """The test with its books built, and the queries of its rules answered."""
        start = datetime.fromisoformat(test.start)
        looks = []
        for number, moment in enumerate(test.moments, 1):
            at = start + timedelta(seconds=moment.at_seconds)
            book = book_of(moment.book, started_at=start, at=at, number=number)
            looks.append((moment, book, at, asked(ask, book, rules)))
        return cls(test, tuple(looks))

    def run(self, rule: Rule) -> RuleRun:
        """The rule after the last look."""
        states: Mapping[AlertKey, AlertState] = {}
        told, problems = list[AlertEvent](), list[Problem]()
        for moment, book, at, answers in self.looks:
            (reading,) = evaluate((rule,), book, now=at, answers=answers)
            moved = advance(
                (reading,),
                _restored(states),
                now=at,
                closed=partial(is_closed, book.tables.snapshots[0]),
                # Between two looks of a test nothing else happens: no time is lost.
                max_gap_seconds=math.inf,
            )
            states = moved.states
            told.extend(moved.events)
            problems.extend(_Comparison(rule, moment, reading, states).problems())
        return RuleRun(looks=len(self.looks), asked=asked_for(rule, told), problems=tuple(problems))


def _restored(states: Mapping[AlertKey, AlertState]) -> dict[AlertKey, AlertState]:
    """The states as a restart would read them."""
    pairs = [[key_to_json(key), state_to_json(state)] for key, state in states.items()]
    return {key_from_json(key): state_from_json(state) for key, state in json.loads(json.dumps(pairs))}


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What one rule says of one book, beside what is expected of it."""

    rule: Rule
    moment: Moment
    reading: Reading
    states: Mapping[AlertKey, AlertState]

    def problems(self) -> list[Problem]:
        """Every difference. The set is exact: a subject that is not expected is one too."""
        found = {verdict.subject: verdict for verdict in verdicts(self.reading)}
        problems, named = list[Problem](), set[Subject]()
        for line in self.moment.expect:
            if line.rule != self.rule.id:
                continue
            meant = [subject for subject in found if _is_meant(line, subject)]
            named.update(meant)
            problems += self._compared(line, meant, found)
        others = [verdict for subject, verdict in found.items() if subject not in named]
        return problems + [told for verdict in others if (told := self._unlisted(verdict)) is not None]

    def _compared(
        self, line: ExpectedVerdict, meant: list[Subject], found: Mapping[Subject, Verdict]
    ) -> list[Problem]:
        if len(meant) > 1:
            names = "; ".join(map(str, meant))
            return [self._told(line, "T008", f"the subject is not clear: {names}", "name more of its parts")]
        if not meant:
            return self._absent(line, found)
        if line.outcome == _NOT_COVERED:
            what = f"expected that {meant[0]} is not covered, found {self._seen(found[meant[0]])}"
            return [self._told(line, "T007", what, "")]
        verdict = found[meant[0]]
        differences = [*self._verdict_differs(line, verdict), *self._alert_differs(line, verdict.subject)]
        return [self._told(line, "T007", f"{verdict.subject}: {what}", "") for what in differences]

    def _absent(self, line: ExpectedVerdict, found: Mapping[Subject, Verdict]) -> list[Problem]:
        known = [subject for subject in self.reading.universe.subjects if _is_meant(line, subject)]
        if known and line.outcome == _NOT_COVERED:
            return []
        name = " ".join(f"{key}={value}" for key, value in line.subject) or self.rule.grain.value
        what = f"the rule does not cover {name}" if known else f"the book has no {name}"
        left_out = [text for subject in known[:1] for text in self._left_out_by(subject)]
        cure = f"{' and '.join(left_out)} leaves it out; " if left_out else ""
        return [self._told(line, "T008", what, f"{cure}it covers {_names(found)}")]

    def _left_out_by(self, subject: Subject) -> list[str]:
        """The tests of the rule's selector that a subject does not pass, such as ``symbol ETH/*``."""
        universe, row = self.reading.universe, self.reading.place(subject)
        return [
            match_text(name, match)
            for name, match in self.rule.where.tests
            if not subjects_selected(Selector(((name, match),)), universe)[row]
        ]

    def _verdict_differs(self, line: ExpectedVerdict, verdict: Verdict) -> list[str]:
        if verdict.outcome.value != line.outcome:
            return [f"expected {line.outcome}, found {self._seen(verdict)}"]
        if line.value is None or verdict.value is None:
            return []
        room = line.tolerance + _ENOUGH * abs(line.value)
        if abs(verdict.value - line.value) <= room:
            return []
        wanted, seen = (show(value, self.rule.unit) for value in (line.value, verdict.value))
        return [f"expected the value {wanted}, found {seen}"]

    def _alert_differs(self, line: ExpectedVerdict, subject: Subject) -> list[str]:
        if line.condition is None:
            return []
        state = self.states.get(AlertKey(rule=self.rule.id, subject=subject), AlertState())
        asks = asks_now(self.rule, state)
        same = (
            state.condition.value == line.condition
            and line.level in {None, state.level}
            and (line.actions is None or frozenset(line.actions) == asks)
        )
        if same:
            return []
        wanted = in_words(line.condition, line.level, line.actions)
        found = in_words(state.condition.value, level_of(state), None if line.actions is None else asks)
        return [f"expected that its alert is {wanted}, found {found}"]

    def _unlisted(self, verdict: Verdict) -> Problem | None:
        if self.moment.others_ok and verdict.outcome is Outcome.OK:
            return None
        cure = "others are expected to be ok" if self.moment.others_ok else "list it, or write `others: ok`"
        what = f"at {time_text(self.moment.at_seconds)} {self.rule.id} {verdict.subject}: "
        return problem(self.moment.mark, "T009", f"{what}not listed, found {self._seen(verdict)}", cure)

    def _seen(self, verdict: Verdict) -> str:
        if verdict.value is None:
            return f"{verdict.outcome.value} ({verdict.unknown})"
        return f"{verdict.outcome.value} ({show(verdict.value, self.rule.unit)})"

    def _told(self, line: ExpectedVerdict, code: str, what: str, cure: str) -> Problem:
        return problem(line.mark, code, f"at {time_text(self.moment.at_seconds)} {self.rule.id} {what}", cure)


def _is_meant(line: ExpectedVerdict, subject: Subject) -> bool:
    return all(subject.part(key) == value for key, value in line.subject)


def _names(subjects: Iterable[Subject]) -> str:
    return listed(str(subject) for subject in subjects)
