"""`riskd policy`: lint, coverage and schema."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from riskd.adapters.system_clock import SystemClock
from riskd.policy.schema.reference import policy_page, waivers_page
from tests.adapters.ledger_files import open_ledger
from tests.cli.conftest import Riskd
from tests.cli.running import modules_after
from tests.cli.small_files import write_config, write_policy
from tests.record.builder import a_cycle

WITHOUT_WHY = ("    why: Leverage is how accounts die.\n", "")
NEVER = ("max: {warn: 3x, breach: 5x}", "min: {warn: 1x, breach: 0x}")
TESTED = (
    ("series: 1x, 5.5x", "series: 1x*2"),
    ("is: firing, level: breach", "is: ok"),
    ("actions: [block_new_risk]", "actions: []"),
)
PROD = ("    credential: binance-main\n", "    credential: binance-main\n    labels: {env: prod}\n")


# ---- lint ------------------------------------------------------------------------------------------------------------


def test_a_sound_policy_is_said_to_be_so_and_what_is_not_known_too(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml")
    ran = riskd("policy", "lint", path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-2:] == [
        "1 rule: no error and no warning",
        "without a configuration the desk is not known; --config names one",
    ]


def test_a_warning_is_shown_at_its_place_with_the_line_and_a_caret(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", WITHOUT_WHY)
    ran = riskd("policy", "lint", path)
    first, source, caret = ran.out.splitlines()[:3]
    assert ran.code == 0
    assert first.startswith(f"{path}:9:5: warning[L017]: desk/cap does not say why it is there; ")
    assert (source, caret) == ("    9 |   - id: cap", "      |     ^")


def test_warnings_fail_when_strict_and_notes_never(riskd: Riskd, tmp_path: Path) -> None:
    warned = write_policy(tmp_path / "warned.yaml", WITHOUT_WHY)
    untested = "  - {id: risk, title: Risk, why: Any., measure: open_risk, per: account, max: 10%}\ntests:\n"
    noted = write_policy(tmp_path / "noted.yaml", ("tests:\n", untested))
    assert riskd("policy", "lint", warned, "--strict").code == 1
    ran = riskd("policy", "lint", noted, "--strict")
    assert (ran.code, "note[L031]" in ran.out) == (0, True)


def test_an_error_fails(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", NEVER, *TESTED)
    ran = riskd("policy", "lint", path)
    assert ran.code == 1
    assert "error[L005]: breach 0x of desk/cap is never exceeded" in ran.out
    assert "1 rule: 1 error" in ran.out


def test_findings_for_programs(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", WITHOUT_WHY)
    report = riskd("policy", "lint", path, "--json").json()
    assert (report["ok"], report["desk"]) == (True, False)
    (finding,) = [each for each in report["findings"] if each["code"] == "L017"]
    assert (finding["file"], finding["line"], finding["severity"]) == (str(path), 9, "warning")
    assert finding["cure"]


def test_what_the_configuration_shows_stands_at_its_beginning(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    ran = riskd("policy", "lint", "--config", config)
    assert f"{config}:1:1: warning[L025]: no rule is about positions of account=main" in ran.out


def test_a_file_that_is_not_valid_is_wrong_use(riskd: Riskd, tmp_path: Path) -> None:
    path = write_policy(tmp_path / "desk.yaml", ("5x}", "5%}"))
    assert riskd("policy", "lint", path).code == 2


# ---- coverage --------------------------------------------------------------------------------------------------------


def test_coverage_lists_rules_exceptions_and_what_is_missing(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path, PROD)
    ran = riskd("policy", "coverage", "--config", config)
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "account=main",
        "  desk: cap",
        "positions of account=main strategy=unlabelled",
        "  no rule",
        "",
        *[line for line in ran.out.splitlines() if line.startswith("no rule looks at, in account=main: ")],
        "NO RULE is about positions of account=main strategy=unlabelled",
    ]
    assert "stops" in ran.out
    assert "leverage" not in ran.out


def test_an_exception_is_named_with_its_rule(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path, PROD)
    write_policy(
        tmp_path / "policies" / "desk.yaml",
        ("    per: account\n", "    per: account\n    where: {labels: {env: {not: prod}}}\n"),
    )
    ran = riskd("policy", "coverage", "--config", config)
    assert "  left out by labels.env: not prod: cap" in ran.out
    assert "covers nothing of this desk: desk/cap" in ran.out


def test_coverage_for_programs(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    report = riskd("policy", "coverage", "--config", config, "--json").json()
    account = next(each for each in report["subjects"] if each["grain"] == "account")
    assert account["rules"] == [{"rule": "desk/cap", "depends_on": [], "counts_only": []}]
    assert (account["is_missing"], report["idle_rules"]) == (False, [])
    assert set(report["unwatched"]) == {"main"}


def test_coverage_names_the_waivers_that_hold_with_their_ends(riskd: Riskd, tmp_path: Path) -> None:
    waived = ("policies: [policies/desk.yaml]\n", "policies: [policies/desk.yaml]\nwaivers: [waivers.yaml]\n")
    config = write_config(tmp_path, waived)
    terms = "waivers: {max_duration: 360d, approvers: [b]}\nrules:\n"
    write_policy(tmp_path / "policies" / "desk.yaml", ("rules:\n", terms))
    begins = SystemClock().now() - timedelta(days=1)
    ends = f"{begins + timedelta(days=7):%Y-%m-%d}"
    (tmp_path / "waivers.yaml").write_text(
        f"""riskd: waivers/v1
waivers:
  - id: W-1
    rule: desk/cap
    subject: {{account: main}}
    limit: {{warn: 4x, breach: 6x}}
    from: {begins:%Y-%m-%d}T00:00:00Z
    until: {ends}T00:00:00Z
    requested_by: a
    approved_by: b
    reason: R
    ticket: RISK-311
""",
        encoding="utf-8",
    )
    ran = riskd("policy", "coverage", "--config", config)
    assert f"  waived: desk/cap until {ends} 00:00 UTC (W-1, RISK-311): warn 4x, breach 6x\n" in ran.out
    [account] = [
        subject
        for subject in riskd("policy", "coverage", "--config", config, "--json").json()["subjects"]
        if subject["subject"] == "account=main"
    ]
    assert account["waivers"][0]["id"] == "W-1"


def test_coverage_without_a_configuration_is_wrong_use(riskd: Riskd) -> None:
    assert riskd("policy", "coverage").code == 2


def test_the_positions_of_the_last_cycle_are_listed_when_a_ledger_is_named(
    riskd: Riskd, tmp_path: Path
) -> None:
    config = write_config(tmp_path)
    ledger = open_ledger(tmp_path)
    ledger.commit(a_cycle(1), ())
    ledger.close()
    ran = riskd("policy", "coverage", "--config", config, "--state", tmp_path)
    assert "NO RULE is about account=main symbol=BTC/USDT:USDT side=long" in ran.out


def test_a_directory_without_a_ledger_is_a_failure(riskd: Riskd, tmp_path: Path) -> None:
    config = write_config(tmp_path)
    assert riskd("policy", "coverage", "--config", config, "--state", tmp_path).code == 3


# ---- schema ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["policy", "waivers", "config"])
def test_a_schema_is_one(riskd: Riskd, kind: str) -> None:
    Draft202012Validator.check_schema(riskd("policy", "schema", kind).json())


def test_the_schema_of_a_policy_is_printed_when_nothing_is_said(riskd: Riskd) -> None:
    shipped = Path(__file__).resolve().parents[2] / "policies" / "schema" / "policy.v1.json"
    assert riskd("policy", "schema").json() == json.loads(shipped.read_text(encoding="utf-8"))


def test_the_reference_pages_are_printed(riskd: Riskd) -> None:
    assert riskd("policy", "schema", "--markdown").out == policy_page()
    assert riskd("policy", "schema", "waivers", "--markdown").out == waivers_page()
    assert riskd("policy", "schema", "config", "--markdown").code == 2


# ---- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["lint", "coverage", "schema"])
def test_help_is_light(command: str, tmp_path: Path) -> None:
    heavy = {"ccxt", "duckdb", "slack_sdk", "rich", "numpy", "aiohttp", "pydantic", "yaml"}
    assert not modules_after("policy", command, "--help", directory=tmp_path) & heavy


def test_lint_opens_no_venue_and_no_database(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    modules = modules_after("policy", "lint", "--config", str(config), directory=tmp_path)
    assert not modules & {"ccxt", "duckdb", "slack_sdk", "aiohttp", "rich", "jinja2", "apscheduler"}
