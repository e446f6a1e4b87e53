"""Named crashes: what they would cost, and that their magnitudes are the recorded ones."""

from __future__ import annotations

import json
import math
import statistics

import pytest

from riskd.measure.book.book import Book
from riskd.measure.market_risk.scenarios import SCENARIOS, scenario_of
from riskd.model.desk import Desk
from riskd.model.scenario import Scenario
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
from tests.measure.books import book_of, by_subject, reason, value, values
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
    assert tariffs.moves_of(["NEWCOIN"]) == [tariffs.others]
    assert tariffs.moves_of(["PEPE", "1000PEPE", "1000000PEPE"]) == [-0.445] * 3
    assert SCENARIOS[CRASH].moves_of(["USDC", "BTC"]) == [0.0, -0.3]


def test_what_cannot_be_valued_or_backed_is_unknown_or_infinite() -> None:
    blind = a_snapshot(positions=[a_position(BTC, 1, mark=NAN)])
    assert reason(blind, "stress_loss", Grain.ACCOUNT, scenario=CRASH) == "mark price of BTC/USDT:USDT"
    poor = a_snapshot(accounts=[an_account(wallet=0)], positions=[a_position(BTC, 1)])
    assert value(poor, "stress_loss", Grain.ACCOUNT, scenario=CRASH) == math.inf
    assert value(poor, "stress_loss", Grain.ACCOUNT, scenario=RALLY) == 0.0


LUNA = Scenario(
    name="luna",
    title="Terra fails, and a dollar with it",
    others=-0.4,
    moves=(("BTC", -0.3), ("PEPE", -0.9), ("USDE", -0.35)),
)


def test_a_scenario_of_the_desk_moves_what_it_names_and_the_rest_as_it_says() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(wallet=60_000)],
        positions=[a_position(BTC, 1), a_position(ETH, -10), a_position("1000PEPE/USDT:USDT", 10)],
        spot=[a_spot("USDe", 2_000, 1.0), a_spot("USDC", 9_000, 1.0)],
        hedges=(a_hedge("carry", spot_leg("USDe"), spot_leg("USDC"), perpetual_leg(BTC)),),
        scenarios=(LUNA,),
    )
    # 60,000 x 30 % - 30,000 x 40 % + 1,000 x 90 % + 2,000 x 35 %; what is at par and not named stays there
    lost = 18_000 - 12_000 + 900 + 700
    assert value(snapshot, "stress_loss", Grain.ACCOUNT, scenario="luna") == pytest.approx(lost / 60_000)
    assert value(snapshot, "stress_loss", Grain.PORTFOLIO, scenario="luna") == pytest.approx(lost / 60_000)


def test_a_scenario_that_nobody_defined_is_unknown_even_of_nothing() -> None:
    for held in ([], [a_position(BTC, 1)]):
        snapshot = a_snapshot(positions=held, scenarios=(LUNA,))
        for grain in (Grain.ACCOUNT, Grain.PORTFOLIO):
            assert math.isnan(value(snapshot, "stress_loss", grain, scenario="terra"))
            assert (
                reason(snapshot, "stress_loss", grain, scenario="terra")
                == "no scenario 'terra' in riskd.yaml"
            )


def test_a_scenario_of_riskd_is_never_the_desks() -> None:
    other = Scenario(name=CRASH, title="Nothing happens", others=-1e-9)
    assert scenario_of(CRASH, Desk(accounts=(), scenarios=(other,))) is SCENARIOS[CRASH]
    assert scenario_of("luna", Desk(accounts=(), scenarios=(other, LUNA))) is LUNA
    assert scenario_of("luna", Desk(accounts=())) is None


def test_each_snapshot_of_a_block_has_the_scenarios_of_its_time() -> None:
    """The desk's own words may change between two snapshots that are judged together."""
    worse = Scenario(name="luna", title="Worse", others=-0.8)
    books = [
        book_of(
            a_snapshot(accounts=[an_account(wallet=60_000)], positions=[a_position(BTC, 1)], scenarios=own)
        )
        for own in ((LUNA,), (), (worse,))
    ]
    alone = [value(book, "stress_loss", Grain.ACCOUNT, scenario="luna") for book in books]
    together = values(Book.stack(books), "stress_loss", Grain.ACCOUNT, scenario="luna")
    assert together[0] == alone[0] == pytest.approx(0.3)
    assert math.isnan(together[1])
    assert together[2] == alone[2] == pytest.approx(0.8)


def test_absurd_scenarios_and_sizes_have_defined_answers() -> None:
    gone = Scenario(name="gone", title="Everything is worth nothing", others=-1.0)
    for size in (1e-20, 1e20):
        snapshot = a_snapshot(
            accounts=[an_account(wallet=1.0)], positions=[a_position(BTC, size / 60_000)], scenarios=(gone,)
        )
        assert value(snapshot, "stress_loss", Grain.ACCOUNT, scenario="gone") == pytest.approx(size)
    broke = a_snapshot(accounts=[an_account(wallet=0)], positions=[a_position(BTC, 1)], scenarios=(gone,))
    assert value(broke, "stress_loss", Grain.ACCOUNT, scenario="gone") == math.inf
    assert value(a_snapshot(scenarios=(gone,)), "stress_loss", Grain.ACCOUNT, scenario="gone") == 0.0


def test_every_move_is_a_fall_to_above_zero_or_a_rally() -> None:
    for name, scenario in SCENARIOS.items():
        assert name == scenario.name
        assert scenario.title
        assert all(-1.0 < move < 0.0 for _, move in scenario.moves)
        assert scenario.others != 0.0


@pytest.mark.shared
def test_the_magnitudes_are_the_recorded_ones() -> None:
    events = json.loads(shared_path("data/scenarios.json").read_text())["events"]
    for event in events:
        assert dict(SCENARIOS[event["id"]].moves) == pytest.approx(_falls(event["measured"]), abs=6e-4)
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
    moves = [move for coin, move in scenario.moves if coin not in ("BTC", "ETH")]
    return round(statistics.median(moves), 3)
