"""`riskd test`: one line a test, and what was expected and found where it failed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Riskd
from tests.cli.small_files import POLICY, write_config, write_policy

TESTS = POLICY[POLICY.index("tests:") :]
SENDS = ("[notify, block_new_risk]", "[notify, {deleverage: {to: 3x, objective: min_cost, approval: human}}]")


def test_all_tests_of_the_shipped_packs_pass(riskd: Riskd) -> None:
    ran = riskd("test")
    assert ran.code == 0
    assert {line.split()[0] for line in ran.out.splitlines()[:-1]} == {"ok"}
    assert ", 0 failed (" in ran.out.splitlines()[-1]


def test_a_failure_says_when_and_what_was_expected_and_found(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", ("1x, 5.5x", "1x, 4x"))
    ran = riskd("test", path)
    verdict, expectation, actions, summary = ran.out.splitlines()
    assert ran.code == 1
    assert verdict == "FAILED  desk: five and a half is a breach"
    assert expectation.strip().startswith(f"{path}:23:9: error[T005]: ")
    assert "at 10s expected firing breach, found firing warn; the value there was 4x" in expectation
    assert "expected the actions block_new_risk, found none" in actions
    assert summary.startswith("1 test of 1 policy: 0 ok, 1 failed (")


def test_the_report_for_programs_holds_the_same(riskd: Riskd, tmp_path: Path) -> None:
    write_policy(tmp_path / "good.yaml")
    write_policy(tmp_path / "bad.yaml", ("name: desk", "name: other"), ("1x, 5.5x", "1x, 4x"))
    ran = riskd("test", tmp_path, "--json")
    tests = {test["policy"]: test for test in ran.json()["tests"]}
    assert (ran.code, ran.json()["ok"]) == (1, False)
    assert (tests["desk"]["outcome"], tests["desk"]["rule"], tests["desk"]["problems"]) == (
        "ok",
        "desk/cap",
        [],
    )
    assert tests["other"]["outcome"] == "failed"
    assert [problem["code"] for problem in tests["other"]["problems"]] == ["T005", "T006"]


def test_a_policy_without_tests_that_sends_no_orders_is_no_failure(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("test", write_policy(tmp_path / "desk.yaml", (TESTS, "")))
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "none    desk: (no tests)"
    assert "0 tests of 1 policy: 0 ok, 0 failed" in ran.out


def test_a_policy_that_sends_orders_must_have_tests(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("test", write_policy(tmp_path / "desk.yaml", (TESTS, ""), SENDS))
    assert ran.code == 1
    assert ran.out.startswith("FAILED  desk: (no tests)\n")
    assert "write at least one under `tests:`" in ran.out


def test_a_policy_that_is_not_valid_is_wrong_use(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", ("5x}", "5%}"))
    ran = riskd("test", path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{path}:14:29: error[P")


def test_policies_of_the_configuration_in_this_directory_are_meant(riskd: Riskd, tmp_path: Path) -> None:
    write_config(tmp_path)
    assert riskd("test").out.startswith("ok      desk: five and a half is a breach\n1 test of 1 policy: ")
