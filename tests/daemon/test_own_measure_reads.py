"""What a column of an expression looks at is read, as for a rule on the measure itself."""

from __future__ import annotations

from riskd.daemon.prices import read_on_demand
from riskd.measure.spec import Unit
from riskd.model.desk import Desk
from riskd.model.report import Surface
from riskd.model.subject import Grain
from tests.policy.formulas import rule_of


def test_an_expression_over_value_at_risk_needs_candles() -> None:
    desk = Desk(accounts=())
    assert read_on_demand([rule_of("var * 2", Grain.PORTFOLIO, Unit.RATIO)], desk) == {Surface.CANDLES}
    assert read_on_demand([rule_of("gross / equity", Grain.PORTFOLIO, Unit.RATIO)], desk) == frozenset()


def test_an_expression_over_losses_in_a_row_has_bookings_kept() -> None:
    desk = Desk(accounts=())
    assert read_on_demand([rule_of("losing_streak * 2", Grain.ACCOUNT, Unit.COUNT)], desk) == {Surface.INCOME}
