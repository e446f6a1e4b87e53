"""Patterns of symbols and assets that can match none, whatever the venue lists: told by their form alone."""

from __future__ import annotations

import re

from riskd.policy.scope.globs import is_plain, may_meet
from riskd.policy.text.spelling import quoted

SYMBOL_FORM = "?*/?*:?*"
"""Every unified symbol of a perpetual matches it: ``BTC/USDT:USDT``."""

_QUOTES = "USDT|USDC|FDUSD|BUSD|USD"
_PERPETUAL = re.compile(
    rf"([A-Za-z0-9]{{1,15}}?)[-_/]?({_QUOTES})(?:[-_:.]?(?:PERP|SWAP|\2))?(?:\.P)?", re.IGNORECASE
)


def symbol_fault(pattern: str) -> tuple[str, str] | None:
    """What is wrong with a pattern that no unified symbol matches, and what to write; None when one may match it."""
    if may_meet(pattern, SYMBOL_FORM):
        return None
    what = f"no symbol can match {quoted(pattern)}: symbols are unified, BASE/QUOTE:SETTLE"
    found = _PERPETUAL.fullmatch(pattern) if is_plain(pattern) else None
    if found is not None:
        base, quote = (part.upper() for part in found.groups())
        return what, f"write {base}/{quote}:{quote} or {base}/*"
    if re.fullmatch(r"[A-Za-z0-9]{1,15}", pattern):
        return what, f"write {pattern.upper()}/* for all of its contracts"
    return what, "write for example BTC/USDT:USDT or BTC/*"


def exact_symbol_fault(symbol: str) -> tuple[str, str] | None:
    """What is wrong with the symbol of one contract; None when it has the form of one."""
    fault = symbol_fault(symbol)
    if fault is None and is_plain(symbol):
        return None
    cure = (
        fault[1].split(" or ")[0]
        if fault is not None and ":" in fault[1]
        else "write for example BTC/USDT:USDT"
    )
    return f"{quoted(symbol)} is no unified symbol, BASE/QUOTE:SETTLE", cure


def asset_fault(pattern: str) -> tuple[str, str] | None:
    """What is wrong with a pattern that no asset matches, and what to write; None when one may match it."""
    if "/" not in pattern and ":" not in pattern:
        return None
    base = re.split(r"[/:]", pattern)[0]
    cure = f"write {base}" if base else "write for example BTC"
    return f"no asset can match {quoted(pattern)}: an asset is one coin", f"{cure}, or choose by symbol"
