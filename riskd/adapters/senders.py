"""Venues that riskd can send to: each of them passes the conformance suite (tests/contracts/conformance).

A venue that is not here cannot be armed: nothing opens a way for its orders, and the gate refuses an account of it. That
a venue is here does not yet mean that it can be armed: its accounts must be readable too (``ccxt_transport.VENUES``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Protocol

from riskd.adapters import bybit_signer, okx_signer
from riskd.adapters.binance_sender import BinanceSender
from riskd.adapters.bybit_sender import BybitSender
from riskd.adapters.bybit_signer import BybitSigner
from riskd.adapters.ccxt_transport import Access, open_transport
from riskd.adapters.okx_sender import OkxSender
from riskd.adapters.okx_signer import OkxSigner
from riskd.adapters.request_budget import RequestBudget
from riskd.adapters.signed_transport import open_signed
from riskd.model.instrument import Instrument
from riskd.ports import Clock, OrderSender, VenueTransport

Listing = Callable[[], Mapping[str, Instrument]]
"""A venue's contracts by its own symbols, as they are known now."""


class _Open(Protocol):
    def __call__(self, access: Access, *, clock: Clock, budget: RequestBudget) -> VenueTransport: ...


class _Make(Protocol):
    def __call__(
        self, transport: VenueTransport, *, account: str, clock: Clock, listing: Listing
    ) -> OrderSender: ...


def _binance(transport: VenueTransport, *, account: str, clock: Clock, listing: Listing) -> OrderSender:  # noqa: ARG001 - quantities need no contract there
    return BinanceSender(transport, account=account, clock=clock)


_VENUES: Mapping[str, tuple[_Open, _Make]] = MappingProxyType(
    {
        "binanceusdm": (open_transport, _binance),
        "bybit": (partial(open_signed, origin=bybit_signer.ORIGIN, signer=BybitSigner), BybitSender),
        "okx": (partial(open_signed, origin=okx_signer.ORIGIN, signer=OkxSigner), OkxSender),
    }
)

_SILENCE_SECONDS: Mapping[str, Mapping[int, float]] = {"bybit": {429: 5.0}, "okx": {429: 2.0}}

REDUCE_ONLY_VERIFIED = frozenset(_VENUES)
"""Venues at which an order of ours is known to reduce and to do nothing else."""


def open_trading(access: Access, *, clock: Clock, budget: RequestBudget) -> VenueTransport:
    """A way for the orders of one key.

    Raises:
        ValueError: The venue has not passed the suite, the key lacks a part, or the endpoint is not on this machine.
    """
    return _venue(access.venue)[0](access, clock=clock, budget=budget)


def budget_for(venue: str, *, clock: Clock) -> RequestBudget:
    """A budget for all keys that reach a venue from this machine.

    Bybit counts by the second and the account (10 orders, and 600 requests in 5 seconds by address), OKX by two seconds (60
    orders of a contract): after a refusal they ask for seconds of silence and not for a minute, as Binance does. What riskd
    asks stays far below either in any minute.

    Source: Bybit's documentation, v5/rate-limit; OKX's documentation, Rate Limits.
    """
    silence = _SILENCE_SECONDS.get(venue)
    return RequestBudget(clock) if silence is None else RequestBudget(clock, silence_seconds=silence)


def make_sender(
    venue: str, transport: VenueTransport, *, account: str, clock: Clock, listing: Listing
) -> OrderSender:
    """The sender of one account.

    Args:
        venue: Venue id.
        transport: From ``open_trading``, or a stand-in.
        account: Account id.
        clock: Time.
        listing: The venue's contracts; a venue that counts in contracts cannot be sent to without them.

    Raises:
        ValueError: The venue has not passed the suite.
    """
    return _venue(venue)[1](transport, account=account, clock=clock, listing=listing)


def _venue(venue: str) -> tuple[_Open, _Make]:
    try:
        return _VENUES[venue]
    except KeyError:
        names = ", ".join(sorted(_VENUES))
        raise ValueError(
            f"venue {venue!r}: no orders can be sent there; {names} have passed the conformance suite"
        ) from None
