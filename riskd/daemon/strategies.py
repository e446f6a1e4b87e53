"""Which strategy a symbol belongs to, where nothing but the symbol is known."""

from __future__ import annotations

from fnmatch import fnmatchcase

from riskd.model.desk import UNLABELLED, AccountProfile


def strategy_of(profile: AccountProfile, symbol: str) -> str:
    """The strategy that a symbol belongs to; lines that need a client id cannot be told apart by the symbol alone.

    What belongs to no symbol (an empty one) belongs to no strategy.
    """
    for match in profile.strategies if symbol else ():
        if any(fnmatchcase(symbol, glob) for glob in match.symbols):
            return match.strategy
    return UNLABELLED
