"""What Binance says of an order becomes a status that riskd knows, or is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from riskd.model.order import Direction, OrderStatus
from riskd.observe.fields import RowRefused
from riskd.observe.venues.binance_receipt import order_report
from tests.observe.rows import Row, an_order


@pytest.mark.parametrize(
    ("status", "executed", "meaning"),
    [
        ("NEW", "0", OrderStatus.ACKNOWLEDGED),
        ("PARTIALLY_FILLED", "0.1", OrderStatus.ACKNOWLEDGED),
        ("FILLED", "0.2", OrderStatus.FILLED),
        ("EXPIRED", "0", OrderStatus.CANCELLED),
        ("EXPIRED_IN_MATCH", "0.1", OrderStatus.PARTIALLY_FILLED),
        ("CANCELED", "0.1", OrderStatus.PARTIALLY_FILLED),
    ],
)
def test_the_status_of_an_order_and_what_filled_of_it(
    status: str, executed: str, meaning: OrderStatus
) -> None:
    report = order_report(an_order(status=status, executedQty=executed, avgPrice="60000"))

    assert report.status is meaning
    assert report.filled == Decimal(executed)
    assert report.average_price == (Decimal(60000) if Decimal(executed) else None)
    assert (report.order_id, report.direction) == ("4001", Direction.SELL)


@pytest.mark.parametrize(
    "change", [{"status": "DONE"}, {"status": "FILLED", "executedQty": "0"}, {"orderId": None}]
)
def test_an_order_that_makes_no_sense_is_refused(change: Row) -> None:
    with pytest.raises(RowRefused):
        order_report(an_order() | change)
