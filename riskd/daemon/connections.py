"""How venues are reached: over HTTP through ccxt, or (in simulations) inside this process."""

from __future__ import annotations

from typing import Protocol

from riskd.adapters.ccxt_session import Rights
from riskd.adapters.ccxt_transport import Access, open_transport
from riskd.adapters.credentials import CredentialStore
from riskd.adapters.request_budget import RequestBudget
from riskd.adapters.senders import budget_for, open_trading
from riskd.daemon.settings import AccountSettings, Settings
from riskd.ports import Clock, VenueTransport


class Connections(Protocol):
    """Opens the way to venues. Each call opens one long-lived transport."""

    def market(self, venue: str) -> VenueTransport:
        """For what a venue publishes to all."""
        ...

    def reading(self, account: AccountSettings) -> VenueTransport:
        """For an account, with a key that reads."""
        ...

    def trading(self, account: AccountSettings) -> VenueTransport:
        """For an account's orders, with the key that may trade. Called only for armed accounts."""
        ...


class HttpConnections:
    """Transports over HTTP.

    One request budget is shared by everything that reaches the same venue from this machine, because venues count by
    address.
    """

    def __init__(self, settings: Settings, credentials: CredentialStore, clock: Clock) -> None:
        self._settings = settings
        self._credentials = credentials
        self._clock = clock
        self._budgets: dict[str, RequestBudget] = {}

    def market(self, venue: str) -> VenueTransport:
        """For what a venue publishes to all."""
        endpoint = next((a.endpoint for a in self._settings.accounts if a.venue == venue), None) or ""
        return self._open(Access(venue=venue, base_url=endpoint))

    def reading(self, account: AccountSettings) -> VenueTransport:
        """For an account; the session refuses everything but GET.

        Raises:
            CredentialError: The key file is missing, malformed or readable by others.
        """
        key = self._credentials.venue_key(account.credential)
        return self._open(Access(venue=account.venue, key=key, base_url=account.endpoint or ""))

    def trading(self, account: AccountSettings) -> VenueTransport:
        """For an account's orders.

        Raises:
            CredentialError: The account names no trading key, or its file cannot be trusted.
        """
        assert account.trading_credential is not None, (
            "settings refuse an armed account without a trading key"
        )
        key = self._credentials.venue_key(account.trading_credential)
        access = Access(venue=account.venue, key=key, rights=Rights.TRADE, base_url=account.endpoint or "")
        return open_trading(access, clock=self._clock, budget=self._budget_of(access))

    def _open(self, access: Access) -> VenueTransport:
        return open_transport(access, clock=self._clock, budget=self._budget_of(access))

    def _budget_of(self, access: Access) -> RequestBudget:
        host = access.base_url or access.venue
        return self._budgets.setdefault(host, budget_for(access.venue, clock=self._clock))
