"""Orders are made of the house's ladder and the newest terms; a rung that waits is left out where nothing is known to wait at."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.clamp import Fresh, Learned, Touch
from riskd.act.identity import Identity
from riskd.act.ladder import Ladder, Urgency
from riskd.act.refusal import Refusal, RefusalReason
from riskd.daemon.order_maker import OrderMaker
from riskd.model.instrument import Instrument
from riskd.model.order import Execution, Intent
from tests.act.test_clamp import NOW, a_reduction, an_instrument
from tests.act.test_stop_order import a_stop
from tests.execution.desk import a_plan

TOUCH = Touch(bid=Decimal("59999.9"), ask=Decimal("60000.1"))


def maker(
    urgency: Urgency = Urgency.CALM, terms: Instrument | None = None, *, known: bool = True
) -> OrderMaker:
    return OrderMaker(
        identity=Identity(key=b"k" * 16, instance=1),
        now=lambda: NOW,
        terms=lambda _symbol: (terms or an_instrument()) if known else None,
        ladder=lambda: Ladder(order_notional_max=Decimal(30_300)),
        urgency=urgency,
    )


def made(maker: OrderMaker, attempt: int = 0, held: str = "2", **fresh: object) -> Intent:
    now = Fresh(held=Decimal(held), mark_price=Decimal(60_000))
    intent = maker.reduce(a_plan(), a_reduction(held, "1.5"), replace(now, **fresh), attempt, 7)  # type: ignore[arg-type]  # as given
    assert isinstance(intent, Intent)
    return intent


@pytest.mark.parametrize(("held", "price"), [("2", TOUCH.ask), ("-2", TOUCH.bid)])
def test_the_first_calm_order_waits_at_the_best_price_of_its_own_side(held: str, price: Decimal) -> None:
    intent = made(maker(), held=held, touch=TOUCH)
    assert (intent.execution, intent.limit_price) == (Execution.POST_ONLY, price)


@pytest.mark.parametrize("touch", [None, Touch(bid=Decimal("1.05"), ask=Decimal("60000.15"))])
def test_without_a_price_to_wait_at_it_takes_inside_the_first_band(touch: Touch | None) -> None:
    intent = made(maker(), touch=touch)
    assert (intent.execution, intent.limit_price) == (Execution.IMMEDIATE, Decimal("59700.0"))


@pytest.mark.parametrize(
    ("held", "touch"),
    [
        ("2", Touch(bid=Decimal("58000.0"), ask=Decimal("58100.0"))),
        ("-2", Touch(bid=Decimal("62000.0"), ask=Decimal("62100.0"))),
    ],
)
def test_where_the_whole_book_stands_beyond_the_collar_nobody_waits(held: str, touch: Touch) -> None:
    assert made(maker(), held=held, touch=touch).execution is Execution.IMMEDIATE


def test_an_urgent_order_never_waits() -> None:
    assert made(maker(Urgency.URGENT), touch=TOUCH).execution is Execution.IMMEDIATE


def test_the_last_rung_is_a_market_order_unless_nobody_stands_inside_the_band() -> None:
    market = made(maker(), 4)
    banded = made(maker(), 4, learned=Learned(no_market=True))
    assert (market.limit_price, banded.limit_price) == (None, Decimal("58800.0"))


def test_what_refusals_have_taught_narrows_price_and_quantity() -> None:
    learned = Learned(reach=Decimal("0.001"), quantity_max=Decimal("0.05"))
    intent = made(maker(), 2, learned=learned)
    assert (intent.limit_price, intent.quantity) == (Decimal("59940.0"), Decimal("0.050"))


def test_terms_that_were_read_after_a_refusal_count() -> None:
    newer = an_instrument(lot_size=Decimal("0.1"), price_band=Decimal("0.0005"))
    intent = made(maker(), 1, learned=Learned(instrument=newer))
    assert (intent.limit_price, intent.quantity % Decimal("0.1")) == (Decimal("59970.0"), Decimal(0))


def test_no_order_is_larger_than_the_house_allows() -> None:
    assert made(maker(), 1).quantity <= Decimal("0.502")


def test_a_contract_whose_terms_are_not_known_is_not_traded() -> None:
    fresh = Fresh(held=Decimal(1), mark_price=Decimal(60_000))
    blind = maker(known=False)
    for refusal in (
        blind.reduce(a_plan(), a_reduction("1", "1"), fresh, 0, 1),
        blind.stop(a_plan(), a_stop("1", "1", "57000"), fresh, 1),
    ):
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.NOT_TRADABLE


def test_a_stop_bears_an_id_of_ours_and_the_houses_expiry() -> None:
    fresh = Fresh(held=Decimal(1), mark_price=Decimal(60_000))
    stop = maker().stop(a_plan(), a_stop("1", "1", "57000"), fresh, 9)
    assert isinstance(stop, Intent)
    assert (stop.execution, stop.client_order_id[:18]) == (Execution.STOP, f"7264{1:04x}{9:010x}")
    assert (stop.expires_at - stop.created_at).total_seconds() == 5.0
