"""Which strategy a position or an order belongs to."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

from riskd.model.desk import UNLABELLED, AccountProfile, Desk, StrategyMatch


def strategy_of(profile: AccountProfile, symbol: str, client_ids: Collection[str]) -> str:
    """The strategy of the first line that matches; ``unlabelled`` when none does.

    Args:
        profile: The account's lines.
        symbol: Unified symbol.
        client_ids: Client order ids seen with the position, or the one of the order.
    """
    return next(
        (line.strategy for line in profile.strategies if _matches(line, symbol, client_ids)), UNLABELLED
    )


def strategy_names(desk: Desk) -> tuple[str, ...]:
    """Every strategy that can occur, sorted."""
    configured = {line.strategy for profile in desk.accounts for line in profile.strategies}
    return tuple(sorted(configured | {UNLABELLED}))


def _matches(line: StrategyMatch, symbol: str, client_ids: Collection[str]) -> bool:
    if not any(fnmatchcase(symbol, pattern) for pattern in line.symbols):
        return False
    return not line.client_id_prefix or any(name.startswith(line.client_id_prefix) for name in client_ids)
