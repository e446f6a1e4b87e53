"""Leverage brackets as of a date: venues change them, and a number without its table cannot be checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskd.measure.venues.schedule import Schedule, discontinuities, of_brackets
from riskd.model.instrument import BracketTable


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInForce:
    """The table that was used for a moment.

    Attributes:
        table: Which one; its ``read_at`` is its date.
        asked_for: The moment.
        age_seconds: How old the table was then.
        superseded_at: When the next table was read: the venue changed it at an unknown time before; None for the last.
    """

    table: BracketTable
    asked_for: datetime
    age_seconds: float
    superseded_at: datetime | None

    def named(self) -> str:
        """The table as a report names it."""
        return f"{self.table.symbol} brackets of {self.table.venue}, read {self.table.read_at:%Y-%m-%d}"

    def schedule(self) -> Schedule:
        """Its maintenance margin by value."""
        return of_brackets(self.table.brackets)


class DatedBrackets:
    """Bracket tables of many symbols and dates."""

    def __init__(self, tables: Iterable[BracketTable]) -> None:
        self._tables: dict[tuple[str, str], list[BracketTable]] = {}
        for table in sorted(tables, key=lambda table: table.read_at):
            self._tables.setdefault((table.venue, table.symbol), []).append(table)

    def tables(self, venue: str, symbol: str) -> Sequence[BracketTable]:
        """All tables of a symbol, oldest first."""
        return tuple(self._tables.get((venue, symbol), ()))

    def in_force(self, venue: str, symbol: str, at: datetime) -> TableInForce | None:
        """The newest table that had been read by then; None where none had.

        An older moment is never answered with a younger table: on 2021 positions the later COIN-M brackets give a
        liquidation price 20.54 dollars off.
        """
        known = self._tables.get((venue, symbol), [])
        read = [table for table in known if table.read_at <= at]
        if not read:
            return None
        after = known[len(read)].read_at if len(read) < len(known) else None
        return TableInForce(
            table=read[-1],
            asked_for=at,
            age_seconds=(at - read[-1].read_at).total_seconds(),
            superseded_at=after,
        )

    def unsound(self) -> tuple[str, ...]:
        """Tables whose amounts are not the integral of their rates, in words."""
        return tuple(
            f"{table.symbol} of {table.venue}, read {table.read_at:%Y-%m-%d}: {finding}"
            for tables in self._tables.values()
            for table in tables
            for finding in discontinuities(of_brackets(table.brackets))
        )
