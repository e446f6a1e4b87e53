"""The dialect as one function: a request in, the answer out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from riskd.paper.dialect import (
    account,
    algo,
    contracts,
    errors,
    history,
    orders,
    prices,
    settings,
    statistics,
    wallet,
)
from riskd.paper.dialect.auth import Timing, authenticate
from riskd.paper.dialect.endpoint import Call, Endpoint
from riskd.paper.dialect.http import ApiKey, HttpRequest, HttpResponse, json_response
from riskd.paper.dialect.limits import BINANCE_LIMITS, LimitRules, RateLimits, Throttled
from riskd.paper.dialect.memory import MarketMemory
from riskd.paper.dialect.parameters import parse_parameters
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Rejection

ENDPOINTS: tuple[Endpoint, ...] = (
    *contracts.ENDPOINTS,
    *prices.ENDPOINTS,
    *statistics.ENDPOINTS,
    *account.ENDPOINTS,
    *settings.ENDPOINTS,
    *orders.ENDPOINTS,
    *algo.ENDPOINTS,
    *history.ENDPOINTS,
    *wallet.ENDPOINTS,
)

_ROUTES: Mapping[tuple[str, str], Endpoint] = {(e.method, e.path): e for e in ENDPOINTS}


class Dialect:
    """Binance's REST API over one simulated exchange.

    Nothing here reads a clock or waits: the time of each request is an argument. The only state of its own are the
    counters of the rate limits.
    """

    def __init__(
        self,
        exchange: Exchange,
        memory: MarketMemory,
        keys: Iterable[ApiKey],
        *,
        limits: LimitRules = BINANCE_LIMITS,
        timing: Timing = Timing.STRICT,
    ) -> None:
        self._exchange = exchange
        self._memory = memory
        self._keys = {key.key: key for key in keys}
        self._rules = limits
        self._limits = RateLimits(limits)
        self._timing = timing

    def handle(self, request: HttpRequest, *, now_ms: int, skew_ms: int = 0) -> HttpResponse:
        """Answer one request. Whatever is sent, the answer is JSON; a refusal is ``{"code": ..., "msg": ...}``.

        Args:
            request: As it came over the wire.
            now_ms: The venue's time. The exchange itself must have been advanced before.
            skew_ms: How far the clock of the server that looks at this request is ahead of the venue's.
        """
        server_ms = now_ms + skew_ms
        endpoint = _ROUTES.get((request.method, request.path))
        if endpoint is None:
            return errors.error_response(errors.unknown_path(request.method, request.path))
        headers: dict[str, str] = {}
        try:
            parameters = parse_parameters(request.query, request.body)
            weight = endpoint.weight(parameters)
            headers |= self._limits.charge_weight(request.remote, endpoint.budget, weight, now_ms=now_ms)
            key = authenticate(
                request, parameters, self._keys, endpoint.security, now_ms=server_ms, timing=self._timing
            )
            new_orders = endpoint.orders(parameters)
            if key is not None and new_orders:
                headers |= self._limits.charge_orders(key.account, new_orders, now_ms=now_ms)
            call = Call(
                exchange=self._exchange,
                memory=self._memory,
                limits=self._rules,
                parameters=parameters,
                key=key,
                now_ms=server_ms,
            )
            return json_response(endpoint.handler(call), headers=headers)
        except Rejection as refused:
            return _with_headers(errors.error_response(refused), headers)
        except Throttled as throttled:
            return _throttled_response(throttled, headers)


def _with_headers(response: HttpResponse, headers: Mapping[str, str]) -> HttpResponse:
    return HttpResponse(status=response.status, headers={**response.headers, **headers}, body=response.body)


def _throttled_response(throttled: Throttled, headers: Mapping[str, str]) -> HttpResponse:
    return json_response(
        {"code": throttled.code, "msg": throttled.message},
        status=throttled.status,
        headers={**headers, "Retry-After": str(throttled.retry_after_seconds)},
    )
