"""`riskd check`: every fault of every file, at its place, with its cure and the right exit code."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from riskd.adapters.system_clock import SystemClock
from riskd.daemon.policy_files import shipped_packs
from tests.cli.conftest import Riskd
from tests.cli.running import modules_after, run_process
from tests.cli.small_files import CANARY, CHILD, KEY, write_config, write_credential, write_policy


def test_the_shipped_packs_are_fine(riskd: Riskd) -> None:
    ran = riskd("check")
    assert (ran.code, ran.err) == (0, "")
    assert f"{len(shipped_packs())} policies" in ran.out
    assert ": fine (" in ran.out


def test_a_shipped_pack_is_found_by_its_name(riskd: Riskd) -> None:
    assert riskd("check", "grid-trading").out.startswith("1 policy, ")


def test_a_note_is_named_with_its_place_and_is_no_fault(riskd: Riskd, tmp_path: Path) -> None:
    more = "  - {id: risk, title: Risk, why: Any., measure: open_risk, per: account, max: 10%}\ntests:\n"
    path = write_policy(tmp_path / "desk.yaml", ("tests:\n", more))
    ran = riskd("check", path, "--strict")
    words = f"{path}:17:5: note[L031]: desk/risk has no test; add one under `tests`: nothing else shows that it fires when it should"
    assert (ran.code, ran.out.splitlines()[1:]) == (0, [words])
    (note,) = riskd("check", path, "--json").json()["findings"]
    assert (note["code"], note["severity"], note["what"]) == ("L031", "note", "desk/risk has no test")


@pytest.mark.parametrize("action", ["block_new_risk", "cancel_orders", "{close: {approval: four_eyes}}"])
def test_what_riskd_carries_out_is_no_finding(riskd: Riskd, tmp_path: Path, action: str) -> None:
    name = action.strip("{}").partition(":")[0]
    path = write_policy(
        tmp_path / "desk.yaml",
        ("[notify, block_new_risk]", f"[notify, {action}]"),
        ("actions: [block_new_risk]", f"actions: [{name}]"),
    )
    assert riskd("check", path, "--json").json()["findings"] == []


def test_an_error_of_lint_is_a_finding_and_a_warning_only_when_strict(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", ("    why: Leverage is how accounts die.\n", ""))
    ran = riskd("check", path)
    assert ran.code == 0
    assert "fine, 1 warning (" in ran.out
    assert f"{path}:9:5: warning[L017]: desk/cap does not say why it is there" in ran.out
    assert riskd("check", path, "--strict").code == 1
    never = write_policy(
        tmp_path / "never.yaml",
        ("max: {warn: 3x, breach: 5x}", "min: {warn: 1x, breach: 0x}"),
        ("series: 1x, 5.5x", "series: 1x*2"),
        ("is: firing, level: breach", "is: ok"),
        ("actions: [block_new_risk]", "actions: []"),
    )
    failed = riskd("check", never)
    assert failed.code == 1
    assert "error[L005]: breach 0x of desk/cap is never exceeded" in failed.err
    assert "1 policy, 1 rule, 1 test: 1 error (" in failed.err


def test_with_a_configuration_lint_knows_the_desk(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    ran = riskd("check", "--config", config)
    assert (
        f"{config}:1:1: warning[L025]: no rule is about positions of account=main strategy=unlabelled"
        in ran.out
    )


def test_the_report_for_programs_names_policies_and_their_hashes(riskd: Riskd, tmp_path: Path) -> None:
    report = riskd("check", write_policy(tmp_path / "desk.yaml"), "--json").json()
    (policy,) = report["policies"]
    assert report["ok"] is True
    assert (policy["name"], policy["mode"], policy["rules"], policy["tests"]) == ("desk", "propose", 1, 1)
    assert len(policy["hash"]) == 64


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        pytest.param(("title: Account", "tilte: Account"), "10:5", "did you mean 'title'?", id="typo"),
        pytest.param(("3x, breach: 5x", "3x, breach: 5"), "14:29", "5x", id="bare number"),
        pytest.param(("3x, breach: 5x", "3x, breach: 5%"), "14:29", "5x", id="wrong unit"),
        pytest.param(("    for: 0s\n", "    per: account\n"), "15:5", "a second time", id="duplicate key"),
        pytest.param(("measure: leverage", "measure: levrage"), "12:14", "'leverage'", id="unknown measure"),
        pytest.param(("rule: cap", "rule: cup"), "19:11", "cap", id="test of no rule"),
    ],
)
def test_a_fault_is_shown_at_its_place_with_its_cure(
    riskd: Riskd, tmp_path: Path, change: tuple[str, str], place: str, words: str
) -> None:
    path = write_policy(tmp_path / "desk.yaml", change)
    ran = riskd("check", path)
    first, source, caret = ran.err.splitlines()[:3]
    assert ran.code == 2
    assert ran.out == ""
    assert first.startswith(f"{path}:{place}: error[P")
    assert words in first
    line, column = map(int, place.split(":"))
    assert source.split(" | ")[1] == path.read_text().splitlines()[line - 1]
    assert caret.split(" | ")[1] == f"{' ' * (column - 1)}^"
    assert "1 error in 1 file" in ran.err


def test_all_faults_of_all_files_are_listed_at_once(riskd: Riskd, tmp_path: Path) -> None:
    write_policy(tmp_path / "a.yaml", ("title: Account", "tilte: Account"), ("per: account", "per: acount"))
    write_policy(tmp_path / "b.yaml", ("name: desk", "name: other"), ("5x}", "5%}"))
    ran = riskd("check", "a.yaml", "missing.yaml", "b.yaml", "grid-trding", "--json")
    problems = ran.json()["problems"]
    assert ran.code == 2
    assert [(p["file"], p["line"], p["column"]) for p in problems[:2]] == [
        ("missing.yaml", 1, 1),
        ("grid-trding", 1, 1),
    ]
    assert problems[1]["cure"] == "did you mean 'grid-trading'?"
    assert [p["file"] for p in problems].count("a.yaml") >= 2
    assert [p["file"] for p in problems].count("b.yaml") == 1


def test_a_directory_means_the_policies_in_it_and_each_is_read_once(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk" / "desk.yaml")
    write_policy(tmp_path / "desk" / "below" / "other.yaml", ("title: Account", "tilte: Account"))
    assert riskd("check", path.parent, path).out.startswith("1 policy, 1 rule, 1 test: fine")


def test_a_directory_without_policies_is_wrong_use(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("check", tmp_path)
    assert ran.code == 2
    assert f"{tmp_path}:1:1: error[P000]: no policy in this directory" in ran.err


@pytest.mark.parametrize("content", [b"\xff\xfe policy", b"x" * 2_000_000])
def test_what_is_no_text_is_refused(riskd: Riskd, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "desk.yaml"
    path.write_bytes(content)
    ran = riskd("check", path)
    assert ran.code == 2
    assert f"{path}:1:1: error[P000]: " in ran.err


def test_a_test_that_fails_is_a_finding(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", ("1x, 5.5x", "1x, 4x"))
    ran = riskd("check", path)
    assert ran.code == 1
    assert "at 10s expected firing breach, found firing warn" in ran.err


def test_policies_of_the_configuration_in_this_directory_are_meant(riskd: Riskd, tmp_path: Path) -> None:
    write_config(tmp_path)
    assert riskd("check").out.startswith("1 policy, 1 rule, 1 test: fine")


def test_relative_policies_are_seen_from_the_configuration(riskd: Riskd, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    config = write_config(tmp_path / "etc")
    assert riskd("check", "--config", config).code == 0


def test_a_configuration_that_is_not_there_is_wrong_use(riskd: Riskd) -> None:
    ran = riskd("check", "--config", "nowhere.yaml")
    assert ran.code == 2
    assert "nowhere.yaml:1:1: error[C001]" in ran.err


def test_faults_of_configuration_and_named_files_are_listed_together(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path, ("mode: observe", "mode: watch"))
    policy = write_policy(tmp_path / "desk.yaml", ("5x}", "5%}"))
    ran = riskd("check", policy, "--config", config)
    assert ran.code == 2
    assert f"{config}:2:7: error[C001]" in ran.err
    assert f"{policy}:14:29: error[P" in ran.err
    assert "2 errors in 2 files" in ran.err


def test_a_missing_key_file_is_named_where_the_configuration_names_it(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    (tmp_path / "credentials" / "binance-main").unlink()
    ran = riskd("check", "--config", config)
    assert ran.code == 2
    assert f"{config}:7:17: error[C002]: credential binance-main: " in ran.err
    assert "No such file" in ran.err


def test_a_key_file_that_others_can_read_is_refused_with_its_cure(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    key = write_credential(tmp_path, "binance-main", KEY, mode=0o644)
    ran = riskd("check", "--config", config)
    assert ran.code == 2
    assert f"mode 0644 lets others read or write it; chmod 0600 {key}" in ran.err


def test_a_slack_file_without_a_token_is_refused(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_credential(tmp_path, "slack", {"secret": CANARY})
    ran = riskd("check", "--config", config)
    assert ran.code == 2
    assert f"{config}:8:30: error[C002]: credential slack: " in ran.err
    assert "no token" in ran.err


@pytest.mark.parametrize("fields", [{"api_key": CANARY}, {"api_key": CANARY, "secret": ""}])
def test_nothing_of_a_credential_is_ever_shown(riskd: Riskd, tmp_path: Path, fields: dict[str, str]) -> None:
    config = write_config(tmp_path)
    write_credential(tmp_path, "binance-main", fields)
    for form in ((), ("--json",)):
        ran = riskd("check", "--config", config, *form)
        assert ran.code == 2
        assert CANARY not in ran.out + ran.err


ARMED = (
    "credential: binance-main\n",
    "credential: binance-main\n    trading_credential: trade\n    mode: enforce\n",
)


def test_a_trading_key_is_wanted_of_an_account_that_may_act(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path, ("mode: observe", "mode: enforce"), ARMED)
    assert "credential trade: " in riskd("check", "--config", config).err


@pytest.mark.parametrize("mode", ["observe", "propose", "enforce"])
def test_a_trading_key_is_looked_at_wherever_it_is_named(riskd: Riskd, tmp_path: Path, mode: str) -> None:
    named = ARMED[1].replace("mode: enforce", f"mode: {mode}")
    config = write_config(tmp_path, (ARMED[0], named))
    assert "credential trade: " in riskd("check", "--config", config).err
    key = write_credential(tmp_path, "trade", KEY, mode=0o644)
    assert (
        f"mode 0644 lets others read or write it; chmod 0600 {key}" in riskd("check", "--config", config).err
    )
    key.chmod(0o600)
    assert riskd("check", "--config", config).code == 0


def test_an_account_that_only_proposes_needs_no_trading_key(riskd: Riskd, tmp_path: Path) -> None:
    proposing = "credential: binance-main\n    mode: propose\n"
    config = write_config(tmp_path, ("mode: observe", "mode: enforce"), (ARMED[0], proposing))
    assert riskd("check", "--config", config).code == 0


def test_credentials_of_systemd_are_preferred(
    riskd: Riskd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_config(tmp_path)
    (tmp_path / "credentials").rename(tmp_path / "handed-over")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "handed-over"))
    assert riskd("check", "--config", config).code == 0


def test_a_check_opens_no_venue_and_no_database(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    modules = modules_after("check", "--config", str(config), directory=tmp_path)
    assert "numpy" in modules
    assert not modules & {"ccxt", "duckdb", "slack_sdk", "aiohttp", "rich", "jinja2", "apscheduler"}


def test_the_process_leaves_with_the_code(tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", ("5x}", "5%}"))
    ran = run_process("check", path, directory=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{path}:14:29: error[P")
    assert "Traceback" not in ran.err


WAIVERS = """\
riskd: waivers/v1
waivers:
  - id: W-1
    rule: desk/cap
    subject: {account: main}
    limit: {warn: 4x, breach: 6x}
    from: 2026-01-01T00:00:00Z
    until: 2126-01-01T00:00:00Z
    requested_by: m.ito
    approved_by: role:cro/a.lind
    reason: The trade is moved between venues.
    ticket: RISK-311
"""
TERMS = ("mode: propose\n", 'mode: propose\nwaivers: {max_duration: 14d, approvers: ["role:cro"]}\n')
TIGHTER = """\
  - id: tight
    title: A tighter cap
    why: Leverage is how accounts die.
    measure: leverage
    per: account
    max: {warn: 1x, breach: 2x}
    refines: desk/cap
"""


def test_waivers_are_checked_with_the_policies_and_too_long_ones_are_refused(
    riskd: Riskd, tmp_path: Path
) -> None:
    policy = write_policy(tmp_path / "desk.yaml", TERMS)
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    ran = riskd("check", policy, tmp_path / "waivers.yaml")
    assert ran.code == 2
    assert f"{tmp_path / 'waivers.yaml'}:8:12: error[P233]: it lasts 36524d, and desk allows 14d" in ran.err


def test_the_waivers_of_a_configuration_are_checked_too(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(
        tmp_path,
        ("policies: [policies/desk.yaml]\n", "policies: [policies/desk.yaml]\nwaivers: [waivers.yaml]\n"),
    )
    ran = riskd("check", "--config", config)
    assert f"{tmp_path / 'waivers.yaml'}:1:1: error[P000]: no such file" in ran.err
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    ran = riskd("check", "--config", config)
    assert ran.code == 2
    assert "error[P230]: rules of desk cannot be waived: the policy has no `waivers` section" in ran.err


def test_waivers_in_force_are_counted_and_named_with_what_they_leave_in_force(
    riskd: Riskd, tmp_path: Path
) -> None:
    tighter = ("tests:\n", f"{TIGHTER}tests:\n")
    policy = write_policy(tmp_path / "desk.yaml", TERMS, ("max_duration: 14d", "max_duration: 360d"), tighter)
    begins = SystemClock().now() - timedelta(days=1)
    text = WAIVERS.replace("2026-01-01", f"{begins:%Y-%m-%d}").replace(
        "2126-01-01", f"{begins + timedelta(days=7):%Y-%m-%d}"
    )
    (tmp_path / "waivers.yaml").write_text(text)
    ran = riskd("check", policy, tmp_path / "waivers.yaml")
    assert ", 1 waiver of which 1 in force: fine" in ran.out
    assert "note: waiver W-1 (RISK-311): desk/cap for account=main, warn 4x, breach 6x, until " in ran.out
    assert "; desk/tight still in force" in ran.out


# ---- parents ---------------------------------------------------------------------------------------------------------

SECOND = "  - id: second\n    title: Second\n    refines: desk/cap\n    measure: leverage\n    per: account\n    max: 4x\n"


def test_a_parent_that_is_not_there_is_one_error_with_the_command_that_mends_it(
    riskd: Riskd, tmp_path: Path
) -> None:
    child = write_policy(tmp_path / "child.yaml", *CHILD, ("tests:\n", f"{SECOND}tests:\n"))
    ran = riskd("check", child)
    assert ran.code == 2
    assert ran.err.count("error[P223]") == 1
    assert "no policy 'desk' is loaded with this one (and 1 more rule)" in ran.err
    assert f"`riskd check {child} desk`" in ran.err


@pytest.mark.parametrize("command", ["check", "test"])
def test_parents_are_taken_from_the_configuration_and_said(
    command: str, riskd: Riskd, tmp_path: Path
) -> None:
    write_config(tmp_path)
    write_policy(tmp_path / "policies" / "desk.yaml", ("1x, 5.5x", "1x, 4x"))  # its own test fails
    child = write_policy(tmp_path / "child.yaml", *CHILD)
    ran = riskd(command, child)
    assert ran.code == 0
    assert "note: desk is loaded as a parent, from riskd.yaml; its own tests are not run" in ran.out
    assert "1 test" in ran.out
    assert riskd(command, child, "--config", "riskd.yaml").code == 0
    assert len(riskd(command, child, "--json").json()["parents"]) == 1


def test_a_configuration_that_is_not_valid_has_no_parents(riskd: Riskd, tmp_path: Path) -> None:
    write_config(tmp_path, ("mode: observe", "mode: sometimes"))
    ran = riskd("check", write_policy(tmp_path / "child.yaml", *CHILD))
    assert (ran.code, ran.err.count(": error[")) == (2, 1)
    assert riskd("check", write_policy(tmp_path / "sound.yaml")).code == 0


def test_lint_and_explain_take_parents_from_the_configuration_too(riskd: Riskd, tmp_path: Path) -> None:
    write_config(tmp_path)
    child = write_policy(tmp_path / "child.yaml", *CHILD)
    ran = riskd("policy", "lint", child)
    assert ran.code == 0
    assert "1 rule: " in ran.out
    ran = riskd("explain", "child/cap", "--policy", child)
    assert ran.code == 0
    assert "(desk/cap, policies/desk.yaml:14)" in ran.out
