"""Markets are read a few at a time, each at its pace, and what was read of them becomes columns."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from riskd.daemon.aside import due_aside
from riskd.daemon.collateral import CollateralKeeper
from riskd.daemon.history import HistoryKeeper
from riskd.daemon.liquidity import PACES, LiquidityKeeper
from riskd.daemon.prices import read_on_demand
from riskd.model.collateral import NO_ASSET_INDEX
from riskd.model.desk import Desk
from riskd.model.liquidity import NO_LIQUIDITY
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot
from riskd.observe.facts import AssetIndex, AssetIndexFact, Balances, BookFact, TurnoverFact
from riskd.observe.known import AccountMemory, Heard, Known, VenueMemory
from tests.builder_markets import levels
from tests.builders import BTC, ETH, NOW, VENUE, a_hedge, a_position, a_snapshot, an_account, perpetual_leg
from tests.builders_rules import a_rule

ORDER_BOOKS, TURNOVER, ASSET_INDEX = Surface.ORDER_BOOKS, Surface.TURNOVER, Surface.ASSET_INDEX
NOW_MS = round(NOW.timestamp() * 1000)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def holding(*symbols: str, at: datetime = NOW) -> Snapshot:
    return a_snapshot(positions=[a_position(symbol, 1) for symbol in symbols], taken_at=at)


def a_book(*, told_ms: int = NOW_MS, bid: float = 99.0) -> BookFact:
    return BookFact(bids=levels([(bid, 2.0), (98.0, 4.0)]), asks=levels([(101.0, 1.0)]), told_ms=told_ms)


def turnover(*, told_ms: int = NOW_MS) -> TurnoverFact:
    return TurnoverFact(Decimal("1e6"), Decimal(500), told_ms)


def knowing(
    *,
    books: dict[str, Heard[BookFact]] | None = None,
    turnovers: dict[str, Heard[TurnoverFact]] | None = None,
) -> Known:
    return Known(venues={VENUE: VenueMemory(order_books=books or {}, turnover=turnovers or {})})


# ---- whose turn it is ------------------------------------------------------------------------------------------------


def test_a_few_are_due_at_once_and_none_of_them_again_before_its_time() -> None:
    keeper = LiquidityKeeper()
    names = [f"C{number}/USDT:USDT" for number in range(7)]
    assert keeper.due(ORDER_BOOKS, holding(*names)) == {VENUE: tuple(names[:5])}
    assert keeper.due(ORDER_BOOKS, holding(*names, at=after(10))) == {VENUE: tuple(names[5:])}
    assert keeper.due(ORDER_BOOKS, holding(*names, at=after(20))) == {}
    assert keeper.due(ORDER_BOOKS, holding(*names, at=after(60))) == {VENUE: tuple(names[:5])}


def test_what_is_held_comes_before_what_is_only_named() -> None:
    hedge = a_hedge("pair", perpetual_leg(BTC), perpetual_leg(ETH))
    snapshot = a_snapshot(accounts=[an_account()], positions=[a_position(ETH, 1)], hedges=(hedge,))
    assert LiquidityKeeper().due(ORDER_BOOKS, snapshot) == {VENUE: (ETH, BTC)}


def test_what_was_read_waits_for_its_pace_and_what_failed_only_a_minute() -> None:
    keeper = LiquidityKeeper()
    keeper.due(TURNOVER, holding(BTC, ETH))
    read = knowing(turnovers={BTC: Heard(value=turnover(), requested_at=NOW)})
    keeper.take_in(read, holding(BTC, ETH))
    assert keeper.due(TURNOVER, holding(BTC, ETH, at=after(59))) == {}
    assert keeper.due(TURNOVER, holding(BTC, ETH, at=after(60))) == {VENUE: (ETH,)}
    assert keeper.due(TURNOVER, holding(BTC, ETH, at=after(299))) == {VENUE: (ETH,)}
    assert keeper.due(TURNOVER, holding(BTC, ETH, at=after(300))) == {VENUE: (BTC,)}


def test_a_clock_that_was_set_back_stops_no_reading() -> None:
    keeper = LiquidityKeeper()
    keeper.due(ORDER_BOOKS, holding(BTC))
    keeper.take_in(knowing(books={BTC: Heard(value=a_book(), requested_at=NOW)}), holding(BTC))
    assert keeper.due(ORDER_BOOKS, holding(BTC, at=after(-3600))) == {VENUE: (BTC,)}


def test_many_contracts_share_the_pace_of_a_minute() -> None:
    keeper, names = LiquidityKeeper(), [f"C{number}/USDT:USDT" for number in range(72)]
    asked = Counter[str]()
    heard: dict[str, Heard[BookFact]] = {}
    for cycle in range(120):
        at = after(10 * cycle)
        snapshot = holding(*names, at=at)
        for symbol in keeper.due(ORDER_BOOKS, snapshot).get(VENUE, ()):
            asked[symbol] += 1
            heard[symbol] = Heard(value=a_book(), requested_at=at)
        keeper.take_in(knowing(books=dict(heard)), snapshot)
    minutes, pace = 20, PACES[ORDER_BOOKS]
    assert pace.interval(72) == 180.0
    assert asked.total() <= minutes * pace.a_minute + 72
    assert set(asked.values()) <= {6, 7}


def test_only_what_rules_look_at_is_due() -> None:
    desk = Desk(accounts=())
    assert read_on_demand([a_rule(measure="exit_time")], desk) == {TURNOVER}
    assert read_on_demand([a_rule(measure="exit_cost")], desk) == {ORDER_BOOKS}
    assert read_on_demand([a_rule(measure="peg_gap")], desk) == {ASSET_INDEX}
    snapshot = holding(BTC)
    history = HistoryKeeper(snapshot.desk)
    assert due_aside(history, snapshot, frozenset()) == {}
    found = due_aside(history, snapshot, {TURNOVER, ORDER_BOOKS, ASSET_INDEX, Surface.TRADES})
    assert found == {TURNOVER: {VENUE: (BTC,)}, ORDER_BOOKS: {VENUE: (BTC,)}, ASSET_INDEX: {VENUE: ()}}
    assert due_aside(history, snapshot, {TURNOVER, ORDER_BOOKS, ASSET_INDEX}) == {}


# ---- what is known ---------------------------------------------------------------------------------------------------


def test_a_book_becomes_running_totals_from_the_best_level_on() -> None:
    keeper = LiquidityKeeper()
    heard = Heard(value=a_book(), requested_at=NOW)
    keeper.take_in(knowing(books={BTC: heard, "GONE/USDT:USDT": heard}), holding(BTC, ETH))
    columns = keeper.columns()
    assert (columns.venue, columns.symbol) == ((VENUE,), (BTC,))
    assert columns.begins.tolist() == [0, 2, 3]
    assert columns.price.tolist() == [99.0, 98.0, 101.0]
    assert columns.filled.tolist() == [2.0, 6.0, 1.0]
    assert columns.paid.tolist() == [198.0, 590.0, 101.0]
    assert columns.book_at.tolist() == [NOW.timestamp()]
    assert np.isnan(columns.quote_volume).all()


def test_an_answer_ages_from_its_request_or_from_the_venues_own_time() -> None:
    keeper = LiquidityKeeper()
    late = Heard(value=turnover(told_ms=NOW_MS - 40_000), requested_at=NOW)
    early = Heard(value=a_book(told_ms=NOW_MS + 200), requested_at=NOW)
    keeper.take_in(knowing(turnovers={BTC: late}, books={BTC: early}), holding(BTC))
    assert keeper.columns().turnover_at.tolist() == [NOW.timestamp() - 40.0]
    assert keeper.columns().book_at.tolist() == [NOW.timestamp()]


def test_columns_are_the_same_object_until_something_is_heard() -> None:
    keeper = LiquidityKeeper()
    assert keeper.columns() is NO_LIQUIDITY
    known = knowing(books={BTC: Heard(value=a_book(), requested_at=NOW)})
    keeper.take_in(known, holding(BTC))
    columns = keeper.columns()
    keeper.take_in(known, holding(BTC))
    assert keeper.columns() is columns
    keeper.take_in(knowing(books={BTC: Heard(value=a_book(bid=99.5), requested_at=NOW)}), holding(BTC))
    assert keeper.columns().price.tolist()[0] == 99.5
    keeper.take_in(known, holding(ETH))
    assert keeper.columns().symbol == ()


def test_nonsense_makes_the_market_unknown_and_a_failure_only_lets_it_age() -> None:
    keeper = LiquidityKeeper()
    good = Heard(value=a_book(), requested_at=NOW)
    keeper.take_in(knowing(books={BTC: good.failed("timeout")}), holding(BTC))
    assert (keeper.columns().book_trouble, len(keeper.columns().price)) == (("timeout",), 3)
    keeper.take_in(knowing(books={BTC: good.failed("guard:contract (crossed)")}), holding(BTC))
    assert (keeper.columns().book_trouble, len(keeper.columns().price)) == (("guard:contract (crossed)",), 0)


# ---- collateral ------------------------------------------------------------------------------------------------------


def balances(**collateral: str) -> Balances:
    nothing = Decimal(0)
    return Balances(
        wallet_balance=nothing,
        cross_wallet_balance=nothing,
        unrealized_pnl=nothing,
        equity=nothing,
        initial_margin=nothing,
        maintenance_margin=nothing,
        open_order_margin=nothing,
        available_balance=nothing,
        held=None,
        updated_ms={},
        collateral={asset: Decimal(balance) for asset, balance in collateral.items()},
    )


def worth(price: str, *, failure: str = "") -> Known:
    fact = AssetIndexFact(
        index=Decimal(price), bid_rate=Decimal(price), ask_rate=Decimal(price), told_ms=NOW_MS
    )
    known: AssetIndex = {"USDT": fact}
    index = Heard(value=known, requested_at=NOW, failure=failure)
    accounts = {
        "b": AccountMemory(balances=Heard(value=balances(USDT="5", BTC="0.1"), requested_at=NOW)),
        "c": AccountMemory(),
    }
    return Known(venues={VENUE: VenueMemory(asset_index=index)}, accounts=accounts)


def test_collateral_is_read_each_minute_and_becomes_rows_of_accounts() -> None:
    keeper, snapshot = CollateralKeeper(), a_snapshot(accounts=[an_account(name) for name in ("a", "b", "c")])
    keeper.take_in(worth("1"), snapshot)
    assert keeper.index is NO_ASSET_INDEX, "nobody has asked"
    assert keeper.due(snapshot) == {VENUE: ()}
    assert keeper.due(a_snapshot(taken_at=after(59))) == {}
    assert keeper.due(a_snapshot(taken_at=after(60))) == {VENUE: ()}
    keeper.take_in(worth("0.98"), snapshot)
    assert keeper.collateral.account.tolist() == [1, 1]
    assert keeper.collateral.asset == ("BTC", "USDT")
    assert keeper.collateral.balance.tolist() == [0.1, 5.0]
    assert (keeper.index.asset, keeper.index.index.tolist()) == (("USDT",), [0.98])


def test_an_index_that_is_nonsense_counts_no_longer_and_one_that_failed_ages() -> None:
    keeper, snapshot = CollateralKeeper(), a_snapshot(accounts=[an_account("b")])
    keeper.due(snapshot)
    keeper.take_in(worth("1", failure="timeout"), snapshot)
    assert (keeper.index.asset, keeper.index.trouble) == (("USDT",), ((VENUE, "timeout"),))
    keeper.take_in(worth("1", failure="guard:not_a_list"), snapshot)
    assert (keeper.index.asset, keeper.index.trouble) == ((), ((VENUE, "guard:not_a_list"),))
