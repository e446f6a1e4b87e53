"""The house bounds of a running daemon: read again on request, tightened at once, loosened by a restart only."""

from __future__ import annotations

from collections.abc import Callable

from riskd.act.bounds_change import BoundsChange, change_of
from riskd.act.guard import HouseBounds
from riskd.errors import SettingsError


class House:
    """Holds the bounds that are in force.

    Args:
        bounds: At the start.
        read: Reads the configuration again and gives the bounds that it states; raises SettingsError.
        tell: Writes down and says what became of a change, or why the configuration could not be read.
    """

    def __init__(
        self,
        bounds: HouseBounds,
        *,
        read: Callable[[], HouseBounds],
        tell: Callable[[BoundsChange | SettingsError], None],
    ) -> None:
        self._bounds = bounds
        self._read = read
        self._tell = tell

    def bounds(self) -> HouseBounds:
        """Those in force."""
        return self._bounds

    def reload(self) -> None:
        """Read the configuration again. One that is not valid changes nothing, and neither does one that says the same."""
        try:
            change = change_of(self._bounds, self._read())
        except SettingsError as error:
            self._tell(error)
            return
        self._bounds = change.in_force
        if change.tightened or change.refused:
            self._tell(change)


def words_of(change: BoundsChange) -> tuple[str, ...]:
    """What became of a change, a line each, for people."""
    return (
        *(f"in force now: {line}" for line in change.tightened),
        *(f"refused: {line}" for line in change.refused),
    )
