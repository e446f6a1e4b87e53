"""The commands that talk to a running daemon, over its real sockets, in the name of the user who runs the tests."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskd.act.decision import Role
from riskd.daemon.arming import Part
from riskd.model.order import PlanState
from tests.act.waiting_plans import terms
from tests.cli.conftest import Riskd
from tests.cli.running import modules_after, run_process
from tests.cli.served import served
from tests.daemon.control.desk import ControlledDesk, me

STATE = "--state"
EVERY = (
    ("status",),
    ("alerts",),
    ("ack", "inc_7H787E5A"),
    ("silence", "list"),
    ("silence", "expire", "sil_1"),
    ("silence", "add", "--rule", "a/*", "--for", "1h", "--reason", "x"),
    ("plan", "list"),
    ("plan", "show", "plan-1"),
    ("plan", "approve", "plan-1"),
    ("plan", "hold", "plan-1"),
    ("approve", "plan-1"),
    ("reject", "plan-1"),
    ("flatten", "main", "--dry-run"),
    ("rearm", "main", "--note", "x"),
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ControlledDesk]:
    """A daemon with a plan that waits, after one cycle."""
    (tmp_path / "s").mkdir()
    made = ControlledDesk(tmp_path / "s").waits()
    made.looks()
    with served(made):
        yield made


def state_of(desk: ControlledDesk) -> PlanState:
    waiting = desk.means.decisions.of("plan-1", desk.clock.now())
    assert waiting is not None
    return waiting.state


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_where_no_daemon_answers_every_command_says_so(
    command: tuple[str, ...], riskd: Riskd, tmp_path: Path
) -> None:
    done = riskd(*command, STATE, tmp_path)
    assert (done.code, done.out) == (3, "")
    assert "no daemon answers" in done.err
    assert "is `riskd run` running?" in done.err


@pytest.mark.parametrize("command", ["status", "alerts", "halt", "plan"])
def test_they_start_fast(command: str, tmp_path: Path) -> None:
    heavy = {
        "ccxt",
        "duckdb",
        "numpy",
        "pydantic",
        "rich",
        "aiohttp",
        "slack_sdk",
        "apscheduler",
        "structlog",
    }
    assert not modules_after(command, STATE, str(tmp_path), directory=tmp_path) & heavy


def test_the_configuration_names_the_sockets_also_while_it_is_being_edited(
    desk: ControlledDesk, riskd: Riskd, tmp_path: Path
) -> None:
    (tmp_path / "riskd.yaml").write_text("riskd: config/v1\nstate: elsewhere\nruntime: s\nbroken: {}\n")
    assert riskd("plan", "list").code == 1
    (tmp_path / "riskd.yaml").write_text("riskd: [")
    done = riskd("plan", "list")
    assert done.code == 2
    assert "name the configuration with --config" in done.err


def test_status_is_a_table_and_what_needs_somebody(desk: ControlledDesk, riskd: Riskd) -> None:
    desk.clock.advance(4)
    done = riskd("status", STATE, desk.folder)
    assert done.code == 1
    head, columns, row, plan, alert = done.out.splitlines()
    assert head.startswith("enforce · 1 accounts · $10,000 · cycle 1, 4.0 s ago · policy ")
    assert columns.split()[:4] == ["STATE", "ACCOUNT", "EQUITY", "LEV"]
    assert row.split()[:4] == ["WARN", "main", "10,000", "9.0x"]
    assert "plan plan-1 of main needs the approval of 1 person by 12:05:00 UTC" in plan
    assert alert.startswith("1 alert needs you: inc_")
    assert riskd("status", "main", STATE, desk.folder, "--json").json()["accounts"][0]["id"] == "main"
    assert riskd("status", "other", STATE, desk.folder).code == 2


def test_status_of_a_daemon_that_stands_still_says_so(desk: ControlledDesk, riskd: Riskd) -> None:
    desk.clock.advance(1000)
    assert "THE WATCH STANDS STILL" in riskd("status", STATE, desk.folder).out


def test_an_alert_is_listed_and_looked_after(desk: ControlledDesk, riskd: Riskd) -> None:
    listed = riskd("alerts", STATE, desk.folder)
    assert listed.code == 1
    name = listed.out.splitlines()[1].split()[0]
    done = riskd("ack", name[4:], "--note", "on it", "--for", "30m", STATE, desk.folder)
    assert (done.code, done.out) == (0, f"Ada looks after {name} until 2026-03-02 12:30 UTC\n")
    assert "Ada until 12:30" in riskd("alerts", STATE, desk.folder).out
    assert riskd("ack", "ZZZZ", STATE, desk.folder).code == 2
    assert riskd("ack", name, "--for", "soon", STATE, desk.folder).code == 2


def test_a_silence_is_added_listed_and_ended(desk: ControlledDesk, riskd: Riskd) -> None:
    add = (
        "silence",
        "add",
        "--rule",
        "desk/*",
        "--subject",
        "account=main",
        "--for",
        "2h",
        "--reason",
        "migration",
    )
    done = riskd(*add, STATE, desk.folder)
    assert done.code == 0
    name = done.out.split()[0]
    assert "it mutes 1 that fire now" in done.out
    assert "desk/* account=main  Ada  migration" in riskd("silence", "list", STATE, desk.folder).out
    assert f"silenced by {name}" in riskd("alerts", STATE, desk.folder).out
    assert riskd("silence", "expire", name, STATE, desk.folder).code == 0
    assert riskd("silence", "list", STATE, desk.folder).out == "no silence holds\n"
    assert riskd("silence", "add", "--for", "2h", "--reason", "x", STATE, desk.folder).code == 1
    assert (
        riskd(*add[:-4], "--subject", "account", "--for", "2h", "--reason", "x", STATE, desk.folder).code == 2
    )


def test_a_plan_is_released_by_the_name_of_its_account(desk: ControlledDesk, riskd: Riskd) -> None:
    assert "needs the approval of 1 person" in riskd("plan", "list", STATE, desk.folder).out
    shown = riskd("plan", "show", "plan-1", STATE, desk.folder).out
    assert "sell 0.200 BTC/USDT:USDT of 0.500 held, reduce-only" in shown
    wrong = riskd("approve", "plan-1", "--yes", "other", STATE, desk.folder)
    assert (wrong.code, state_of(desk)) == (2, PlanState.PROPOSED)
    assert "expected main, found other: nothing was done" in wrong.err
    done = riskd("approve", "plan-1", "--yes", "main", STATE, desk.folder)
    assert (done.code, state_of(desk)) == (0, PlanState.APPROVED)
    assert done.out == "plan-1: approved by Ada; nothing has been sent yet\n"
    late = riskd("plan", "reject", "plan-1", STATE, desk.folder)
    assert late.code == 1
    assert f"approved by Ada at 12:00:00 UTC (socket uid {os.getuid()})" in late.err


@pytest.mark.parametrize("typed", ["", "\n", "other\n", "y\n"])
def test_without_the_name_nothing_is_released(typed: str, desk: ControlledDesk, tmp_path: Path) -> None:
    done = run_process("plan", "approve", "plan-1", STATE, desk.folder, directory=tmp_path, typed=typed)
    assert done.code in (2, 130)
    assert "type main to release plan-1" in done.err
    assert state_of(desk) is PlanState.PROPOSED


def test_the_name_is_asked_for_after_the_plan_was_shown(desk: ControlledDesk, tmp_path: Path) -> None:
    done = run_process("approve", "plan-1", STATE, desk.folder, directory=tmp_path, typed="main\n")
    assert done.code == 0, done.err
    assert done.out.index("sell 0.200 BTC/USDT:USDT") < done.out.index("approved by Ada")
    assert state_of(desk) is PlanState.APPROVED


def test_a_plan_is_held_and_rejected(desk: ControlledDesk, riskd: Riskd) -> None:
    held = riskd("plan", "hold", "plan-1", STATE, desk.folder, "--json").json()
    assert held == {"outcome": "accepted", "text": "held by Ada until 12:10:00 UTC", "newer": ""}
    assert riskd("reject", "plan-1", STATE, desk.folder).code == 0
    assert state_of(desk) is PlanState.REJECTED
    assert riskd("plan", "list", STATE, desk.folder).out == "no plan waits for anybody\n"
    assert "rejected: Ada" in riskd("plan", "list", "--all", STATE, desk.folder).out


def test_who_may_not_is_told_which_role_it_takes(riskd: Riskd, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    viewer = ControlledDesk(tmp_path / "s", people=me(Role.VIEWER)).waits()
    viewer.looks()
    with served(viewer) as folder:
        assert riskd("status", STATE, folder).code == 1
        done = riskd("ack", "inc_7H787E5A", STATE, folder)
        assert done.code == 2
        assert "Ada may not do this: it takes the role operator" in done.err
        done = riskd("approve", "plan-1", "--yes", "main", STATE, folder)
        assert done.code == 2
        assert "that takes the role approver" in done.err
        assert riskd("halt", STATE, folder).code == 2
    assert not (folder / "halt").exists()


def test_a_halt_through_the_daemon_has_a_name(desk: ControlledDesk, riskd: Riskd) -> None:
    done = riskd("halt", "--reason", "migration", STATE, desk.folder)
    assert (done.code, done.out) == (0, "halted everything: nothing of it is sent; `riskd resume` lifts it\n")
    assert (desk.folder / "halt").read_text().startswith("migration (Ada, socket uid ")
    assert "HALTED: nothing is sent" in riskd("status", STATE, desk.folder).out
    assert riskd("resume", STATE, desk.folder).out == "resumed\n"
    assert riskd("resume", STATE, desk.folder).code == 1


def test_one_account_is_halted_with_the_daemon_and_without(
    desk: ControlledDesk, riskd: Riskd, tmp_path: Path
) -> None:
    assert riskd("halt", "main", STATE, desk.folder).code == 0
    assert "main is halted" in riskd("status", STATE, desk.folder).out
    assert riskd("resume", "main", STATE, desk.folder).code == 0
    assert riskd("halt", "main", STATE, tmp_path).code == 0
    assert (tmp_path / "halt.d" / "main").exists()
    assert riskd("resume", "main", STATE, tmp_path).code == 0
    assert riskd("halt", "../halt", STATE, tmp_path).code == 2


def test_flattening_is_shown_dry_and_proposed_by_name(desk: ControlledDesk, riskd: Riskd) -> None:
    dry = riskd("flatten", "main", "--dry-run", STATE, desk.folder)
    assert dry.code == 0
    assert dry.out.endswith("nothing was proposed\n")
    assert riskd("flatten", "main", "--yes", "other", STATE, desk.folder).code == 2
    assert len(riskd("plan", "list", "--json", STATE, desk.folder).json()) == 1
    done = riskd("flatten", "main", "--yes", "main", STATE, desk.folder)
    assert done.code == 0
    assert "needs the approval of 1 person" in done.out
    assert len(riskd("plan", "list", "--json", STATE, desk.folder).json()) == 2


def test_what_is_disarmed_is_listed_and_armed_again(desk: ControlledDesk, riskd: Riskd) -> None:
    desk.means.arming.disarm(Part.ACCOUNT, "main", "an order got lost", desk.clock.now())
    assert (
        "account main is disarmed: an order got lost → riskd rearm main"
        in riskd("status", STATE, desk.folder).out
    )
    done = riskd("rearm", "main", "--note", "found it", STATE, desk.folder)
    assert (done.code, done.out) == (0, "armed again: account main\n")
    assert riskd("rearm", "main", "--note", "again", STATE, desk.folder).code == 2


def test_of_two_who_approve_at_once_exactly_one_wins(desk: ControlledDesk) -> None:
    """Two clients on two connections, as two people at two machines."""
    answers: list[str] = []
    barrier = threading.Barrier(2)

    def approve() -> None:
        line = {"version": 1, "verb": "decide", "arguments": {"id": "plan-1", "verb": "approve"}}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(desk.places.control_socket))
            barrier.wait(10)
            connection.sendall(json.dumps(line).encode() + b"\n")
            answers.append(json.loads(connection.makefile().readline())["value"]["outcome"])

    clients = [threading.Thread(target=approve) for _ in range(2)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(10)
    assert sorted(answers) == ["accepted", "decided"]
    assert [what for what, _, _ in desk.decisions()] == ["approve"]


def test_four_eyes_are_not_one_person_twice(riskd: Riskd, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    desk = ControlledDesk(tmp_path / "s").waits(terms(2))
    with served(desk) as folder:
        first = riskd("approve", "plan-1", "--yes", "main", STATE, folder)
        assert (first.code, first.out) == (0, "plan-1: approved by Ada; one more person is needed\n")
        second = riskd("approve", "plan-1", "--yes", "main", STATE, folder)
        assert second.code == 1
        assert "another person is needed" in second.err
    assert state_of(desk) is PlanState.PROPOSED


def test_what_answers_there_and_is_no_riskd_is_told(riskd: Riskd, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(tmp_path / "read.sock"))
        stranger.listen()

        def answer() -> None:
            connection, _ = stranger.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"\x1b[2J HTTP/1.1 400\n")

        thread = threading.Thread(target=answer)
        thread.start()
        done = riskd("status", STATE, tmp_path)
        thread.join(10)
    assert done.code == 3
    assert "\x1b" not in done.err
