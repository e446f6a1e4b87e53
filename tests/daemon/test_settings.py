"""`riskd.yaml`: every fault at once, with its place and its cure; nothing plausible is made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from riskd.daemon.settings import Settings
from riskd.daemon.settings_file import parse_settings, read_settings
from riskd.errors import SettingsError
from riskd.model.desk import Cluster, LegKind, Mode
from riskd.model.report import JsonValue
from riskd.model.scenario import Scenario
from riskd.policy.text.problems import Problems
from riskd.policy.text.yaml_text import read_yaml
from tests.policy.test_schema import plain

GOOD = """\
riskd: config/v1
mode: enforce
policies: [policies/demo.yaml]
cycle: {every: 10s, near_limits: 5s}
accounts:
  - id: binance-main
    venue: binanceusdm
    credential: binance-main
    trading_credential: binance-main-trade
    mode: enforce
    desk: alpha
    labels: {env: prod}
    strategies:
      - {symbols: ["BTC/USDT:USDT"], client_id_prefix: "hd-", strategy: hedge}
      - {symbols: ["*"], strategy: swing}
hedges:
  - {id: btc-carry, legs: [{account: binance-main, spot: BTC}, {account: binance-main, symbol: "BTC/USDT:USDT"}], ratio: 100%}
grids:
  - {id: eth-grid, account: binance-main, symbol: "ETH/USDT:USDT"}
orders: {notional_per_hour_max: 2m USD, collar: 50bps}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_settings("riskd.yaml", text)
    return [str(problem).splitlines()[0] for problem in caught.value.problems]


def test_a_desk_is_read_with_its_accounts_hedges_and_grids() -> None:
    settings = parse_settings("riskd.yaml", GOOD)
    desk = settings.desk()
    assert settings.ceiling is Mode.ENFORCE
    assert settings.cycle.every == 10.0
    assert settings.orders.collar == 0.005
    assert desk.accounts[0].mode is Mode.ENFORCE
    assert desk.accounts[0].strategies[0].client_id_prefix == "hd-"
    assert [leg.kind for leg in desk.hedges[0].legs] == [LegKind.SPOT, LegKind.PERPETUAL]
    assert desk.grids[0].symbol == "ETH/USDT:USDT"


def test_a_new_installation_observes() -> None:
    text = "riskd: config/v1\npolicies: [p.yaml]\naccounts: [{id: a, venue: binanceusdm, credential: a}]\n"
    settings = parse_settings("riskd.yaml", text)
    assert settings.ceiling is Mode.OBSERVE
    assert settings.desk().accounts[0].mode is Mode.OBSERVE


def test_a_misspelt_key_is_named_with_its_place_and_the_nearest_key() -> None:
    assert faults(GOOD.replace("policies:", "polices:")) == [
        "riskd.yaml:1:1: error[C001]: file: policies is missing",
        "riskd.yaml:3:1: error[C001]: polices: unknown key; did you mean 'policies'?",
    ]


def test_a_bare_number_is_told_what_to_write() -> None:
    [fault] = faults(GOOD.replace("every: 10s", "every: 10"))
    assert fault.startswith("riskd.yaml:4:16: error[C001]: cycle.every: 10 is a count, expected a duration")
    assert "30s" in fault


def test_a_duplicate_key_is_refused() -> None:
    assert "P007" in faults(GOOD + "mode: observe\n")[0]


def test_an_account_may_not_be_armed_without_a_second_key() -> None:
    text = GOOD.replace("    trading_credential: binance-main-trade\n", "")
    assert "trading_credential" in faults(text)[0]
    text = GOOD.replace("binance-main-trade", "binance-main")
    assert "another key" in faults(text)[0]


def test_an_account_that_only_proposes_needs_no_second_key() -> None:
    text = GOOD.replace(
        "    trading_credential: binance-main-trade\n    mode: enforce\n", "    mode: propose\n"
    )
    [account] = parse_settings("riskd.yaml", text).accounts
    assert (account.mode, account.trading_credential) == ("propose", None)


@pytest.mark.parametrize(
    "endpoint",
    ["http://10.0.0.5:80", "http://example.org", "ftp://127.0.0.1", "http://127.0.0.1.example.org"],
)
def test_an_endpoint_elsewhere_is_refused(endpoint: str) -> None:
    text = GOOD.replace("    desk: alpha\n", f"    desk: alpha\n    endpoint: {endpoint}\n")
    assert "not on this machine" in faults(text)[0]


def test_a_hedge_of_an_unknown_account_is_refused() -> None:
    text = GOOD.replace("legs: [{account: binance-main, spot", "legs: [{account: binance-mian, spot")
    assert "binance-mian" in faults(text)[0]


def test_every_fault_is_listed_at_once() -> None:
    text = GOOD.replace("collar: 50bps", "collar: 50").replace("venue: binanceusdm", "venue: binance")
    assert len(faults(text)) == 2


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    text = GOOD.replace("credential: binance-main\n", "credential: Hunter2Secret\n", 1)
    with pytest.raises(SettingsError) as raised:
        parse_settings("riskd.yaml", text)
    assert "secrets stand in credential files" in str(raised.value)
    assert "Hunter2Secret" not in str(raised.value)


def test_a_line_with_a_secret_is_not_shown_whatever_is_wrong_on_it() -> None:
    text = GOOD + 'notify: {slack: {credential: slack, chanel: "#risk", token: xoxb-oops}}\n'
    with pytest.raises(SettingsError) as raised:
        parse_settings("riskd.yaml", text)
    assert "chanel: unknown key; did you mean 'channel'?" in str(raised.value)
    assert "secrets stand in credential files" in str(raised.value)
    assert "xoxb-oops" not in str(raised.value)


def test_a_file_that_is_not_there_is_one_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_settings(tmp_path / "riskd.yaml")


def test_clusters_are_measured_unless_the_desk_names_them() -> None:
    measured = parse_settings("riskd.yaml", GOOD).desk().clusters
    assert measured is None
    assert parse_settings("riskd.yaml", f"{GOOD}clusters: measured\n").desk().clusters is None
    named = parse_settings("riskd.yaml", f"{GOOD}clusters: {{memes: [DOGE], majors: [BTC, ETH]}}\n")
    assert named.desk().clusters == (
        Cluster(name="majors", assets=("BTC", "ETH")),
        Cluster(name="memes", assets=("DOGE",)),
    )


def test_a_desk_defines_crashes_of_its_own() -> None:
    moves = "{BTC: -30%, eth: -4500bps, 1000PEPE: -100%, USDe: -35%}"
    text = f"{GOOD}scenarios:\n  - {{id: luna, title: Terra fails, others: -40%, moves: {moves}}}\n"
    text += "  - {id: calm, title: Nothing much, others: 1%}\n"
    assert parse_settings("riskd.yaml", text).desk().scenarios == (
        Scenario(name="calm", title="Nothing much", others=0.01),
        Scenario(
            name="luna",
            title="Terra fails",
            others=-0.4,
            moves=(("BTC", -0.3), ("ETH", -0.45), ("PEPE", -1.0), ("USDE", -0.35)),
        ),
    )
    assert parse_settings("riskd.yaml", GOOD).desk().scenarios == ()


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("{id: luna, title: T}", "others is missing"),
        ("{id: luna, title: T, others: -40}", "a number needs a unit"),
        ("{id: luna, title: T, others: 0}", "0 is a count, expected a ratio"),
        ("{id: luna, title: T, others: -140%}", "-140% is no move of a price"),
        ("{id: luna, title: T, others: 0%}", "nothing moves in this scenario"),
        ("{id: luna, title: T, others: -1%, moves: {BTCUSDT: -1%}}", "'BTCUSDT' is no coin; write BTC"),
        ("{id: luna, title: T, others: -1%, moves: {BTC/USDT: -1%}}", "'BTC/USDT' is no coin"),
        (
            "{id: luna, title: T, others: -1%, moves: {pepe: -1%, 1000PEPE: -2%}}",
            "pepe and 1000PEPE are one coin",
        ),
        ("{id: Luna, title: T, others: -1%}", "String should match pattern"),
        (
            "{id: ftx-2022-11, title: T, others: -1%}",
            "is one of riskd's own scenarios, which nobody redefines",
        ),
        ("{id: crash-30-cor-1, title: T, others: -1%}", "can be mistaken for riskd's own 'crash-30-corr-1'"),
        ("{id: a, title: T, others: -1%, move: {BTC: -1%}}", "unknown key; did you mean 'moves'?"),
    ],
)
def test_a_scenario_that_says_nothing_clear_is_refused(scenario: str, words: str) -> None:
    (fault,) = faults(f"{GOOD}scenarios:\n  - {scenario}\n")
    assert words in fault


def test_two_scenarios_of_one_name_are_refused() -> None:
    one = "  - {id: luna, title: T, others: -1%}\n"
    assert "scenario id 'luna' is given twice" in faults(f"{GOOD}scenarios:\n{one}{one}")[0]


def test_editors_take_the_file_that_riskd_takes() -> None:
    text = f"{GOOD}scenarios: [{{id: luna, title: Terra fails, others: -40%, moves: {{BTC: -30%}}}}]\n"
    schema = Draft202012Validator(Settings.model_json_schema())
    assert list(schema.iter_errors(_tree(text))) == []
    wrong = text.replace("others: -40%", "others: -0.4").replace("every: 10s", "every: 10")
    assert len(list(schema.iter_errors(_tree(wrong)))) == 2


def _tree(text: str) -> JsonValue:
    root = read_yaml(text, Problems(file="riskd.yaml", text=text))
    assert root is not None
    return plain(root)


@pytest.mark.parametrize(
    ("clusters", "words"),
    [
        ("{majors: [BTC, ETH], other: [BTC]}", "BTC is in 'majors' and in 'other'; a coin is in one cluster"),
        ("measurd", "write `measured`, or names with their coins"),
        ("{majors: []}", "'majors' has no list of coins"),
        ("{majors: BTC}", "'majors' has no list of coins"),
        ("{Majors: [BTC]}", "'Majors' is no name"),
    ],
)
def test_clusters_that_cannot_be_read_are_one_fault(clusters: str, words: str) -> None:
    (fault,) = faults(f"{GOOD}clusters: {clusters}\n")
    assert words in fault


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('symbols: ["BTC/USDT:USDT"]', "symbols: [BTCUSDT]", "write BTC/USDT:USDT or BTC/*"),
        ('symbols: ["*"]', "symbols: [ETH]", "write ETH/* for all of its contracts"),
        (
            'account: binance-main, symbol: "ETH/USDT:USDT"',
            "account: binance-main, symbol: ETHUSDT",
            "write ETH/USDT:USDT",
        ),
        (
            'account: binance-main, symbol: "BTC/USDT:USDT"',
            "account: binance-main, symbol: 'BTC/*'",
            "BASE/QUOTE:SETTLE",
        ),
    ],
)
def test_a_symbol_that_no_venue_can_have_is_refused(old: str, new: str, told: str) -> None:
    assert GOOD.count(old) == 1
    (fault,) = faults(GOOD.replace(old, new))
    assert told in fault
