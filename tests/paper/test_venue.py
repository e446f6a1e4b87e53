"""The venue: time, faults, late bookings, bots."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Filled, OrderRequest, OrderType, PositionSide, Side
from riskd.paper.faults import (
    Answer,
    ClockSkew,
    CutBody,
    Delay,
    Deleverage,
    Effect,
    EmptyList,
    Fault,
    LateBooking,
    Moment,
    Replay,
    Reset,
    unknown_outcome,
)
from riskd.paper.venue import Outcome, Pending, Venue
from tests.support_paper import START_MS, STEP_MS, StillMarket, ask, key_of, paper_venue, signed_request

ALPHA = key_of("alpha")
ORDER: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
PATH = "/fapi/v1/order"


class Buyer:
    """A bot that buys a little on each step."""

    name = "buyer"
    account = "alpha"

    def __init__(self) -> None:
        self.steps: list[int] = []

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        self.steps.append(now_ms)
        request = OrderRequest(
            symbol="BTCUSDT", side=Side.BUY, type=OrderType.MARKET, quantity=Decimal("0.01")
        )
        exchange.place(self.account, request)


def faulty(effect: Effect, **matching: Any) -> Venue:
    return paper_venue(faults=[Fault(effect=effect, **matching)])


def sent(venue: Venue, *, now_ms: int = START_MS, **more: Any) -> Outcome | Pending:
    return venue.handle(
        signed_request(ALPHA, "POST", PATH, now_ms=now_ms, **{**ORDER, **more}), now_ms=now_ms
    )


def held(venue: Venue) -> Decimal:
    return sum((p.quantity for p in venue.exchange.positions("alpha")), Decimal(0))


def said(outcome: Outcome | Pending) -> Any:
    assert isinstance(outcome, Outcome)
    assert outcome.response is not None
    return json.loads(outcome.response.body)


def test_time_moves_in_whole_steps_and_never_back() -> None:
    venue = paper_venue()
    for asked_ms, reached_ms in ((999, 0), (1_000, 1_000), (2_500, 2_000), (500, 2_000)):
        venue.advance_to(START_MS + asked_ms)
        assert venue.now_ms == START_MS + reached_ms


def test_bots_act_after_each_step_and_their_fills_are_events() -> None:
    buyer = Buyer()
    venue = paper_venue(actors=[buyer])
    venue.advance_to(START_MS + 3 * STEP_MS)
    assert buyer.steps == [START_MS + i * STEP_MS for i in (1, 2, 3)]
    assert held(venue) == Decimal("0.03")
    assert [type(event) for event in venue.events] == [Filled, Filled]


def test_the_market_ends_and_its_last_quotes_stand() -> None:
    market = StillMarket()
    market.ends_at_ms = START_MS + 2_000
    venue = paper_venue(market=market)
    seen = []
    for ms in (1_000, 2_000, 5_000):
        venue.advance_to(START_MS + ms)
        seen.append((venue.ended, venue.now_ms - START_MS))
    assert seen == [(False, 1_000), (True, 2_000), (True, 5_000)]


def test_a_key_without_an_account_is_refused_at_once() -> None:
    venue = paper_venue()
    with pytest.raises(ValueError, match="ghost"):
        Venue(venue.exchange, StillMarket(), [key_of("ghost")], faults=venue.faults)


def test_the_past_of_the_market_fills_the_candles() -> None:
    market = StillMarket(start_ms=START_MS - 3 * 86_400_000, step_ms=60_000)
    exchange = Exchange(
        market.contracts, now_ms=START_MS, quotes=market.quotes(START_MS), insurance_fund=Decimal(0)
    )
    venue = Venue(exchange, market, [], faults=paper_venue().faults, remembered_from_ms=market.known_from_ms)
    assert len(venue.memory.candles("BTCUSDT", "1m")) > 1440
    assert len(venue.memory.candles("BTCUSDT", "1h")) == 73
    assert len(venue.memory.funding("BTCUSDT")) == 9


def test_a_delay_executes_at_once() -> None:
    venue = faulty(Delay(delay_ms=700))
    outcome = sent(venue)
    assert isinstance(outcome, Outcome)
    assert outcome.delay_ms == 700
    assert held(venue) == Decimal("0.01")


@pytest.mark.parametrize(("moment", "booked"), [(Moment.BEFORE, "0"), (Moment.AFTER, "0.01")])
def test_a_reset_happens_before_or_after_the_order_is_booked(moment: Moment, booked: str) -> None:
    venue = faulty(Reset(moment=moment))
    assert sent(venue) == Outcome(response=None)
    assert held(venue) == Decimal(booked)


@pytest.mark.parametrize(("moment", "booked"), [(Moment.BEFORE, "0"), (Moment.AFTER, "0.01")])
def test_another_answer_hides_an_order_that_was_booked_or_not(moment: Moment, booked: str) -> None:
    venue = faulty(Answer(status=502, body="<html>", moment=moment))
    outcome = sent(venue)
    assert isinstance(outcome, Outcome)
    assert outcome.response is not None
    assert outcome.response.status == 502
    assert held(venue) == Decimal(booked)


def test_a_late_order_is_booked_at_its_time_by_the_next_advance() -> None:
    venue = faulty(LateBooking(delay_ms=2_500))
    pending = sent(venue)
    assert isinstance(pending, Pending)
    assert pending.due_ms == START_MS + 2_500
    with pytest.raises(LookupError):
        venue.collect(pending)
    venue.advance_to(START_MS + 2_400)
    assert held(venue) == 0
    venue.advance_to(START_MS + 2_500)
    assert held(venue) == Decimal("0.01")
    assert said(venue.collect(pending))["orderId"] > 0
    with pytest.raises(LookupError):
        venue.collect(pending)


def test_a_late_order_meets_the_prices_of_its_booking() -> None:
    market = StillMarket()
    market.move("BTCUSDT", "62000", at_ms=START_MS + 2_000)
    venue = paper_venue(market=market, faults=[Fault(effect=LateBooking(delay_ms=2_500))])
    sent(venue)
    venue.advance_to(START_MS + 5_000)
    assert venue.exchange.positions("alpha")[0].entry_price > 62_000


def test_a_late_order_outside_its_window_is_refused_by_the_matching_engine() -> None:
    venue = faulty(LateBooking(delay_ms=2_500))
    pending = sent(venue, recvWindow=2_000)
    assert isinstance(pending, Pending)
    venue.advance_to(START_MS + 3_000)
    assert said(venue.collect(pending))["code"] == -5028
    assert held(venue) == 0


def test_a_client_can_be_told_that_nothing_is_known_while_the_order_is_on_its_way() -> None:
    venue = faulty(LateBooking(delay_ms=2_000, answer=unknown_outcome()))
    assert said(sent(venue))["code"] == -1007
    assert held(venue) == 0
    venue.advance_to(START_MS + 2_000)
    assert held(venue) == Decimal("0.01")


def test_late_orders_are_booked_in_order_of_their_times() -> None:
    venue = paper_venue(faults=[Fault(effect=LateBooking(delay_ms=ms)) for ms in (3_000, 1_000)])
    sent(venue, newClientOrderId="slow")
    sent(venue, newClientOrderId="fast")
    venue.advance_to(START_MS + 3_000)
    ids = {
        name: venue.exchange.order("alpha", "BTCUSDT", client_order_id=name).order_id
        for name in ("slow", "fast")
    }
    assert ids["fast"] < ids["slow"]


@pytest.mark.parametrize(("skew_ms", "code"), [(6_000, -1021), (-1_500, -1021), (500, None)])
def test_a_skewed_clock_refuses_what_it_thinks_too_old_or_too_new(skew_ms: int, code: int | None) -> None:
    venue = faulty(ClockSkew(skew_ms=skew_ms))
    assert said(sent(venue)).get("code") == code


def test_a_skewed_clock_is_what_the_server_tells() -> None:
    venue = faulty(ClockSkew(skew_ms=-1_500))
    assert ask(venue, "GET", "/fapi/v1/time") == (200, {"serverTime": START_MS - 1_500})


def test_deleveraging_strikes_just_before_the_request() -> None:
    venue = faulty(
        Deleverage(
            account="alpha", symbol="BTCUSDT", quantity=Decimal("0.004"), position_side=PositionSide.BOTH
        ),
        path="*positionRisk",
        count=2,
    )
    ask(venue, "GET", "/fapi/v3/positionRisk", key=ALPHA)  # nothing is held yet: the fault finds nothing
    sent(venue)
    _, rows = ask(venue, "GET", "/fapi/v3/positionRisk", key=ALPHA)
    assert rows[0]["positionAmt"] == "0.006"


def test_an_empty_list_hides_a_position_once() -> None:
    venue = faulty(EmptyList(), path="*positionRisk")
    sent(venue)
    answers = [ask(venue, "GET", "/fapi/v3/positionRisk", key=ALPHA)[1] for _ in range(2)]
    assert [len(rows) for rows in answers] == [0, 1]


def test_a_stale_mark_comes_from_an_earlier_moment() -> None:
    market = StillMarket()
    market.move("BTCUSDT", "62000", at_ms=START_MS + 1_000)
    stale = Fault(effect=Replay(age_ms=3_000), path="*premiumIndex", from_ms=START_MS + 5_000, count=None)
    venue = paper_venue(market=market, faults=[stale])
    marks = []
    for second in (0, 2, 4, 6, 8):
        _, row = ask(
            venue, "GET", "/fapi/v1/premiumIndex", symbol="BTCUSDT", now_ms=START_MS + second * 1_000
        )
        marks.append((row["markPrice"][:5], (row["time"] - START_MS) // 1_000))
    assert marks == [("60000", 0), ("62000", 2), ("62000", 4), ("62000", 2), ("62000", 4)]


def test_a_cut_answer_says_where() -> None:
    outcome = sent(faulty(CutBody(keep=10)))
    assert isinstance(outcome, Outcome)
    assert outcome.cut_after == 10
    assert outcome.response is not None


def test_faults_of_one_account_spare_the_other() -> None:
    fault = Fault(effect=EmptyList(), account="beta", count=None)
    venue = paper_venue(deposits={"alpha": "1000", "beta": "1000"}, faults=[fault])
    for account, assets in (("alpha", 1), ("beta", 0)):
        _, row = ask(venue, "GET", "/fapi/v3/account", key=key_of(account))
        assert len(row["assets"]) == assets


def test_the_same_requests_at_the_same_times_get_the_same_answers() -> None:
    def run() -> list[Any]:
        venue = paper_venue(
            actors=[Buyer()],
            faults=[Fault(effect=EmptyList(), probability=0.5, count=None, path="*positionRisk")],
        )
        answers: list[Any] = []
        for second in range(20):
            now_ms = START_MS + second * 500
            venue.advance_to(now_ms)
            answers.append(sent(venue, now_ms=now_ms))
            answers.append(ask(venue, "GET", "/fapi/v3/positionRisk", key=ALPHA, now_ms=now_ms))
        return answers

    assert run() == run()
