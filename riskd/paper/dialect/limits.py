"""Request weight a minute and address, orders per account: counted on the venue's own time.

Over a limit the answer is 429 with ``Retry-After``; who goes on asking is banned with 418, at first for two minutes,
twice as long each time, at most three days. Source: Binance USD-M futures documentation, "General Info", "IP Limits"
and "Order Rate Limits". How many requests Binance forgives before a ban is not documented: ``forgiven`` is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

_MINUTE_MS = 60_000
_TEN_SECONDS_MS = 10_000
_BAN_MAX_MS = 3 * 24 * 60 * _MINUTE_MS


class Budget(Enum):
    """Hosts of Binance that count weight apart, and the header in which each tells the count."""

    FUTURES = "X-MBX-USED-WEIGHT-1M"
    SPOT = "X-MBX-USED-WEIGHT"
    WALLET = "X-SAPI-USED-IP-WEIGHT-1M"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRules:
    """The venue's limits.

    Attributes:
        weight: Weight a minute and address, for each budget.
        orders_per_10_seconds: New orders of one account.
        orders_per_minute: New orders of one account.
        forgiven: Requests answered with 429 in one minute before the address is banned.
        first_ban_ms: Length of the first ban.
    """

    weight: Mapping[Budget, int]
    orders_per_10_seconds: int = 300
    orders_per_minute: int = 1200
    forgiven: int = 10
    first_ban_ms: int = 2 * _MINUTE_MS


BINANCE_LIMITS = LimitRules(weight={Budget.FUTURES: 2400, Budget.SPOT: 6000, Budget.WALLET: 12000})


class Throttled(Exception):
    """The request is refused because there were too many.

    Attributes:
        status: 429, or 418 while banned.
        code: -1003 for weight, -1015 for orders.
        message: Binance's text.
        retry_after_seconds: When asking again is allowed.
    """

    def __init__(self, *, status: int, code: int, message: str, retry_after_ms: int) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = max(1, -(-retry_after_ms // 1000))
        super().__init__(message)


class RateLimits:
    """Counters of the running windows; windows begin on the full minute and the full ten seconds."""

    def __init__(self, rules: LimitRules = BINANCE_LIMITS) -> None:
        self._rules = rules
        self._weights = _Windows(_MINUTE_MS)
        self._refusals = _Windows(_MINUTE_MS)
        self._orders_short = _Windows(_TEN_SECONDS_MS)
        self._orders_long = _Windows(_MINUTE_MS)
        self._bans: dict[str, tuple[int, int]] = {}  # address -> (length of the last ban, its end)

    def charge_weight(self, remote: str, budget: Budget, weight: int, *, now_ms: int) -> dict[str, str]:
        """Count a request and return the header that tells the sum.

        Raises:
            Throttled: 418 while banned; 429 above the weight of this minute.
        """
        self._refuse_banned(remote, now_ms)
        allowed = self._rules.weight[budget]
        used = self._weights.add((remote, budget.value), weight, now_ms)
        if used > allowed:
            self._count_refusal(remote, now_ms)
            raise Throttled(
                status=429,
                code=-1003,
                message=(
                    f"Too many requests; current limit of IP({remote}) is {allowed} requests per minute. Please use"
                    " the websocket for live updates to avoid polling the API."
                ),
                retry_after_ms=_MINUTE_MS - now_ms % _MINUTE_MS,
            )
        return {budget.value: str(used)}

    def charge_orders(self, account: str, orders: int, *, now_ms: int) -> dict[str, str]:
        """Count new orders and return the headers that tell the sums.

        Raises:
            Throttled: 429 with -1015, above either limit.
        """
        short = self._orders_short.add((account,), orders, now_ms)
        long = self._orders_long.add((account,), orders, now_ms)
        for used, allowed, length_ms, said in (
            (short, self._rules.orders_per_10_seconds, _TEN_SECONDS_MS, "10 SECOND"),
            (long, self._rules.orders_per_minute, _MINUTE_MS, "1 MINUTE"),
        ):
            if used > allowed:
                raise Throttled(
                    status=429,
                    code=-1015,
                    message=f"Too many new orders; current limit is {allowed} orders per {said}.",
                    retry_after_ms=length_ms - now_ms % length_ms,
                )
        return {"X-MBX-ORDER-COUNT-10S": str(short), "X-MBX-ORDER-COUNT-1M": str(long)}

    def _refuse_banned(self, remote: str, now_ms: int) -> None:
        _, until_ms = self._bans.get(remote, (0, 0))
        if now_ms < until_ms:
            raise Throttled(
                status=418,
                code=-1003,
                message=(
                    f"Way too many requests; IP({remote}) banned until {until_ms}. Please use the websocket for live"
                    " updates to avoid bans."
                ),
                retry_after_ms=until_ms - now_ms,
            )

    def _count_refusal(self, remote: str, now_ms: int) -> None:
        if self._refusals.add((remote,), 1, now_ms) > self._rules.forgiven:
            last_ms, _ = self._bans.get(remote, (0, 0))
            length_ms = min(max(self._rules.first_ban_ms, 2 * last_ms), _BAN_MAX_MS)
            self._bans[remote] = (length_ms, now_ms + length_ms)


class _Windows:
    """Sums over windows of one fixed length, each counted for itself."""

    def __init__(self, length_ms: int) -> None:
        self._length_ms = length_ms
        self._sums: dict[tuple[str, ...], tuple[int, int]] = {}

    def add(self, key: tuple[str, ...], amount: int, now_ms: int) -> int:
        window = now_ms // self._length_ms
        known, total = self._sums.get(key, (window, 0))
        total = amount + (total if known == window else 0)
        self._sums[key] = (window, total)
        return total
