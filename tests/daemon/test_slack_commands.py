"""What `/riskd` does in Slack: the kill switch for those who may, words for those who may read, and nothing by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.act.decision import Actor, Role
from riskd.daemon.slack_commands import USE, SlackCommands
from tests.act.waiting_plans import an_actor
from tests.daemon.control.desk import ControlledDesk

VIA = "slack U012AB3CD"


@pytest.fixture
def desk(tmp_path: Path) -> ControlledDesk:
    return ControlledDesk(tmp_path)


def operator() -> Actor:
    return an_actor("Ada", Role.OPERATOR, via=VIA)


def say(desk: ControlledDesk, text: str, actor: Actor | None = None) -> str:
    return SlackCommands(desk.means).answer(text.split(), actor or operator())


def test_an_operator_halts_everything_or_one_account_and_it_is_on_the_record(desk: ControlledDesk) -> None:
    assert say(desk, "halt all too many faults") == "everything is halted: nothing of it is sent"
    assert desk.means.switches.house.is_pulled()
    assert "too many faults (Ada, slack U012AB3CD)" in desk.means.switches.house.path.read_text()
    assert say(desk, "halt main") == "main is halted: nothing of it is sent"
    assert say(desk, "halt all") == "everything is already halted: nothing of it is sent"
    assert desk.decisions()[:2] == [("halt", "Ada", ""), ("halt", "Ada", "main")]


def test_an_operator_lets_orders_go_again(desk: ControlledDesk) -> None:
    say(desk, "halt main")
    assert say(desk, "resume main") == "main: orders may go again"
    assert not desk.means.switches.is_pulled("main")
    assert say(desk, "resume main") == "main was not halted"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER])
@pytest.mark.parametrize("text", ["halt all", "resume all"])
def test_without_the_role_nothing_is_halted_or_resumed(desk: ControlledDesk, role: Role, text: str) -> None:
    before = desk.means.switches.house.is_pulled()
    assert say(desk, text, an_actor("Eva", role)) == "Eva may not do this: it takes the role operator"
    assert desk.means.switches.house.is_pulled() is before
    assert desk.decisions() == []


@pytest.mark.parametrize("text", ["halt", "halt mian", "resume", "resume everything"])
def test_what_is_to_be_halted_is_named_so_that_a_slip_does_not_halt_the_house(
    desk: ControlledDesk, text: str
) -> None:
    verb = text.split()[0]
    assert say(desk, text) == f"say what to {verb}: all, or one of main; nothing was done"
    assert not desk.means.switches.is_pulled("main")


@pytest.mark.parametrize("text", ["", "approve plan-1", "nonsense"])
def test_anything_else_says_what_there_is(desk: ControlledDesk, text: str) -> None:
    assert say(desk, text) == USE


def test_the_status_tells_each_account_the_halts_and_the_plans_that_wait(desk: ControlledDesk) -> None:
    assert "no cycle is complete yet" in say(desk, "status")
    desk.looks()
    desk.waits()
    say(desk, "halt main")
    lines = say(desk, "status", an_actor("Eva", Role.VIEWER)).split("\n")
    assert lines[0] == "riskd, mode enforce, 1 accounts"
    assert lines[1].startswith("main: ")
    assert " HALTED, equity " in lines[1]
    assert lines[2] == "plan plan-1 of main waits until 12:05:00 UTC"


def test_a_reason_that_cannot_be_kept_is_refused_and_nothing_is_done(desk: ControlledDesk) -> None:
    assert say(desk, "halt all because \u202eevil").startswith("not done: reason: a text without control")
    assert not desk.means.switches.house.is_pulled()
