"""Waiver files: what they hold, what they must not say, and that nothing but a waiver is one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from riskd.errors import PolicyError
from riskd.model.subject import Grain, Subject, account_subject
from riskd.model.verdict import Level
from riskd.policy.bundle import Bundle
from riskd.policy.load import load
from riskd.policy.schema.waiver_file import waivers_json_schema
from riskd.policy.text.problems import Code
from riskd.policy.waiver import WaiverTerms
from tests.policy.fake_catalogue import CATALOGUE
from tests.policy.test_schema import plain, read

HERE = Path(__file__).parent / "bad_waivers"
BAD = sorted(HERE.glob("*.yaml"))
HOUSE = [(file.name, file.read_text(encoding="utf-8")) for file in sorted((HERE / "house").glob("*.yaml"))]
SHIPPED = Path(__file__).resolve().parents[2] / "policies"

WAIVER = """
  - id: W-1
    rule: house/cap
    subject: {account: main}
    limit: {warn: 5x, breach: 6x, critical: 7x}
    from: 2026-03-02T09:00:00+01:00
    until: 2026-03-09T08:00:00Z
    requested_by: m.ito
    approved_by: role:cro/a.lind
    reason: >
      Both legs count
      while the trade is moved.
    ticket: RISK-311
"""
POSITION = """
  - id: W-0
    rule: house/trade
    subject: {side: long, symbol: BTC/USDT:USDT, account: main}
    suspend: true
    from: 2026-03-02T08:00:00Z
    until: 2026-03-09T08:00:00Z
    requested_by: m.ito
    approved_by: boss
    reason: The stop is placed by hand while the venue mends its conditional orders.
    ticket: RISK-312
"""


def loaded(*waivers: str) -> Bundle:
    text = f"riskd: waivers/v1\nwaivers: {'[]' if not waivers else ''}{''.join(waivers)}"
    return load([("w.yaml", text), *HOUSE], catalogue=CATALOGUE)


# ---- what a file holds -----------------------------------------------------------------------------------------------


def test_a_waiver_is_one_rule_one_subject_and_a_time_in_utc() -> None:
    (waiver,) = loaded(WAIVER).waivers
    assert (waiver.id, waiver.rule, waiver.subject) == ("W-1", "house/cap", account_subject("main"))
    assert waiver.limit is not None
    assert {level: high for level, _, high in waiver.limit.levels} == {
        Level.WARN: 5.0,
        Level.BREACH: 6.0,
        Level.CRITICAL: 7.0,
    }
    assert (waiver.from_at, waiver.until_at) == (
        datetime(2026, 3, 2, 8, tzinfo=UTC),
        datetime(2026, 3, 9, 8, tzinfo=UTC),
    )
    assert waiver.reason == "Both legs count while the trade is moved."
    assert (waiver.mark.file, waiver.mark.line) == ("w.yaml", 3)


def test_it_holds_from_its_beginning_until_before_its_end() -> None:
    (waiver,) = loaded(WAIVER).waivers
    tick = timedelta(microseconds=1)
    assert not waiver.holds(waiver.from_at - tick)
    assert waiver.holds(waiver.from_at)
    assert waiver.holds(waiver.until_at - tick)
    assert not waiver.holds(waiver.until_at)


def test_waivers_come_in_the_order_of_their_ids_and_subjects_in_canonical_order() -> None:
    first, second = loaded(WAIVER, POSITION).waivers
    assert (first.id, second.id) == ("W-0", "W-1")
    assert first.limit is None
    assert first.subject == Subject(
        Grain.POSITION, (("account", "main"), ("symbol", "BTC/USDT:USDT"), ("side", "long"))
    )


def test_a_file_may_be_empty_because_waivers_end() -> None:
    assert loaded().waivers == ()


def test_terms_are_part_of_their_policy() -> None:
    house, strict = loaded().policies
    assert house.waiver_terms == WaiverTerms(
        duration_max_seconds=14 * 86_400.0, approvers=("boss", "role:cro"), four_eyes=True, never=("room",)
    )
    assert strict.waiver_terms is None


def test_one_person_is_enough_where_the_policy_says_so() -> None:
    house = [(name, text.replace("boss], never", "boss], four_eyes: no, never")) for name, text in HOUSE]
    text = f"riskd: waivers/v1\nwaivers:{WAIVER.replace('m.ito', 'a.lind')}"
    assert len(load([*house, ("w.yaml", text)], catalogue=CATALOGUE).waivers) == 1


def test_a_waiver_may_end_where_another_of_the_same_subject_begins() -> None:
    later = (
        WAIVER.replace("W-1", "W-2")
        .replace("2026-03-09", "2026-03-10")
        .replace("2026-03-02T09", "2026-03-09T09")
    )
    assert len(loaded(WAIVER, later).waivers) == 2


def test_waivers_are_part_of_the_bundles_hash_and_where_they_stand_is_not() -> None:
    with_one = loaded(WAIVER)
    assert with_one.hash != loaded().hash
    assert with_one.hash != loaded(WAIVER.replace("RISK-311", "RISK-312")).hash
    assert with_one.hash != loaded(WAIVER.replace("breach: 6x", "breach: 6.1x")).hash
    assert loaded(WAIVER, POSITION).hash == loaded(POSITION, WAIVER).hash
    assert with_one.policies == loaded().policies


def test_terms_and_parents_are_part_of_the_policys_hash() -> None:
    (house, _) = loaded().policies
    for old, new in (
        ("14d", "13d"),
        ("never: [room]", "never: []"),
        ("boss], never", "boss], four_eyes: no, never"),
    ):
        changed = [(name, text.replace(old, new)) for name, text in HOUSE]
        assert load(changed, catalogue=CATALOGUE).policies[0].hash != house.hash
    unlinked = [(name, text.replace("    refines: house/cap\n", "")) for name, text in HOUSE]
    assert load(unlinked, catalogue=CATALOGUE).policies[0].hash != house.hash


# ---- what is refused -------------------------------------------------------------------------------------------------


def refusal(file: Path) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load([*HOUSE, (file.name, file.read_text(encoding="utf-8"))], catalogue=CATALOGUE)
    return caught.value


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_waiver_is_refused_with_exactly_this_text(file: Path) -> None:
    assert f"{refusal(file)}\n" == file.with_suffix(".expected").read_text(encoding="utf-8")


def test_every_code_of_waivers_has_a_file_that_shows_it() -> None:
    shown = {problem.code for file in BAD for problem in refusal(file).problems}
    assert {code.value for code in Code if code.name.startswith("WAIVER_")} <= shown


def test_a_rule_with_a_fault_is_told_once_and_its_waivers_are_left_alone() -> None:
    broken = [(name, text.replace("breach: 5x, critical", "breach: 5%, critical")) for name, text in HOUSE]
    with pytest.raises(PolicyError) as caught:
        load([("w.yaml", f"riskd: waivers/v1\nwaivers:{WAIVER}"), *broken], catalogue=CATALOGUE)
    assert {problem.file for problem in caught.value.problems} == {"house.yaml"}


# ---- the schema for editors ------------------------------------------------------------------------------------------


def test_the_shipped_schema_of_waivers_is_the_exported_one() -> None:
    exported = json.dumps(waivers_json_schema(), indent=1, ensure_ascii=False) + "\n"
    Draft202012Validator.check_schema(waivers_json_schema())
    assert (SHIPPED / "schema" / "waivers.v1.json").read_text(encoding="utf-8") == exported


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_schema_and_loader_agree_on_the_shape_of_waivers(file: Path) -> None:
    node = read(file.read_text(encoding="utf-8"))
    assert node is not None
    refused = any(True for _ in Draft202012Validator(waivers_json_schema()).iter_errors(plain(node)))
    assert refused == any(problem.code.startswith("P1") for problem in refusal(file).problems)


def test_the_shipped_example_loads_with_the_house_rules_and_opens_with_the_modeline() -> None:
    files = [SHIPPED / "waivers.yaml", SHIPPED / "institutional-baseline.yaml"]
    texts = [(file.name, file.read_text(encoding="utf-8")) for file in files]
    (waiver,) = load(texts).waivers
    assert waiver.rule == "institutional-baseline/account-leverage"
    assert texts[0][1].startswith("# yaml-language-server: $schema=schema/waivers.v1.json\n")
    node = read(texts[0][1])
    assert node is not None
    assert list(Draft202012Validator(waivers_json_schema()).iter_errors(plain(node))) == []
