"""Connections to a paper venue in this process: nothing listens, nothing waits for a socket."""

from __future__ import annotations

from riskd.daemon.demo.world import paper_key
from riskd.daemon.settings import AccountSettings
from riskd.paper.dialect.http import Rights
from riskd.paper.transport import InProcessTransport, Wire, allow_to_write
from riskd.paper.venue import Venue
from riskd.ports import Clock, VenueTransport


class InsideConnections:
    """Connections for virtual time."""

    def __init__(self, venue: Venue, clock: Clock, *, wire: Wire | None = None) -> None:
        self._venue = venue
        self._clock = clock
        self._wire = wire or Wire()

    def market(self, venue: str) -> VenueTransport:  # noqa: ARG002 - there is one venue
        """For what a venue publishes to all."""
        return InProcessTransport(self._venue, self._clock, wire=self._wire)

    def reading(self, account: AccountSettings) -> VenueTransport:
        """For an account, with the key that reads; anything but GET is refused."""
        key = paper_key(account.id, Rights.READ)
        return InProcessTransport(self._venue, self._clock, key=key, wire=self._wire)

    def trading(self, account: AccountSettings) -> VenueTransport:
        """For an account's orders."""
        key = paper_key(account.id, Rights.TRADE)
        return InProcessTransport(
            self._venue, self._clock, key=key, may_write=allow_to_write, wire=self._wire
        )
