"""What a written-down book says of the past: funding, closes, orders that were placed."""

from __future__ import annotations

from riskd.measure.spec import Unit
from riskd.policy.schema.parts import DURATION
from riskd.policy.schema.shape import Amount, Field, optional, required
from riskd.policy.schema.tests_rows import MONEY, OF_ACCOUNT, STRATEGY, SYMBOL, rows

_OF_SYMBOL = required(SYMBOL, "unified symbol of the perpetual")
_AGO = required(DURATION, "how long ago")
PAST: dict[str, Field] = {
    "funding": optional(
        rows(
            "a funding payment",
            {
                "account": OF_ACCOUNT,
                "symbol": _OF_SYMBOL,
                "strategy": STRATEGY,
                "paid": optional(MONEY, "what was paid"),
                "received": optional(MONEY, "what was received"),
                "ago": _AGO,
            },
            one_of=(("paid", "received"),),
        ),
        "funding payments of the past; none when left out",
    ),
    "closes": optional(
        rows(
            "a close",
            {
                "account": OF_ACCOUNT,
                "symbol": _OF_SYMBOL,
                "strategy": STRATEGY,
                "gain": optional(MONEY, "what it brought, before its fee"),
                "loss": optional(MONEY, "what it lost, before its fee"),
                "fee": optional(MONEY, "its fee; none when left out"),
                "ago": _AGO,
            },
            one_of=(("gain", "loss"),),
        ),
        "positions that were closed, in part or in whole; none when left out",
    ),
    "placed": optional(
        rows(
            "placed orders",
            {
                "account": OF_ACCOUNT,
                "strategy": STRATEGY,
                "orders": required(Amount(unit=Unit.COUNT), "how many orders"),
                "ago": _AGO,
            },
        ),
        "orders that were placed; none when left out",
    ),
}
