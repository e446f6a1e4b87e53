"""How accounts are read: by whom, how often, and how old an answer may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from riskd.adapters.binance_reader import BinanceReader
from riskd.daemon.connections import Connections
from riskd.daemon.reading import Reading
from riskd.daemon.settings import Settings
from riskd.model.desk import Desk, LegKind
from riskd.observe.freshness import Freshness
from riskd.ports import Clock, VenueReader


def readers_of(settings: Settings, connections: Connections, clock: Clock) -> tuple[VenueReader, ...]:
    """A keyless reader for each venue and one for each account, in the order of the configuration."""
    venues = sorted({account.venue for account in settings.accounts})
    markets = [
        BinanceReader(connections.market(venue), account="", clock=clock, venue=venue) for venue in venues
    ]
    accounts = [
        BinanceReader(connections.reading(account), account=account.id, clock=clock, venue=account.venue)
        for account in settings.accounts
    ]
    return (*markets, *accounts)


def reading_of(readers: Sequence[VenueReader], desk: Desk, clock: Clock) -> Reading:
    """Reads them all; spot balances only of accounts in which a hedge holds spot."""
    spot = {leg.account for hedge in desk.hedges for leg in hedge.legs if leg.kind is LegKind.SPOT}
    return Reading(readers, clock, spot_accounts=frozenset(spot))


def freshness_of(settings: Settings) -> Freshness:
    """How old each surface may be."""
    ages = settings.freshness
    return Freshness(
        positions=timedelta(seconds=ages.positions),
        orders=timedelta(seconds=ages.orders),
        marks=timedelta(seconds=ages.marks),
        settings=timedelta(seconds=ages.settings),
        brackets=timedelta(seconds=ages.brackets),
        income=timedelta(seconds=ages.income),
    )
