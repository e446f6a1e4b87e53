"""The demo as a user runs it: what must have happened, by the journal and by the venue, and the same again from the same seed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from riskd.adapters.journal_file import JournalFile
from riskd.cli.demo import hints_of
from riskd.cli.demo_screen import PlainScreen
from riskd.daemon.demo.report import comparison, render
from riskd.daemon.demo.result import Demo
from riskd.daemon.demo.run import DemoPlan, Pace, run_demo
from riskd.daemon.demo.story import BLIND_MINUTE
from riskd.model.journal import EntryKind, JournalEntry
from riskd.paper.market.presets import demo
from riskd.record.fields import JsonObject

SEED = 7
DEMO = "from riskd.cli.main import main; main(['demo', '--fast', '--seed', '{seed}', '--keep', '{folder}'])"


@dataclass(frozen=True, slots=True)
class Told:
    """Two runs of one seed: one in this process, one by the command line in a process of its own."""

    result: Demo
    entries: tuple[JournalEntry, ...]
    folder: Path
    other: Path
    printed: str

    def of(self, kind: EntryKind, /, **wanted: object) -> list[JournalEntry]:
        """Entries of a kind whose bodies have these values."""
        return [
            entry
            for entry in self.entries
            if entry.kind == kind and all(entry.body.get(name) == value for name, value in wanted.items())
        ]

    def said(self, beginning: str) -> list[JournalEntry]:
        """Messages whose headline begins so."""
        return [entry for entry in self.of(EntryKind.MESSAGE) if _headline(entry).startswith(beginning)]

    def plan(self, action: str) -> JsonObject:
        """The plan of an action that was carried out."""
        done = {entry.body["id"] for entry in self.of(EntryKind.PLAN_STATE, state="done")}
        [found] = [entry.body for entry in self.of(EntryKind.PLAN, action=action) if entry.body["id"] in done]
        return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Both runs, at the same time."""
    folder, other = (tmp_path_factory.mktemp(name) / "demo" for name in ("here", "there"))
    command = DEMO.format(seed=SEED, folder=other)
    with subprocess.Popen(
        [sys.executable, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        result = _run(folder)
        printed, _ = process.communicate(timeout=300)
    assert process.returncode == 0, printed
    journal = JournalFile.open(folder / "journal.jsonl", holder="the test")
    try:
        entries = tuple(journal.entries())
    finally:
        journal.close()
    return Told(result, entries, folder, other, printed)


def _run(folder: Path) -> Demo:
    # What channels took stands in the journal, too, so both runs have the same.
    screen = PlainScreen(StringIO())
    return run_demo(
        DemoPlan(
            market=demo(seed=SEED),
            seed=SEED,
            folder=folder,
            pace=Pace.FAST,
            notifiers=screen.notifiers,
            listeners=screen.listeners,
            progress=screen.progress,
        )
    )


# ---- the whole -----------------------------------------------------------------------------------------------------


def test_nobody_is_liquidated_with_riskd_and_somebody_without(told: Told) -> None:
    _, total = comparison(told.result)
    assert total.liquidated_watched == 0
    assert total.liquidated_bare >= 1
    assert total.end_watched > total.end_bare


def test_every_order_of_riskd_reduces_and_was_intended_before_it_was_booked(told: Told) -> None:
    orders = told.result.orders
    assert orders
    assert all(order.reduce_only for order in orders)
    assert all(order.booked_at is None or order.intended_at <= order.booked_at for order in orders)


def test_the_same_seed_gives_the_same_report_in_another_process(told: Told) -> None:
    here = render(told.result, hints=hints_of(told.folder)).replace(str(told.folder), "")
    there = (told.other / "demo-report.html").read_text(encoding="utf-8").replace(str(told.other), "")
    assert hashlib.sha256(here.encode()).hexdigest() == hashlib.sha256(there.encode()).hexdigest()


def test_the_terminal_tells_every_step(told: Told) -> None:
    for words in (
        "WARN swing ETH/USDT:USDT long: stop coverage 0% is below 100%",
        "EXECUTED plan",
        "nothing is sent for grid on answers that cannot be believed",
        "If nobody answers by",
        "released by the policy",
        "READ AGAIN after plan",
        "NO PLAN for demo-desk/orphan-leg",
        "5 alerts still firing",
        "0 of 4 accounts liquidated with riskd, 1 of 4 without",
        "killed and started again once: 0 orders repeated",
        "Try:",
    ):
        assert words in told.printed


# ---- step by step --------------------------------------------------------------------------------------------------


def test_a_position_without_a_stop_gets_one(told: Told) -> None:
    rule = "demo-desk/stop-coverage"
    fired, resolved = (told.of(EntryKind.EVENT, rule=rule, kind=kind) for kind in ("fired", "resolved"))
    assert len(fired) == len(resolved) == 1
    [stop] = told.of(EntryKind.INTENT, plan_id=told.plan("place_stop")["id"])
    assert (stop.body["account"], stop.body["symbol"]) == ("swing", "ETH/USDT:USDT")
    [receipt] = told.of(EntryKind.RECEIPT, client_order_id=stop.body["client_order_id"])
    assert (stop.body["execution"], receipt.body["status"]) == ("stop", "resting")
    assert fired[0].sequence < stop.sequence < receipt.sequence < resolved[0].sequence


def test_the_grid_loses_the_orders_that_add_and_keeps_those_that_reduce_and_its_bot_obeys(told: Told) -> None:
    plan = told.plan("cancel_orders")
    cancelled = [order for order in told.result.cancelled if order.plan == plan["id"]]
    assert len(cancelled) >= 5
    assert all(order.account == "grid" and order.why.startswith("buy ") for order in cancelled)
    # Of the very orders that its account listed, only those were taken away; and none was put back to be cancelled again.
    assert len(told.of(EntryKind.PLAN, account="grid")) == 1
    rule = "demo-desk/grid-worst-fill"
    assert [entry.body["kind"] for entry in told.of(EntryKind.EVENT, rule=rule)][-1] == "resolved"


def test_a_plan_is_shown_and_counted_down_and_executes_because_nobody_objects(told: Told) -> None:
    plan = told.plan("deleverage")
    asked = [entry for entry in told.of(EntryKind.DECISION) if entry.body["target"] == plan["id"]]
    first = told.of(EntryKind.PLAN, action="deleverage")[0]
    [released] = told.of(EntryKind.PLAN_STATE, id=plan["id"], state="approved")
    [begun] = told.of(EntryKind.PLAN_STATE, id=plan["id"], state="executing")
    assert "nobody objected" in str(released.body["reason"])
    assert 180 <= (released.at - first.at).total_seconds() <= 180 + 40
    assert asked[0].sequence < released.sequence < begun.sequence


def test_a_close_that_a_take_profit_blocks_is_refused_then_made(told: Told) -> None:
    plan = told.plan("deleverage")
    [blocking] = [order for order in told.result.cancelled if order.why.startswith("take-profit")]
    of_plan = [
        order
        for order in told.result.orders
        if order.symbol == blocking.symbol and order.execution == "immediate"
    ]
    assert of_plan[0].status == "rejected (-2022)"
    assert of_plan[-1].status == "filled"
    stops = [
        order for order in told.of(EntryKind.INTENT, plan_id=plan["id"]) if order.body["execution"] == "stop"
    ]
    assert {stop.body["symbol"] for stop in stops} == {"ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT"}
    assert [_headline(entry) for entry in told.said(f"READ AGAIN after plan {plan['id']}")] != []


def test_an_orphan_leg_is_critical_in_one_look_and_is_left_to_a_person(told: Told) -> None:
    struck = [event for event in told.result.watched.forced if event.what == "auto-deleveraged"]
    [fired] = told.of(EntryKind.EVENT, rule="demo-desk/orphan-leg", kind="fired")
    assert fired.body["level_after"] == "critical"
    assert (fired.at - struck[0].at).total_seconds() <= 40
    told_to_people = {_headline(entry) for entry in told.said("NO PLAN for demo-desk/orphan-leg")}
    assert len(told_to_people) == 1
    assert "sell about" in told_to_people.pop()
    assert told.of(EntryKind.INTENT, account="hedge") == []


def test_it_is_killed_and_comes_back_and_repeats_nothing(told: Told) -> None:
    starts = told.of(EntryKind.START)
    assert len(starts) == 2
    assert [entry for entry in told.of(EntryKind.STOP) if entry.sequence < starts[1].sequence] == []
    assert told.result.repeated == 0
    [back] = [entry for entry in told.said("riskd ") if "was down" in _headline(entry)]
    assert "after an unclean end" in _headline(back)


def test_what_it_could_not_see_it_did_not_act_on(told: Told) -> None:
    [spell] = [spell for spell in told.result.blind if spell[0] == "grid"]
    minutes = (spell[1] - told.result.started_at).total_seconds() / 60
    assert BLIND_MINUTE <= minutes <= BLIND_MINUTE + 1
    assert told.of(EntryKind.INTENT, account="grid") == []


def _headline(entry: JournalEntry) -> str:
    return str(entry.body["headline"])
