"""Stops after a reduction: they come to fit, nearest first, and in no moment is less covered than could be."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.remedies.resize import Held, LiveStop, Refit, resized
from riskd.model.order import OrderList
from tests.builder_columns import instrument_of
from tests.builders import BTC, an_instrument

INSTRUMENT = instrument_of(an_instrument(BTC))
MARK = Decimal(100)


def long(held: str, *, side: str = "LONG") -> Held:
    return Held(account="main", position_side=side, held=Decimal(held), direction=1, mark_price=MARK)


def stop(name: str, quantity: str | None, trigger: str) -> LiveStop:
    return LiveStop(
        order_id=name,
        client_order_id="",
        kept_in=OrderList.CONDITIONAL,
        quantity=None if quantity is None else Decimal(quantity),
        trigger_price=Decimal(trigger),
    )


def shown(refits: tuple[Refit, ...]) -> list[tuple[str, str, list[str]]]:
    """Quantity and trigger of what is placed, and what is cancelled then."""
    return [
        (
            "" if each.stop is None else f"{each.stop.quantity.normalize():f}",
            "" if each.stop is None else f"{each.stop.trigger_price:f}",
            [old.order_id for old in each.replaces],
        )
        for each in refits
    ]


def test_a_stop_that_is_larger_than_the_position_is_replaced_at_its_own_trigger() -> None:
    (refit,) = resized(long("4"), [stop("a", "10", "95")], INSTRUMENT)
    assert shown((refit,)) == [("4", "95", ["a"])]
    assert refit.stop is not None
    assert (refit.stop.held, refit.stop.position_side) == (Decimal(4), "LONG")
    assert refit.replaces[0].what == "sell 10 behind 95, larger than what is left to protect"


def test_stops_that_fit_are_left_alone() -> None:
    assert resized(long("4"), [stop("a", "4", "95")], INSTRUMENT) == ()
    assert resized(long("4"), [stop("a", "1", "95"), stop("b", "2", "90")], INSTRUMENT) == ()
    assert resized(long("4"), [], INSTRUMENT) == ()


def test_what_price_meets_first_stays() -> None:
    stops = [stop("far", "5", "90"), stop("near", "3", "97"), stop("middle", "2", "95")]
    assert shown(resized(long("4"), stops, INSTRUMENT)) == [("1", "95", ["middle"]), ("", "", ["far"])]
    short = Held(account="main", position_side="SHORT", held=Decimal(-4), direction=-1, mark_price=MARK)
    stops = [stop("far", "5", "110"), stop("near", "4", "103")]
    assert shown(resized(short, stops, INSTRUMENT)) == [("", "", ["far"])]


def test_a_close_position_stop_fits_by_itself_and_what_is_beyond_it_goes() -> None:
    stops = [stop("all", None, "95"), stop("near", "2", "97"), stop("far", "4", "90")]
    assert shown(resized(long("4"), stops, INSTRUMENT)) == [("", "", ["far"])]


def test_of_a_closed_position_no_sized_stop_stays() -> None:
    assert shown(resized(long("0"), [stop("a", "4", "95"), stop("b", None, "90")], INSTRUMENT)) == [
        ("", "", ["a"])
    ]


def test_a_rest_too_small_for_a_stop_keeps_the_one_that_is_too_large() -> None:
    assert resized(long("0.0005"), [stop("a", "4", "95")], INSTRUMENT) == ()
    stops = [stop("a", "4", "95"), stop("b", "4", "90")]
    assert shown(resized(long("0.0005"), stops, INSTRUMENT)) == [("", "", ["b"])]


quantities = st.integers(1, 20).map(lambda lots: Decimal(lots) / 1000)
live = st.builds(
    lambda number, quantity, trigger: (quantity, Decimal(trigger), number),
    st.integers(0, 10**6),
    st.one_of(st.none(), quantities),
    st.integers(80, 99),
)


@settings(max_examples=100)
@given(lots=st.integers(0, 30), drawn=st.lists(live, max_size=5))
def test_no_step_ever_covers_less_than_before_and_the_end_fits(
    lots: int, drawn: list[tuple[Decimal | None, Decimal, int]]
) -> None:
    held = Decimal(lots) / 1000
    stops = [
        LiveStop(
            order_id=f"{place}-{number}",
            client_order_id="",
            kept_in=OrderList.CONDITIONAL,
            quantity=quantity,
            trigger_price=trigger,
        )
        for place, (quantity, trigger, number) in enumerate(drawn)
    ]
    resting = {each.order_id: (each.quantity, each.trigger_price) for each in stops}
    wanted = covered_at(resting, held)
    for number, refit in enumerate(resized(long(str(held)), stops, INSTRUMENT)):
        if refit.stop is not None:
            assert refit.stop.quantity <= held
            resting[f"new {number}"] = (refit.stop.quantity, refit.stop.trigger_price)
        assert covered_at(resting, held) == wanted
        for old in refit.replaces:
            del resting[old.order_id]
        assert covered_at(resting, held) == wanted
    assert sum(quantity for quantity, _ in resting.values() if quantity is not None) <= held


def covered_at(
    resting: dict[str, tuple[Decimal | None, Decimal]], held: Decimal
) -> list[tuple[Decimal, Decimal]]:
    """How much of the position is closed once price has fallen to each trigger."""
    return [
        (
            Decimal(price),
            min(
                held,
                sum(
                    (
                        held if quantity is None else quantity
                        for quantity, at in resting.values()
                        if at >= price
                    ),
                    Decimal(0),
                ),
            ),
        )
        for price in range(100, 79, -1)
    ]
