from __future__ import annotations

import pytest

from riskd.paper.engine.types import DatedBrackets
from tests.paper.engine.builders import (
    START_MS,
    D,
    brackets,
    contract,
    market,
    open_exchange,
    position,
    quote,
)

OLD = brackets((("0", "1000000", "0.01", "0", 50),))
NEW = brackets((("0", "1000000", "0.02", "0", 50),))


def test_the_newest_table_that_is_valid_applies_and_the_first_before_all() -> None:
    dated = contract(
        bracket_tables=(
            DatedBrackets(valid_from_ms=100, brackets=OLD),
            DatedBrackets(valid_from_ms=200, brackets=NEW),
        )
    )
    assert [dated.brackets_at(ms) for ms in (0, 100, 199, 200)] == [OLD, OLD, OLD, NEW]


def test_a_table_with_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match=r"floor 60 .* where 50 was expected"):
        DatedBrackets(
            valid_from_ms=0,
            brackets=brackets((("0", "50", "0.01", "0", 50), ("60", "90", "0.02", "0", 20))),
        )


def test_tables_out_of_order_are_refused() -> None:
    tables = (DatedBrackets(valid_from_ms=2, brackets=OLD), DatedBrackets(valid_from_ms=1, brackets=NEW))
    with pytest.raises(ValueError, match="must ascend"):
        contract(bracket_tables=tables)


def test_a_table_change_moves_maintenance_and_liquidation_price_of_an_open_position() -> None:
    change_ms = START_MS + 1000
    exchange = open_exchange(
        contract(
            bracket_tables=(
                DatedBrackets(valid_from_ms=0, brackets=OLD),
                DatedBrackets(valid_from_ms=change_ms, brackets=NEW),
            )
        ),
        accounts={"a": 2_000},
    )
    exchange.place("a", market("BUY", "1"))
    before = position(exchange)
    exchange.advance(change_ms, {"BTCUSDT": quote()})
    after = position(exchange)
    assert before is not None
    assert after is not None
    assert (before.maintenance_margin, after.maintenance_margin) == (D(100), D(200))
    assert after.liquidation_price > before.liquidation_price
