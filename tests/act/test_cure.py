"""Every code that proves a refusal has an answer, and what is not known is left to a person."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.act.clamp import NOTHING_LEARNED
from riskd.act.cure import Cure, cure_of, learned_from, reason_of
from riskd.act.outcome import Outcome, answer_to_failure
from riskd.act.refusal import RefusalReason
from riskd.model.order import Intent
from tests.act.test_clamp import a_reduction, sent

BINANCE = {
    "-2022": Cure.MAKE_ROOM, "-4118": Cure.MAKE_ROOM, "-2024": Cure.READ_AGAIN, "-4131": Cure.NARROW,
    "-4016": Cure.NARROW, "-4024": Cure.NARROW, "-4005": Cure.SMALLER, "-5022": Cure.NEXT_RUNG, "-1003": Cure.WAIT,
    "-1015": Cure.WAIT, "-1021": Cure.WAIT, "-4164": Cure.DUST, "-4004": Cure.DUST, "-2021": Cure.CLOSE,
    "-2015": Cure.STOP, "-4061": Cure.STOP, "-2019": Cure.STOP, "-99999": Cure.STOP, "": Cure.STOP,
}  # fmt: skip


@pytest.mark.parametrize("code", BINANCE)
def test_a_code_of_binance_is_followed_by_what_can_help(code: str) -> None:
    assert cure_of("binanceusdm", code) is BINANCE[code]


@pytest.mark.parametrize("code", [code for code in BINANCE if code.startswith("-") and code != "-99999"])
def test_every_code_that_is_answered_proves_that_nothing_was_booked(code: str) -> None:
    assert answer_to_failure(http_status=400, code=code).outcome is Outcome.REJECTED


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        ("unsent:connect", Cure.WAIT),
        ("unsent:silence", Cure.WAIT),
        ("unsent:read_only", Cure.STOP),
        ("expired", Cure.READ_AGAIN),
    ],
)
def test_our_own_words_are_answered_alike_at_every_venue(code: str, cure: Cure) -> None:
    assert {cure_of(venue, code) for venue in ("binanceusdm", "bybit", "okx")} == {cure}


def test_other_venues_are_answered_by_the_consequence_that_their_table_draws() -> None:
    assert cure_of("okx", "no such code") is Cure.STOP
    assert cure_of("bybit", "-2022") is Cure.STOP
    assert cure_of("bybit", "110017") is Cure.MAKE_ROOM  # reduce-only rule not satisfied


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("-2015", RefusalReason.KEY_REFUSED),
        ("-4061", RefusalReason.POSITION_MODE),
        ("-1021", RefusalReason.CLOCK_SKEW),
        ("-1003", RefusalReason.RATE_LIMITED),
        ("-2019", RefusalReason.VENUE_REJECTED),
    ],
)
def test_a_refusal_that_ends_a_plan_has_a_word(code: str, word: RefusalReason) -> None:
    assert reason_of("binanceusdm", code) is word


def an_order() -> Intent:
    return sent(a_reduction("1", "0.4"), "1")  # sells within 1 % of 60,000


def test_a_limit_that_was_refused_is_followed_by_one_half_as_far() -> None:
    learned = learned_from(an_order(), Decimal(60_000), Cure.NARROW, NOTHING_LEARNED)
    assert (learned.reach, learned.no_market) == (Decimal("0.005"), False)


def test_a_market_order_that_was_refused_is_followed_by_a_limit() -> None:
    market = replace(an_order(), limit_price=None)
    assert learned_from(market, Decimal(60_000), Cure.NARROW, NOTHING_LEARNED).no_market


def test_a_quantity_that_was_refused_is_followed_by_half_of_it() -> None:
    assert learned_from(an_order(), Decimal(60_000), Cure.SMALLER, NOTHING_LEARNED).quantity_max == Decimal(
        "0.2"
    )


def test_other_refusals_teach_nothing() -> None:
    assert learned_from(an_order(), Decimal(60_000), Cure.WAIT, NOTHING_LEARNED) == NOTHING_LEARNED
