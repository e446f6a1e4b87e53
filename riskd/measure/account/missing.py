"""What of an account is unknown, by name: an answer from a guess is worse than none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from riskd.measure.account.book import Line, Wallet
from riskd.measure.venues.model import ClosingFee, MarginMode
from riskd.measure.venues.schedule import Schedule

# No account has it, and products of a few such numbers are no floats any more.
_LARGEST = 1e60


def missing_of_line(line: Line) -> Iterator[str]:
    """Inputs of a position that are unknown."""
    holding = line.holding
    for name, number in (("entry price", holding.position.entry), ("mark price", holding.mark)):
        if not _positive(number):
            yield f"{name} of {line.name}"
    if not is_known(holding.position.contracts):
        yield f"quantity of {line.symbol}"
    if not _positive(holding.position.contract.multiplier):
        yield f"contract size of {line.symbol}"
    if not _table_is_known(holding.maintenance):
        yield f"maintenance table of {line.symbol}"
    if not is_known(fee_rate(line)):
        yield f"closing fee rate of {line.symbol}"
    if line.margin is not None and not is_known(line.margin):
        yield f"isolated margin of {line.name}"


def missing_of_wallet(wallet: Wallet) -> Iterator[str]:
    """Inputs of a wallet that are unknown, where it is the margin account of its own asset."""
    if not is_known(wallet.cash):
        yield f"cash of the {wallet.asset} wallet"


def missing_of_pooled(wallet: Wallet) -> Iterator[str]:
    """Inputs of a wallet that are unknown, where it is one of a pool."""
    yield from missing_of_wallet(wallet)
    if not _positive(wallet.price):
        yield f"price of {wallet.asset}"
    if not _table_is_known(wallet.haircut):
        yield f"haircut of {wallet.asset}"


def fee_rate(line: Line) -> float:
    """Rate of the closing fee that counts in the condition; 0 where the venue counts none."""
    mode = MarginMode.CROSS if line.margin is None else MarginMode.ISOLATED
    if line.model.closing_fee(mode) is ClosingFee.NONE:
        return 0.0
    return line.model.fee_rate if line.fee_rate is None else line.fee_rate


def is_known(number: float) -> bool:
    """Whether a number is one that can be reckoned with."""
    return abs(number) <= _LARGEST


def _positive(number: float) -> bool:
    return is_known(number) and number > 0.0


def _table_is_known(schedule: Schedule) -> bool:
    numbers = [number for tier in schedule.tiers for number in (tier.rate, tier.amount)]
    floors = [tier.floor for tier in schedule.tiers]
    return (
        bool(schedule.tiers)
        and all(map(is_known, [*numbers, schedule.rate_per_unit]))
        and floors[0] == 0.0
        and all(low <= high and high > 0.0 for low, high in pairwise(floors))
    )
