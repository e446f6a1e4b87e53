"""Bots are told where nothing new may be opened: exactly while an alert asks for it, across restarts, whatever fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from riskd.adapters.pause_file import PauseFiles
from riskd.cycle import CycleResult
from riskd.daemon.pause import Pause, Pauses, hook_text, pause_text, pauses_of
from riskd.daemon.webhook_queue import WebhookQueue
from riskd.judge.advance import Advance
from riskd.judge.state_text import state_from_json, state_to_json
from riskd.model.alert import AlertKey, AlertState, Condition
from riskd.model.desk import AccountProfile, Desk, Mode
from riskd.model.message import Message
from riskd.model.subject import Grain, Subject, account_subject, position_subject
from riskd.model.verdict import Level
from riskd.policy.rule import Action, ActionKind, Rule
from tests.builders import BTC, ETH, NOW, a_grid, a_hedge, perpetual_leg, spot_leg
from tests.builders_rules import NOTIFY, a_rule
from tests.fakes.clock import ManualClock

BLOCK = Action(kind=ActionKind.BLOCK_NEW_RISK)
RULE = a_rule(actions={"warn": (NOTIFY,), "breach": (NOTIFY, BLOCK), "critical": (NOTIFY, BLOCK)})
MAIN = account_subject("main")
DESK = Desk(
    accounts=(
        AccountProfile(id="main", venue="one", desk="alpha", mode=Mode.ENFORCE),
        AccountProfile(id="side", venue="two", desk="alpha", mode=Mode.PROPOSE),
        AccountProfile(id="quiet", venue="one", desk="beta", mode=Mode.OBSERVE),
    ),
    hedges=(a_hedge("carry", spot_leg("BTC", "main"), perpetual_leg(BTC, "side")),),
    grids=(a_grid("ladder", ETH, "side"),),
)


def firing(level: Level = Level.BREACH, at: datetime = NOW, **changes: object) -> AlertState:
    state = AlertState(condition=Condition.FIRING, level=level, episode=1, opened_at=at)
    return replace(state, **changes)  # type: ignore[arg-type]  # names are checked by replace


def asked(
    subject: Subject = MAIN,
    state: AlertState | None = None,
    *,
    rule: Rule = RULE,
    ceiling: Mode = Mode.ENFORCE,
    desk: Desk = DESK,
) -> dict[str, Pause]:
    states = {AlertKey(rule=rule.id, subject=subject): state or firing()}
    return pauses_of(states, {rule.id: rule}, desk, ceiling=ceiling)


# ---- who is paused -------------------------------------------------------------------------------------------------


def test_a_firing_alert_that_asks_for_it_pauses_its_account() -> None:
    assert asked() == {
        "main": Pause(
            account="main", since=NOW, rules=("test/leverage",), subjects=("account=main",), symbols=("*",)
        )
    }


@pytest.mark.parametrize(
    ("state", "paused"),
    [
        (firing(), True),
        (firing(unknown=True, missing_since=NOW), True),
        (firing(condition=Condition.CLEARING, clearing_since=NOW), True),
        (firing(Level.WARN), False),
        (firing(condition=Condition.PENDING, level=Level.OK), False),
        (AlertState(), False),
    ],
    ids=["firing", "unknown", "clearing", "a level that does not ask", "pending", "ok"],
)
def test_a_pause_lasts_until_the_alert_has_cleared_and_unknown_data_never_ends_it(
    state: AlertState, paused: bool
) -> None:
    assert bool(asked(state=state)) is paused


@pytest.mark.parametrize(
    ("ceiling", "rule", "account"),
    [
        (Mode.OBSERVE, Mode.ENFORCE, "main"),
        (Mode.ENFORCE, Mode.OBSERVE, "main"),
        (Mode.ENFORCE, Mode.ENFORCE, "quiet"),
    ],
)
def test_where_anything_only_observes_nobody_is_paused(ceiling: Mode, rule: Mode, account: str) -> None:
    subject = account_subject(account)
    assert asked(subject, rule=replace(RULE, mode=rule), ceiling=ceiling) == {}
    assert asked(account_subject("side"), rule=replace(RULE, mode=Mode.PROPOSE)), "propose is enough"


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        (MAIN, {"main": ("*",)}),
        (position_subject("main", BTC, "long"), {"main": (BTC,)}),
        (Subject(Grain.ASSET, (("account", "main"), ("asset", "ETH"))), {"main": ("ETH/*",)}),
        (Subject(Grain.STRATEGY, (("account", "main"), ("strategy", "grid"))), {"main": ("*",)}),
        (Subject(Grain.CLUSTER, (("account", "side"), ("cluster", "memes"))), {"side": ("*",)}),
        (Subject(Grain.GRID, (("grid", "ladder"),)), {"side": (ETH,)}),
        (Subject(Grain.HEDGE, (("hedge", "carry"),)), {"main": ("BTC/*",), "side": (BTC,)}),
        (Subject(Grain.INSTRUMENT, (("venue", "two"), ("symbol", BTC))), {"side": (BTC,)}),
        (Subject(Grain.EXCHANGE, (("venue", "one"),)), {"main": ("*",)}),
        (Subject(Grain.DESK, (("desk", "alpha"),)), {"main": ("*",), "side": ("*",)}),
        (Subject(Grain.PORTFOLIO, ()), {"main": ("*",), "side": ("*",)}),
        (Subject(Grain.GRID, (("grid", "forgotten"),)), {"main": ("*",), "side": ("*",)}),
    ],
    ids=str,
)
def test_what_is_paused_follows_from_the_subject(
    subject: Subject, found: Mapping[str, tuple[str, ...]]
) -> None:
    assert {account: pause.symbols for account, pause in asked(subject).items()} == found


def test_several_alerts_are_one_pause_since_the_first_of_them() -> None:
    other = replace(RULE, id="test/other")
    states = {
        AlertKey(rule=RULE.id, subject=position_subject("main", ETH, "long")): firing(at=NOW),
        AlertKey(rule="test/other", subject=position_subject("main", BTC, "long")): firing(
            at=NOW - timedelta(minutes=5)
        ),
    }
    (pause,) = pauses_of(states, {RULE.id: RULE, other.id: other}, DESK, ceiling=Mode.ENFORCE).values()
    assert pause.since == NOW - timedelta(minutes=5)
    assert pause.rules == ("test/leverage", "test/other")
    assert pause.symbols == (BTC, ETH)
    assert len(pause.subjects) == 2


# ---- files and webhooks --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reading:
    rule: Rule


@dataclass(frozen=True)
class _Snapshot:
    desk: Desk


@dataclass(frozen=True)
class _Result:
    """What a listener of pauses looks at."""

    readings: tuple[_Reading, ...]
    snapshot: _Snapshot
    advance: Advance


def a_result(*firing_subjects: Subject, state: AlertState | None = None) -> CycleResult:
    states = {AlertKey(rule=RULE.id, subject=subject): state or firing() for subject in firing_subjects}
    kept = {key: state_from_json(state_to_json(each)) for key, each in states.items()}
    advance = Advance(states=kept, events=(), changed=(), unknown={})
    return cast(CycleResult, _Result((_Reading(RULE),), _Snapshot(DESK), advance))


class Told:
    """A hook that keeps what it is told."""

    name = "bots"

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []

    async def post(self, body: bytes, *, key: str) -> None:
        self.bodies.append(json.loads(body))


@dataclass
class Stage:
    """A listener over a real directory and a hook."""

    directory: Path
    said: list[Message]
    hook: Told

    @classmethod
    def at(cls, directory: Path) -> Stage:
        return cls(directory=directory, said=[], hook=Told())

    def started(self) -> Pauses:
        """A daemon that has just started."""
        clock = ManualClock()
        return Pauses(
            PauseFiles(self.directory),
            hooks=(WebhookQueue(self.hook, clock),),
            ceiling=Mode.ENFORCE,
            say=self.said.append,
            clock=clock,
        )

    def cycles(self, pauses: Pauses, *results: CycleResult) -> None:
        async def run() -> None:
            for result in results:
                pauses.after_cycle(result)
                await pauses.close(patience_seconds=1.0)

        asyncio.run(run())

    @property
    def paused(self) -> dict[str, dict[str, object]]:
        return {path.stem: json.loads(path.read_text()) for path in self.directory.glob("*.json")}


def test_the_file_stands_while_the_alert_does_and_says_why(tmp_path: Path) -> None:
    stage = Stage.at(tmp_path / "pause")
    pauses = stage.started()
    stage.cycles(pauses, a_result(MAIN))
    assert stage.paused == {
        "main": {
            "riskd": "pause/v1",
            "account": "main",
            "paused": True,
            "since": "2026-03-02T12:00:00.000000Z",
            "until": "cleared",
            "rules": ["test/leverage"],
            "subjects": ["account=main"],
            "symbols": ["*"],
        }
    }
    stage.cycles(pauses, a_result(MAIN, state=firing(unknown=True)))
    assert set(stage.paused) == {"main"}
    stage.cycles(pauses, a_result())
    assert stage.paused == {}
    assert stage.said == []


def test_a_pause_survives_a_restart_and_is_rebuilt_from_the_alerts(tmp_path: Path) -> None:
    stage = Stage.at(tmp_path / "pause")
    stage.cycles(stage.started(), a_result(MAIN))
    again = stage.started()
    assert set(stage.paused) == {"main"}, "before its first look a new run changes nothing"
    (stage.directory / "main.json").unlink()
    (stage.directory / "side.json").write_text("{}")
    stage.cycles(again, a_result(MAIN))
    assert set(stage.paused) == {"main"}


def test_an_unchanged_pause_is_not_written_again(tmp_path: Path) -> None:
    stage = Stage.at(tmp_path / "pause")
    pauses = stage.started()
    stage.cycles(pauses, a_result(MAIN))
    before = (stage.directory / "main.json").stat().st_ino
    stage.cycles(pauses, a_result(MAIN))
    assert (stage.directory / "main.json").stat().st_ino == before


def test_a_file_that_somebody_changed_is_put_right(tmp_path: Path) -> None:
    stage = Stage.at(tmp_path / "pause")
    pauses = stage.started()
    stage.cycles(pauses, a_result(MAIN))
    (stage.directory / "main.json").write_text('{"symbols": []}')
    stage.cycles(pauses, a_result(MAIN))
    assert stage.paused["main"]["symbols"] == ["*"]


def test_a_directory_that_cannot_be_used_is_said_once_and_tried_in_every_cycle(tmp_path: Path) -> None:
    stage = Stage.at(tmp_path / "pause")
    stage.directory.write_text("in the way")
    pauses = stage.started()
    stage.cycles(pauses, a_result(MAIN), a_result(MAIN))
    (message,) = stage.said
    assert message.level is Level.CRITICAL
    assert "stop them by hand" in message.body[0]
    stage.directory.unlink()
    stage.cycles(pauses, a_result(MAIN))
    assert set(stage.paused) == {"main"}
    assert len(stage.said) == 1


def test_webhooks_hear_how_every_account_stands_and_then_every_change(tmp_path: Path) -> None:
    stage = Stage.at(tmp_path / "pause")
    pauses = stage.started()
    heard = stage.hook.bodies
    stage.cycles(pauses, a_result(MAIN))
    assert [(body["account"], body["paused"]) for body in heard] == [
        ("main", True),
        ("side", False),
        ("quiet", False),
    ]
    stage.cycles(pauses, a_result(MAIN))
    assert len(heard) == 3
    stage.cycles(pauses, a_result())
    assert (heard[-1]["account"], heard[-1]["paused"], heard[-1]["symbols"]) == ("main", False, [])
    stage.cycles(stage.started(), a_result())
    assert [(body["account"], body["paused"]) for body in heard[4:]] == [
        ("main", False),
        ("side", False),
        ("quiet", False),
    ]


def test_a_webhook_says_what_the_file_says() -> None:
    (pause,) = asked().values()
    said = json.loads(hook_text("main", pause, NOW))
    assert said.pop("at") == "2026-03-02T12:00:00.000000Z"
    assert said == json.loads(pause_text(pause))
