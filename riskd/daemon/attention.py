"""What the next cycle looks at more closely because of what this one saw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from riskd.act.compose import lists_behind
from riskd.cycle import CycleResult
from riskd.daemon.reading import Attention
from riskd.judge.reading import Reading
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.policy.rule import REDUCES

# A subject that uses more than this share of a breach limit is near it: riskd looks more often.
_NEAR = 0.8


def is_near(reading: Reading) -> bool:
    """Whether a subject of a rule comes near its limit."""
    return bool((reading.utilisation > _NEAR).any())


def wanted_for_plans(result: CycleResult) -> frozenset[Surface]:
    """Order books, as soon as a rule that reduces positions comes near its limit: a plan reckons with what rests there."""
    due = any(
        _reduces(reading) and (is_near(reading) or bool((reading.levels > 0).any()))
        for reading in result.readings
    )
    return frozenset({Surface.ORDER_BOOKS}) if due else frozenset()


def orders_behind(result: CycleResult, settled_at: Mapping[str, datetime]) -> dict[Surface, list[str]]:
    """Accounts whose lists of orders were read before riskd last changed them, by list."""
    found: dict[Surface, list[str]] = {}
    for account, at in settled_at.items():
        if any(profile.id == account for profile in result.snapshot.desk.accounts):
            for surface in lists_behind(result.snapshot, account, at):
                found.setdefault(surface, []).append(account)
    return found


def _reduces(reading: Reading) -> bool:
    return any(action.kind in REDUCES for _, actions in reading.rule.actions for action in actions)


def attention_after(result: CycleResult) -> dict[str, Attention]:
    """What the next cycle looks at closely, by account: trades of positions that came or went, and all that is doubtful.

    A position that vanished stays unknown until something corroborates its closing: that may not wait for its turn. What
    a venue publishes to all stands under the empty name.
    """
    wanted: dict[str, Attention] = {}
    positions = result.snapshot.positions
    for code, profile in enumerate(result.snapshot.desk.accounts):
        read = result.known.account(profile.id).fills
        symbols: set[str] = set()
        for row in np.flatnonzero(positions.account == code):
            symbol = result.snapshot.instruments[positions.instrument[row]].symbol
            # Trades older than the venue tells are read once and not asked for again in every cycle.
            came = bool(np.isnan(positions.opened_at[row])) and symbol not in read
            if came or not positions.confirmed[row]:
                symbols.add(symbol)
        surfaces = {
            state.surface
            for state in result.snapshot.surfaces
            if state.account == profile.id and state.quality is not Quality.OK
        }
        if symbols or surfaces:
            wanted[profile.id] = Attention(surfaces=frozenset(surfaces), symbols=tuple(sorted(symbols)))
    return wanted


def with_symbols(
    attention: Mapping[str, Attention], symbols: Mapping[str, tuple[str, ...]]
) -> dict[str, Attention]:
    """The same, with further symbols whose trades are wanted, by account."""
    joined = dict(attention)
    for account, more in symbols.items():
        known = joined.get(account, Attention())
        joined[account] = replace(known, symbols=tuple(sorted({*known.symbols, *more})))
    return joined


def with_surface(
    attention: Mapping[str, Attention], surface: Surface, accounts: Iterable[str]
) -> dict[str, Attention]:
    """The same, with a surface of some accounts that may not wait for its turn either."""
    joined = dict(attention)
    for account in accounts:
        known = joined.get(account, Attention())
        joined[account] = replace(known, surfaces=known.surfaces | {surface})
    return joined
