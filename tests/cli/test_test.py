"""`riskd test`: one line a test, and what was expected and found where it failed."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Riskd
from tests.cli.small_files import POLICY, write_config, write_policy

TESTS = POLICY[POLICY.index("tests:") :]
NOTICED = ("{at: 10s, is: firing", "{at: 0s, is: firing, level: warn}\n      - {at: 10s, is: firing")


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


def test_a_policy_without_tests_fails_unless_that_is_allowed(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", (TESTS, ""))
    assert riskd("test", path).code == 1
    ran = riskd("test", path, "--allow-empty")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "none    desk: (no tests)"
    assert "0 tests of 1 policy: 0 ok, 0 failed" in ran.out


def test_an_empty_set_of_tests_says_what_to_do(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("test", write_policy(tmp_path / "desk.yaml", (TESTS, "")))
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


def test_a_weakening_that_no_test_notices_is_told_with_its_place(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml")
    ran = riskd("test", path, "--mutate")
    assert ran.code == 1
    assert ran.out.splitlines()[1:-1] == [
        "MISSED  desk/cap: 3 of 5 weakenings noticed",
        f"        {path}:14:5: NOT NOTICED: warn 3x becomes 5x",
        f"        {path}:15:5: NOT NOTICED: warn waits 1m, not 0s",
    ]
    assert "1 failed" not in ran.out
    assert "; 5 weakenings: 2 not noticed (" in ran.out.splitlines()[-1]


def test_a_policy_whose_tests_notice_everything_is_fine(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("test", write_policy(tmp_path / "desk.yaml", ("1x, 5.5x", "3.5x, 5.5x"), NOTICED), "--mutate")
    assert ran.code == 0
    assert "noticed desk/cap: 5 of 5 weakenings noticed" in ran.out


def test_programs_are_told_which_test_noticed_what(riskd: Riskd, tmp_path: Path) -> None:
    report = riskd("test", write_policy(tmp_path / "desk.yaml"), "--mutate", "--json").json()
    noticed = {one["what"]: one["noticed_by"] for one in report["weakened"]}
    assert report["ok"] is False
    assert noticed["warn 3x becomes 5x"] is None
    assert noticed["breach 5x becomes 6.25x"] == "five and a half is a breach"
    assert {one["part"] for one in report["weakened"]} == {"limit", "timer", "action"}
    assert {(one["of"], one["tests"]) for one in report["weakened"]} == {("desk/cap", 1)}


def test_nothing_is_learned_of_a_policy_whose_tests_fail(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("test", write_policy(tmp_path / "desk.yaml", ("1x, 5.5x", "1x, 4x")), "--mutate", "--json")
    assert (ran.code, ran.json()["weakened"]) == (1, [])
    assert ran.json()["not_weakened"] == [{"policy": "desk", "why": "1 of its tests fails", "failing": 1}]


def test_a_policy_that_was_not_weakened_is_named(riskd: Riskd, tmp_path: Path) -> None:
    write_policy(tmp_path / "bad.yaml", ("1x, 5.5x", "1x, 4x"))
    write_policy(tmp_path / "good.yaml", ("name: desk", "name: other"), ("1x, 5.5x", "3.5x, 5.5x"), NOTICED)
    ran = riskd("test", tmp_path, "--mutate")
    assert ran.code == 1
    assert "FAILED  desk: not weakened, 1 of its tests fails\n" in ran.out
    assert "noticed other/cap: 5 of 5 weakenings noticed\n" in ran.out
    assert "1 failed; 5 weakenings: 0 not noticed; 1 policy not weakened (" in ran.out.splitlines()[-1]


def test_a_policy_without_tests_cannot_be_weakened(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("test", write_policy(tmp_path / "desk.yaml", (TESTS, "")), "--allow-empty", "--mutate")
    assert ran.code == 1
    assert "FAILED  desk: not weakened, it has no tests\n" in ran.out


def test_the_tests_of_one_policy_may_be_run_alone(riskd: Riskd, tmp_path: Path) -> None:
    write_policy(tmp_path / "good.yaml")
    write_policy(tmp_path / "bad.yaml", ("name: desk", "name: other"), ("1x, 5.5x", "1x, 4x"))
    assert riskd("test", tmp_path).code == 1
    ran = riskd("test", tmp_path, "--policy", "desk")
    assert ran.code == 0
    assert ran.out.splitlines()[-1].startswith("1 test of 1 policy: 1 ok, 0 failed")
    ran = riskd("test", tmp_path, "--policy", "othr")
    assert ran.code == 2
    assert "there is no policy 'othr'; did you mean 'other'?" in ran.err
