"""One position read a moment before an order, and believed only when the answer is whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from riskd.act.clamp import Fresh
from riskd.errors import VenueUnavailable
from riskd.model.instrument import Instrument
from riskd.model.order import Reduction
from riskd.model.report import Surface
from riskd.observe.facts import PositionKey
from riskd.observe.fields import PLAUSIBLE
from riskd.observe.json_text import Rubbish
from riskd.observe.normalise import dialect_of
from riskd.ports import VenueReader


class FreshReader:
    """Reads one position of an account for the order protocol.

    Args:
        reader: The account's reader.
        listing: The venue's instruments as they are known now, by the venue's own symbol.
        changed_at: When each position last changed, in the venue's milliseconds, as far as the watch knows.
    """

    def __init__(
        self,
        reader: VenueReader,
        listing: Callable[[], Mapping[str, Instrument]],
        changed_at: Callable[[], Mapping[PositionKey, int]],
    ) -> None:
        self._reader = reader
        self._listing = listing
        self._changed_at = changed_at
        self._newest: dict[PositionKey, int] = {}

    async def __call__(self, reduction: Reduction) -> Fresh:
        """The position as the venue states it at this moment.

        A position that is missing from the answer counts as unread, not as flat: venues answer with empty lists in the
        very minutes in which riskd acts. The next cycle corroborates. A position as it was before a change that was
        seen already is an old answer.

        Raises:
            VenueUnavailable: The answer is missing, rubbish, incomplete, faulty, old, or without the position.
        """
        [report] = await self._reader.read([Surface.POSITIONS])
        where = f"{reduction.account} {reduction.symbol}"
        if report.failure or not report.complete:
            raise VenueUnavailable(
                f"{where}: positions could not be read afresh ({report.failure or 'incomplete'})",
                reason=report.failure or "incomplete",
            )
        try:
            read = dialect_of(report.venue).positions(report.payload, self._listing(), PLAUSIBLE)
        except Rubbish as error:
            raise VenueUnavailable(f"{where}: {error}", reason=error.reason) from error
        key = PositionKey(reduction.symbol, reduction.position_side)
        found = next((fact for fact in read.value.rows if fact.key == key), None)
        if found is not None:
            self._refuse_old(key, found.updated_ms, where)
            return Fresh(held=found.quantity, mark_price=found.mark_price)
        if key in read.value.flat:
            return Fresh(held=reduction.held * 0, mark_price=reduction.mark_price)
        raise VenueUnavailable(
            f"{where}: held {reduction.held} when planned, absent from the newest answer; not believed to be flat",
            reason="position_absent",
        )

    def _refuse_old(self, key: PositionKey, updated_ms: int, where: str) -> None:
        newest = max(self._newest.get(key, 0), self._changed_at().get(key, 0))
        if updated_ms < newest:
            raise VenueUnavailable(
                f"{where}: the answer shows the position as it was {newest - updated_ms} ms before a change seen earlier",
                reason="replayed",
            )
        self._newest[key] = updated_ms
