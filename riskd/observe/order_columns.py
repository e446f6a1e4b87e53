"""The columns of a snapshot: resting orders, the ordinary and the conditional list together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.model.arrays import codes, flags, floats
from riskd.model.order import Direction
from riskd.model.report import Surface
from riskd.model.snapshot import OrderColumns, Quality
from riskd.observe.columns import Qualities, known_float
from riskd.observe.facts import OrderFact
from riskd.observe.scene import Scene
from riskd.observe.strategy import strategy_of

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Row:
    account: int
    instrument: int
    strategy: int
    fact: OrderFact


def order_columns(scene: Scene, strategies: Mapping[str, int], qualities: Qualities) -> OrderColumns:
    """Every resting order of every list that can be believed, in canonical order (account, contract, order id)."""
    rows = sorted(_rows(scene, strategies, qualities), key=_canonical)
    facts = [row.fact for row in rows]
    return OrderColumns(
        account=codes([row.account for row in rows]),
        instrument=codes([row.instrument for row in rows]),
        strategy=codes([row.strategy for row in rows]),
        direction=floats([1.0 if fact.direction is Direction.BUY else -1.0 for fact in facts]),
        price=floats([known_float(fact.price) for fact in facts]),
        trigger_price=floats([known_float(fact.trigger_price) for fact in facts]),
        remaining=floats([known_float(fact.remaining) for fact in facts]),
        reduce_only=flags([fact.reduce_only for fact in facts]),
        close_position=flags([fact.close_position for fact in facts]),
        placed_at=floats([fact.placed_ms / 1000.0 for fact in facts]),
        kind=tuple(fact.kind for fact in facts),
        conditional=flags([fact.conditional for fact in facts]),
        position_side=tuple(fact.position_side for fact in facts),
        order_id=tuple(fact.order_id for fact in facts),
        client_order_id=tuple(fact.client_order_id for fact in facts),
        remaining_exact=tuple(_NOTHING if fact.remaining is None else fact.remaining for fact in facts),
    )


def _rows(scene: Scene, strategies: Mapping[str, int], qualities: Qualities) -> list[_Row]:
    rows: list[_Row] = []
    for code, profile, account in scene.accounts():
        lists = (
            (Surface.ORDERS, account.orders),
            (Surface.CONDITIONAL_ORDERS, account.conditional_orders),
        )
        rows += [
            _Row(
                code,
                scene.codes[profile.venue, fact.symbol],
                strategies[strategy_of(profile, fact.symbol, (fact.client_order_id,))],
                fact,
            )
            for surface, heard in lists
            if qualities[profile.id, surface] is not Quality.BLIND
            for fact in heard.value or ()
        ]
    return rows


def _canonical(row: _Row) -> tuple[int, int, bool, int, str]:
    """Numbers in the order of their value; the two lists number apart."""
    name = row.fact.order_id
    return (row.account, row.instrument, row.fact.conditional, len(name), name)
