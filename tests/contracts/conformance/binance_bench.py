"""Binance USD-M: the real sender through ccxt to the paper venue, on a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from riskd.adapters.ccxt_session import Rights
from riskd.adapters.ccxt_transport import Access
from riskd.adapters.request_budget import RequestBudget
from riskd.adapters.senders import make_sender, open_trading
from riskd.model.instrument import Instrument
from riskd.paper.dialect.http import Rights as PaperRights
from riskd.paper.faults import (
    Answer,
    ClockSkew,
    CutBody,
    Delay,
    Effect,
    Fault,
    LateBooking,
    MissingField,
    Moment,
    OtherClientId,
    Reset,
    TruncatedBody,
)
from riskd.paper.venue import Venue
from riskd.ports import OrderSender
from tests.contracts.conformance.bench import ACCOUNT, Codes, Setting
from tests.contracts.venues import placed, venue_key
from tests.fakes.clock import ManualClock
from tests.fakes.wire_faults import HTML, WireFault
from tests.support_paper import BTC, StillMarket, ask, key_of, paper_server, paper_venue

SYMBOL = "BTCUSDT"
ORDER = "/fapi/v1/order"
ALGO_ORDER = "/fapi/v1/algoOrder"
TIMEOUT_SECONDS = 0.3

CODES = Codes(
    not_reducing=frozenset({"-2022"}),
    off_lot=frozenset({"-1111", "-4023"}),
    below_minimum=frozenset({"-4003", "-4004", "-1111"}),
    above_maximum=frozenset({"-4005"}),
    price_band=frozenset({"-4016", "-4024"}),
    wrong_mode=frozenset({"-1106", "-4061"}),
    duplicate=frozenset({"-4116"}),
    would_trigger=frozenset({"-2021"}),
    would_take=frozenset({"-5022"}),
    key=frozenset({"-2015"}),
    clock=frozenset({"-1021"}),
    rate=frozenset({"-1003"}),
)

CONTRACT = Instrument(
    venue="binanceusdm",
    symbol="BTC/USDT:USDT",
    venue_symbol=SYMBOL,
    base="BTC",
    quote="USDT",
    settle="USDT",
    contract_size=Decimal(1),
    tick_size=BTC.tick_size,
    lot_size=BTC.lot_size,
    market_lot_size=BTC.market_lot_size,
    quantity_min=BTC.quantity_min,
    quantity_max=BTC.quantity_max,
    market_quantity_max=BTC.market_quantity_max,
    notional_min=BTC.notional_min,
    price_band=BTC.price_band,
    taker_fee_rate=None,
    tradable=True,
)


def _effect(fault: WireFault) -> Effect:
    """The paper venue's own fault of that kind."""
    effects: dict[WireFault, Effect] = {
        WireFault.RESET_AFTER: Reset(moment=Moment.AFTER),
        WireFault.HANG_AFTER: Delay(delay_ms=60_000),
        WireFault.TRUNCATED: TruncatedBody(keep=40),
        WireFault.CUT: CutBody(keep=40),
        WireFault.HTML_AFTER: Answer(status=200, body=HTML, content_type="text/html", moment=Moment.AFTER),
        WireFault.EMPTY_AFTER: Answer(status=200, body="", moment=Moment.AFTER),
        WireFault.NOTHING_AFTER: Answer(status=200, body="{}", moment=Moment.AFTER),
        WireFault.HTTP_500: Answer(status=500, body="oops", moment=Moment.AFTER),
        WireFault.HTTP_502: Answer(status=502, body=HTML, moment=Moment.AFTER),
        WireFault.HTTP_503: Answer(status=503, body='{"code":-1007,"msg":"Timeout"}', moment=Moment.AFTER),
        WireFault.QUOTED: Answer(status=500, body='{"code":-2022,"msg":"rejected"}', moment=Moment.AFTER),
        WireFault.HOLLOW: Answer(status=200, body='{"updateTime": 1}', moment=Moment.AFTER),
        WireFault.NO_ORDER_ID: MissingField(name="orderId"),
        WireFault.FOREIGN_ID: OtherClientId(client_order_id="f" * 32),
        WireFault.RESET_BEFORE: Reset(moment=Moment.BEFORE),
        WireFault.FIREWALL: Answer(status=403, body=HTML),
        WireFault.RATE_LIMITED: Answer(
            status=429, body='{"code":-1003,"msg":"Too many requests."}', retry_after_seconds=17
        ),
        WireFault.KEY_REFUSED: Answer(status=401, body='{"code":-2015,"msg":"Invalid API-key"}'),
        WireFault.CLOCK: ClockSkew(skew_ms=60_000),
    }
    return effects[fault]


@dataclass(kw_only=True)
class BinanceBench:
    """A Bench over the paper venue."""

    setting: Setting
    clock: ManualClock
    sender: OrderSender
    contract: Instrument
    codes: Codes
    venue: Venue
    market: StillMarket

    def held(self) -> Decimal:
        positions = self.venue.exchange.positions(ACCOUNT)
        return sum((p.quantity for p in positions if p.position_side.value == self.setting.side), Decimal(0))

    def resting(self) -> list[str]:
        ordinary = self._listed("/fapi/v1/openOrders", "clientOrderId")
        return ordinary + self._listed("/fapi/v1/openAlgoOrders", "clientAlgoId")

    def strike(self, fault: WireFault) -> None:
        self._arm(_effect(fault), "POST", ORDER)

    def strike_stop(self, fault: WireFault) -> None:
        self._arm(_effect(fault), "POST", ALGO_ORDER)

    def strike_cancel(self, fault: WireFault) -> None:
        self._arm(_effect(fault), "DELETE", ORDER)

    def strike_question(self, fault: WireFault) -> None:
        self._arm(_effect(fault), "GET", ORDER)

    def hold(self, seconds: float) -> None:
        self._hold(ORDER, seconds)

    def hold_stop(self, seconds: float) -> None:
        self._hold(ALGO_ORDER, seconds)

    def deliver(self) -> None:
        self.venue.advance_to(self._now_ms())

    def close_elsewhere(self, quantity: Decimal) -> None:
        self._trade("SELL" if self.setting.held > 0 else "BUY", quantity)

    def move(self, price: Decimal) -> None:
        self.clock.advance(1)
        self.market.move(SYMBOL, str(price), at_ms=self._now_ms())
        self.venue.advance_to(self._now_ms())

    def _trade(self, side: str, quantity: Decimal) -> None:
        terms = {"symbol": SYMBOL, "side": side, "type": "MARKET", "quantity": str(abs(quantity))}
        if self.setting.side != "BOTH":
            terms["positionSide"] = self.setting.side
        placed(self.venue, ORDER, **terms)

    def _hold(self, path: str, seconds: float) -> None:
        told = Answer(status=503, body='{"code":-1007,"msg":"Timeout"}')
        self._arm(LateBooking(delay_ms=int(seconds * 1000), answer=told), "POST", path)

    def _arm(self, effect: Effect, method: str, path: str) -> None:
        self.venue.faults.add([Fault(effect=effect, method=method, path=path)])

    def _listed(self, path: str, name: str) -> list[str]:
        status, rows = ask(self.venue, "GET", path, key=key_of(ACCOUNT), now_ms=self._now_ms(), symbol=SYMBOL)
        assert status == 200, rows
        return [row[name] for row in rows]

    def _now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)


@asynccontextmanager
async def binance(setting: Setting) -> AsyncIterator[BinanceBench]:
    """Binance USD-M."""
    market = StillMarket()
    venue = paper_venue(market=market, hedge_accounts=[] if setting.side == "BOTH" else [ACCOUNT])
    clock = ManualClock(datetime.fromtimestamp(venue.now_ms / 1000, UTC))
    async with paper_server(venue, time_ms=lambda: int(clock.now().timestamp() * 1000)) as server:
        access = Access(
            venue="binanceusdm",
            key=venue_key(PaperRights.TRADE),
            rights=Rights.TRADE,
            base_url=server.url,
            timeout_seconds=TIMEOUT_SECONDS,
        )
        transport = open_trading(access, clock=clock, budget=RequestBudget(clock))
        sender = make_sender(
            "binanceusdm", transport, account=ACCOUNT, clock=clock, listing=lambda: {SYMBOL: CONTRACT}
        )
        bench = BinanceBench(
            setting=setting,
            clock=clock,
            sender=sender,
            contract=CONTRACT,
            codes=CODES,
            venue=venue,
            market=market,
        )
        if setting.margin == "isolated":
            status, told = ask(
                venue,
                "POST",
                "/fapi/v1/marginType",
                key=key_of(ACCOUNT),
                symbol=SYMBOL,
                marginType="ISOLATED",
            )
            assert status == 200, told
        bench._trade("BUY" if setting.held > 0 else "SELL", setting.held)
        yield bench
        await sender.close()
