"""Named crashes: what they would cost, and that their magnitudes are the recorded ones."""

from __future__ import annotations

import json
import math
import statistics

import pytest

from riskd.measure.scenarios import SCENARIOS, Scenario
from riskd.model.subject import Grain
from tests.builders import (
    BTC,
    ETH,
    NAN,
    a_hedge,
    a_position,
    a_snapshot,
    a_spot,
    an_account,
    perpetual_leg,
    spot_leg,
)
from tests.measure.books import by_subject, reason, value
from tests.shared_data import shared_path

CRASH, RALLY = "crash-30-corr-1", "rally-30-corr-1"
FALL = "tariff-2025-02-03"


def test_everything_falls_by_thirty_percent() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("bull", wallet=60_000), an_account("bear", wallet=60_000)],
        positions=[a_position(BTC, 1, "bull"), a_position(ETH, 10, "bull"), a_position(BTC, -1, "bear")],
    )
    assert by_subject(snapshot, "stress_loss", Grain.ACCOUNT, scenario=CRASH) == {
        "account=bull": pytest.approx(0.45),
        "account=bear": 0.0,
    }
    assert by_subject(snapshot, "stress_loss", Grain.ACCOUNT, scenario=RALLY) == {
        "account=bull": 0.0,
        "account=bear": pytest.approx(0.3),
    }
    assert value(snapshot, "stress_loss", Grain.PORTFOLIO, scenario=CRASH) == pytest.approx(9_000 / 120_000)


def test_a_hedge_of_one_coin_by_another_breaks_where_it_broke() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=60_000)], positions=[a_position(ETH, 20), a_position(BTC, -1)]
    )
    assert value(snapshot, "stress_loss", Grain.ACCOUNT, scenario=CRASH) == 0.0
    assert value(snapshot, "stress_loss", Grain.ACCOUNT, scenario=FALL) == pytest.approx(0.352 - 0.111)


def test_spot_that_a_hedge_names_offsets_its_perpetual() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=60_000)],
        positions=[a_position(BTC, -1)],
        spot=[a_spot("BTC", 1, 60_000)],
        hedges=(a_hedge("carry", spot_leg("BTC"), perpetual_leg(BTC)),),
    )
    assert value(snapshot, "stress_loss", Grain.ACCOUNT, scenario=RALLY) == 0.0


def test_a_coin_that_was_not_there_moves_as_the_median_of_the_others() -> None:
    tariffs = SCENARIOS[FALL]
    assert tariffs.move("NEWCOIN") == tariffs.others
    assert tariffs.move("1000PEPE") == tariffs.move("PEPE") == tariffs.move("1000000PEPE") == -0.445
    assert SCENARIOS[CRASH].move("USDC") == 0.0


def test_what_cannot_be_valued_or_backed_is_unknown_or_infinite() -> None:
    blind = a_snapshot(positions=[a_position(BTC, 1, mark=NAN)])
    assert reason(blind, "stress_loss", Grain.ACCOUNT, scenario=CRASH) == "mark price of BTC/USDT:USDT"
    poor = a_snapshot(accounts=[an_account(wallet=0)], positions=[a_position(BTC, 1)])
    assert value(poor, "stress_loss", Grain.ACCOUNT, scenario=CRASH) == math.inf
    assert value(poor, "stress_loss", Grain.ACCOUNT, scenario=RALLY) == 0.0


def test_every_move_is_a_fall_to_above_zero_or_a_rally() -> None:
    for name, scenario in SCENARIOS.items():
        assert name == scenario.name
        assert scenario.title
        assert all(-1.0 < move < 0.0 for move in scenario.moves.values())
        assert scenario.others != 0.0


@pytest.mark.shared
def test_the_magnitudes_are_the_recorded_ones() -> None:
    events = json.loads(shared_path("data/scenarios.json").read_text())["events"]
    for event in events:
        assert SCENARIOS[event["id"]].moves == pytest.approx(_falls(event["measured"]), abs=6e-4)
        assert SCENARIOS[event["id"]].others == pytest.approx(_median(SCENARIOS[event["id"]]), abs=1e-9)
    assert len(SCENARIOS) == len(events) + 2


def _falls(measured: dict[str, dict[str, float]]) -> dict[str, float]:
    """Fall of the mark, else of the last price; Binance's where both venues have the coin."""
    found = {}
    for key in sorted(measured, key=lambda key: key.startswith("binance")):
        venue, name = key.split(":")
        coin = name.split("-")[0] if venue == "okx_swap" else name.removesuffix("USDT").removeprefix("1000")
        found[coin] = measured[key].get("drop_mark", measured[key]["drop_last"])
    found.pop("USDC", None)
    return found


def _median(scenario: Scenario) -> float:
    moves = [move for coin, move in scenario.moves.items() if coin not in ("BTC", "ETH")]
    return round(statistics.median(moves), 3)
