"""Request weight and order counts on virtual time."""

from __future__ import annotations

import pytest

from riskd.paper.dialect.limits import Budget, LimitRules, RateLimits, Throttled

MINUTE_MS = 60_000
RULES = LimitRules(
    weight={Budget.FUTURES: 100, Budget.SPOT: 100, Budget.WALLET: 100},
    orders_per_10_seconds=3,
    orders_per_minute=5,
    forgiven=2,
)
HERE = "10.0.0.1"


def refused(limits: RateLimits, now_ms: int, remote: str = HERE) -> Throttled:
    with pytest.raises(Throttled) as throttled:
        limits.charge_weight(remote, Budget.FUTURES, 60, now_ms=now_ms)
    return throttled.value


def test_the_used_weight_is_told_and_forgotten_with_the_minute() -> None:
    limits = RateLimits(RULES)
    assert limits.charge_weight(HERE, Budget.FUTURES, 40, now_ms=0) == {"X-MBX-USED-WEIGHT-1M": "40"}
    assert limits.charge_weight(HERE, Budget.FUTURES, 40, now_ms=59_999) == {"X-MBX-USED-WEIGHT-1M": "80"}
    assert limits.charge_weight(HERE, Budget.FUTURES, 40, now_ms=60_000) == {"X-MBX-USED-WEIGHT-1M": "40"}


def test_above_the_weight_the_answer_is_429_until_the_minute_ends() -> None:
    limits = RateLimits(RULES)
    limits.charge_weight(HERE, Budget.FUTURES, 60, now_ms=15_000)
    throttled = refused(limits, 15_000)
    assert (throttled.status, throttled.code, throttled.retry_after_seconds) == (429, -1003, 45)


def test_addresses_and_hosts_are_counted_apart() -> None:
    limits = RateLimits(RULES)
    limits.charge_weight(HERE, Budget.FUTURES, 90, now_ms=0)
    assert limits.charge_weight("10.0.0.2", Budget.FUTURES, 90, now_ms=0)
    assert limits.charge_weight(HERE, Budget.SPOT, 90, now_ms=0)


def test_who_goes_on_after_429_is_banned_and_longer_each_time() -> None:
    limits = RateLimits(RULES)
    limits.charge_weight(HERE, Budget.FUTURES, 60, now_ms=0)
    assert [refused(limits, 0).status for _ in range(4)] == [429, 429, 429, 418]
    banned = refused(limits, 60_000)
    assert (banned.status, banned.retry_after_seconds) == (418, 60)
    limits.charge_weight(HERE, Budget.FUTURES, 60, now_ms=2 * MINUTE_MS)
    assert [refused(limits, 2 * MINUTE_MS).status for _ in range(4)][-1] == 418
    assert refused(limits, 2 * MINUTE_MS).retry_after_seconds == 240


def test_orders_are_counted_per_account_in_both_windows() -> None:
    limits = RateLimits(RULES)
    for used in (1, 2, 3):
        assert limits.charge_orders("alpha", 1, now_ms=0)["X-MBX-ORDER-COUNT-10S"] == str(used)
    with pytest.raises(Throttled) as throttled:
        limits.charge_orders("alpha", 1, now_ms=4_000)
    assert (throttled.value.code, throttled.value.retry_after_seconds) == (-1015, 6)
    assert limits.charge_orders("beta", 1, now_ms=4_000)
    assert limits.charge_orders("alpha", 1, now_ms=10_000) == {
        "X-MBX-ORDER-COUNT-10S": "1",
        "X-MBX-ORDER-COUNT-1M": "5",
    }
    with pytest.raises(Throttled) as throttled:
        limits.charge_orders("alpha", 1, now_ms=11_000)
    assert throttled.value.retry_after_seconds == 49
