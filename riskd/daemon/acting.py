"""Everything with which one account can be acted on: its sender, the reads before an order, and what a plan needs beside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from riskd.act.ladder import Urgency
from riskd.act.refusal import Refusal
from riskd.daemon.fresh import FreshReader
from riskd.daemon.market_now import MarketReader
from riskd.daemon.order_maker import OrderMaker
from riskd.daemon.refit import StopFitter
from riskd.daemon.unblock import Unblocker
from riskd.errors import VenueUnavailable
from riskd.execution import Means
from riskd.model.instrument import Instrument
from riskd.model.order import Cancellation, Plan
from riskd.observe.facts import OrderFact, PositionKey
from riskd.ports import OrderSender, VenueReader

Note = Callable[[Plan, OrderFact | Cancellation, datetime], None]
"""Makes a cancellation durable before it is sent; raises JournalError when it cannot."""


class Acting:
    """The hands of one account.

    Args:
        reader: Reads the account; best with the budget of what acts, so that a watch that has used up its own share of
            the venue's weight does not keep an order from being derived.
        sender: The account's sender.
        listing: The venue's instruments as they are known now, by the venue's own symbol.
        changed_at: When each position last changed, as far as the watch knows.
        resting: Resting orders as the watch last saw them.
        note: Makes cancellations durable.
        now: The clock.
        ask_name: Asks the venue for the client order id of an order, by the venue's symbol and id.

    Attributes:
        read: One position, read afresh and completely.
        unblock: Cancels resting take-profits that stand in the way.
    """

    def __init__(
        self,
        reader: VenueReader,
        sender: OrderSender,
        *,
        listing: Callable[[], Mapping[str, Instrument]],
        changed_at: Callable[[], Mapping[PositionKey, int]],
        resting: Callable[[], tuple[OrderFact, ...]],
        note: Note,
        now: Callable[[], datetime],
        ask_name: Callable[[str, str], Awaitable[str]],
    ) -> None:
        self._ask_name = ask_name
        self.sender = sender
        self.read = FreshReader(reader, listing, changed_at)
        self.unblock = Unblocker(reader, sender, listing=listing, note=note, now=now, known=resting)
        self._market = MarketReader(reader, listing)
        self._fitter = StopFitter(reader, self.read, listing=listing)
        self._listing = listing
        self._note = note

    def means(
        self,
        *,
        maker: OrderMaker,
        urgency: Urgency,
        may_cancel: Callable[[Plan], Refusal | None],
        verify: Callable[[Plan], Awaitable[str]] | None = None,
    ) -> Means:
        """What a plan needs beside the orders that reduce.

        Args:
            maker: Builds its orders.
            urgency: Of the plan; only one that can wait asks for the best prices.
            may_cancel: The gate for cancellations.
            verify: Reads the account again afterwards, and measures.
        """
        return Means(
            may_cancel=may_cancel,
            cancelling=self._note,
            venue_symbol=self._venue_symbol,
            build_stop=maker.stop,
            resize=self._fitter,
            make_way=self.unblock.make_way,
            touch=self._market.touch if urgency is Urgency.CALM else None,
            terms=self._market.terms,
            verify=verify,
        )

    def terms(self, symbol: str) -> Instrument | None:
        """Contract terms of a unified symbol as the watch knows them."""
        return next((each for each in self._listing().values() if each.symbol == symbol), None)

    async def name_of(self, symbol: str, order_id: str) -> str:
        """The client order id of an order of this account, by the venue's own; hostile text.

        Raises:
            VenueUnavailable: No believable answer, or the contract's name at the venue is not known.
        """
        return await self._ask_name(self._venue_symbol(symbol), order_id)

    def _venue_symbol(self, symbol: str) -> str:
        found = self.terms(symbol)
        if found is None:
            raise VenueUnavailable(f"{symbol}: its name at the venue is not known", reason="terms")
        return found.venue_symbol
