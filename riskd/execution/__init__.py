"""The order protocol: an intent is durable, sent once, resolved with the venue, and never sent again.

For each order of a plan: gate, fresh read, clamp, journal the intent, gate again, send once, journal the receipt, resolve
what is unknown, read again. Nothing that happens between two of these lines (a crash, a time-out, a full disk, another
trader) can lead to a second order for the same need: the next order is always derived from a fresh read, and an account
with an unresolved intent sends nothing.
"""

from riskd.execution.executor import Executor
from riskd.execution.parts import (
    BARE,
    DEFAULT_BOUNDS,
    Bounds,
    BuildIntent,
    BuildStop,
    FreshRead,
    Gate,
    IntentLog,
    Means,
    PlanResult,
    Resize,
    Unblock,
)
from riskd.execution.reductions import left_of

__all__ = [
    "BARE",
    "DEFAULT_BOUNDS",
    "Bounds",
    "BuildIntent",
    "BuildStop",
    "Executor",
    "FreshRead",
    "Gate",
    "IntentLog",
    "Means",
    "PlanResult",
    "Resize",
    "Unblock",
    "left_of",
]
