"""Published Binance USD-M numbers and the ADL examples from ../shared/vectors/vectors.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from riskd.paper.engine.adl import Queued, ordered, quintiles, score
from riskd.paper.engine.liquidation_price import liquidation_price
from riskd.paper.engine.margin import maintenance_margin, value_position
from riskd.paper.engine.state import PositionState, SymbolState
from riskd.paper.engine.types import DatedBrackets, PositionSide
from tests.paper.engine.builders import D, brackets, contract, quote
from tests.shared_data import shared_path

pytestmark = pytest.mark.shared

UNBOUNDED = "1E+15"


@dataclass(frozen=True)
class Vector:
    id: str
    inputs: dict[str, Any]
    expected: dict[str, Any]
    tolerance: dict[str, Any]

    def number(self, name: str) -> Decimal:
        return D(str(self.inputs[name]))

    def check(self, name: str, found: Decimal) -> None:
        wanted = D(str(self.expected[name]))
        allowed = D(str(self.tolerance.get("abs", 0))) + abs(wanted) * D(str(self.tolerance.get("rel", 0)))
        assert abs(found - wanted) <= allowed, f"{self.id}: {name} is {found}, published {wanted}"


def vectors(kind: str, venue: str = "binance_usdm") -> list[Vector]:
    rows = json.loads(shared_path("vectors/vectors.json").read_text())["vectors"]
    found = [
        Vector(row["id"], row["inputs"], row["expected"], row["tolerance"])
        for row in rows
        if row["kind"] == kind and row["venue"] == venue
    ]
    assert found, f"no vectors of kind {kind} for {venue}"
    return found


def position(quantity: Decimal, entry: Decimal) -> PositionState:
    return PositionState(
        account="a",
        symbol="BTCUSDT",
        side=PositionSide.BOTH,
        isolated=True,
        quantity=quantity,
        cost=quantity * entry,
    )


def test_linear_liquidation_prices() -> None:
    for vector in vectors("liq_linear"):
        table = brackets(
            (("0", UNBOUNDED, str(vector.number("mmr")), str(vector.number("maint_amount")), 20),)
        )
        base = vector.number("wallet") + vector.number("other_upnl") - vector.number("other_mm")
        held = position(vector.number("side") * vector.number("qty"), vector.number("entry"))
        vector.check("liq_price", liquidation_price([held], base, table, vector.number("entry")))


def test_margins_and_unrealized_profit() -> None:
    checked = 0
    for vector in vectors("margin"):
        if "qty" not in vector.inputs:
            continue
        amount = str(vector.inputs.get("maint_amount", 0))
        table = brackets((("0", UNBOUNDED, str(vector.number("mmr")), amount, 125),))
        held = position(vector.number("qty"), vector.number("entry"))
        symbol = SymbolState(
            contract=contract(bracket_tables=(DatedBrackets(valid_from_ms=0, brackets=table),)),
            quote=quote(vector.number("mark")),
            brackets=table,
            next_funding_ms=0,
        )
        value_position(held, symbol, int(vector.inputs.get("leverage", 1)))
        found = {
            "notional": held.notional,
            "unrealized_pnl": held.unrealized_pnl,
            "maintenance_margin": held.maintenance_margin,
            "initial_margin": held.initial_margin,
        }
        for name in vector.expected:
            vector.check(name, found[name])
        checked += 1
    assert checked == 3


def test_the_margin_ratio_of_the_two_position_account() -> None:
    (vector,) = [v for v in vectors("margin") if "wallet" in v.inputs]
    balance = vector.number("wallet") + vector.number("upnl")
    vector.check("margin_balance", balance)
    vector.check("margin_ratio", vector.number("mm") / balance)


def test_tiers_equal_the_integral_of_their_marginal_rates() -> None:
    for vector in vectors("tier_integral"):
        rates = [(D(str(floor)), D(str(rate))) for floor, rate in vector.inputs["brackets"]]
        rows, amount, before = [], D(0), D(0)
        caps = [floor for floor, _ in rates[1:]] + [D(UNBOUNDED)]
        for (floor, rate), cap in zip(rates, caps, strict=True):
            amount += floor * (rate - before)
            rows.append((str(floor), str(cap), str(rate), str(amount), 20))
            before = rate
        table = brackets(tuple(rows))
        assert table[-1].maintenance_amount == vector.number("maint_amount")
        vector.check("maintenance_margin", maintenance_margin(table, vector.number("notional")))


def test_the_recorded_bracket_tables_load_and_are_continuous() -> None:
    tiers = json.loads(shared_path("data/tiers_binance_usdm_2024-10_2026-09.json").read_text())
    for snapshot in tiers["snapshots"].values():
        for rows in snapshot.values():
            table = brackets(
                tuple(
                    (
                        str(row["floor"]),
                        str(row["cap"]),
                        str(row["mmr"]),
                        str(row["cum"]),
                        int(row["max_leverage"]),
                    )
                    for row in rows
                )
            )
            loaded = DatedBrackets(valid_from_ms=0, brackets=table).brackets
            for lower, upper in pairwise(loaded):
                edge = upper.notional_floor
                assert maintenance_margin((lower,), edge) == maintenance_margin((upper,), edge)


def test_the_bitmex_adl_queue() -> None:
    (vector,) = vectors("adl_queue", "bitmex")
    queue = ordered(
        [
            Queued(str(name), PositionSide.BOTH, D(size), D(points))
            for name, size, points in vector.inputs["accounts"]
        ]
    )
    assert [int(queued.account) for queued in queue] == vector.expected["order"]
    percentiles = {name: (5 - rank) * 20 for (name, _), rank in quintiles(queue).items()}
    assert percentiles == vector.expected["percentile"]

    left, fills = vector.inputs["liquidated_qty"], {}
    for queued in queue:
        taken = min(left, int(queued.quantity))
        if taken:
            fills[queued.account] = taken
        left -= taken
    assert fills == vector.expected["fills"]


def test_the_bitmex_adl_score() -> None:
    (vector,) = vectors("adl_score", "bitmex")
    mark, entry = vector.number("mark_value"), vector.number("entry_value")
    found = score(
        unrealized_pnl=mark - entry,
        cost=entry,
        notional=mark,
        margin_balance=mark - vector.number("bankrupt_value"),
    )
    vector.check("score", found)
