"""Requests from the outside: routing, weights, headers, keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.dialect import ENDPOINTS
from riskd.paper.dialect.http import HttpRequest, Rights
from riskd.paper.dialect.limits import BINANCE_LIMITS, Budget, LimitRules
from riskd.paper.dialect.parameters import Parameters
from riskd.paper.venue import Outcome
from tests.support_paper import START_MS, answer, ask, key_of, paper_venue, signed_request

ALPHA = key_of("alpha")
USED = "X-MBX-USED-WEIGHT-1M"
ORDER: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}

# (method, path, what is asked, weight): Binance's documentation, "Request Weight" of each endpoint.
WEIGHTS = [
    ("GET", "/fapi/v1/exchangeInfo", {}, 1),
    ("GET", "/fapi/v1/premiumIndex", {"symbol": "BTCUSDT"}, 1),
    ("GET", "/fapi/v1/premiumIndex", {}, 10),
    ("GET", "/fapi/v1/ticker/24hr", {}, 40),
    ("GET", "/fapi/v1/depth", {}, 10),
    ("GET", "/fapi/v1/depth", {"limit": "50"}, 2),
    ("GET", "/fapi/v1/depth", {"limit": "1000"}, 20),
    ("GET", "/fapi/v1/depth", {"limit": "many"}, 10),
    ("GET", "/fapi/v1/klines", {"limit": "99"}, 1),
    ("GET", "/fapi/v1/klines", {"limit": "1500"}, 10),
    ("GET", "/fapi/v3/positionRisk", {}, 5),
    ("GET", "/fapi/v3/account", {}, 5),
    ("GET", "/fapi/v1/openOrders", {"symbol": "BTCUSDT"}, 1),
    ("GET", "/fapi/v1/openOrders", {}, 40),
    ("GET", "/fapi/v1/openAlgoOrders", {}, 40),
    ("GET", "/fapi/v1/income", {}, 30),
    ("GET", "/fapi/v1/positionSide/dual", {}, 30),
    ("POST", "/fapi/v1/order", {}, 0),
    ("DELETE", "/fapi/v1/order", {}, 1),
    ("POST", "/fapi/v1/batchOrders", {}, 5),
    ("POST", "/fapi/v1/algoOrder", {}, 0),
]


@pytest.mark.parametrize(("method", "path", "asked", "weight"), WEIGHTS)
def test_an_endpoint_costs_what_binance_charges(
    method: str, path: str, asked: dict[str, str], weight: int
) -> None:
    endpoint = next(e for e in ENDPOINTS if (e.method, e.path) == (method, path))
    assert endpoint.weight(Parameters(asked)) == weight


def test_no_method_and_path_is_answered_by_two_endpoints() -> None:
    named = [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS]
    assert len(named) == len(set(named))


def test_whatever_changes_something_needs_a_trading_key() -> None:
    assert all(e.security is Security.TRADE for e in ENDPOINTS if e.method != "GET")


def test_the_used_weight_grows_with_each_request_of_the_minute() -> None:
    venue = paper_venue()
    weights = [answer(venue, "GET", "/fapi/v1/openOrders", key=ALPHA).headers[USED] for _ in range(2)]
    assert weights == ["40", "80"]
    assert answer(venue, "GET", "/fapi/v1/time", now_ms=START_MS + 60_000).headers[USED] == "1"


def test_order_counts_are_told_with_each_order_also_with_a_refused_one() -> None:
    venue = paper_venue()
    first = answer(venue, "POST", "/fapi/v1/order", key=ALPHA, **ORDER)
    second = answer(venue, "POST", "/fapi/v1/order", key=ALPHA, **{**ORDER, "quantity": "0.0001"})
    assert (first.status, second.status) == (200, 400)
    assert first.headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert second.headers["X-MBX-ORDER-COUNT-1M"] == "2"


def test_above_the_weight_the_client_is_told_when_to_come_back() -> None:
    limits = LimitRules(weight={**BINANCE_LIMITS.weight, Budget.FUTURES: 10}, forgiven=1)
    venue = paper_venue(limits=limits)
    answers = [
        answer(venue, "GET", "/fapi/v3/account", key=ALPHA, now_ms=START_MS + 20_000) for _ in range(5)
    ]
    assert [response.status for response in answers] == [200, 200, 429, 429, 418]
    assert json.loads(answers[2].body)["code"] == -1003
    assert answers[2].headers["Retry-After"] == "40"
    assert answers[4].headers["Retry-After"] == "120"
    assert answer(venue, "GET", "/fapi/v1/time", now_ms=START_MS + 141_000).status == 200


def test_a_throttled_order_is_not_executed() -> None:
    venue = paper_venue(limits=LimitRules(weight=BINANCE_LIMITS.weight, orders_per_10_seconds=1))
    answers = [answer(venue, "POST", "/fapi/v1/order", key=ALPHA, **ORDER) for _ in range(2)]
    assert [response.status for response in answers] == [200, 429]
    _, positions = ask(venue, "GET", "/fapi/v3/positionRisk", key=ALPHA)
    assert positions[0]["positionAmt"] == "0.010"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/fapi/v1/nothing"), ("PATCH", "/fapi/v1/order"), ("GET", "/fapi/v1/ping/")],
)
def test_what_nobody_answers_is_said_as_binance_says_it(method: str, path: str) -> None:
    status, refused = ask(paper_venue(), method, path)
    assert (status, refused) == (404, {"code": -5000, "msg": f"Path {path}, Method {method} is invalid"})


def test_a_reading_key_reads_and_changes_nothing() -> None:
    venue = paper_venue()
    reader = key_of("alpha", Rights.READ)
    assert ask(venue, "GET", "/fapi/v3/account", key=reader)[0] == 200
    for endpoint in ENDPOINTS:
        if endpoint.security is Security.TRADE:
            status, refused = ask(venue, endpoint.method, endpoint.path, key=reader)
            assert (status, refused["code"]) == (401, -2015), endpoint.path


def test_private_endpoints_refuse_whoever_has_no_key() -> None:
    venue = paper_venue()
    for endpoint in ENDPOINTS:
        if endpoint.security is not Security.NONE:
            status, refused = ask(venue, endpoint.method, endpoint.path)
            assert (status, refused["code"]) == (401, -2014), endpoint.path


def test_a_key_of_one_account_never_shows_another() -> None:
    venue = paper_venue(deposits={"alpha": "1000", "beta": "2000"})
    _, alpha = ask(venue, "GET", "/fapi/v3/account", key=ALPHA)
    _, beta = ask(venue, "GET", "/fapi/v3/account", key=key_of("beta"))
    assert (alpha["totalWalletBalance"], beta["totalWalletBalance"]) == ("1000.00000000", "2000.00000000")


def test_parameters_may_come_in_the_query_of_a_post() -> None:
    venue = paper_venue()
    as_body = signed_request(ALPHA, "POST", "/fapi/v1/order", **ORDER)
    as_query = HttpRequest(method="POST", path=as_body.path, query=as_body.body, headers=as_body.headers)
    outcome = venue.handle(as_query, now_ms=START_MS)
    assert isinstance(outcome, Outcome)
    assert outcome.response is not None
    assert outcome.response.status == 200
