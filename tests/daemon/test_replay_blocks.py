"""A history judged in blocks gives what it gave live, snapshot by snapshot: verdicts, alerts and reasons, to the last bit."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.cycle import judge
from riskd.judge.advance import Advance, advance
from riskd.judge.closed import is_closed
from riskd.judge.evaluate import evaluate
from riskd.judge.reading import Reading, verdicts
from riskd.measure.book.book import Book
from riskd.measure.book.universe import Subjects
from riskd.measure.catalogue import CATALOGUE, select_all, take
from riskd.model.alert import AlertKey, AlertState, EventKind
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, Subject
from riskd.policy.bundle import Bundle
from riskd.policy.rule import Limit, Match, Rule, Selector
from tests.builders_rules import a_policy, a_rule, at_least, at_most
from tests.measure.comparison import ALL, ref_of
from tests.measure.random_histories import Moment, a_random_history

LENGTH = 8
EVERYWHERE = Selector()
SOMEWHERE = (
    EVERYWHERE,
    EVERYWHERE,
    Selector((("account", Match(any_of=("acc0", "acc2"))),)),
    Selector((("venue", Match(none_of=("two",))),)),
)
CHECKED = settings(max_examples=8, deadline=None, derandomize=True)


@CHECKED
@given(st.integers(0, 10**9))
def test_blocks_of_a_history_with_gaps_give_the_verdicts_and_alerts_of_the_live_run(seed: int) -> None:
    r = random.Random(seed)
    history = a_random_history(seed, LENGTH)
    rules = _rules(r, history)
    live = list(_live(history, rules))
    block = list(_in_blocks(r, history, rules))
    for (moment, _), (alone, left), (together, right) in zip(history, live, block, strict=True):
        assert alone == together, moment.id
        assert left.events == right.events, moment.id
        assert left.states == right.states, moment.id
        assert left.unknown == right.unknown, moment.id


def test_the_histories_do_what_they_are_for() -> None:
    """Alerts fire, worsen and clear in them, contracts and accounts come and go, and nearly every measure is known somewhere."""
    kinds: set[EventKind] = set()
    known: set[str] = set()
    contracts: set[int] = set()
    accounts: set[int] = set()
    for seed in range(5):
        history = a_random_history(seed, LENGTH)
        contracts |= {len(snapshot.instruments) for snapshot, _ in history}
        accounts |= {len(snapshot.desk.accounts) for snapshot, _ in history}
        for texts, advanced in _live(history, _rules(random.Random(seed), history)):
            kinds |= {event.kind for event in advanced.events}
            known |= {rule for rule, text in texts if "Outcome.UNKNOWN" not in text}
    assert kinds >= {EventKind.FIRED, EventKind.RESOLVED, EventKind.ESCALATED}
    assert len(contracts) > 2
    assert len(accounts) > 1
    measures = {rule.partition("/")[0] for rule in known}
    assert len(measures) > 0.9 * len(CATALOGUE), sorted(set(CATALOGUE) - measures)


def _rules(r: random.Random, history: Sequence[Moment]) -> list[Rule]:
    """One rule for each measure and grain, with limits that some of its values are beyond."""
    books = [Book.of(*moment) for moment in history]
    return [
        replace(
            a_rule(
                _limit(r, books, name, grain),
                hold=r.choice([0, 20]),
                clear_margin=0.05,
                clear_for=r.choice([0, 30]),
                missing_hold=r.choice([0, 30]),
            ),
            id=f"{name}/{grain}",
            measure=ref_of(name),
            unit=CATALOGUE[name].unit,
            grain=grain,
            where=r.choice(SOMEWHERE),
        )
        for name, grain in ALL
    ]


def _limit(r: random.Random, books: Sequence[Book], name: str, grain: Grain) -> Limit:
    values = np.concatenate([take(book, ref_of(name), grain, select_all(book)).values for book in books])
    values = np.append(values[np.isfinite(values)], [0.0, 1.0])
    low, middle, high = np.quantile(values, [0.3, 0.6, 0.8]).tolist()
    if r.random() < 0.7:
        return at_most(warn=low, breach=middle, critical=high)
    return at_least(warn=high, breach=middle, critical=low)


Turn = tuple[list[tuple[str, str]], Advance]


def _live(history: Sequence[Moment], rules: Sequence[Rule]) -> Iterator[Turn]:
    """As the daemon and ``riskd.daemon.backtest`` judge: one book after the other."""
    bundle = Bundle(policies=(a_policy(*rules),), hash="")
    states: dict[AlertKey, AlertState] = {}
    for snapshot, past in history:
        judged = judge(bundle, snapshot, Book.of(snapshot, past), states, now=snapshot.taken_at)
        states = judged.advance.states
        yield _texts(judged.readings), judged.advance


def _in_blocks(r: random.Random, history: Sequence[Moment], rules: Sequence[Rule]) -> Iterator[Turn]:
    """The same with every rule taken over several snapshots at once, and the answers dealt out to them."""
    states: dict[AlertKey, AlertState] = {}
    left = list(history)
    while left:
        size = r.choice([1, 2, 3, 5])
        chosen, left = left[:size], left[size:]
        block = Book.stack([Book.of(*moment) for moment in chosen])
        readings = evaluate(rules, block, now=chosen[0][0].taken_at)
        for part, (snapshot, _) in enumerate(chosen):
            own = [replace(_of_part(reading, part), judged_at=snapshot.taken_at) for reading in readings]
            closed = _closed_in(snapshot)
            advanced = advance(own, states, now=snapshot.taken_at, closed=closed)
            states = advanced.states
            yield _texts(own), advanced


def _closed_in(snapshot: Snapshot) -> Callable[[Subject], bool]:
    return lambda subject: is_closed(snapshot, subject)


def _of_part(reading: Reading, part: int) -> Reading:
    """What a reading of a block says of one of its snapshots."""
    universe = reading.universe
    inside = np.flatnonzero(universe.part == part)
    first = int(inside[0]) if len(inside) else 0
    assert np.array_equal(inside, first + np.arange(len(inside)))
    chosen = np.flatnonzero(universe.part[reading.rows] == part)
    subjects = Subjects(len(inside), lambda row: universe.subjects[first + row])
    places = {subject: row for row, subject in enumerate(subjects)}

    def place(subject: Subject) -> int:
        return places.get(subject, -1)

    return replace(
        reading,
        universe=replace(universe, size=len(inside), subjects=subjects),
        rows=reading.rows[chosen] - first,
        values=reading.values[chosen],
        levels=reading.levels[chosen],
        held_at=reading.held_at[chosen],
        why=lambda row: reading.why(int(chosen[row])),
        place=place,
        settled=lambda row: reading.settled(first + row),
        by=None if reading.by is None else reading.by[chosen],
    )


def _texts(readings: Sequence[Reading]) -> list[tuple[str, str]]:
    """Every verdict in full: ``repr`` tells apart floats that differ in their last bit."""
    return [(reading.rule.id, repr(verdict)) for reading in readings for verdict in verdicts(reading)]
