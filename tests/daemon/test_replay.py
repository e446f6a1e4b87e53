"""Recorded snapshots come back as they were, and give the same verdicts and alerts as when they were judged live."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from riskd.adapters.duckdb_ledger import LEDGER_NAME
from riskd.adapters.duckdb_snapshots import open_snapshots
from riskd.cycle import judge
from riskd.daemon.backtest import backtest
from riskd.daemon.replay import replay
from riskd.errors import LedgerError
from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all, take
from riskd.model.alert import AlertEvent, AlertKey, AlertState
from riskd.model.history import History
from riskd.model.journal import EntryKind
from riskd.model.snapshot import Snapshot
from riskd.policy.bundle import Bundle
from riskd.policy.load import load
from riskd.record.bodies import accounts_body
from riskd.record.rows import cycle_rows
from riskd.record.snapshot_rows import AccountFigures
from riskd.record.term_rows import NOTHING_WRITTEN, changed_terms
from tests.adapters.ledger_files import open_ledger
from tests.builders import NOW, a_history
from tests.daemon.policy_play import ACTING, TESTED, Play, leverage, policy
from tests.fakes.journal import MemoryJournal
from tests.measure.comparison import ref_of
from tests.measure.random_books import GAPPY, SOUND, Taste, a_random_book

LONG_AGO, LATER = NOW - timedelta(days=400), NOW + timedelta(days=400)


class Recorder:
    """Writes cycles to a ledger as the daemon does."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LEDGER_NAME
        self._ledger = open_ledger(folder)
        self._journal = MemoryJournal()
        self._terms = NOTHING_WRITTEN
        self._desk: object = None

    def take(self, snapshot: Snapshot, history: History, bundle: Bundle) -> None:
        """Judge a snapshot on a clean slate, and write it down."""
        book = Book.of(snapshot, history)
        readings = judge(bundle, snapshot, book, {}, now=snapshot.taken_at).readings
        nothing = np.full(len(snapshot.desk.accounts), np.nan)
        figures = AccountFigures(
            exposure_gross=nothing,
            exposure_net=nothing,
            leverage_gross=nothing,
            margin_ratio=nothing,
            liquidation_distance_min=nothing,
        )
        rows = cycle_rows(
            snapshot, figures=figures, readings=readings, policy_hash=bundle.hash, duration_seconds=0.0
        )
        self._terms, terms = changed_terms(snapshot, self._terms)
        entries = []
        if snapshot.desk != self._desk:
            self._desk = snapshot.desk
            entries.append(
                self._journal.append(EntryKind.ACCOUNTS, snapshot.taken_at, accounts_body(snapshot.desk))
            )
        self._ledger.commit(replace(rows, once=(terms,)), entries)

    def close(self) -> None:
        self._ledger.close()


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(tmp_path)
    yield made
    made.close()


def nothing_judged() -> Bundle:
    return load([("p.yaml", policy(leverage()))])


# ---- snapshots ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taste", [SOUND, GAPPY], ids=["sound", "gappy"])
def test_a_snapshot_comes_back_with_every_column(taste: Taste, recorder: Recorder) -> None:
    written = []
    for seed in range(12):
        snapshot, history = a_random_book(seed, taste)
        snapshot = as_venues_tell(replace(snapshot, id=seed + 1, taken_at=NOW + timedelta(seconds=10 * seed)))
        recorder.take(snapshot, history, nothing_judged())
        written.append(snapshot)
    with open_snapshots(recorder.path) as recorded:
        found = [cycle.snapshot for cycle in recorded.cycles(since=LONG_AGO, until=LATER)]
    assert len(found) == len(written)
    for old, new in zip(written, found, strict=True):
        assert differing(old, new) == []


def as_venues_tell(snapshot: Snapshot) -> Snapshot:
    """With times in whole milliseconds, as venues state them."""
    quotes, positions, orders = snapshot.quotes, snapshot.positions, snapshot.orders
    return replace(
        snapshot,
        quotes=replace(
            quotes,
            next_funding_at=np.round(quotes.next_funding_at, 3),
            quoted_at=np.round(quotes.quoted_at, 3),
        ),
        positions=replace(positions, opened_at=np.round(positions.opened_at, 3)),
        orders=replace(orders, placed_at=np.round(orders.placed_at, 3)),
    )


def differing(old: Snapshot, new: Snapshot) -> list[str]:
    """Names of the parts that are not the same, but for what no table holds."""
    names = [field.name for field in dataclasses.fields(Snapshot)]
    left = set(names) - {"provenance", "clock_offsets", "strategies"}
    return [
        name
        for name in sorted(left)
        if not same(named(getattr(old, name), old), named(getattr(new, name), new))
    ]


def named(columns: object, snapshot: Snapshot) -> object:
    """Columns with names in place of codes of strategies: the list of names may be shorter in a recorded snapshot."""
    if hasattr(columns, "strategy"):
        names = tuple(snapshot.strategies[code] for code in columns.strategy)
        return {field.name: getattr(columns, field.name) for field in dataclasses.fields(columns)} | {  # type: ignore[arg-type]  # it has columns
            "strategy": names
        }
    return columns


def same(old: object, new: object) -> bool:
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        kinds = old.dtype.kind == "f"
        return old.shape == new.shape and bool(np.array_equal(old, new, equal_nan=kinds))
    if isinstance(old, dict) and isinstance(new, dict):
        return all(same(old[name], new[name]) for name in old)
    if dataclasses.is_dataclass(old) and not isinstance(old, type) and type(old).__name__.endswith("Columns"):
        return all(same(getattr(old, each.name), getattr(new, each.name)) for each in dataclasses.fields(old))
    return bool(old == new)


def test_every_measure_of_the_snapshot_alone_is_the_same_to_the_last_bit(recorder: Recorder) -> None:
    books = []
    for seed in range(8):
        snapshot, _ = a_random_book(seed, GAPPY)
        snapshot = as_venues_tell(
            replace(snapshot, id=seed + 1, taken_at=NOW + timedelta(seconds=10 * seed), clock_offsets=())
        )
        history = a_history(snapshot)
        recorder.take(snapshot, history, nothing_judged())
        books.append(Book.of(snapshot, history))
    with open_snapshots(recorder.path) as recorded:
        found = [cycle.snapshot for cycle in recorded.cycles(since=LONG_AGO, until=LATER)]
    compared = 0
    for live, snapshot in zip(books, found, strict=True):
        again = Book.of(snapshot, a_history(snapshot))
        for name, spec in CATALOGUE.items():
            for grain in spec.grains:
                one, two = (
                    take(book, ref_of(name), grain, select_all(book)).values for book in (live, again)
                )
                assert sorted_bits(one) == sorted_bits(two), (name, grain)
                compared += 1
    assert compared > 100


def sorted_bits(values: object) -> list[str]:
    return sorted(repr(float(value)) for value in np.asarray(values))


def test_terms_are_written_when_they_change_and_not_again(recorder: Recorder) -> None:
    for seed in (1, 1, 2):
        snapshot, history = a_random_book(seed, SOUND)
        number = len(list(recorder._journal.lines)) + 10 * seed
        recorder.take(replace(snapshot, id=number), history, nothing_judged())
    first = a_random_book(1, SOUND)[0]
    _, again = changed_terms(first, changed_terms(first, NOTHING_WRITTEN)[0])
    assert len(again) == 0


def test_a_ledger_without_a_cycle_has_no_span(recorder: Recorder) -> None:
    with open_snapshots(recorder.path) as recorded:
        assert recorded.span is None
        assert list(recorded.cycles(since=LONG_AGO, until=LATER)) == []


def test_a_ledger_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be copied"), open_snapshots(tmp_path / "none.duckdb"):
        pass


# ---- alerts ----------------------------------------------------------------------------------------------------------

STORY = [1.0] * 3 + [3.5] * 6 + [1.0] * 12 + [5.5] * 4 + [2.0] * 9


def recorded_story(folder: Path, recorder: Recorder, text: str) -> Play:
    """A book whose leverage goes up and down, judged and recorded."""
    play = Play(folder, text)
    for number, value in enumerate(STORY, start=1):
        result = play.turn(leverage=value)
        snapshot = replace(result.snapshot, id=number)
        recorder.take(snapshot, a_history(snapshot), play.keeper.bundle)
    return play


def replayed_events(recorder: Recorder, bundle: Bundle) -> list[AlertEvent]:
    states: dict[AlertKey, AlertState] = {}
    events: list[AlertEvent] = []
    with open_snapshots(recorder.path) as recorded:
        for seen in replay(recorded, since=LONG_AGO, until=LATER):
            judged = judge(bundle, seen.snapshot, seen.book, states, now=seen.snapshot.taken_at)
            states = judged.advance.states
            events.extend(judged.advance.events)
    return events


RULES = policy(
    leverage("{warn: 3x, breach: 5x}", more=", for: 20s"),
    "{id: room, title: Room, why: It ends., measure: liquidation_distance, per: position, min: {warn: 30%}}",
    "{id: shock, title: Shock, why: It falls., measure: account_shock, per: account, min: {warn: 50%}}",
)


def test_the_same_policies_give_the_alerts_that_were_recorded_live(
    tmp_path: Path, recorder: Recorder
) -> None:
    play = recorded_story(tmp_path, recorder, RULES)
    assert {event.key.rule for event in play.events} >= {"desk/leverage", "desk/shock"}
    assert replayed_events(recorder, play.keeper.bundle) == play.events


def test_a_backtest_says_which_alerts_come_and_go(tmp_path: Path, recorder: Recorder) -> None:
    play = recorded_story(tmp_path, recorder, policy(leverage("{warn: 3x}")))
    stricter = load([("p.yaml", policy(leverage("{warn: 5x}"), leverage("{breach: 5x}", name="strict")))])
    with open_snapshots(recorder.path) as recorded:
        found = backtest(play.keeper.bundle, stricter, replay(recorded, since=LONG_AGO, until=LATER))
    text = list(found.lines())
    assert text[0].startswith("history: 34 snapshots from ")
    assert any(line.startswith("alert changed: desk/leverage account=main: WARN 2 times") for line in text)
    assert any(line.startswith("alert gained: desk/strict account=main: BREACH once") for line in text)
    assert found.acts_at is None


def test_a_backtest_says_which_orders_would_be_asked_for_and_from_when_it_is_hypothetical(
    tmp_path: Path, recorder: Recorder
) -> None:
    play = recorded_story(tmp_path, recorder, policy(leverage("{warn: 3x}")))
    acting = load([("p.yaml", policy(leverage("{warn: 3x}", more=ACTING), mode="enforce", tests=TESTED))])
    with open_snapshots(recorder.path) as recorded:
        found = backtest(play.keeper.bundle, acting, replay(recorded, since=LONG_AGO, until=LATER))
    text = "\n".join(found.lines())
    assert "order gained: deleverage for desk/leverage account=main: WARN 2 times" in text
    assert "on hypothetical" in text
    assert found.acts_at == next(event.at for event in play.events)


def test_what_the_ledger_does_not_hold_is_not_judged_and_said(tmp_path: Path, recorder: Recorder) -> None:
    play = recorded_story(tmp_path, recorder, policy(leverage("{warn: 3x}")))
    rate = "{id: rate, title: Orders, why: A bot runs wild., measure: {order_rate: {window: 60s}}, per: account, max: {warn: 10/1m}}"
    bundle = load([("p.yaml", policy(rate))])
    with open_snapshots(recorder.path) as recorded:
        found = backtest(play.keeper.bundle, bundle, replay(recorded, since=LONG_AGO, until=LATER))
    [(rule, times, why)] = found.unjudged
    assert (rule, times) == ("desk/rate", 34)
    assert why
