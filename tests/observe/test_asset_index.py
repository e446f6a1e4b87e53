"""What assets are worth as collateral, and what backs an account in each of the venue's two modes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from riskd.model.report import JsonValue, Surface
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.json_text import Rubbish
from riskd.observe.normalise import dialect_of
from tests.fakes.clock import NOON
from tests.observe.rows import VENUE, Row, eight, listing, ms
from tests.observe.world import Watch, World, report, reports

BINANCE = dialect_of(VENUE)

# The response example of Binance's Multi-Assets Mode Asset Index.
ADA: Row = {
    "symbol": "ADAUSD",
    "time": 1635740268004,
    "index": "1.92957370",
    "bidBuffer": "0.10000000",
    "askBuffer": "0.10000000",
    "bidRate": "1.73661633",
    "askRate": "2.12253107",
    "autoExchangeBidBuffer": "0.05000000",
    "autoExchangeAskBuffer": "0.05000000",
    "autoExchangeBidRate": "1.83309501",
    "autoExchangeAskRate": "2.02605238",
}
# The rates of the worked example in Binance's How to Calculate Margin Ratio in the Multi-Assets Mode.
USDT: Row = ADA | {
    "symbol": "USDTUSD",
    "index": "0.99",
    "bidBuffer": "0.01",
    "askBuffer": "0.005",
    "bidRate": "0.9801",
    "askRate": "0.99495",
}


def test_the_venues_own_examples_are_read() -> None:
    read = BINANCE.asset_index([ADA, USDT], PLAUSIBLE)
    assert read.faults == ()
    ada, usdt = read.value["ADA"], read.value["USDT"]
    assert (ada.index, ada.bid_rate) == (Decimal("1.92957370"), Decimal("1.73661633"))
    assert (usdt.bid_rate, usdt.ask_rate) == (Decimal("0.9801"), Decimal("0.99495"))
    assert usdt.told_ms == 1635740268004


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"symbol": "ADA"}, "not that of an asset in dollars"),
        ({"symbol": "USD"}, "not that of an asset in dollars"),
        ({"bidRate": "1.92957370"}, "where index and buffer make"),
        ({"askRate": "1.92957370"}, "where index and buffer make"),
        ({"bidBuffer": "1"}, "bidBuffer is '1', outside"),
        ({"index": "0"}, "index is '0', outside"),
        ({"time": None}, "time is None"),
    ],
)
def test_a_row_that_cannot_be_right_is_left_out_and_said(changes: Row, reason: str) -> None:
    read = BINANCE.asset_index([USDT, ADA | changes], PLAUSIBLE)
    assert set(read.value) == {"USDT"}
    assert reason in read.faults[0].reason


@pytest.mark.parametrize("payload", [{}, [], [ADA | {"index": "x"}], None])
def test_a_list_without_a_sound_row_is_rubbish(payload: JsonValue) -> None:
    with pytest.raises(Rubbish):
        BINANCE.asset_index(payload, PLAUSIBLE)


def test_an_index_told_before_is_a_replay() -> None:
    watch = Watch()
    for minute, told in ((0, 2), (1, 1)):
        at = NOON + timedelta(minutes=minute)
        index = USDT | {"time": ms(NOON + timedelta(minutes=told))}
        watch.see(reports(World(at=at).answers(), at=at), [report(Surface.ASSET_INDEX, [index], at=at)])
    heard = watch.known.venue(VENUE).asset_index
    assert heard.failure == "replayed: 60000 ms older than the last answer"


# ---- what backs an account -------------------------------------------------------------------------------------------


def pool(asset: str, balance: str, *, margin: str = "0") -> Row:
    """An asset of an account without unrealized PnL."""
    return {
        "asset": asset,
        "walletBalance": eight(balance),
        "unrealizedProfit": eight("0"),
        "marginBalance": eight(balance),
        "maintMargin": eight(margin),
        "initialMargin": eight(margin),
        "openOrderInitialMargin": eight("0"),
        "crossWalletBalance": eight(balance),
        "availableBalance": eight(balance),
        "updateTime": ms(NOON),
    }


def backing(total: str, *pools: Row) -> dict[str, Decimal]:
    """What backs an account with these totals and assets."""
    answer: Row = {
        "totalWalletBalance": eight(total),
        "totalCrossWalletBalance": eight(total),
        "totalUnrealizedProfit": eight("0"),
        "totalMarginBalance": eight(total),
        "totalInitialMargin": eight("0"),
        "totalMaintMargin": eight("0"),
        "totalOpenOrderInitialMargin": eight("0"),
        "availableBalance": eight(total),
        "assets": list(pools),
        "positions": [],
    }
    return dict(BINANCE.balances(answer, listing("BTC"), PLAUSIBLE).value.collateral)


def test_in_single_asset_mode_one_currency_backs_the_account_whatever_else_lies_there() -> None:
    assert backing("200", pool("USDT", "200"), pool("BNB", "3")) == {"USDT": Decimal(200)}


def test_an_account_that_margins_in_another_currency_is_backed_by_that_one() -> None:
    assert backing("0", pool("USDT", "0"), pool("USDC", "220", margin="20")) == {"USDC": Decimal(220)}


def test_in_multi_assets_mode_everything_that_is_held_or_owed_backs_the_account() -> None:
    """The totals are in dollars then: 200 USDT at 0.9801 and 220 USDC are 416.02, Binance's worked example."""
    found = backing(
        "416.02", pool("USDT", "200"), pool("USDC", "220"), pool("ETH", "0"), pool("BTC", "-0.01")
    )
    assert found == {"USDT": Decimal(200), "USDC": Decimal(220), "BTC": Decimal("-0.01")}


def test_an_empty_account_is_backed_by_nothing_in_dollars() -> None:
    assert backing("0", pool("USDT", "0")) == {"USDT": Decimal(0)}
    assert backing("0") == {"USDT": Decimal(0)}
