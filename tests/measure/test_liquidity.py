"""How fast and at what price positions could be closed: worked examples, and what is unknown and why."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, select_all
from riskd.measure.liquidity.liquidity import SPECS
from riskd.measure.spec import Remedy, Selection, Unit
from riskd.model.history import History
from riskd.model.liquidity import MarketRow
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain
from riskd.policy.text.units import parse
from tests.builder_markets import a_market, with_markets
from tests.builders import (
    BTC,
    ETH,
    NAN,
    a_history,
    a_position,
    a_snapshot,
    a_surface,
    an_account,
    an_instrument,
)
from tests.measure.books import by_subject, measured, reason, selected, value, values

DAY_VOLUME = 864_000_000.0  # 10,000 USD a second
# Mid 60,000: 2 BTC half a basis point away, 8 more at one percent, 20 more beyond.
BIDS = [(59_997.0, 2.0), (59_400.0, 8.0), (58_800.0, 20.0)]
ASKS = [(60_003.0, 1.0), (60_600.0, 4.0), (63_000.0, 5.0)]


def btc_market(**changes: object) -> MarketRow:
    row = a_market(BTC, volume=DAY_VOLUME, open_interest=80_000.0, bids=BIDS, asks=ASKS)
    return replace(row, **changes)  # type: ignore[arg-type]  # whatever field a test changes


def eth_market() -> MarketRow:
    return a_market(
        ETH, volume=8_640_000.0, open_interest=1_000.0, bids=[(2_999.0, 50.0)], asks=[(3_001.0, 50.0)]
    )


def book(snapshot: Snapshot, *rows: MarketRow) -> Book:
    return Book.of(snapshot, with_markets(a_history(snapshot), *rows))


def holding(*quantities: float, **markets: MarketRow) -> Book:
    """One BTC position for each quantity, each in an account of its own with 1,000,000 USDT."""
    accounts = [an_account(f"a{number}", wallet=1_000_000.0) for number in range(len(quantities))]
    positions = [
        a_position(BTC, quantity, f"a{number}", mark=60_000.0) for number, quantity in enumerate(quantities)
    ]
    snapshot = a_snapshot(
        accounts=accounts,
        positions=positions,
        instruments=[an_instrument(BTC, mark=60_000.0, taker_fee_rate=None)],
    )
    return book(snapshot, markets.get("market", btc_market()))


# ---- volume ----------------------------------------------------------------------------------------------------------


def test_a_position_of_900_seconds_of_a_tenth_of_the_volume_takes_a_quarter_of_an_hour() -> None:
    """15 BTC are 900,000 USD; 10 % of 10,000 USD a second are 1,000."""
    assert value(holding(15.0), "exit_time", Grain.POSITION) == 900.0
    assert value(holding(-15.0), "exit_time", Grain.POSITION, participation=0.05) == 1_800.0


def test_an_exit_time_is_a_duration_that_a_policy_may_limit_in_days() -> None:
    spec = CATALOGUE["exit_time"]
    assert (spec.unit, parse("1d").value, parse("15m").value) == (Unit.DURATION, 86_400.0, 900.0)


def test_the_slowest_contract_decides_for_an_account() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main")],
        positions=[a_position(BTC, 1, mark=60_000.0), a_position(ETH, -10, mark=3_000.0)],
    )
    found = book(snapshot, btc_market(), eth_market())
    # ETH trades 100 USD a second, of which we may be 10: 30,000 USD take 3,000 s; BTC takes 60.
    assert by_subject(found, "exit_time", Grain.ASSET) == {
        "account=main asset=BTC": 60.0,
        "account=main asset=ETH": 3_000.0,
    }
    assert value(found, "exit_time", Grain.ACCOUNT) == 3_000.0
    assert value(found, "share_of_volume", Grain.ACCOUNT) == pytest.approx(30_000 / 8_640_000)


def test_both_sides_of_hedge_mode_trade_in_the_same_market() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", hedge_mode=True)],
        positions=[
            a_position(BTC, 15, mark=60_000.0, position_side="LONG"),
            a_position(BTC, -5, mark=60_000.0, position_side="SHORT"),
        ],
    )
    found = book(snapshot, btc_market())
    assert values(found, "exit_time", Grain.POSITION) == [900.0, 300.0]
    assert value(found, "exit_time", Grain.ACCOUNT) == 1_200.0
    assert value(found, "share_of_volume", Grain.ACCOUNT) == pytest.approx(1_200_000 / DAY_VOLUME)


def test_accounts_that_hold_one_contract_share_its_market() -> None:
    found = holding(15.0, 15.0)
    assert values(found, "exit_time", Grain.ACCOUNT) == [900.0, 900.0]
    assert value(found, "exit_time", Grain.PORTFOLIO) == 1_800.0
    assert value(found, "share_of_volume", Grain.PORTFOLIO) == pytest.approx(1_800_000 / DAY_VOLUME)


def test_the_limit_of_one_percent_of_a_days_volume() -> None:
    assert value(holding(144.0), "share_of_volume", Grain.POSITION) == pytest.approx(0.01)


# ---- open interest ---------------------------------------------------------------------------------------------------


def test_open_interest_counts_each_contract_once_so_that_the_larger_side_is_our_share() -> None:
    found = holding(1_600.0, -400.0)
    assert values(found, "share_of_open_interest", Grain.POSITION) == pytest.approx([0.02, 0.005])
    assert value(found, "share_of_open_interest", Grain.PORTFOLIO) == pytest.approx(0.02)


# ---- depth -----------------------------------------------------------------------------------------------------------


def test_a_long_is_held_against_the_bids_within_the_distance_and_a_short_against_the_asks() -> None:
    found = holding(5.0, -5.0)
    assert values(found, "share_of_depth", Grain.POSITION) == [5 / 10, 5 / 5]
    assert values(found, "share_of_depth", Grain.POSITION, within=0.02) == [5 / 30, 5 / 5]
    assert values(found, "share_of_depth", Grain.POSITION, within=0.05) == [5 / 30, 5 / 10]


def test_a_book_that_ends_before_the_distance_overstates_the_share() -> None:
    """What rests behind the last level that was read does not count: the share is never too small."""
    shown = holding(5.0, market=btc_market(bids=a_market(BTC, bids=BIDS[:1], asks=ASKS).bids))
    assert value(shown, "share_of_depth", Grain.POSITION) == 2.5


def test_nothing_within_the_distance_is_an_infinite_share_of_it() -> None:
    assert value(holding(5.0), "share_of_depth", Grain.POSITION, within=0.00001) == math.inf


def test_accounts_that_would_sell_into_the_same_bids_count_together() -> None:
    assert value(holding(5.0, 5.0, -5.0), "share_of_depth", Grain.PORTFOLIO) == 1.0


# ---- cost ------------------------------------------------------------------------------------------------------------


def test_a_close_pays_half_the_spread_the_depth_it_uses_up_and_a_fee() -> None:
    """2 BTC at 59,997 and 4 at 59,400 bring 357,594 of the 360,000 at mid: 2,406, and 0.05 % of 360,000: 180."""
    assert value(holding(6.0), "exit_cost", Grain.POSITION) == pytest.approx(2_586 / 1_000_000)
    # Within the best level it is half the spread: 3 USD for each BTC, and 30 USD of fees.
    assert value(holding(1.0), "exit_cost", Grain.POSITION) == pytest.approx(33 / 1_000_000)
    assert value(holding(-1.0), "exit_cost", Grain.POSITION, fee=0.0) == pytest.approx(3 / 1_000_000)


def test_a_fee_that_the_venue_states_goes_before_the_rules() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=1_000_000.0)],
        positions=[a_position(BTC, 1, mark=60_000.0)],
        instruments=[an_instrument(BTC, mark=60_000.0, taker_fee_rate="0.0002")],
    )
    assert value(book(snapshot, btc_market()), "exit_cost", Grain.POSITION) == pytest.approx(15 / 1_000_000)


def test_the_second_account_sells_what_the_first_one_left() -> None:
    """Alone each sells 2 BTC at 59,997; together the second two go at 59,400."""
    found = holding(2.0, 2.0)
    assert value(found, "exit_cost", Grain.ACCOUNT, fee=0.0) == pytest.approx(6 / 1_000_000)
    assert value(found, "exit_cost", Grain.PORTFOLIO, fee=0.0) == pytest.approx((6 + 1_200) / 2_000_000)


def test_a_size_that_the_book_does_not_hold_has_no_price() -> None:
    """All 30 BTC bring 1,771,194 of the 1,800,000 at mid; of half a coin more nobody says what it brings."""
    found = holding(30.0, 30.5)
    assert values(found, "exit_cost", Grain.POSITION)[0] == pytest.approx((28_806 + 900) / 1_000_000)
    unknown = measured(found, "exit_cost", Grain.POSITION).unknown[1]
    assert unknown == "order book of BTC/USDT:USDT: its bids show 30 of the 30.5 to close"
    assert "its asks show 10 of the 11 to close" in reason(holding(-11.0), "exit_cost", Grain.ACCOUNT)


def test_a_cost_without_equity_is_infinite_and_nothing_held_costs_nothing() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("poor", wallet=0.0), an_account("idle", wallet=0.0)],
        positions=[a_position(BTC, 1, "poor", mark=60_000.0)],
    )
    assert values(book(snapshot, btc_market()), "exit_cost", Grain.ACCOUNT) == [math.inf, 0.0]


# ---- spread ----------------------------------------------------------------------------------------------------------


def test_a_spread_is_taken_over_mid() -> None:
    assert value(holding(1.0), "spread", Grain.POSITION) == pytest.approx(0.0001)
    assert value(holding(1.0), "spread", Grain.INSTRUMENT) == pytest.approx(0.0001)


# ---- unknown ---------------------------------------------------------------------------------------------------------

OF_TURNOVER = ("exit_time", "share_of_volume", "share_of_open_interest")
OF_BOOKS = ("share_of_depth", "exit_cost", "spread")
WHAT = {"share_of_open_interest": "open interest"}


@pytest.mark.parametrize("name", [*OF_TURNOVER, *OF_BOOKS])
def test_a_market_that_was_never_read_is_unknown(name: str) -> None:
    what = WHAT.get(name, "24 h volume" if name in OF_TURNOVER else "order book")
    snapshot = a_snapshot(positions=[a_position(BTC, 1)])
    assert reason(book(snapshot), name, Grain.POSITION) == f"{what} of {BTC}: never read"
    tried = book(snapshot, MarketRow(venue="binanceusdm", symbol=BTC, turnover_trouble="x", book_trouble="x"))
    failed = "never read; the newest attempt failed: x"
    assert reason(tried, name, Grain.POSITION) == f"{what} of {BTC}: {failed}"


@pytest.mark.parametrize(
    ("name", "limit"), [*((n, 1800) for n in OF_TURNOVER), *((n, 300) for n in OF_BOOKS)]
)
def test_what_is_too_old_is_unknown_and_says_how_old(name: str, limit: int) -> None:
    now = a_snapshot().taken_at.timestamp()

    def of(age: float, trouble: str = "") -> Book:
        at = now - age
        row = btc_market(turnover_at=at, book_at=at, turnover_trouble=trouble, book_trouble=trouble)
        return holding(1.0, market=row)

    assert reason(of(limit), name, Grain.POSITION) == ""
    assert f"{limit + 60} s old, {limit} s are allowed" in reason(of(limit + 60.0), name, Grain.POSITION)
    assert reason(of(limit + 60.0, "timeout"), name, Grain.POSITION).endswith("failed: timeout")
    assert "60 s ahead, the clock was set back" in reason(of(-60.0), name, Grain.POSITION)


@pytest.mark.parametrize("name", OF_TURNOVER)
def test_a_venue_that_counts_anew_is_no_market_without_trades(name: str) -> None:
    found = holding(1.0, market=btc_market(quote_volume=0.0, open_interest=0.0))
    assert reason(found, name, Grain.POSITION).endswith("none, or the venue counts anew")


@pytest.mark.parametrize("name", ["exit_time", "share_of_volume", "exit_cost"])
def test_a_position_without_a_mark_is_named_before_its_market(name: str) -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=1e6, equity=1e6)], positions=[a_position(BTC, 1, mark=NAN)]
    )
    assert reason(book(snapshot, btc_market()), name, Grain.ACCOUNT) == f"mark price of {BTC}"


def test_the_unknown_of_an_account_names_the_contract() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main")],
        positions=[a_position(BTC, 1, mark=60_000.0), a_position(ETH, 1, mark=3_000.0)],
    )
    assert (
        reason(book(snapshot, btc_market()), "exit_time", Grain.ACCOUNT)
        == f"24 h volume of {ETH}: never read"
    )


def test_positions_that_cannot_be_seen_make_every_share_unknown() -> None:
    snapshot = a_snapshot(
        positions=[a_position(BTC, 1)], surfaces=[a_surface(Surface.POSITIONS, quality=Quality.STALE)]
    )
    for name in (*OF_TURNOVER, "share_of_depth", "exit_cost"):
        assert reason(book(snapshot, btc_market()), name, Grain.ACCOUNT).startswith("positions: STALE")


# ---- selections, sizes, blocks ---------------------------------------------------------------------------------------


def test_only_selected_positions_count() -> None:
    found = holding(15.0, 30.0)
    first = Selection(positions=np.array([True, False]), orders=np.zeros(0, dtype=np.bool_))
    for name in ("exit_time", "share_of_volume", "share_of_open_interest", "share_of_depth", "exit_cost"):
        assert selected(found, name, Grain.ACCOUNT, first).values.tolist()[1] == 0.0
        assert selected(found, name, Grain.POSITION, first).values.tolist()[1] == 0.0


@pytest.mark.parametrize("quantity", [1e-20, 1e20, -1e20])
def test_dust_and_absurd_sizes_have_an_answer_or_a_named_unknown(quantity: float) -> None:
    for spec in SPECS:
        found = measured(holding(quantity), spec.name, Grain.POSITION)
        assert (found.values[0] >= 0.0) != bool(found.unknown[0])


def test_snapshots_that_share_a_history_are_measured_as_each_alone() -> None:
    one, other = holding(6.0, -3.0), holding(40.0)
    shared = one.tables.histories[0].liquidity
    again = replace(other.tables.histories[0], liquidity=shared)
    books = [one, Book.of(other.tables.snapshots[0], again), other]
    block = Book.stack(books)
    for spec in SPECS:
        alone = [measured(part, spec.name, Grain.POSITION) for part in books]
        together = measured(block, spec.name, Grain.POSITION)
        assert np.concatenate([part.values for part in alone]).tobytes() == together.values.tobytes()
        assert [why for part in alone for why in part.unknown] == list(together.unknown)


def test_what_reducing_brings_back_says_so() -> None:
    assert {spec.name: spec.remedy for spec in SPECS if spec.remedy is not Remedy.REDUCE} == {
        "spread": Remedy.NONE
    }
    less, more = holding(5.0), holding(10.0)
    for spec in SPECS:
        if spec.remedy is Remedy.REDUCE:
            assert value(less, spec.name, Grain.ACCOUNT) < value(more, spec.name, Grain.ACCOUNT)


def test_a_history_without_markets_costs_a_book_nothing() -> None:
    history: History = a_history(a_snapshot())
    assert len(history.liquidity.price) == 0
    assert select_all(Book.of(a_snapshot(), history)) is not None
