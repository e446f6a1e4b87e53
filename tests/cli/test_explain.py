"""`riskd explain`: measures, rules, alerts and subjects on the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.adapters.duckdb_ledger import LEDGER_NAME
from riskd.measure.catalogue import CATALOGUE
from tests.adapters.ledger_files import open_ledger
from tests.builders import BTC
from tests.cli.conftest import Riskd
from tests.cli.running import modules_after
from tests.cli.small_files import CHILD, write_config, write_policy
from tests.record.builder import a_cycle

SUBJECT = f"account=main,symbol={BTC},side=long"


# ---- measures --------------------------------------------------------------------------------------------------------


def test_every_measure_is_listed_with_its_meaning(riskd: Riskd) -> None:
    ran = riskd("explain")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == list(CATALOGUE)
    assert list(riskd("explain", "--json").json()) == list(CATALOGUE)


def test_a_measure_is_told_with_formula_unit_and_source(riskd: Riskd) -> None:
    ran = riskd("explain", "leverage")
    assert ran.code == 0
    spec = CATALOGUE["leverage"]
    for text in (spec.meaning, spec.formula, spec.source):
        assert text in ran.out
    (told,) = riskd("explain", "leverage", "--json").json()
    assert told["formula"] == [spec.formula]


def test_an_unknown_measure_is_refused_with_the_nearest_name(riskd: Riskd) -> None:
    ran = riskd("explain", "levrage")
    assert (ran.code, ran.out) == (2, "")
    assert "'levrage'" in ran.err
    assert "leverage" in ran.err


def test_a_measure_needs_no_policy(tmp_path: Path) -> None:
    assert "pydantic" not in modules_after("explain", "leverage", directory=tmp_path)


def test_a_table_of_queries_is_told_with_its_columns(riskd: Riskd) -> None:
    ran = riskd("explain", "exposure.hedge_legs")
    assert ran.code == 0
    assert ran.out.startswith("exposure.hedge_legs: A leg of a hedge")
    assert "position_id" in ran.out
    assert riskd("explain", "exposure.nothing").code == 2


# ---- rules -----------------------------------------------------------------------------------------------------------


def test_a_rule_is_told_whole(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml")
    ran = riskd("explain", "desk/cap", "--policy", path)
    assert ran.code == 0
    assert [" ".join(line.split()) for line in ran.out.splitlines()] == [
        "desk/cap",
        f"rule desk/cap: Account leverage cap ({path}:9)",
        "why Leverage is how accounts die.",
        "about every account",
        "measure leverage",
        f"formula {CATALOGUE['leverage'].formula}",
        f"source {CATALOGUE['leverage'].source}",
        "needs balances, positions",
        f"limit warn above 3x, breach above 5x (desk/cap, {path}:14)",
        "fires when exceeded for: warn 0s, breach 0s",
        "clears when back inside for 0s",
        "missing keeps the last state for 2m, then alert",
        "at warn notify",
        "at breach notify, block_new_risk (told to bots)",
        "mode propose, because of the policy (policy propose, rule propose); the daemon and the account may allow less",
    ]


def test_a_rule_is_found_by_its_own_id_where_only_one_policy_has_it(riskd: Riskd, tmp_path: Path) -> None:
    first = write_policy(tmp_path / "desk.yaml")
    second = write_policy(tmp_path / "other.yaml", ("name: desk", "name: other"))
    assert riskd("explain", "cap", "--policy", first).out.startswith("desk/cap\n")
    ran = riskd("explain", "cap", "--policy", first, "--policy", second)
    assert ran.code == 2
    assert "'cap' is a rule of several policies: desk/cap, other/cap" in ran.err


def test_a_rule_that_is_not_there_is_refused_with_the_nearest_id(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml")
    assert "did you mean 'desk/cap'?" in riskd("explain", "desk/cab", "--policy", path).err


def test_a_wrong_rule_of_a_policy_is_refused_with_the_rules_of_that_policy(riskd: Riskd) -> None:
    ran = riskd("explain", "grid-trading/nothing-like-it")
    assert ran.code == 2
    assert "grid-trading has no rule 'nothing-like-it'; its rules: " in " ".join(ran.err.split())


def test_a_policy_is_told_with_a_line_for_each_of_its_rules(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml")
    ran = riskd("explain", "desk", "--policy", path)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"desk: A desk ({path})",
        f"  cap  Account leverage cap; leverage warn above 3x, breach above 5x; propose ({path}:9)",
    ]
    assert riskd("explain", "desk", "--policy", path, "--subject", "account=main").code == 2


def test_a_pack_that_is_not_loaded_says_how_to_load_it(riskd: Riskd, tmp_path: Path) -> None:
    write_config(tmp_path)
    ran = riskd("explain", "grid-trading")
    assert ran.code == 2
    assert "--policy grid-trading" in " ".join(ran.err.split())
    assert riskd("explain", "grid-trading", "--policy", "grid-trading").code == 0


def test_the_limits_of_a_parent_stand_at_their_own_lines(riskd: Riskd, tmp_path: Path) -> None:
    parent = write_policy(tmp_path / "desk.yaml")
    child = write_policy(tmp_path / "child.yaml", *CHILD)
    ran = riskd("explain", "child/cap", "--policy", parent, "--policy", child)
    assert f"warn above 3x (desk/cap, {parent}:14)" in ran.out


def test_policies_of_the_configuration_are_meant(riskd: Riskd, tmp_path: Path) -> None:
    write_config(tmp_path)
    assert " observe, because of the daemon (" in riskd("explain", "desk/cap").out


# ---- subjects --------------------------------------------------------------------------------------------------------


def test_every_rule_over_a_subject_is_told_with_the_limits_in_force(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    (told,) = riskd("explain", "--subject", "account=main", "--config", config, "--json").json()
    assert (told["explained"], told["covered"]) == ("desk/cap", ["yes"])
    assert told["limit"][0].startswith("warn above 3x, breach above 5x (desk/cap, ")


def test_a_subject_without_rules_is_said_to_have_none(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    assert "none covers it" in riskd("explain", "--subject", SUBJECT, "--config", config).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--subject", "account=mian"), "there is no account 'mian'; did you mean 'main'?"),
        (("--subject", "acount=main"), "did you mean 'account'?"),
        (("desk/cap", "--subject", "hedge=x"), "desk/cap is per account"),
    ],
)
def test_a_subject_that_makes_no_sense_is_wrong_use(
    riskd: Riskd, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    write_config(tmp_path)
    ran = riskd("explain", *arguments)
    assert ran.code == 2
    assert words in ran.err


def test_without_a_ledger_nothing_is_said_of_values(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    ran = riskd("explain", "desk/cap", "--subject", "account=main", "--config", config)
    assert ran.code == 0
    assert "no ledger here, so nothing is known of values" in ran.out


# ---- the last recorded cycle -----------------------------------------------------------------------------------------

POSITION_RULE = (
    ("name: desk", "name: test"),
    ("id: cap", "id: leverage"),
    ("rule: cap", "rule: leverage"),
    ("measure: leverage", "measure: position_leverage"),
    ("per: account", "per: position"),
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    ledger = open_ledger(tmp_path)
    ledger.commit(a_cycle(1), ())
    ledger.close()
    assert (tmp_path / LEDGER_NAME).exists()
    return tmp_path


def test_the_last_value_stands_with_its_outcome_and_the_age_of_what_it_is_made_of(
    riskd: Riskd, tmp_path: Path, state: Path
) -> None:
    path = write_policy(tmp_path / "test.yaml", *POSITION_RULE)
    (told,) = riskd(
        "explain", "leverage", "--subject", SUBJECT, "--policy", path, "--state", state, "--json"
    ).json()
    assert told["recorded"][0].startswith("cycle 1, 2026-")
    assert f"(account=main symbol={BTC} side=long: " in told["value"][0]
    assert told["alert"] == ["none"]
    assert all(line.startswith("positions of account main: ") for line in told.get("input", []))


def test_a_subject_that_was_not_recorded_is_said_not_to_be(riskd: Riskd, tmp_path: Path, state: Path) -> None:
    path = write_policy(tmp_path / "test.yaml", *POSITION_RULE)
    subject = "account=main,symbol=NOPE/USDT:USDT"
    ran = riskd("explain", "test/leverage", "--subject", subject, "--policy", path, "--state", state)
    assert "not recorded: the subject was not there, or was fine and far from its limit" in ran.out
