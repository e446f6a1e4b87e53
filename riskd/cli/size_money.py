"""Amounts of `riskd size`: dollars as policies write them, or coins, which settle inverse contracts."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

from riskd.measure.spec import Unit
from riskd.policy.text.quantity import example, noun
from riskd.policy.text.units import QuantityError, parse

_COINS = re.compile(r"((?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?) ([A-Z][A-Z0-9]{1,11})")
_DOLLARS = frozenset({"USD", "USDT", "USDC"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in a settlement currency.

    Attributes:
        amount: Dollars or coins.
        currency: ``USD``, ``USDT``, ``USDC``, or the name of a coin.
    """

    amount: float
    currency: str

    @property
    def is_coin(self) -> bool:
        """Whether it is coins and not dollars."""
        return self.currency not in _DOLLARS


def money(text: str, option: str) -> Money:
    """Dollars or coins.

    Raises:
        click.UsageError: The text is neither.
    """
    coins = coins_in(text)
    if coins is not None:
        return coins
    return Money(amount=quantity(text, Unit.MONEY, option), currency=text.split()[-1])


def coins_in(text: str) -> Money | None:
    """An amount of coins such as ``0.5 BTC``; None where the text is none."""
    match = _COINS.fullmatch(text)
    if match is None or match[2] in _DOLLARS:
        return None
    return Money(amount=float(match[1]), currency=match[2])


def quantity(text: str, unit: Unit, option: str) -> float:
    """A quantity of a unit, in the unit's base.

    Raises:
        click.UsageError: The text is no quantity, or one of another unit.
    """
    try:
        found = parse(text)
    except QuantityError as error:
        raise click.UsageError(f"{option}: {error}") from error
    if found.unit is not unit:
        raise click.UsageError(f"{option}: {text} is {noun(found.unit)}; write for example {example(unit)}")
    return found.value
