"""Whole plans with every real part but the daemon, at the paper venue: what traps a naive executor does not trap this one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from riskd.act.identity import Identity
from riskd.act.ladder import Ladder, Urgency
from riskd.act.refusal import Refusal
from riskd.adapters.binance_reader import BinanceReader
from riskd.adapters.binance_sender import BinanceSender
from riskd.daemon.acting import Acting
from riskd.daemon.order_maker import OrderMaker
from riskd.execution import Bounds, Executor, PlanResult
from riskd.model.instrument import Instrument
from riskd.model.order import Execution, Intent, OrderStatus, Plan, PlanState, Reduction, StopPlacement
from riskd.model.report import Surface
from riskd.observe.facts import OrderFact
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.normalise import dialect_of
from riskd.paper.faults import Answer, Fault, Moment, Reset
from riskd.paper.transport import InProcessTransport, allow_to_write
from riskd.paper.venue import Venue
from tests.contracts.venues import ACCOUNT, placed
from tests.execution.desk import MemoryLog, a_cancellation, a_plan
from tests.fakes.clock import ManualClock
from tests.support_paper import StillMarket, key_of, paper_venue

SYMBOL = "BTC/USDT:USDT"
STOP = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET"}


class Clock(ManualClock):
    """A clock whose passing moves the venue."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(datetime.fromtimestamp(venue.now_ms / 1000, UTC))
        self._venue = venue

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        self._venue.advance_to(int(self.now().timestamp() * 1000))


@dataclass
class Stage:
    """An account that holds 0.5 BTC long at 60,000, and an executor made of real parts."""

    urgency: Urgency = Urgency.URGENT
    hedged: bool = False
    market: StillMarket = field(default_factory=StillMarket)
    log: MemoryLog = field(default_factory=MemoryLog)
    known: tuple[OrderFact, ...] = ()

    def __post_init__(self) -> None:
        self.venue = paper_venue(hedge_accounts=[ACCOUNT] if self.hedged else [], market=self.market)
        self.side = {"positionSide": "LONG"} if self.hedged else {}
        self.place("/fapi/v1/order", side="BUY", type="MARKET", quantity="0.5")
        self.clock = Clock(self.venue)
        transport = InProcessTransport(self.venue, self.clock, key=key_of(ACCOUNT), may_write=allow_to_write)
        self.reader = BinanceReader(transport, account=ACCOUNT, clock=self.clock)
        self.sender = BinanceSender(transport, account=ACCOUNT, clock=self.clock)
        self.listing = asyncio.run(self._instruments())

    def place(self, path: str, **order: Any) -> str:
        if not self.hedged and order.get("side") == "SELL" and order.get("closePosition") is None:
            order = {"reduceOnly": "true", **order}
        answer = placed(self.venue, path, symbol="BTCUSDT", **{**self.side, **order})
        return str(answer.get("orderId") or answer.get("algoId"))

    def take_profit(self, quantity: str, price: str = "62000") -> str:
        return self.place(
            "/fapi/v1/order", side="SELL", type="LIMIT", timeInForce="GTC", quantity=quantity, price=price
        )

    def stop(self, quantity: str, trigger: str = "57000") -> str:
        terms = {name: value for name, value in STOP.items() if name != "symbol"}
        return self.place("/fapi/v1/algoOrder", **terms, quantity=quantity, triggerPrice=trigger)

    def move(self, price: str) -> None:
        self.clock.advance(2.0)
        self.market.move("BTCUSDT", price, at_ms=self.venue.now_ms)
        self.clock.advance(1.0)

    def see_orders(self) -> None:
        """The watch looks at what rests."""
        [report] = asyncio.run(self.reader.read([Surface.ORDERS]))
        self.known = dialect_of("binanceusdm").orders(report.payload, self.listing, PLAUSIBLE).value

    @property
    def held(self) -> Decimal:
        return sum((p.quantity for p in self.venue.exchange.positions(ACCOUNT)), Decimal(0))

    @property
    def stops(self) -> list[Decimal]:
        return [order.quantity for order in self.venue.exchange.open_algo_orders(ACCOUNT)]

    @property
    def resting(self) -> int:
        return len(self.venue.exchange.open_orders(ACCOUNT))

    @property
    def sent(self) -> list[Intent]:
        return [value for _, value in self.log.entries if isinstance(value, Intent)]

    def run(self, plan: Plan) -> PlanResult:
        return asyncio.run(self.executor().carry_out(plan))

    def executor(self) -> Executor:
        acting = Acting(
            self.reader,
            self.sender,
            listing=lambda: self.listing,
            changed_at=dict,
            resting=lambda: self.known,
            note=lambda _plan, order, _at: self.log.append("cancel", order),
            now=self.clock.now,
            ask_name=_nobody_asks,
        )
        maker = OrderMaker(
            identity=Identity(key=b"k" * 16, instance=1),
            now=self.clock.now,
            terms=acting.terms,
            ladder=Ladder,
            urgency=self.urgency,
        )
        return Executor(
            sender=acting.sender,
            log=self.log,
            clock=self.clock,
            read=acting.read,
            gate=_open,
            build=maker.reduce,
            unblock=acting.unblock,
            means=acting.means(maker=maker, urgency=self.urgency, may_cancel=lambda _plan: None),
            bounds=Bounds(rest_seconds=4.0),
        )

    def plan(self, quantity: str, *stops: StopPlacement) -> Plan:
        step = Reduction(
            account=ACCOUNT,
            symbol=SYMBOL,
            position_side="LONG" if self.hedged else "BOTH",
            held=Decimal("0.500"),
            quantity=Decimal(quantity),
            mark_price=Decimal(60_000),
            cost_estimate=0.0,
        )
        return replace(a_plan(reductions=[step] if Decimal(quantity) else [], stops=stops), account=ACCOUNT)

    def missing_stop(self, quantity: str, trigger: str) -> StopPlacement:
        return StopPlacement(
            account=ACCOUNT,
            symbol=SYMBOL,
            position_side="LONG" if self.hedged else "BOTH",
            held=Decimal("0.500"),
            quantity=Decimal(quantity),
            trigger_price=Decimal(trigger),
            mark_price=Decimal(60_000),
        )

    def fault(self, effect: Answer | Reset, path: str, *, count: int = 1) -> None:
        self.venue.faults.add([Fault(effect=effect, method="POST", path=path, count=count)])

    async def _instruments(self) -> dict[str, Instrument]:
        [report] = await self.reader.read([Surface.INSTRUMENTS])
        return dict(dialect_of("binanceusdm").instruments(report.payload, PLAUSIBLE).value)


def _open(_plan: Plan, _step: Reduction, _leaving: Intent | None) -> Refusal | None:
    return None


modes = pytest.mark.parametrize("hedged", [False, True], ids=["one-way", "hedge"])


@modes
def test_the_take_profit_trap_is_cleared_and_the_stop_fits_what_is_left(hedged: bool) -> None:
    stage = Stage(hedged=hedged)
    stage.take_profit("0.5")
    stage.stop("0.5")
    result = stage.run(stage.plan("0.2"))
    assert (result.state, result.reason) == (PlanState.DONE, "")
    assert (stage.held, stage.resting, stage.stops) == (Decimal("0.300"), 0, [Decimal("0.300")])
    assert [receipt.code for receipt in result.receipts] == ["-2022", "", ""]


@modes
def test_what_the_watch_saw_in_the_way_is_cancelled_before_the_venue_refuses(hedged: bool) -> None:
    stage = Stage(hedged=hedged)
    stage.take_profit("0.2", "61000")
    stage.take_profit("0.2", "65000")
    stage.see_orders()
    result = stage.run(stage.plan("0.3"))
    assert result.state is PlanState.DONE
    assert [receipt.status for receipt in result.receipts] == [OrderStatus.FILLED]
    assert (stage.held, stage.resting) == (Decimal("0.200"), 1)  # the nearer one still fits


@modes
def test_a_position_that_is_closed_whole_leaves_no_stop_behind(hedged: bool) -> None:
    stage = Stage(hedged=hedged)
    stage.stop("0.5")
    result = stage.run(stage.plan("0.5"))
    assert (result.state, result.reason) == (PlanState.DONE, "")
    assert (stage.held, stage.stops) == (Decimal(0), [])


def test_a_close_that_is_refused_after_the_take_profits_went_leaves_the_stop_standing() -> None:
    stage = Stage()
    stage.take_profit("0.5")
    stage.stop("0.5")
    stage.see_orders()
    stage.fault(
        Answer(status=400, body='{"code":-2019,"msg":"Margin is insufficient."}'), "/fapi/v1/order", count=9
    )
    result = stage.run(stage.plan("0.5"))
    assert result.state is PlanState.FAILED
    assert (stage.held, stage.resting, stage.stops) == (Decimal("0.500"), 0, [Decimal("0.500")])


@modes
def test_a_calm_reduction_waits_and_then_takes(hedged: bool) -> None:
    stage = Stage(urgency=Urgency.CALM, hedged=hedged)
    result = stage.run(stage.plan("0.2"))
    assert result.state is PlanState.DONE
    assert [intent.execution for intent in stage.sent] == [Execution.POST_ONLY, Execution.IMMEDIATE]
    assert [receipt.status for receipt in result.receipts] == [OrderStatus.CANCELLED, OrderStatus.FILLED]
    assert (stage.held, stage.resting) == (Decimal("0.300"), 0)


def test_a_lost_answer_to_an_order_that_waits_leaves_nothing_resting() -> None:
    stage = Stage(urgency=Urgency.CALM)
    stage.fault(Reset(moment=Moment.AFTER), "/fapi/v1/order")
    result = stage.run(stage.plan("0.2"))
    assert result.state is PlanState.DONE
    assert (stage.held, stage.resting, stage.log.unresolved()) == (Decimal("0.300"), 0, [])


@modes
def test_a_missing_stop_is_placed_behind_the_mark(hedged: bool) -> None:
    stage = Stage(hedged=hedged)
    result = stage.run(stage.plan("0", stage.missing_stop("0.5", "57000.04")))
    assert (result.state, result.reason) == (PlanState.DONE, "")
    [order] = stage.venue.exchange.open_algo_orders(ACCOUNT)
    assert (order.quantity, order.trigger_price) == (Decimal("0.500"), Decimal("57000.1"))


def test_a_position_beyond_the_stop_that_it_lacked_is_closed_now() -> None:
    stage = Stage()
    stage.move("56500")
    result = stage.run(stage.plan("0", stage.missing_stop("0.2", "57000")))
    assert (result.state, result.reason) == (PlanState.DONE, "")
    assert (stage.held, stage.stops) == (Decimal("0.300"), [])


def test_a_market_that_falls_between_the_read_and_the_order_closes_at_once_too() -> None:
    stage = Stage()
    refusal = Answer(status=400, body='{"code":-2021,"msg":"Order would immediately trigger."}')
    stage.fault(refusal, "/fapi/v1/algoOrder")
    result = stage.run(stage.plan("0", stage.missing_stop("0.2", "59000")))
    assert result.state is PlanState.DONE
    assert (stage.held, stage.stops) == (Decimal("0.300"), [])


def test_a_stop_whose_answer_is_lost_rests_once() -> None:
    stage = Stage()
    stage.fault(Reset(moment=Moment.AFTER), "/fapi/v1/algoOrder")
    result = stage.run(stage.plan("0", stage.missing_stop("0.5", "57000")))
    assert result.state is PlanState.DONE
    assert stage.stops == [Decimal("0.500")]


@pytest.mark.parametrize("code", [-4131, -4024, -4016, -4005, -1021])
def test_a_refusal_with_a_way_out_costs_one_order_and_no_position(code: int) -> None:
    stage = Stage()
    stage.fault(Answer(status=400, body=f'{{"code":{code},"msg":"no"}}'), "/fapi/v1/order")
    result = stage.run(stage.plan("0.2"))
    assert result.state is PlanState.DONE
    assert stage.held == Decimal("0.300")
    assert result.receipts[0].code == str(code)


def test_a_position_mode_that_was_changed_meanwhile_stops_the_plan_with_nothing_done() -> None:
    stage = Stage()
    stage.fault(
        Answer(status=400, body='{"code":-4061,"msg":"Order\'s position side does not match."}'),
        "/fapi/v1/order",
    )
    result = stage.run(stage.plan("0.2"))
    assert result.reason.startswith("position_mode")
    assert stage.held == Decimal("0.500")


def test_a_plan_that_cancels_takes_away_what_adds_risk_and_leaves_the_rest() -> None:
    stage = Stage()
    adds = stage.place(
        "/fapi/v1/order", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.1", price="58000"
    )
    stage.stop("0.5")
    plan = replace(stage.plan("0"), cancellations=(replace(a_cancellation(adds), account=ACCOUNT),))
    result = stage.run(plan)
    assert (result.state, result.cancelled) == (PlanState.DONE, plan.cancellations)
    assert (stage.resting, stage.stops) == (0, [Decimal("0.500")])


def test_a_contract_that_is_not_known_is_not_cancelled_blindly() -> None:
    stage = Stage()
    unknown = replace(a_cancellation("1"), account=ACCOUNT, symbol="NEW/USDT:USDT")
    result = stage.run(replace(stage.plan("0.2"), cancellations=(unknown,)))
    assert result.reason.startswith("not_cancelled: order 1 of NEW/USDT:USDT may still rest")
    assert stage.held == Decimal("0.300")


async def _nobody_asks(*_: str) -> str:
    raise AssertionError("the drop copy does not look here")
