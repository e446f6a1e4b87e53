"""After each cycle the venue's orders are held against the journal; strays are told once, and fills are asked for names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from riskd.act.identity import Identity, OrderFacts, client_order_id
from riskd.cycle import CycleResult
from riskd.daemon.drop_copy import ASKED_AT_ONCE, DropCopy
from riskd.errors import VenueUnavailable
from riskd.execution.reconcile import Stray, StrayKind
from riskd.model.flow import TradeRow
from riskd.model.order import Direction
from riskd.model.snapshot import OrderKind
from riskd.observe.facts import OrderFact
from riskd.observe.known import AccountMemory, Flow, Heard, Known
from tests.fakes.clock import NOON

OURS = Identity(key=b"k" * 16, instance=3)
OTHER = Identity(key=b"o" * 16, instance=4)
FACTS = OrderFacts(account="main", symbol="BTCUSDT", direction=Direction.SELL, quantity=Decimal(1))
MEANT, LOST = (client_order_id(OURS, number, FACTS) for number in (1, 2))
FOREIGN = client_order_id(OTHER, 1, FACTS)


@dataclass
class Stage:
    """A journal that meant one order, and everybody who was told."""

    names: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: list[Stray] = field(default_factory=list)
    fails: bool = False

    def __post_init__(self) -> None:
        self.drop_copy = DropCopy(
            ["main"], identity=OURS, known=self, found=self.told.extend, name_of=self._name_of
        )

    def meant(self, account: str) -> frozenset[str]:
        return frozenset({MEANT})

    def venue_orders(self, account: str) -> frozenset[str]:
        return frozenset({"1"})

    async def _name_of(self, account: str, symbol: str, order_id: str) -> str:
        if self.fails:
            raise VenueUnavailable("no answer", reason="timeout")
        self.asked.append(order_id)
        return self.names.get(order_id, "somebody")

    def see(self, memory: AccountMemory) -> None:
        result = SimpleNamespace(known=Known(accounts={"main": memory}))
        self.drop_copy.after_cycle(cast(CycleResult, result))

    def ask(self) -> None:
        asyncio.run(self.drop_copy.ask())

    @property
    def kinds(self) -> list[StrayKind]:
        return [stray.kind for stray in self.told]


def resting(name: str, *, conditional: bool = False) -> OrderFact:
    return OrderFact(
        symbol="BTC/USDT:USDT",
        order_id="9",
        client_order_id=name,
        direction=Direction.SELL,
        position_side="BOTH",
        kind=OrderKind.STOP if conditional else OrderKind.LIMIT,
        price=None if conditional else Decimal(1),
        trigger_price=Decimal(1) if conditional else None,
        remaining=Decimal(1),
        reduce_only=True,
        close_position=False,
        conditional=conditional,
        placed_ms=0,
    )


def filled(*order_ids: str, **names: str) -> AccountMemory:
    rows = tuple(
        TradeRow(
            id=str(number),
            order_id=order_id,
            symbol="BTC/USDT:USDT",
            position_side="BOTH",
            direction=Direction.SELL,
            quantity=Decimal(1),
            price=Decimal(1),
            realized_pnl=Decimal(0),
            fee=Decimal(0),
            fee_asset="USDT",
            maker=False,
            at=NOON,
        )
        for number, order_id in enumerate(order_ids)
    )
    flow = Flow(rows=rows, since=NOON - timedelta(hours=1), until=NOON)
    return AccountMemory(
        fills={"BTC/USDT:USDT": flow}, order_ids={k.removeprefix("o"): v for k, v in names.items()}
    )


@pytest.mark.parametrize("kept_in", ["orders", "conditional_orders"])
def test_a_resting_order_that_the_journal_never_meant_is_told_once(kept_in: str) -> None:
    stage = Stage()
    lists: dict[str, Any] = {kept_in: Heard(value=(resting(MEANT), resting(LOST), resting("grid-7")))}
    for _ in range(3):
        stage.see(AccountMemory(**lists))
    assert [(stray.client_order_id, stray.kind) for stray in stage.told] == [(LOST, StrayKind.NOT_IN_JOURNAL)]


def test_a_resting_order_of_another_daemon_is_a_split_brain() -> None:
    stage = Stage()
    stage.see(AccountMemory(conditional_orders=Heard(value=(resting(FOREIGN, conditional=True),))))
    assert stage.kinds == [StrayKind.OTHER_INSTANCE]


def test_a_fill_of_an_order_that_was_seen_resting_needs_no_question() -> None:
    stage = Stage()
    stage.see(filled("2", o2=LOST))
    stage.ask()
    assert (stage.kinds, stage.asked) == ([StrayKind.NOT_IN_JOURNAL], [])


def test_a_fill_of_an_order_that_never_rested_is_asked_for_its_name_and_ours_are_not() -> None:
    stage = Stage(names={"2": FOREIGN})
    stage.see(filled("1", "2", "3"))
    stage.ask()
    stage.see(filled("1", "2", "3"))
    stage.ask()
    assert sorted(stage.asked) == ["2", "3"]
    assert stage.kinds == [StrayKind.OTHER_INSTANCE]


def test_names_are_asked_a_few_at_a_time_the_newest_first_and_again_after_a_failure() -> None:
    stage = Stage(fails=True)
    stage.see(filled(*map(str, range(10, 30))))
    stage.ask()
    stage.fails = False
    stage.ask()
    assert sorted(stage.asked) == [str(n) for n in range(30 - ASKED_AT_ONCE, 30)]
