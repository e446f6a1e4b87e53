"""The positions for which `riskd stress` looks for room: those that are held, or of one contract all that could be."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riskd.daemon.stress_question import Question, QuestionError
from riskd.measure.supposed.growth import Growth, growth_of_held, growth_of_opening
from riskd.measure.supposed.suppose_opened import LONG, SHORT, Opening
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.observe.known import Known
from riskd.observe.strategy import strategy_of

# For how many positions, the largest ones, room is looked for when nobody names a symbol; fewer where each costs more.
_POSITIONS_MAX, _ROWS_MAX = 20, 5_000
_NEAREST, _LIKENESS_MIN = 3, 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A position of which nobody can say how large it may be.

    Attributes:
        account: Whose it would be.
        side: ``long`` or ``short``.
        why: For people.
    """

    account: str
    side: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Growths:
    """The positions for which room is looked for.

    Attributes:
        found: They.
        unasked: Those that cannot be supposed.
        largest_only: Whether more are held than are looked at.
    """

    found: tuple[Growth, ...]
    unasked: tuple[Unasked, ...] = ()
    largest_only: bool = False


def growths(snapshot: Snapshot, known: Known, question: Question) -> Growths:
    """The positions that a question is about.

    Args:
        snapshot: As it is; the contract that is named is among its instruments, where a venue lists it.
        known: What else the venues told: what they list, and how accounts are set up.
        question: What is asked.

    Raises:
        QuestionError: No venue of the accounts lists the contract.
    """
    if not question.symbol:
        return _largest(snapshot, known, question)
    _refuse_unlisted(snapshot, known, question)
    asked = [
        _of_side(snapshot, known, question, account, side)
        for account, profile in enumerate(snapshot.desk.accounts)
        if question.account in ("", profile.id)
        for side in (LONG, SHORT)
        if question.side in ("", side)
    ]
    return Growths(
        found=tuple(each for each in asked if isinstance(each, Growth)),
        unasked=tuple(each for each in asked if isinstance(each, Unasked)),
    )


def _largest(snapshot: Snapshot, known: Known, question: Question) -> Growths:
    """Positions that are held, the largest first; one whose size or mark is not known cannot be supposed larger."""
    positions = snapshot.positions
    sizes = np.nan_to_num(np.abs(positions.notional), nan=-1.0)
    rows = [
        row
        for row in np.argsort(-sizes, kind="stable").tolist()
        if question.side in ("", positions.side(row))
        and question.account in ("", snapshot.desk.accounts[positions.account[row]].id)
    ]
    sized = [row for row in rows if sizes[row] > 0.0]
    shown = sized[: min(_POSITIONS_MAX, max(_ROWS_MAX // max(len(positions), 1), 1))]
    return Growths(
        found=tuple(_held(snapshot, known, row) for row in shown), largest_only=len(shown) < len(rows)
    )


def _of_side(
    snapshot: Snapshot, known: Known, question: Question, account: int, side: str
) -> Growth | Unasked:
    """A position of one account and side: what is held of it grows, what is not could be opened."""
    positions, profile, symbol = snapshot.positions, snapshot.desk.accounts[account], question.symbol
    sides = {
        positions.side(row): row
        for row in np.flatnonzero(positions.account == account).tolist()
        if snapshot.instruments[positions.instrument[row]].symbol == symbol
    }
    row = sides.get(side)
    if row is not None and np.abs(positions.notional[row]) > 0.0:  # a position of unknown size is NaN
        return _held(snapshot, known, row)
    why = next(_hindrances(snapshot, known, account, symbol, side, held=tuple(sides)), "")
    if why:
        return Unasked(account=profile.id, side=side, why=why)
    setting = (known.account(profile.id).settings.value or {})[symbol]
    leverage = float(setting.leverage)
    opening = Opening(
        account=account,
        instrument=_code(snapshot, profile.venue, symbol),
        side=side,
        strategy=snapshot.strategies.index(strategy_of(profile, symbol, ())),
        leverage=leverage,
        isolated=setting.isolated,
        stop=question.stop,
    )
    most = _notional_max(known, profile.id, symbol, leverage)
    return growth_of_opening(snapshot, opening, notional_max=most)


def _hindrances(
    snapshot: Snapshot, known: Known, account: int, symbol: str, side: str, *, held: tuple[str, ...]
) -> Iterator[str]:
    """Why a position cannot be supposed, worst first; nothing where it can."""
    profile = snapshot.desk.accounts[account]
    if side in held:
        yield "the size or the mark price of what is held is not known"
    if held and not snapshot.accounts.hedge_mode[account]:
        yield f"a {held[0]} is held, which a {side} would first make smaller"
    state = snapshot.state(profile.id, Surface.POSITIONS)
    if state is not None and state.quality is Quality.BLIND:
        yield f"what the account holds is not known: {state.reason}"
    code = _code(snapshot, profile.venue, symbol)
    if code < 0:
        listing = known.venue(profile.venue).instruments
        unread = listing.value is None
        yield (
            f"what {profile.venue} lists is not known: {listing.failure or 'never read'}"
            if unread
            else f"{profile.venue} does not list it"
        )
        return
    if not snapshot.instruments[code].tradable:
        yield f"{profile.venue} does not trade it now"
    if not np.isfinite(snapshot.quotes.mark_price[code]):
        yield "its mark price is not known"
    settings = known.account(profile.id).settings
    if symbol not in (settings.value or {}):
        said = settings.failure or (
            "never read" if settings.value is None else "the venue's answer is without it"
        )
        yield f"leverage and margin mode that the account would have are not known: {said}"


def _refuse_unlisted(snapshot: Snapshot, known: Known, question: Question) -> None:
    """A contract that every venue was asked about and none lists is a slip of the pen."""
    symbol = question.symbol
    profiles = [each for each in snapshot.desk.accounts if question.account in ("", each.id)]
    venues = sorted({profile.venue for profile in profiles})
    listings = [known.venue(venue).instruments.value for venue in venues]
    if any(_code(snapshot, venue, symbol) >= 0 for venue in venues) or None in listings:
        return
    names: dict[str, str] = {}
    for listing in listings:
        for each in (listing or {}).values():
            names |= dict.fromkeys((each.symbol, each.venue_symbol, each.base), each.symbol)
    near = difflib.get_close_matches(symbol.upper(), list(names), n=4 * _NEAREST, cutoff=_LIKENESS_MIN)
    meant = list(dict.fromkeys(names[name] for name in near))[:_NEAREST]
    hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
    raise QuestionError(f"no contract {symbol!r} is listed at {', '.join(venues)}{hint}")


def _held(snapshot: Snapshot, known: Known, row: int) -> Growth:
    positions = snapshot.positions
    symbol = snapshot.instruments[positions.instrument[row]].symbol
    name = snapshot.desk.accounts[positions.account[row]].id
    most = _notional_max(known, name, symbol, float(positions.leverage_setting[row]))
    return growth_of_held(snapshot, row, notional_max=most)


def _notional_max(known: Known, account: str, symbol: str, leverage: float) -> float:
    """The largest position that the brackets allow at a leverage; NaN where they or the leverage are not known."""
    table = (known.account(account).brackets.value or {}).get(symbol)
    if table is None or np.isnan(leverage):
        return np.nan
    caps = [float(each.notional_cap) for each in table if float(each.leverage_max) >= leverage]
    return max(caps, default=0.0)


def _code(snapshot: Snapshot, venue: str, symbol: str) -> int:
    """Of a contract; -1 where the snapshot is without it."""
    places = ((each.venue, each.symbol) for each in snapshot.instruments)
    return next((code for code, place in enumerate(places) if place == (venue, symbol)), -1)
