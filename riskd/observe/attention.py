"""What the next cycle should read beside its usual round, to settle what this one left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from riskd.model.desk import AccountProfile, Desk
from riskd.model.report import Surface
from riskd.observe.known import AccountMemory, Heard, Known

# Asking for fills costs a request for each symbol: a few a cycle are enough, the others come later.
_SYMBOLS_MAX = 3
# What was read a moment ago and did not help will not help now.
_AGAIN_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to read once more.

    Attributes:
        symbols: Unified symbols whose fills are wanted.
    """

    surfaces: frozenset[Surface] = frozenset()
    symbols: tuple[str, ...] = ()


def wishes(known: Known, desk: Desk, *, now: datetime) -> Mapping[str, Wish]:
    """By account id, and under the empty id for the venues themselves, what should be read soon."""
    found = {profile.id: _wish(known, profile, now) for profile in desk.accounts}
    if any(_names_unlisted(known, profile, now) for profile in desk.accounts):
        found[""] = Wish(surfaces=frozenset({Surface.INSTRUMENTS}))
    return {account: wish for account, wish in found.items() if wish != Wish()}


def _wish(known: Known, profile: AccountProfile, now: datetime) -> Wish:
    account = known.account(profile.id)
    held = [position.fact.key.symbol for position in account.book]
    surfaces: set[Surface] = set()
    if account.balances.failure.startswith("implausible"):
        surfaces.add(Surface.INCOME)
    if _lacks(account.settings, held, now):
        surfaces.add(Surface.SYMBOL_SETTINGS)
    if _lacks(account.brackets, held, now):
        surfaces.add(Surface.BRACKETS)
    return Wish(surfaces=frozenset(surfaces), symbols=_symbols(account))


def _symbols(account: AccountMemory) -> tuple[str, ...]:
    """Symbols of positions that are missing, then of those whose opening nobody has told."""
    missing = [held.fact.key.symbol for held in account.book if not held.confirmed]
    untold = [
        held.fact.key.symbol
        for held in account.book
        if held.opened_at is None and held.fact.key.symbol not in account.fills
    ]
    return tuple(dict.fromkeys([*missing, *untold]))[:_SYMBOLS_MAX]


def _lacks(heard: Heard[Any], symbols: Iterable[str], now: datetime) -> bool:
    if heard.value is None or heard.requested_at is None or now - heard.requested_at < _AGAIN_AFTER:
        return False
    return any(symbol not in heard.value for symbol in symbols)


def _names_unlisted(known: Known, profile: AccountProfile, now: datetime) -> bool:
    """True when the account is in a contract that the list, by now an old one, does not have."""
    instruments = known.venue(profile.venue).instruments
    if instruments.value is None or instruments.requested_at is None:
        return False
    if now - instruments.requested_at < _AGAIN_AFTER:
        return False
    account = known.account(profile.id)
    faults = (*account.positions.faults, *account.orders.faults, *account.conditional_orders.faults)
    return any(fault.subject and fault.subject not in instruments.value for fault in faults)
