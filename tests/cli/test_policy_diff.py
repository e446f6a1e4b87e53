"""`riskd policy diff`: changes in words, gates for continuous integration, versions by hash, and recorded history."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.adapters.journal_file import JournalFile
from riskd.model.journal import EntryKind
from riskd.policy.load import load
from riskd.record.bodies import PolicyText, policy_body
from tests.builders import NOW
from tests.cli.conftest import Riskd
from tests.cli.small_files import POLICY, write_policy
from tests.daemon.test_replay import Recorder, recorded_story


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    old = write_policy(tmp_path / "old.yaml")
    new = write_policy(tmp_path / "new.yaml", ("breach: 5x", "breach: 4x"), ("title: A desk", "title: Desk"))
    return old, new


def test_each_change_is_one_line_with_both_places(riskd: Riskd, files: tuple[Path, Path]) -> None:
    ran = riskd("policy", "diff", *files)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"words     desk: title 'A desk' -> 'Desk'  ({files[0]}:4 -> {files[1]}:4)",
        f"tightens  desk/cap: breach 5x -> 4x  ({files[0]}:14 -> {files[1]}:14)",
        "1 tightens, 1 words",
    ]


def test_nothing_differs_from_itself(riskd: Riskd, files: tuple[Path, Path]) -> None:
    ran = riskd("policy", "diff", files[0], files[0])
    assert (ran.code, ran.out) == (0, "nothing differs\n")


@pytest.mark.parametrize(("turned", "code"), [(False, 0), (True, 1)])
def test_a_gate_stops_what_loosens_only(
    turned: bool, code: int, riskd: Riskd, files: tuple[Path, Path]
) -> None:
    versions = reversed(files) if turned else files
    assert riskd("policy", "diff", "--fail-on-loosening", *versions).code == code


def test_a_gate_stops_what_acts_more(riskd: Riskd, tmp_path: Path) -> None:
    old = write_policy(tmp_path / "old.yaml")
    act = (
        "[notify, block_new_risk, {deleverage: {to: 2x, objective: min_cost, max_step: 50%, approval: auto}}]"
    )
    new = write_policy(
        tmp_path / "new.yaml",
        ("breach: [notify, block_new_risk]", f"breach: {act}"),
        ("actions: [block_new_risk]", "actions: [block_new_risk, deleverage]"),
    )
    assert riskd("policy", "diff", "--fail-on-loosening", old, new).code == 0
    ran = riskd("policy", "diff", "--fail-on-acting-more", old, new)
    assert ran.code == 1
    assert "acts more  desk/cap: at breach: deleverage to 2x auto added" in ran.out


def test_a_limit_in_front_of_an_order_is_stopped_by_the_gate_for_acting_more(
    riskd: Riskd, tmp_path: Path
) -> None:
    act = ("breach: [notify, block_new_risk]", "breach: [notify, {close: {approval: auto}}]")
    told = ("actions: [block_new_risk]", "actions: [close]")
    enforcing = ("mode: propose", "mode: enforce")
    old = write_policy(tmp_path / "old.yaml", act, told, enforcing)
    new = write_policy(tmp_path / "new.yaml", act, told, enforcing, ("breach: 5x", "breach: 3.1x"))
    ran = riskd("policy", "diff", "--fail-on-acting-more", old, new)
    assert ran.code == 1
    assert "tightens, acts more  desk/cap: breach 5x -> 3.1x" in ran.out
    assert "1 tightens, 1 acts more" in ran.out
    assert riskd("policy", "diff", "--fail-on-acting-more", new, old).code == 0
    [change] = riskd("policy", "diff", "--json", old, new).json()["changes"]
    assert (change["effect"], change["acts_more"]) == ("tightens", True)


def test_a_change_of_defaults_is_one_line_for_all_rules(riskd: Riskd, tmp_path: Path) -> None:
    text = """\
riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1"
mode: observe
defaults: {for: 60s}
rules:
  - {id: a, title: A, why: W, measure: leverage, per: account, max: {warn: 3x, breach: 5x}}
  - {id: b, title: B, why: W, measure: margin_ratio, per: account, max: {warn: 40%, breach: 60%}}
  - {id: c, title: C, why: W, measure: leverage, per: account, max: {warn: 3x, breach: 4x}, for: 5s}
"""
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(text, encoding="utf-8")
    new.write_text(text.replace("for: 60s", "for: 10s"), encoding="utf-8")
    assert riskd("policy", "diff", old, new).out.splitlines() == [
        f"tightens  desk: defaults for 1m -> 10s (2 rules: a, b)  ({old}:7 -> {new}:7)",
        "1 tightens",
    ]


def test_json_has_effects_and_places(riskd: Riskd, files: tuple[Path, Path]) -> None:
    report = riskd("policy", "diff", "--json", *files).json()
    assert report["old"] != report["new"]
    tightened = report["changes"][1]
    assert (tightened["effect"], tightened["about"], tightened["what"]) == (
        "tightens",
        "desk/cap",
        "breach 5x -> 4x",
    )
    assert tightened["new"] == {"file": str(files[1]), "line": 14, "column": 5}


def test_a_version_that_is_not_valid_is_refused(
    riskd: Riskd, files: tuple[Path, Path], tmp_path: Path
) -> None:
    broken = write_policy(tmp_path / "broken.yaml", ("breach: 5x", "breach: 5%"))
    ran = riskd("policy", "diff", files[0], broken)
    assert ran.code == 2
    assert "error[P201]" in ran.err


def test_policies_that_were_in_force_are_named_by_their_hash(
    riskd: Riskd, files: tuple[Path, Path], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    bundle = load([("desk.yaml", POLICY)])
    journal = JournalFile.open(state / "journal.jsonl", holder="test")
    body = policy_body(bundle.hash, [PolicyText(file="desk.yaml", text=POLICY)])
    journal.append(EntryKind.POLICY, NOW, body)
    journal.close()
    ran = riskd("policy", "diff", bundle.hash[:10], files[1], "--state", state)
    assert ran.code == 0
    assert "tightens  desk/cap: breach 5x -> 4x  (desk.yaml:14 -> " in ran.out
    unknown = riskd("policy", "diff", "0123456789", files[1], "--state", state)
    assert unknown.code == 2
    assert "no policies with this hash were in force" in unknown.err


def test_history_says_which_alerts_would_have_come_and_gone(
    riskd: Riskd, files: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "story").mkdir()
    recorder = Recorder(tmp_path / "story")
    recorded_story(tmp_path / "story", recorder, POLICY)
    recorder.close()
    third = write_policy(
        tmp_path / "third.yaml", ("warn: 3x, breach: 5x", "warn: 5x, breach: 6x"), ("5.5x\n", "6.5x\n")
    )
    ran = riskd("policy", "diff", files[0], third, "--history", recorder.path)
    assert ran.code == 0, ran.err
    assert "history: 34 snapshots from 2026-03-02 " in ran.out
    assert "alert changed: desk/cap account=main: BREACH 2 times, first" in ran.out
    report = riskd("policy", "diff", "--json", files[0], third, "--history", recorder.path).json()
    assert report["history"]["snapshots"] == 34
    assert report["history"]["alerts"][0]["new"]["worst"] == "warn"
    short = riskd("policy", "diff", files[0], third, "--history", recorder.path, "--last", "60s")
    assert "history: 7 snapshots" in short.out
    thin = riskd("policy", "diff", files[0], third, "--history", recorder.path, "--every", "30s")
    assert "history: 12 snapshots" in thin.out


def test_a_span_that_is_no_duration_is_wrong_use(
    riskd: Riskd, files: tuple[Path, Path], tmp_path: Path
) -> None:
    ran = riskd("policy", "diff", *files, "--history", tmp_path / "no.duckdb", "--last", "5x")
    assert ran.code == 2
    assert "write for example 30d" in ran.err


def test_a_ledger_that_is_not_there_is_a_failure(
    riskd: Riskd, files: tuple[Path, Path], tmp_path: Path
) -> None:
    assert riskd("policy", "diff", *files, "--history", tmp_path / "no.duckdb").code == 3
