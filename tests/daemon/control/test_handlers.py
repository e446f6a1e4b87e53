"""What people may ask, by role; each answer is durable before it is given, and both sockets tell the truth."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskd.act.decision import Role
from riskd.adapters.kill_switch import KillSwitch
from riskd.daemon.arming import Part
from riskd.daemon.control.handlers import Handlers
from riskd.daemon.control.peer import Peer
from riskd.daemon.control.protocol import Fault, Refused, request_of
from riskd.daemon.people import OVERFLOW_UID, People
from riskd.errors import JournalError
from riskd.model.order import PlanState
from riskd.model.verdict import Level
from tests.act.waiting_plans import terms
from tests.daemon.control.desk import ControlledDesk, me
from tests.fakes.journal import never

ME = Peer(pid=os.getpid(), uid=os.getuid(), gid=os.getgid())


def ask(desk: ControlledDesk, verb: str, peer: Peer = ME, /, **arguments: object) -> Any:
    """What comes back on the control socket."""
    line = json.dumps({"version": 1, "verb": verb, "arguments": arguments}).encode()
    return Handlers(desk.means).control(request_of(line), peer)


def refused(desk: ControlledDesk, verb: str, peer: Peer = ME, /, **arguments: object) -> Refused:
    with pytest.raises(Refused) as caught:
        ask(desk, verb, peer, **arguments)
    return caught.value


def full_disk(kind: str) -> None:
    raise JournalError(f"no space left for {kind}")


def firing(desk: ControlledDesk) -> str:
    """The id of the one alert that fires after a cycle."""
    desk.looks()
    [alert] = ask(desk, "alerts")["alerts"]
    return str(alert["id"])


DOING: dict[str, dict[str, object]] = {
    "ack": {"id": "inc_7H787E5A"},
    "silence": {"rule": "desk/*", "seconds": 60, "reason": "test"},
    "unsilence": {"id": "sil_1"},
    "halt": {},
    "resume": {},
    "flatten": {"account": "main"},
    "rearm": {"name": "main", "note": "looked"},
}


# ---- roles and sockets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", DOING)
@pytest.mark.parametrize("roles", [(Role.VIEWER,), (Role.APPROVER,)])
def test_only_an_operator_operates(verb: str, roles: tuple[Role, ...], tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path, people=me(*roles))
    assert refused(desk, verb, **DOING[verb]).fault is Fault.NOT_ALLOWED
    assert desk.decisions() == []
    assert not KillSwitch(desk.places.kill_switch).is_pulled()


def test_an_operator_does_not_decide_plans(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path, people=me(Role.OPERATOR)).waits()
    told = ask(desk, "decide", id="plan-1", verb="approve")
    assert told["outcome"] == "not_allowed"
    assert desk.decisions() == []


@pytest.mark.parametrize("verb", [*DOING, "decide"])
def test_the_read_socket_does_nothing(verb: str, tmp_path: Path) -> None:
    line = json.dumps({"version": 1, "verb": verb}).encode()
    with pytest.raises(Refused, match=r"it stands on control\.sock") as caught:
        Handlers(ControlledDesk(tmp_path).means).read(request_of(line), ME)
    assert caught.value.fault is Fault.UNKNOWN_VERB


@pytest.mark.parametrize("verb", ["status", "health", "alerts", "silences", "plans"])
def test_everybody_who_can_connect_may_read(verb: str, tmp_path: Path) -> None:
    stranger = Peer(pid=1, uid=54321, gid=54321)
    desk = ControlledDesk(tmp_path)
    json.dumps(ask(desk, verb, stranger), allow_nan=False)
    desk.looks()
    json.dumps(ask(desk, verb, stranger), allow_nan=False)


def test_a_verb_that_nobody_knows_is_told_without_repeating_it_whole(tmp_path: Path) -> None:
    fault = refused(ControlledDesk(tmp_path), "x" * 300 + "\u202e")
    assert fault.fault is Fault.UNKNOWN_VERB
    assert len(fault.text) < 80


def test_arguments_that_nobody_knows_are_refused(tmp_path: Path) -> None:
    for verb in ("status", "health", "alerts", "silences", "plans"):
        assert refused(ControlledDesk(tmp_path), verb, bogus=1).fault is Fault.ARGUMENT


def test_who_is_nobody_in_a_user_namespace_is_told_why(tmp_path: Path) -> None:
    nobody = Peer(pid=1, uid=OVERFLOW_UID, gid=OVERFLOW_UID)
    fault = refused(ControlledDesk(tmp_path), "halt", nobody)
    assert fault.fault is Fault.NOT_ALLOWED
    assert "PrivateUsers=yes" in fault.text


def test_where_nobody_is_configured_the_daemons_user_may_do_everything(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path, people=People([], uid_of=lambda _name: None, own_uid=os.getuid())).waits()
    assert ask(desk, "halt")["recorded"]
    assert ask(desk, "decide", id="plan-1", verb="reject")["outcome"] == "accepted"


# ---- what is told --------------------------------------------------------------------------------------------------


def test_before_the_first_cycle_nothing_is_known_and_nothing_is_made_up(tmp_path: Path) -> None:
    told = ask(ControlledDesk(tmp_path), "status")
    assert (told["cycle"], told["age_seconds"], told["equity_usd"], told["accounts"]) == (
        None,
        None,
        None,
        [],
    )
    assert ask(ControlledDesk(tmp_path), "health")["watching"] is False


def test_status_tells_each_account_and_what_needs_somebody(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path).waits()
    name = firing(desk)
    desk.clock.advance(4)
    told = ask(desk, "status")
    [account] = told["accounts"]
    assert (account["id"], account["state"], account["leverage"]) == ("main", "warn", 9.0)
    assert account["worst_rule"] == "desk/leverage"
    assert account["equity_usd"] == told["equity_usd"] == 10_000.0
    assert told["age_seconds"] == 4.0
    assert told["needs_you"] == [name]
    assert [plan["id"] for plan in told["plans"]] == ["plan-1"]
    assert refused(desk, "status", account="other").fault is Fault.NOT_FOUND


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    desk.journal.before = full_disk
    desk.looks()
    assert "no space left" in ask(desk, "status")["faults"]["journal"]


def test_an_alert_is_told_with_value_limit_and_episode(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    name = firing(desk)
    [alert] = ask(desk, "alerts")["alerts"]
    assert (alert["id"], alert["level"], alert["value"]) == (name, "warn", 9.0)
    assert alert["shown"].startswith("9x, limit ")
    assert (alert["acknowledged"], alert["silence"]) == (None, "")


def test_a_plan_is_told_with_what_it_would_do_and_what_happens_next(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path).waits(terms(2))
    told = ask(desk, "plan", id="plan-1")
    assert [step["quantity"] for step in told["plan"]["reductions"]] == ["0.200"]
    assert told["prospect"].startswith("needs the approval of 2 people by 12:05:00 UTC")
    assert refused(desk, "plan", id="plan-9").fault is Fault.NOT_FOUND


# ---- what is done --------------------------------------------------------------------------------------------------


def test_a_decision_has_the_name_of_who_took_it(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path).waits()
    digest = ask(desk, "plan", id="plan-1")["digest"]
    told = ask(desk, "decide", id="plan-1", verb="approve", digest=digest)
    assert told == {"outcome": "accepted", "text": "approved by Ada; nothing has been sent yet", "newer": ""}
    assert desk.decisions() == [("approve", "Ada", "plan-1")]
    again = ask(desk.restarted(), "decide", id="plan-1", verb="reject")
    assert again["outcome"] == "decided"
    assert f"(socket uid {os.getuid()})" in again["text"]


def test_a_word_that_is_no_decision_is_refused(tmp_path: Path) -> None:
    assert (
        refused(ControlledDesk(tmp_path).waits(), "decide", id="plan-1", verb="execute").fault
        is Fault.ARGUMENT
    )


def test_an_acknowledgement_is_kept_told_and_outlives_a_restart(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    name = firing(desk)
    done = ask(desk, "ack", id=name[4:8].lower(), note="on it", seconds=3600)
    assert (done["id"], done["by"]) == (name, "Ada")
    [message] = desk.said
    assert message.headline == f"Ada looks after {name} until 2026-03-02 13:00 UTC"
    assert message.thread.startswith("alert|desk/leverage|")
    for each in (desk, desk.restarted()):
        assert ask(each, "status")["needs_you"] == []
        [alert] = ask(each, "alerts")["alerts"]
        assert (alert["acknowledged"]["by"], alert["acknowledged"]["note"]) == ("Ada", "on it")
    desk.clock.advance(3600)
    assert ask(desk, "status")["needs_you"] == [name]


def test_an_acknowledgement_of_an_older_version_is_refused(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    name = firing(desk)
    version = ask(desk, "alerts")["alerts"][0]["version"]
    assert refused(desk, "ack", id=name, version=version - 1).fault is Fault.REFUSED
    assert ask(desk, "ack", id=name, version=version)["id"] == name


def test_an_alert_that_does_not_fire_cannot_be_acknowledged(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    firing(desk)
    assert refused(desk, "ack", id="inc_00000000").fault is Fault.NOT_FOUND
    assert refused(desk, "ack", id="").fault is Fault.NOT_FOUND


def test_a_worse_alert_is_not_looked_after_any_more(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    firing(desk)
    desk.memory.states = {key: replace(state, level=Level.WARN) for key, state in desk.memory.states.items()}
    [alert] = ask(desk, "alerts")["alerts"]
    ask(desk, "ack", id=alert["id"])
    desk.memory.states = {
        key: replace(state, level=Level.BREACH) for key, state in desk.memory.states.items()
    }
    assert ask(desk, "status")["needs_you"] == [alert["id"]]


def test_a_silence_is_kept_told_ended_and_outlives_a_restart(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    firing(desk)
    subject = {"account": "main"}
    done = ask(desk, "silence", rule="desk/*", subject=subject, seconds=3600, reason="exchange test")
    assert done["covers_now"] == 1
    assert desk.said[-1].headline == "Ada silences desk/* account=main until 2026-03-02 13:00 UTC"
    [kept] = ask(desk.restarted(), "silences")
    assert (kept["id"], kept["subject"], kept["reason"]) == (done["id"], subject, "exchange test")
    desk.clock.advance(60)
    assert ask(desk, "unsilence", id=done["id"])["by"] == "Ada"
    assert ask(desk, "silences") == []
    [ended] = ask(desk.restarted(), "silences", all=True)
    assert ended["until"].startswith("2026-03-02T12:01:00")
    assert refused(desk, "unsilence", id=done["id"]).fault is Fault.NOT_FOUND


def test_a_silence_without_reason_end_or_object_is_refused(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    assert refused(desk, "silence", rule="desk/*", seconds=60).fault is Fault.ARGUMENT
    assert refused(desk, "silence", rule="desk/*", reason="x").fault is Fault.ARGUMENT
    assert refused(desk, "silence", rule="desk/*", reason="x", seconds=86_401).fault is Fault.ARGUMENT
    assert refused(desk, "silence", reason="x", seconds=60).fault is Fault.REFUSED
    assert desk.decisions() == []


def test_a_halt_is_a_file_and_on_the_record(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    assert ask(desk, "halt", reason="migration") == {
        "halted": "everything",
        "was_halted": False,
        "recorded": True,
    }
    assert desk.places.kill_switch.read_text() == f"migration (Ada, socket uid {os.getuid()})\n"
    assert desk.means.switches.is_pulled("main")
    assert ask(desk, "status")["halted"]
    assert ask(desk, "resume")["was_halted"]
    assert not ask(desk, "resume")["was_halted"]
    assert [what for what, _, _ in desk.decisions()] == ["halt", "resume"]


def test_one_account_can_be_halted_alone(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    desk.looks()
    ask(desk, "halt", account="main")
    assert desk.means.switches.is_pulled("main")
    assert not desk.means.switches.is_pulled("other")
    assert (tmp_path / "halt.d" / "main").exists()
    told = ask(desk, "status")
    assert (told["halted"], told["accounts"][0]["halted"]) == (False, True)
    assert desk.said[-1].headline == "main is halted by Ada: no order of it is sent"
    assert ask(desk, "resume", account="main")["was_halted"]
    assert not desk.means.switches.is_pulled("main")


@pytest.mark.parametrize("account", ["other", "../halt", "main/..", "."])
def test_no_account_is_a_path(account: str, tmp_path: Path) -> None:
    assert refused(ControlledDesk(tmp_path), "halt", account=account).fault is Fault.NOT_FOUND


def test_a_halt_works_while_the_disk_is_full_and_a_resume_does_not(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    desk.journal.before = full_disk
    assert ask(desk, "halt")["recorded"] is False
    assert desk.means.switches.is_pulled("main")
    assert refused(desk, "resume").fault is Fault.REFUSED
    assert desk.means.switches.is_pulled("main")


def test_nothing_is_said_to_be_done_that_could_not_be_written(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path).waits()
    name = firing(desk)
    desk.means.arming.disarm(Part.ACCOUNT, "main", "an order got lost", desk.clock.now())
    desk.journal.before = full_disk
    assert refused(desk, "ack", id=name).fault is Fault.REFUSED
    assert refused(desk, "silence", rule="a/*", seconds=60, reason="x").fault is Fault.REFUSED
    assert refused(desk, "flatten", account="main").fault is Fault.REFUSED
    assert refused(desk, "rearm", name="main", note="looked").fault is Fault.REFUSED
    assert ask(desk, "decide", id="plan-1", verb="approve")["outcome"] == "not_allowed"
    desk.journal.before = never
    assert (desk.decisions(), desk.said) == ([], [])
    assert ask(desk.restarted(), "silences") == []


def test_a_flattening_waits_for_an_approver_and_a_dry_run_for_nobody(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    shown = ask(desk, "flatten", account="main", dry_run=True)
    assert (shown["id"], shown["dry_run"], desk.decisions()) == ("flat-1", True, [])
    assert ask(desk, "plans") == []
    asked = ask(desk, "flatten", account="main")
    assert (asked["requested_by"], asked["approvals_needed"], asked["at_timeout"]) == ("Ada", 1, "expires")
    waiting = desk.means.decisions.of("flat-1", desk.clock.now())
    assert waiting is not None
    assert waiting.state is PlanState.PROPOSED
    assert refused(desk, "flatten", account="other").fault is Fault.NOT_FOUND


def test_an_account_that_holds_nothing_cannot_be_flattened(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path, flatten=lambda _account, _now: "main holds nothing")
    assert refused(desk, "flatten", account="main").text == "main holds nothing"


def test_what_disarmed_itself_stays_so_until_a_named_person_arms_it(tmp_path: Path) -> None:
    desk = ControlledDesk(tmp_path)
    now = desk.clock.now()
    assert desk.means.arming.disarm(Part.RULE, "desk/leverage", "48 plans in a day", now)
    assert desk.means.arming.disarm(Part.RULE, "desk/leverage", "again", now)
    again = desk.restarted()
    later = now + timedelta(days=3)
    assert "rule desk/leverage was disarmed" in again.means.arming.refusal("main", "desk/leverage", later)
    assert again.means.arming.refusal("main", "desk/other", later) == ""
    assert [each["reason"] for each in ask(again, "status")["disarmed"]] == ["48 plans in a day"]
    assert refused(again, "rearm", name="desk/leverage", note=" ").fault is Fault.REFUSED
    assert refused(again, "rearm", name="main", note="looked").fault is Fault.NOT_FOUND
    assert ask(again, "rearm", name="desk/leverage", note="the feed was wrong")["parts"] == ["rule"]
    assert again.means.arming.refusal("main", "desk/leverage", later) == ""
    assert again.means.arming.rearmed_at("desk/leverage", later) == again.clock.now()
    assert again.decisions() == [("rearm", "Ada", "desk/leverage")]
    assert again.said[-1].headline == "desk/leverage is armed again by Ada"
