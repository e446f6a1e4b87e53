"""Cancelling takes away what adds risk, inside the subject and the rule's scope, and never what protects."""

from __future__ import annotations

import pytest

from riskd.act.plan import NoPlanReason
from riskd.act.remedies.cancel import cancellations
from riskd.model.order import Cancellation, OrderList
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind, Quality, Snapshot
from riskd.model.subject import Grain, Subject, position_subject
from riskd.policy.rule import Match, Selector
from tests.act.remedies.demands import MAIN, cancel, reason_of, text_of
from tests.builders import (
    BTC,
    ETH,
    NAN,
    OrderRow,
    a_grid,
    a_hedge,
    a_position,
    a_snapshot,
    a_stop,
    a_surface,
    an_account,
    an_order,
    perpetual_leg,
)
from tests.measure.books import book_of

LONG = position_subject("main", BTC, "long")


def cancelled(
    snapshot: Snapshot, which: str = "risk_increasing", subject: Subject = MAIN, **how: object
) -> list[str]:
    """Ids of what is cancelled; empty when there is nothing to do."""
    made = cancellations(book_of(snapshot), cancel(which, subject, **how))  # type: ignore[arg-type]  # as given
    if not isinstance(made, tuple):
        assert made.reason is NoPlanReason.AT_TARGET, made
        return []
    assert all(isinstance(step, Cancellation) for step in made)
    return [step.order_id for step in made]


def one_way(quantity: float, *orders: OrderRow) -> Snapshot:
    return a_snapshot(
        accounts=[an_account()], positions=[a_position(BTC, quantity)] if quantity else [], orders=orders
    )


def hedge_mode(*orders: OrderRow) -> Snapshot:
    return a_snapshot(
        accounts=[an_account(hedge_mode=True)],
        positions=[
            a_position(BTC, 1, position_side="LONG"),
            a_position(BTC, -1, position_side="SHORT"),
        ],
        orders=orders,
    )


# ---- what adds risk ------------------------------------------------------------------------------------------------


def test_an_order_on_the_side_of_the_position_adds_and_one_that_closes_it_does_not() -> None:
    book = one_way(
        1,
        an_order(BTC, "BUY", 1, 59_000, order_id="more"),
        an_order(BTC, "SELL", 1, 61_000, order_id="less"),
    )
    assert cancelled(book) == ["more"]


def test_where_nothing_is_held_every_order_that_may_open_adds() -> None:
    book = one_way(
        0,
        an_order(BTC, "BUY", 1, 59_000, order_id="buy"),
        an_order(BTC, "SELL", 1, 61_000, order_id="sell"),
        an_order(BTC, "SELL", 1, 61_000, order_id="leftover", reduce_only=True),
    )
    assert cancelled(book) == ["buy", "sell"]


def test_what_lies_beyond_the_held_quantity_turns_the_position_round() -> None:
    book = one_way(
        1,
        an_order(BTC, "SELL", 0.6, 61_000, order_id="near"),
        an_order(BTC, "SELL", 0.6, 62_000, order_id="too much"),
        an_order(BTC, "SELL", 0.4, 63_000, order_id="fits again"),
    )
    assert cancelled(book) == ["too much"]


def test_an_order_that_is_larger_than_the_position_goes_whole() -> None:
    assert cancelled(one_way(1, an_order(BTC, "SELL", 3, 61_000, order_id="flips"))) == ["flips"]


def test_a_stop_entry_adds_although_it_is_a_stop() -> None:
    entry = a_stop(BTC, "BUY", 1, 61_000, reduce_only=False, order_id="breakout")
    assert cancelled(one_way(1, entry)) == ["breakout"]
    assert cancelled(one_way(0, entry), "all") == ["breakout"]


def test_in_hedge_mode_the_side_says_what_adds() -> None:
    book = hedge_mode(
        an_order(BTC, "BUY", 1, 59_000, position_side="LONG", order_id="more long"),
        an_order(BTC, "SELL", 5, 61_000, position_side="LONG", order_id="less long"),
        an_order(BTC, "SELL", 1, 61_000, position_side="SHORT", order_id="more short"),
        an_order(BTC, "BUY", 5, 59_000, position_side="SHORT", order_id="less short"),
    )
    assert cancelled(book) == ["more long", "more short"]


def test_a_step_says_what_it_cancels_in_words() -> None:
    book = one_way(
        1,
        an_order(BTC, "BUY", "0.50", 20_000, client_order_id="grid-7", order_id="1"),
        a_stop(BTC, "BUY", 2, 61_000.5, reduce_only=False, order_id="2"),
    )
    limit, stop = cancellations(book_of(book), cancel())  # type: ignore[misc]  # both are cancelled
    assert (limit.what, limit.kept_in) == ("buy 0.5 at 20,000", OrderList.ORDINARY)
    assert (limit.account, limit.symbol, limit.client_order_id) == ("main", BTC, "grid-7")
    assert (stop.what, stop.kept_in) == ("buy 2 behind 61,000.5", OrderList.CONDITIONAL)


# ---- what protects -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stop",
    [
        a_stop(BTC, "SELL", 1, 57_000),
        a_stop(BTC, "SELL", NAN, 57_000, reduce_only=False, close_position=True),
        a_stop(BTC, "SELL", 1, NAN),
        a_stop(BTC, "SELL", 1, 60_500),
        a_stop(BTC, "SELL", 1, 57_000, kind=OrderKind.TRAILING),
        a_stop(BTC, "SELL", 1, 57_000, kind=OrderKind.OTHER),
        a_stop(BTC, "SELL", 1, 57_000, reduce_only=False),
        a_stop(BTC, "SELL", 9, 57_000, reduce_only=False),
    ],
    ids=[
        "plain",
        "close-position",
        "unread",
        "passed",
        "trailing",
        "strange",
        "unmarked",
        "unmarked, too large",
    ],
)
def test_a_stop_stays_whatever_is_asked(stop: OrderRow) -> None:
    book = one_way(1, stop)
    assert [cancelled(book, which) for which in ("risk_increasing", "grid", "all")] == [[], [], []]


def test_a_stop_stays_in_hedge_mode_and_where_its_position_is_not_seen() -> None:
    stops = [
        a_stop(BTC, "SELL", 1, 57_000, position_side="LONG", reduce_only=False),
        a_stop(BTC, "BUY", 1, 63_000, position_side="SHORT", reduce_only=False),
    ]
    assert cancelled(hedge_mode(*stops), "all") == []
    assert cancelled(one_way(0, a_stop(BTC, "SELL", 1, 57_000)), "all") == []


def test_all_takes_what_takes_profit_and_what_reduces() -> None:
    book = one_way(
        1,
        an_order(BTC, "SELL", 1, 61_000, order_id="limit", reduce_only=True),
        a_stop(BTC, "SELL", 1, 63_000, order_id="target", kind=OrderKind.TAKE_PROFIT),
        a_stop(BTC, "SELL", 1, 57_000, order_id="stop"),
    )
    assert cancelled(book, "all") == ["limit", "target"]


def test_an_unmarked_stop_stays_where_its_position_is_in_doubt() -> None:
    book = a_snapshot(
        accounts=[an_account()],
        positions=[a_position(BTC, 1, confirmed=False)],
        orders=[
            a_stop(BTC, "SELL", 1, 57_000, reduce_only=False, order_id="stop"),
            an_order(BTC, "SELL", 1, 61_000, order_id="limit"),
        ],
    )
    assert cancelled(book, "all") == ["limit"]


def test_an_unmarked_stop_keeps_its_place_before_targets() -> None:
    book = one_way(
        1,
        an_order(BTC, "SELL", 1, 60_100, order_id="target"),
        a_stop(BTC, "SELL", 1, 57_000, reduce_only=False, order_id="stop"),
    )
    assert cancelled(book) == ["target"]


# ---- grids ---------------------------------------------------------------------------------------------------------


def a_ladder(held: float) -> Snapshot:
    return a_snapshot(
        accounts=[an_account()],
        positions=[a_position(ETH, held)] if held else [],
        orders=[
            an_order(ETH, "BUY", 1, 2_900, order_id="b1"),
            an_order(ETH, "BUY", 1, 2_800, order_id="b2"),
            an_order(ETH, "SELL", 1, 3_100, order_id="s1"),
            an_order(ETH, "SELL", 1, 3_200, order_id="s2"),
            an_order(BTC, "BUY", 1, 50_000, order_id="other"),
            a_stop(ETH, "BUY", 1, 3_300, reduce_only=False, order_id="breakout"),
        ],
        grids=(a_grid("ladder", ETH),),
    )


def test_of_a_grid_the_adding_side_goes_and_what_reduces_stays() -> None:
    grid = Subject(Grain.GRID, (("grid", "ladder"),))
    assert cancelled(a_ladder(2), "grid", grid) == ["b1", "b2"]
    assert cancelled(a_ladder(1), "grid", grid) == ["b1", "b2", "s2"]
    assert cancelled(a_ladder(0), "grid", grid) == ["b1", "b2", "s1", "s2"]


def test_for_an_account_grid_means_the_orders_of_its_grids() -> None:
    assert cancelled(a_ladder(2), "grid") == ["b1", "b2"]


def test_two_grids_in_one_market_are_each_found_by_their_own_name() -> None:
    book = a_snapshot(
        accounts=[an_account()],
        orders=[an_order(ETH, "BUY", 1, 2_900, order_id="b")],
        grids=(a_grid("one", ETH), a_grid("two", ETH)),
    )
    for name in ("one", "two"):
        where = Selector((("grid", Match(any_of=(name,))),))
        assert cancelled(book, "grid", Subject(Grain.GRID, (("grid", name),)), where=where) == ["b"]


# ---- subject and scope ---------------------------------------------------------------------------------------------


def a_desk() -> Snapshot:
    return a_snapshot(
        accounts=[an_account("main", desk="alpha"), an_account("side", desk="alpha")],
        positions=[a_position(BTC, 1)],
        orders=[
            an_order(BTC, "BUY", 1, 59_000, order_id="btc", strategy="grid"),
            an_order(ETH, "BUY", 1, 2_900, order_id="eth"),
            an_order(BTC, "BUY", 1, 59_000, "side", order_id="elsewhere"),
        ],
        hedges=(a_hedge("pair", perpetual_leg(BTC), perpetual_leg(ETH)),),
    )


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        (MAIN, ["btc", "eth"]),
        (LONG, ["btc"]),
        (Subject(Grain.STRATEGY, (("account", "main"), ("strategy", "grid"))), ["btc"]),
        (Subject(Grain.ASSET, (("account", "main"), ("asset", "BTC"))), ["btc"]),
        (Subject(Grain.HEDGE, (("hedge", "pair"),)), ["btc", "eth"]),
        (Subject(Grain.INSTRUMENT, (("venue", "binanceusdm"), ("symbol", BTC))), ["btc", "elsewhere"]),
        (Subject(Grain.EXCHANGE, (("venue", "binanceusdm"),)), ["btc", "eth", "elsewhere"]),
        (Subject(Grain.DESK, (("desk", "alpha"),)), ["btc", "eth", "elsewhere"]),
        (Subject(Grain.PORTFOLIO, ()), ["btc", "eth", "elsewhere"]),
    ],
    ids=lambda value: str(value) if isinstance(value, Subject) else None,
)
def test_only_orders_inside_the_subject_are_cancelled(subject: Subject, found: list[str]) -> None:
    assert cancelled(a_desk(), subject=subject) == found


def test_a_cluster_holds_the_orders_of_its_coins() -> None:
    snapshot = a_snapshot(
        accounts=[an_account()],
        positions=[a_position(BTC, 1)],
        orders=[
            an_order(BTC, "BUY", 1, 59_000, order_id="btc"),
            an_order(ETH, "BUY", 1, 2_900, order_id="eth"),
        ],
    )
    (subject,) = book_of(snapshot).universe(Grain.CLUSTER).subjects
    assert cancelled(snapshot, subject=subject) == ["btc"]


def test_the_scope_of_the_rule_narrows_it_further() -> None:
    where = Selector((("strategy", Match(none_of=("grid",))),))
    assert cancelled(a_desk(), where=where) == ["eth"]


def test_in_hedge_mode_a_position_owns_the_orders_of_its_side() -> None:
    book = hedge_mode(
        an_order(BTC, "BUY", 1, 59_000, position_side="LONG", order_id="long"),
        an_order(BTC, "SELL", 1, 61_000, position_side="SHORT", order_id="short"),
    )
    assert cancelled(book, subject=LONG) == ["long"]


# ---- what is not known ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("surface", [Surface.ORDERS, Surface.CONDITIONAL_ORDERS, Surface.POSITIONS])
def test_a_list_that_is_not_fresh_cancels_nothing(surface: Surface) -> None:
    snapshot = a_snapshot(
        accounts=[an_account()],
        orders=[an_order(BTC, "BUY", 1, 59_000)],
        surfaces=[a_surface(surface, quality=Quality.STALE, age_seconds=400)],
    )
    made = cancellations(book_of(snapshot), cancel())
    assert reason_of(made) is NoPlanReason.UNKNOWN
    assert surface.value in text_of(made)


@pytest.mark.parametrize(
    "snapshot",
    [
        a_snapshot(
            accounts=[an_account()],
            positions=[a_position(BTC, 1, confirmed=False)],
            orders=[an_order(BTC, "SELL", 1, 61_000)],
        ),
        one_way(1, an_order(BTC, "SELL", NAN, 61_000)),
    ],
    ids=["position not seen", "order without a quantity"],
)
def test_an_order_that_may_or_may_not_add_is_not_guessed(snapshot: Snapshot) -> None:
    assert reason_of(cancellations(book_of(snapshot), cancel())) is NoPlanReason.UNKNOWN


def test_other_subjects_are_told_apart_from_nothing_to_do() -> None:
    book = book_of(one_way(1))
    assert reason_of(cancellations(book, cancel())) is NoPlanReason.AT_TARGET
    gone = position_subject("main", ETH, "long")
    assert reason_of(cancellations(book, cancel(subject=gone))) is NoPlanReason.NO_SUBJECT
