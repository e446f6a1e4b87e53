"""What one snapshot is made from: everything known, narrowed to what the desk's book touches at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from riskd.model.desk import AccountProfile, Desk, LegKind
from riskd.model.instrument import Bracket, Instrument
from riskd.model.report import Surface
from riskd.observe.checks import Checks
from riskd.observe.freshness import Freshness
from riskd.observe.known import AccountMemory, Known
from riskd.observe.quoting import Usable, usable_quotes

Place = tuple[str, str]
"""A contract: venue and unified symbol."""

_Listed = Mapping[str, Mapping[str, Instrument]]  # by venue, then by unified symbol

_SPOT_QUOTES = ("USDT", "USDC", "FDUSD")
"""A coin held on spot is priced by the index of its perpetual in the first of these currencies that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The material of a snapshot.

    Attributes:
        instruments: Every contract in use, sorted by (venue, symbol).
        used: The same, by venue.
        codes: Index into ``instruments``.
        usable: Believable quotes of the contracts in use, by venue.
        unresolved: By venue, names in hedges and grids that no listed contract has.
        brackets: For each contract in use, the table of the first account that has one.
    """

    desk: Desk
    known: Known
    now: datetime
    freshness: Freshness
    checks: Checks
    instruments: tuple[Instrument, ...]
    used: Mapping[str, tuple[Instrument, ...]]
    codes: Mapping[Place, int]
    usable: Mapping[str, Usable]
    unresolved: Mapping[str, tuple[str, ...]]
    brackets: Mapping[Place, tuple[Bracket, ...]]

    def accounts(self) -> Iterator[tuple[int, AccountProfile, AccountMemory]]:
        """Code, profile and memory of each account, in the desk's order."""
        for code, profile in enumerate(self.desk.accounts):
            yield code, profile, self.known.account(profile.id)


def scene_of(
    known: Known,
    desk: Desk,
    *,
    now: datetime,
    freshness: Freshness,
    checks: Checks,
    asked: frozenset[str] = frozenset(),
) -> Scene:
    """Gather what a snapshot at ``now`` is made from, with the contracts that somebody asked for wherever they are listed."""
    venues = sorted({profile.venue for profile in desk.accounts})
    listed = {
        venue: {
            instrument.symbol: instrument
            for instrument in (known.venue(venue).instruments.value or {}).values()
        }
        for venue in venues
    }
    named = _named(desk, listed)
    touched = named | _touched(known, desk) | {(venue, symbol) for venue in venues for symbol in asked}
    places = sorted(place for place in touched if place[1] in listed[place[0]])
    instruments = tuple(listed[venue][symbol] for venue, symbol in places)
    used = {
        venue: tuple(instrument for instrument in instruments if instrument.venue == venue)
        for venue in venues
    }
    usable = {
        venue: usable_quotes(
            known.venue(venue),
            used[venue],
            now=now,
            allowed=freshness.of(Surface.MARKS),
            checks=checks,
        )
        for venue in venues
    }
    return Scene(
        desk=desk,
        known=known,
        now=now,
        freshness=freshness,
        checks=checks,
        instruments=instruments,
        used=used,
        codes={place: code for code, place in enumerate(places)},
        usable=usable,
        unresolved={
            venue: tuple(
                sorted(symbol for at, symbol in named if at == venue and symbol not in listed[venue])
            )
            for venue in venues
        },
        brackets=_first_tables(known, desk, places),
    )


def spot_legs(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Account and asset of every spot leg of a hedge, each once, sorted."""
    return tuple(
        sorted(
            {
                (leg.account, leg.name)
                for hedge in desk.hedges
                for leg in hedge.legs
                if leg.kind is LegKind.SPOT
            }
        )
    )


def coin_symbol(asset: str, listed: Mapping[str, object]) -> str:
    """Unified symbol of the perpetual whose index prices a coin; the first choice when none is listed."""
    symbols = [f"{asset}/{quote}:{quote}" for quote in _SPOT_QUOTES]
    return next((symbol for symbol in symbols if symbol in listed), symbols[0])


def touched_by(scene: Scene, profile: AccountProfile) -> frozenset[str]:
    """Unified symbols of the contracts that an account's numbers rest on: positions, orders, hedges, grids, coins."""
    alone = replace(
        scene.desk,
        accounts=(profile,),
        hedges=tuple(
            replace(hedge, legs=tuple(leg for leg in hedge.legs if leg.account == profile.id))
            for hedge in scene.desk.hedges
        ),
        grids=tuple(grid for grid in scene.desk.grids if grid.account == profile.id),
    )
    listed = {profile.venue: {instrument.symbol: instrument for instrument in scene.used[profile.venue]}}
    return frozenset(symbol for _, symbol in _named(alone, listed) | _touched(scene.known, alone))


def _named(desk: Desk, listed: _Listed) -> set[Place]:
    """Contracts that hedges and grids name, and those that price their coins."""
    venue_of = {profile.id: profile.venue for profile in desk.accounts}
    legs = {
        (venue_of[leg.account], leg.name)
        for hedge in desk.hedges
        for leg in hedge.legs
        if leg.kind is LegKind.PERPETUAL
    }
    grids = {(venue_of[grid.account], grid.symbol) for grid in desk.grids}
    coins = {
        (venue_of[account], coin_symbol(asset, listed[venue_of[account]]))
        for account, asset in spot_legs(desk)
    }
    return legs | grids | coins


def _touched(known: Known, desk: Desk) -> set[Place]:
    """Contracts that a position or a resting order is in."""
    places: set[Place] = set()
    for profile in desk.accounts:
        account = known.account(profile.id)
        places.update((profile.venue, held.fact.key.symbol) for held in account.book)
        for heard in (account.orders, account.conditional_orders):
            places.update((profile.venue, order.symbol) for order in heard.value or ())
    return places


def _first_tables(known: Known, desk: Desk, places: list[Place]) -> dict[Place, tuple[Bracket, ...]]:
    tables: dict[Place, tuple[Bracket, ...]] = {}
    open_places = set(places)
    for profile in desk.accounts:
        read = known.account(profile.id).brackets.value or {}
        found = {place for place in open_places if place[0] == profile.venue and place[1] in read}
        tables.update({place: read[place[1]] for place in found})
        open_places -= found
        if not open_places:
            break
    return tables
