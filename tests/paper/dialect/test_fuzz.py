"""Whatever is sent, the answer is JSON in Binance's form, and never a crash."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.paper.dialect.auth import KEY_HEADER, Security, sign
from riskd.paper.dialect.dialect import ENDPOINTS
from riskd.paper.dialect.endpoint import Endpoint
from riskd.paper.dialect.http import HttpRequest, HttpResponse
from riskd.paper.dialect.limits import Budget, LimitRules
from riskd.paper.venue import Outcome
from tests.support_paper import START_MS, key_of, paper_venue

ALPHA = key_of("alpha")
BOUNDLESS = LimitRules(
    weight=dict.fromkeys(Budget, 10**9), orders_per_10_seconds=10**9, orders_per_minute=10**9
)
# One venue for all examples: what one request leaves behind is what the next one meets.
VENUE = paper_venue(limits=BOUNDLESS)
HEDGED = paper_venue(limits=BOUNDLESS, hedge_accounts=["alpha"])

NAMES = [
    "symbol", "pair", "side", "positionSide", "type", "timeInForce", "quantity", "price", "stopPrice", "triggerPrice",
    "reduceOnly", "closePosition", "workingType", "newClientOrderId", "clientAlgoId", "origClientOrderId", "orderId",
    "algoId", "algoType", "limit", "startTime", "endTime", "fromId", "page", "incomeType", "interval", "leverage",
    "marginType", "amount", "dualSidePosition", "batchOrders", "orderIdList", "origClientOrderIdList",
    "newOrderRespType", "recvWindow", "priceMatch", "autoCloseType",
]  # fmt: skip
WORDS = [
    "BTCUSDT", "ETHUSDT", "DOGEUSDT", "BUY", "SELL", "BOTH", "LONG", "SHORT", "LIMIT", "MARKET", "STOP_MARKET",
    "TAKE_PROFIT_MARKET", "GTC", "IOC", "FOK", "GTX", "GTD", "CONDITIONAL", "MARK_PRICE", "true", "false", "CROSSED",
    "ISOLATED", "COMMISSION", "ADL", "1m", "1d", "0", "1", "2", "5", "0.001", "0.01", "0.5", "3", "10", "59000",
    "61000.10", "60000", "9" * 18, "9" * 19, "9" * 20 + "." + "9" * 20, "0." + "0" * 19 + "1", "-1", "NaN", "1e309",
    "[]", "{}", "[1,2]", '["a"]', '[{"symbol":"BTCUSDT"}]', "null", "", "ä", "\x00", "💥", "%", "&", "a" * 40, "x-1",
]  # fmt: skip

asked = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS) | st.text(max_size=12), max_size=12)


def mostly(*right: str) -> st.SearchStrategy[str]:
    """One of the right values, now and then any word."""
    return st.sampled_from(right * 6 + tuple(WORDS))


nearly_right = st.fixed_dictionaries(
    {
        "symbol": mostly("BTCUSDT", "ETHUSDT"),
        "side": mostly("BUY", "SELL"),
        "type": mostly("LIMIT", "MARKET", "STOP_MARKET", "1"),
        "quantity": mostly("0.01", "0.5", "1"),
        "algoType": mostly("CONDITIONAL"),
        "interval": mostly("1m", "1h", "1d"),
        "pair": mostly("BTCUSDT"),
    },
    optional={
        "price": mostly("59000", "61000.10", "3000"),
        "triggerPrice": mostly("55000", "65000"),
        "timeInForce": mostly("GTC", "IOC", "GTX"),
        "positionSide": mostly("BOTH", "LONG", "SHORT"),
        "reduceOnly": mostly("true", "false"),
        "closePosition": mostly("true", "false"),
        "newClientOrderId": mostly("a", "b"),
        "clientAlgoId": mostly("a", "b"),
        "origClientOrderId": mostly("a", "b"),
        "orderId": mostly("1", "5", "9"),
        "algoId": mostly("1", "5", "9"),
        "limit": mostly("5", "50", "100"),
        "startTime": mostly(str(START_MS), str(START_MS - 86_400_000)),
        "endTime": mostly(str(START_MS + 1000)),
        "fromId": mostly("1"),
        "leverage": mostly("1", "20", "125"),
        "marginType": mostly("ISOLATED", "CROSSED"),
        "amount": mostly("10", "0.00000001"),
        "dualSidePosition": mostly("true", "false"),
        "newOrderRespType": mostly("ACK", "RESULT"),
        "orderIdList": mostly("[1,2]"),
        "batchOrders": mostly(
            '[{"symbol":"BTCUSDT","side":"SELL","type":"MARKET","quantity":0.01}]',
            '[{"symbol":"BTCUSDT","side":[],"type":null,"quantity":{}}]',
        ),
    },
)


def signed(endpoint: Endpoint, parameters: dict[str, str]) -> HttpRequest:
    payload = urlencode({**parameters, "timestamp": str(START_MS)})
    if endpoint.security is not Security.NONE:
        payload = f"{payload}&signature={sign(ALPHA.secret, payload)}"
    in_query = endpoint.method != "POST"
    return HttpRequest(
        method=endpoint.method,
        path=endpoint.path,
        query=payload if in_query else "",
        body="" if in_query else payload,
        headers={KEY_HEADER: ALPHA.key},
    )


def check(response: HttpResponse) -> None:
    value = json.loads(response.body)
    assert response.status in (200, 400, 401, 404, 418, 429)
    if response.status != 200:
        assert set(value) == {"code", "msg"}
        assert value["code"] < 0
        assert value["msg"]


def answered(request: HttpRequest) -> None:
    for venue in (VENUE, HEDGED):
        outcome = venue.handle(request, now_ms=venue.now_ms)
        assert isinstance(outcome, Outcome)
        assert outcome.response is not None
        check(outcome.response)


@given(st.sampled_from(ENDPOINTS), asked)
@settings(max_examples=500, derandomize=True, deadline=None)
def test_well_signed_nonsense_is_refused_and_not_a_crash(
    endpoint: Endpoint, parameters: dict[str, str]
) -> None:
    answered(signed(endpoint, parameters))


@given(st.sampled_from(ENDPOINTS), nearly_right)
@settings(max_examples=1500, derandomize=True, deadline=None)
def test_requests_that_are_nearly_right_are_no_crash_either(
    endpoint: Endpoint, parameters: dict[str, str]
) -> None:
    answered(signed(endpoint, parameters))


# What a server makes of bytes that are no UTF-8 are lone surrogates.
noise = st.text(st.characters(exclude_categories=()), max_size=60)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "get", ""]),
    st.sampled_from([e.path for e in ENDPOINTS]) | noise,
    noise,
    noise,
    noise | st.just(ALPHA.key),
)
@settings(max_examples=300, derandomize=True, deadline=None)
def test_unsigned_noise_is_refused_and_not_a_crash(
    method: str, path: str, query: str, body: str, key: str
) -> None:
    answered(HttpRequest(method=method, path=path, query=query, body=body, headers={KEY_HEADER: key}))


def test_after_all_that_the_books_still_balance() -> None:
    for venue in (VENUE, HEDGED):
        books = venue.exchange.books()
        assert books.total() == books.expected()
