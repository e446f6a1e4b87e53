"""New policies: read, found fit, watched in shadow, put into force between two cycles; else the old ones stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from riskd.daemon.policy_keeper import BRINGS_ORDERS, NEEDS_RESTART
from riskd.errors import PolicyError
from riskd.model.alert import Condition
from riskd.model.journal import EntryKind
from riskd.model.message import Message
from riskd.model.verdict import Level
from riskd.record.bodies import PolicyRecord, PolicyText
from riskd.record.fold import Remembered
from tests.builders import NOW
from tests.daemon.policy_play import ACTING, TESTED, Play, leverage, policy

CLOSING = ", then: {warn: [notify, {close: {approval: auto}}]}"
WAITED = """tests:
  - {name: calm, rule: leverage, every: 10s, series: "1x*2", expect: [{at: 10s, is: ok}]}
"""
BROKEN = policy(leverage("5%"))


def body_of(message: Message) -> str:
    return "\n".join(message.body)


def test_a_change_of_the_file_is_read_once_it_has_stood_still_for_a_look(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")), shadow_cycles=0)
    old = play.hash
    play.write(policy(leverage("{warn: 4x}")))
    play.turn()
    assert play.hash == old
    play.write(policy(leverage("{warn: 4.5x}")))
    play.turn()
    assert play.hash == old
    play.turn()
    assert play.hash != old


def test_whoever_asks_does_not_wait_for_the_second_look(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")), shadow_cycles=0)
    old = play.hash
    play.write(policy(leverage("{warn: 4x}")))
    play.keeper.ask()
    play.turn()
    assert play.hash != old


def test_new_policies_are_watched_for_some_cycles_and_what_they_change_is_said_once(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    play.turns(2, leverage=3.5)
    old = play.hash
    play.write(policy(leverage("{warn: 4x}"), leverage("{breach: 2x}", name="strict")))
    play.turns(3)
    assert (play.hash, play.said) == (old, [])
    assert play.keeper.in_shadow
    play.turn()
    assert play.hash != old
    [message] = play.said
    assert message.level is Level.WARN
    assert "1 loosens, 1 tightens" in message.headline
    assert "loosens desk/leverage: warn 3x -> 4x" in body_of(message)
    assert "alert lost: WARN desk/leverage account=main" in body_of(message)
    assert "alert gained: BREACH desk/strict account=main" in body_of(message)


def test_every_cycle_is_judged_by_policies_that_the_journal_has(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")), shadow_cycles=1)
    play.write(policy(leverage("{warn: 4x}")))
    for _ in range(6):
        result = play.turn()
        assert result.rows.policy_hash in {body["policy_hash"] for body in play.memory.of(EntryKind.POLICY)}
    first, second = play.memory.of(EntryKind.POLICY)
    assert "tightens" not in str(second["changes"]) and "loosens" in str(second["changes"])  # noqa: PT018
    assert first["canonical"] != second["canonical"]


def test_a_journal_that_cannot_be_written_makes_new_policies_wait(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")), shadow_cycles=1)
    old = play.hash
    play.write(policy(leverage("{warn: 4x}")))
    play.memory.is_full = True
    play.turns(6)
    assert (play.hash, play.said) == (old, [])
    play.memory.is_full = False
    play.turn()
    assert play.hash != old


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BROKEN, "error[P201]"),
        (policy(leverage("{warn: 3x}", more=', where: {account: {not: "*"}}')), "error[L"),
        (policy(leverage("{warn: 3x}"), tests=TESTED.replace("9x", "2x")), "error[T005]"),
        ("riskd: [", "error[P"),
    ],
    ids=["load", "lint", "test", "not YAML"],
)
def test_what_is_not_fit_to_run_changes_nothing_and_is_said_with_its_place(
    text: str, told: str, tmp_path: Path
) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    old = play.hash
    play.write(text)
    play.turns(6)
    assert play.hash == old
    [message] = play.said
    assert message.level is Level.CRITICAL
    assert told in body_of(message)
    assert f"{play.file}:" in body_of(message)
    [fault] = play.memory.of(EntryKind.FAULT)
    assert fault["detail"] == "policy-load-failed"


def test_a_refusal_is_said_again_daily_and_its_end_once(tmp_path: Path) -> None:
    good = policy(leverage("{warn: 3x}"))
    play = Play(tmp_path, good)
    play.write(BROKEN)
    play.turns(5)
    play.now += timedelta(hours=24)
    play.turns(3)
    assert len(play.said) == 2
    play.write(good)
    play.turns(4)
    assert not play.keeper.is_refused
    assert play.headlines[2:] == ["the policies on the disk are in force again"]


def test_a_file_that_is_gone_is_refused_like_any_other_fault(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    play.file.unlink()
    play.turns(3)
    assert "no such file" in body_of(play.said[0])


def test_a_second_change_during_the_shadow_starts_over(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    old = play.hash
    play.write(policy(leverage("{warn: 4x}")))
    play.turns(3)
    play.write(policy(leverage("{warn: 4.5x}")))
    play.turns(3)
    assert play.hash == old
    play.turns(2)
    assert play.hash != old
    assert "warn 3x -> 4.5x" in body_of(play.said[0])


def test_a_broken_file_during_the_shadow_ends_it(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    old = play.hash
    play.write(policy(leverage("{warn: 4x}")))
    play.turns(3)
    play.write(BROKEN)
    play.turns(8)
    assert play.hash == old
    assert not play.keeper.in_shadow


def test_words_alone_are_taken_without_a_message(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    play.write("# a comment\n" + policy(leverage("{warn: 3x}")))
    play.turns(3)
    assert play.said == []
    assert "# a comment" in str(play.memory.of(EntryKind.POLICY)[-1]["files"])
    assert play.memory.of(EntryKind.POLICY)[-1]["canonical"] == []


# ---- what riskd may do is decided at its start ----------------------------------------------------------------------


def test_policies_that_let_an_armed_riskd_do_more_wait_for_a_restart(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage(), mode="enforce"), may_send=True)
    old = play.hash
    play.write(policy(leverage(more=ACTING), mode="enforce", tests=TESTED))
    play.turns(6)
    assert play.hash == old
    [message] = play.said
    assert f"{NEEDS_RESTART}]: desk/leverage lets riskd do more, or may: at warn: deleverage" in body_of(
        message
    )
    assert "restart riskd" in body_of(message)


def test_an_armed_rule_may_be_narrowed_and_tightened_while_riskd_runs(tmp_path: Path) -> None:
    acting = policy(leverage(more=ACTING), mode="enforce", tests=TESTED)
    play = Play(tmp_path, acting, may_send=True)
    old = play.hash
    play.write(acting.replace("per: account,", "per: account, where: {account: main},"))
    play.turns(6)
    assert play.hash != old  # fewer accounts: it cannot act more
    play.write(acting.replace("max: {warn: 3x}", "max: {warn: 2.5x}"))
    play.turns(6)
    assert "policies were not reloaded" not in " ".join(play.headlines)


@pytest.mark.parametrize(
    ("book", "limit", "wait"),
    [(2.0, "{warn: 1.5x}", "0s"), (2.0, "{warn: 1.5x}", "10m"), (3.5, "{warn: 2.5x}", "0s")],
    ids=["at once", "once it has lasted", "a larger one of an alert that fires"],
)
def test_a_limit_that_would_send_an_order_for_the_book_as_it_is_waits_for_a_restart(
    book: float, limit: str, wait: str, tmp_path: Path
) -> None:
    acting = policy(leverage(more=f"{CLOSING}, for: {{warn: {wait}}}"), mode="enforce", tests=WAITED)
    play = Play(tmp_path, acting, may_send=True)
    play.turns(2, leverage=book)
    old = play.hash
    play.write(acting.replace("{warn: 3x}", limit))
    play.turns(8)
    assert play.hash == old
    [message] = play.said
    [told] = [line for line in message.body if BRINGS_ORDERS in line]
    assert "desk/leverage would act on the book as it is: close for account=main" in told
    assert f"{play.file}:9:" in told
    assert play.keeper.standing.startswith("policies on the disk refused: ")


def test_a_limit_that_sends_no_order_now_is_taken_and_says_that_it_acts_more(tmp_path: Path) -> None:
    acting = policy(leverage(more=CLOSING), mode="enforce", tests=WAITED)
    play = Play(tmp_path, acting, may_send=True)
    old = play.hash
    play.write(acting.replace("{warn: 3x}", "{warn: 2.5x}"))
    play.turns(6)
    assert play.hash != old
    [message] = play.said
    assert message.level is Level.WARN
    assert "1 tightens, 1 acts more" in message.headline
    assert play.keeper.standing == ""


def test_a_shorter_wait_that_an_order_is_behind_waits_for_a_restart(tmp_path: Path) -> None:
    slow = policy(leverage(more=f"{CLOSING}, for: {{warn: 10h}}"), mode="enforce", tests=WAITED)
    play = Play(tmp_path, slow, may_send=True)
    play.turns(2, leverage=4)
    old = play.hash
    play.write(slow.replace("10h", "10m"))
    play.turns(6)
    assert play.hash == old
    assert BRINGS_ORDERS in body_of(play.said[0])
    play.write(slow.replace("10h", "20h"))
    play.turns(6)
    assert play.hash != old


def test_a_refused_limit_is_taken_when_somebody_asks_after_the_book_came_back(tmp_path: Path) -> None:
    acting = policy(leverage(more=CLOSING), mode="enforce", tests=WAITED)
    play = Play(tmp_path, acting, may_send=True)
    old = play.hash
    play.write(acting.replace("{warn: 3x}", "{warn: 1.5x}"))
    play.turns(6, leverage=2)
    assert play.keeper.is_refused
    play.turns(2, leverage=1)
    play.keeper.ask()
    play.turns(4)
    assert play.hash != old
    assert not play.keeper.is_refused


def test_the_book_is_looked_at_once_more_when_a_swap_had_to_wait(tmp_path: Path) -> None:
    acting = policy(leverage(more=CLOSING), mode="enforce", tests=WAITED)
    play = Play(tmp_path, acting, may_send=True)
    old = play.hash
    play.write(acting.replace("{warn: 3x}", "{warn: 2x}"))
    play.memory.is_full = True
    play.turns(6)
    play.memory.is_full = False
    play.turns(2, leverage=2.5)
    assert play.hash == old
    assert play.keeper.is_refused


def test_an_armed_riskd_watches_one_cycle_even_where_no_shadow_is_asked_for(tmp_path: Path) -> None:
    acting = policy(leverage(more=CLOSING), mode="enforce", tests=WAITED)
    play = Play(tmp_path, acting, may_send=True, shadow_cycles=0)
    old = play.hash
    play.write(acting.replace("{warn: 3x}", "{warn: 1.5x}"))
    play.turns(4, leverage=2)
    assert play.hash == old


def test_orders_that_a_person_approves_keep_no_policies_away(tmp_path: Path) -> None:
    asking = policy(leverage(more=CLOSING.replace("auto", "human")), mode="enforce", tests=WAITED)
    play = Play(tmp_path, asking, may_send=True)
    old = play.hash
    play.write(asking.replace("{warn: 3x}", "{warn: 1.5x}"))
    play.turns(6, leverage=2)
    assert play.hash != old


def test_the_same_policies_are_welcome_where_nothing_can_be_sent(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage(), mode="enforce"), may_send=False)
    old = play.hash
    play.write(policy(leverage(more=ACTING), mode="enforce", tests=TESTED))
    play.turns(5, leverage=4)
    assert play.hash != old
    assert "would ask for deleverage for desk/leverage account=main" in body_of(play.said[0])


def test_an_action_that_was_taken_away_may_come_back_without_a_restart(tmp_path: Path) -> None:
    acting = policy(leverage(more=ACTING), mode="enforce", tests=TESTED)
    play = Play(tmp_path, acting, may_send=True)
    old = play.hash
    play.write(policy(leverage(), mode="enforce"))
    play.turns(5)
    assert play.hash != old
    play.write(acting)
    play.turns(5)
    assert play.hash == old


# ---- what becomes of alerts ------------------------------------------------------------------------------------------


def test_an_alert_goes_on_under_a_changed_limit_that_is_still_exceeded(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    play.turns(2, leverage=6)
    play.write(policy(leverage("{warn: 4x}")))
    play.turns(7)
    assert play.changes() == ["desk/leverage fired held"]


def test_an_alert_whose_new_limit_is_not_exceeded_ends_because_the_rule_changed(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 3x}")))
    play.turns(2, leverage=3.5)
    play.write(policy(leverage("{warn: 4x}")))
    play.turns(5)
    assert play.changes() == ["desk/leverage fired held", "desk/leverage resolved rule_changed"]


def test_other_alerts_of_the_book_are_not_touched_by_a_swap(tmp_path: Path) -> None:
    steady = leverage("{breach: 2x}", name="steady")
    play = Play(tmp_path, policy(leverage("{warn: 3x}"), steady))
    play.turns(2, leverage=3.5)
    play.write(policy(steady))
    play.turns(6)
    assert play.changes()[2:] == ["desk/leverage resolved rule_removed"]


def test_a_new_rule_counts_the_time_that_it_was_exceeded_in_shadow(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 9x}")))
    play.turn(leverage=4)
    play.write(policy(leverage("{warn: 9x}"), leverage("{warn: 3x}", name="new", more=", for: 30s")))
    play.turns(4)  # two looks, of which the second begins the shadow; it sees 0 s, 10 s and 20 s
    assert "alert to come: desk/new account=main" in body_of(play.said[0])
    [key] = [key for key in play.memory.states if key.rule == "desk/new"]
    assert play.memory.states[key].condition is Condition.OK
    play.turn()
    assert play.changes() == ["desk/new fired held"]


def test_what_the_shadow_saw_is_forgotten_when_the_value_is_back_at_the_swap(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage("{warn: 9x}")))
    play.turn(leverage=4)
    play.write(policy(leverage("{warn: 9x}"), leverage("{warn: 3x}", name="new", more=", for: 40s")))
    play.turns(4)
    play.turns(3, leverage=1)
    play.turns(2, leverage=4)
    assert play.changes() == ["desk/new pending crossed"]


# ---- the start -------------------------------------------------------------------------------------------------------


def remembered(text: str) -> Remembered:
    record = PolicyRecord(policy_hash="x", files=(PolicyText(file="policy.yaml", text=text),), at=NOW)
    return Remembered(policies=record, judged_by=record)


def test_a_start_with_broken_files_goes_on_with_the_last_good_ones_and_says_so(tmp_path: Path) -> None:
    play = Play(tmp_path, BROKEN, found=remembered(policy(leverage("{warn: 3x}"))))
    assert play.opening.refusal is not None
    [message] = play.said
    assert message.level is Level.CRITICAL
    assert "watches with those of 2026-" in message.headline
    assert "sends no orders until it is restarted" in body_of(message)
    assert "error[P201]" in body_of(message)
    play.turns(2, leverage=4)
    assert play.changes() == ["desk/leverage fired held"]
    play.write(policy(leverage("{warn: 3x}")))
    play.turns(3)
    assert play.headlines[-1] == "the policies on the disk are in force again"
    assert "sends no orders until it is restarted" in body_of(play.said[-1])


def test_a_first_start_with_broken_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="P201"):
        Play(tmp_path, BROKEN)


def test_good_ones_that_this_version_no_longer_reads_do_not_hide_the_fault(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="P201"):
        Play(tmp_path, BROKEN, found=remembered("riskd: policy/v0\n"))


def test_a_rule_that_was_changed_while_riskd_was_down_ends_its_alert_as_changed(tmp_path: Path) -> None:
    before = Play(tmp_path, policy(leverage("{warn: 3x}")))
    before.turns(2, leverage=3.5)
    after = Play(tmp_path, policy(leverage("{warn: 4x}")), found=remembered(policy(leverage("{warn: 3x}"))))
    after.memory.states = before.memory.states
    after.now = before.now
    after.turn(leverage=3.5)
    assert after.changes() == ["desk/leverage resolved rule_changed"]
