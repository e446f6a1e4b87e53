"""The quality of everything that was or should have been read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from riskd.model.desk import AccountProfile
from riskd.model.instrument import Instrument
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, SurfaceState
from riskd.observe.crosscheck import mode_doubts, order_doubts, position_doubts
from riskd.observe.fields import Fault
from riskd.observe.freshness import quality_of
from riskd.observe.known import AccountMemory, Heard
from riskd.observe.normalise import dialect_of
from riskd.observe.quoting import concerning, interval_hours
from riskd.observe.scene import Scene, spot_legs, touched_by


def surface_states(scene: Scene) -> tuple[SurfaceState, ...]:
    """One state for each surface of each venue, then of each account in the desk's order.

    What an account says of a surface goes before what its venue says of it.
    """
    venues = sorted(scene.usable)
    states = [state for venue in venues for state in _venue_states(scene, venue)]
    marks = {state.venue: state for state in states if state.surface is Surface.MARKS}
    for code, profile in enumerate(scene.desk.accounts):
        states += _account_states(scene, code)
        states += _own_marks(scene, profile, marks[profile.venue])
    return tuple(states)


def _venue_states(scene: Scene, venue: str) -> list[SurfaceState]:
    memory, used, usable = scene.known.venue(venue), scene.used[venue], scene.usable[venue]

    def state(surface: Surface, heard: Heard[Any], doubts: Sequence[str]) -> SurfaceState:
        return _state(scene, venue, "", surface, heard, [*doubts, *concerning(heard.faults, used)])

    unlisted = [f"{symbol} is named by a hedge or grid and not listed" for symbol in scene.unresolved[venue]]
    marks = state(Surface.MARKS, memory.quotes, usable.doubts)
    if usable.all_old and marks.quality is Quality.PARTIAL:
        marks = replace(marks, quality=Quality.STALE)
    return [
        state(Surface.INSTRUMENTS, memory.instruments, unlisted),
        marks,
        state(Surface.FUNDING_INTERVALS, memory.intervals, _interval_doubts(scene, venue)),
        state(Surface.SERVER_TIME, memory.clock_offset, _clock_doubts(scene, venue)),
    ]


def _interval_doubts(scene: Scene, venue: str) -> list[str]:
    memory, quotes = scene.known.venue(venue), scene.usable[venue].quotes
    default = dialect_of(venue).default_interval_hours
    doubts = (
        interval_hours(memory, instrument.symbol, quotes.get(instrument.symbol), default=default)[1]
        for instrument in scene.used[venue]
    )
    return [doubt for doubt in doubts if doubt]


def _clock_doubts(scene: Scene, venue: str) -> list[str]:
    offset = scene.known.venue(venue).clock_offset.value
    if offset is None or abs(offset) <= scene.checks.clock_offset_max:
        return []
    return [f"the venue's clock is {offset:+.3f} s off ours"]


def _account_states(scene: Scene, code: int) -> list[SurfaceState]:
    profile = scene.desk.accounts[code]
    venue, name = profile.venue, profile.id
    account = scene.known.account(name)
    symbols = _symbols(account)
    doubts: list[tuple[Surface, Heard[Any], Sequence[str]]] = [
        (Surface.BALANCES, account.balances, _reasons(account.balances.faults)),
        (
            Surface.POSITIONS,
            account.positions,
            position_doubts(account, scene.usable[venue].quotes, scene.checks),
        ),
        (Surface.ORDERS, account.orders, order_doubts(account, scene.checks)),
        (Surface.CONDITIONAL_ORDERS, account.conditional_orders, _reasons(account.conditional_orders.faults)),
        (Surface.SYMBOL_SETTINGS, account.settings, _setting_doubts(account, symbols, scene.used[venue])),
        (Surface.POSITION_MODE, account.hedge_mode, mode_doubts(account)),
        (Surface.BRACKETS, account.brackets, _bracket_doubts(scene, venue, account, symbols)),
        (Surface.INCOME, account.income, _flow_doubts(account.income)),
    ]
    if _was_just_asked(account.trades, scene):
        doubts.append((Surface.TRADES, account.trades, _flow_doubts(account.trades)))
    assets = {asset for owner, asset in spot_legs(scene.desk) if owner == name}
    if assets:
        concern = [fault.reason for fault in account.spot.faults if fault.subject in assets | {""}]
        doubts.append((Surface.SPOT_BALANCES, account.spot, concern))
    return [_state(scene, venue, name, surface, heard, reasons) for surface, heard, reasons in doubts]


def _state(
    scene: Scene, venue: str, account: str, surface: Surface, heard: Heard[Any], doubts: Sequence[str]
) -> SurfaceState:
    quality, reason = quality_of(heard, now=scene.now, allowed=scene.freshness.of(surface), doubts=doubts)
    return SurfaceState(
        venue=venue,
        account=account,
        surface=surface,
        quality=quality,
        observed_at=heard.requested_at,
        reason=reason,
    )


def _own_marks(scene: Scene, profile: AccountProfile, marks: SurfaceState) -> list[SurfaceState]:
    """The marks as one account needs them, where the venue's are doubtful and none of the doubts is about it.

    Where an account holds, rests, hedges or grids in a doubtful contract, the venue's state stands for it too.
    """
    if marks.quality is not Quality.PARTIAL:
        return []
    touched = touched_by(scene, profile)
    own = [instrument for instrument in scene.used[profile.venue] if instrument.symbol in touched]
    faults = scene.known.venue(profile.venue).quotes.faults
    if touched & scene.usable[profile.venue].doubtful or concerning(faults, own):
        return []
    return [replace(marks, account=profile.id, quality=Quality.OK, reason="")]


def _reasons(faults: Sequence[Fault]) -> list[str]:
    return [fault.reason for fault in faults]


def _was_just_asked(heard: Heard[Any], scene: Scene) -> bool:
    """True for a surface that is read on demand and was in demand: fills that nobody needed are not missing."""
    if heard.failure:
        return True
    return heard.requested_at is not None and scene.now - heard.requested_at <= scene.freshness.of(
        Surface.TRADES
    )


def _flow_doubts(heard: Heard[Any]) -> list[str]:
    more = [] if heard.complete else ["more rows exist than were read"]
    return [*more, *_reasons(heard.faults)]


def _symbols(account: AccountMemory) -> list[str]:
    """Contracts that an account holds or has orders in, sorted."""
    orders = (*(account.orders.value or ()), *(account.conditional_orders.value or ()))
    return sorted({held.fact.key.symbol for held in account.book} | {order.symbol for order in orders})


def _setting_doubts(account: AccountMemory, symbols: Sequence[str], used: Sequence[Instrument]) -> list[str]:
    known = account.settings.value
    if known is None:
        return []
    missing = [f"no leverage setting of {symbol}" for symbol in symbols if symbol not in known]
    return [*missing, *_faults_of(account.settings, symbols, used)]


def _bracket_doubts(scene: Scene, venue: str, account: AccountMemory, symbols: Sequence[str]) -> list[str]:
    """A table that is missing, or that is not the one the snapshot shows for the contract."""
    known = account.brackets.value
    if known is None:
        return []
    doubts = []
    for symbol in symbols:
        table = known.get(symbol)
        if table is None:
            doubts.append(f"no brackets of {symbol}")
        elif table != scene.brackets.get((venue, symbol)):
            doubts.append(f"its brackets of {symbol} are not those of the other accounts")
        elif _notional(account, symbol) >= table[-1].notional_cap:
            doubts.append(f"its brackets of {symbol} end at {table[-1].notional_cap}, below what is held")
    return [*doubts, *_faults_of(account.brackets, symbols, scene.used[venue])]


def _faults_of(heard: Heard[Any], symbols: Sequence[str], used: Sequence[Instrument]) -> list[str]:
    """Faults about the contracts that an account holds or has orders in."""
    if not heard.faults:
        return []
    return concerning(heard.faults, [instrument for instrument in used if instrument.symbol in symbols])


def _notional(account: AccountMemory, symbol: str) -> Decimal:
    """The largest position of a contract, by the notional that the venue states."""
    return max(
        (abs(held.fact.notional) for held in account.book if held.fact.key.symbol == symbol),
        default=Decimal(0),
    )
