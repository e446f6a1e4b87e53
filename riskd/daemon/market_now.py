"""The market of one contract at this moment, for the order protocol: the best prices of its book, and its terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from riskd.act.clamp import Touch
from riskd.errors import VenueUnavailable
from riskd.model.instrument import Instrument
from riskd.model.order import Reduction
from riskd.model.report import Report, Surface
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.json_text import Rubbish
from riskd.observe.normalise import dialect_of
from riskd.ports import VenueReader


class MarketReader:
    """Asks a venue about a contract that is about to be traded.

    Args:
        reader: Of the account; what it asks here is public.
        listing: The venue's instruments as they are known, by the venue's own symbol.
    """

    def __init__(self, reader: VenueReader, listing: Callable[[], Mapping[str, Instrument]]) -> None:
        self._reader = reader
        self._listing = listing

    async def touch(self, reduction: Reduction) -> Touch | None:
        """The best prices of the book; None when they cannot be read, which only means that nothing waits there."""
        [report] = await self._reader.read([Surface.ORDER_BOOKS], symbols=[reduction.symbol])
        if report.failure or not report.complete:
            return None
        try:
            books = dialect_of(report.venue).order_books(report.payload, self._listing(), PLAUSIBLE).value
        except Rubbish:
            return None
        book = books.get(reduction.symbol)
        if book is None or not len(book.bids.price) or not len(book.asks.price):
            return None
        bid, ask = _exact(float(book.bids.price[0])), _exact(float(book.asks.price[0]))
        return Touch(bid=bid, ask=ask) if 0 < bid < ask else None

    async def terms(self, reduction: Reduction) -> Instrument:
        """Contract terms as the venue states them now.

        Raises:
            VenueUnavailable: They could not be read, or the contract is not among them.
        """
        [report] = await self._reader.read([Surface.INSTRUMENTS])
        where = f"terms of {reduction.symbol}"
        if report.failure:
            raise VenueUnavailable(f"{where} could not be read ({report.failure})", reason=report.failure)
        for instrument in _instruments(report, where).values():
            if instrument.symbol == reduction.symbol:
                return instrument
        raise VenueUnavailable(f"{where}: the venue does not list it", reason="not_listed")


def _instruments(report: Report, where: str) -> Mapping[str, Instrument]:
    try:
        return dialect_of(report.venue).instruments(report.payload, PLAUSIBLE).value
    except Rubbish as error:
        raise VenueUnavailable(f"{where}: {error}", reason=error.reason) from error


def _exact(number: float) -> Decimal:
    """The shortest decimal that is this float: what the venue wrote, for up to 15 digits."""
    return Decimal(repr(number))
