"""The configuration of a running daemon is read again: tighter bounds hold at once, looser ones wait for a restart."""

from __future__ import annotations

from dataclasses import replace

from riskd.act.bounds_change import BoundsChange
from riskd.act.guard import HouseBounds
from riskd.daemon.house import House, words_of
from riskd.errors import SettingsError

START = HouseBounds()


class Stage:
    """A configuration that changes."""

    def __init__(self) -> None:
        self.file: HouseBounds | SettingsError = START
        self.told: list[BoundsChange | SettingsError] = []
        self.house = House(START, read=self._read, tell=self.told.append)

    def _read(self) -> HouseBounds:
        if isinstance(self.file, SettingsError):
            raise self.file
        return self.file


def test_a_tighter_bound_holds_at_once_and_is_told() -> None:
    stage = Stage()
    stage.file = replace(START, orders_per_hour_max=5)
    stage.house.reload()
    assert stage.house.bounds().orders_per_hour_max == 5
    [change] = stage.told
    assert isinstance(change, BoundsChange)
    assert words_of(change) == ("in force now: orders per hour max: 60 became 5",)


def test_a_looser_bound_is_refused_with_words_and_stays_refused_after_a_tighter_one() -> None:
    stage = Stage()
    for orders in (5, 60):
        stage.file = replace(START, orders_per_hour_max=orders)
        stage.house.reload()
    assert stage.house.bounds().orders_per_hour_max == 5
    change = stage.told[-1]
    assert isinstance(change, BoundsChange)
    [line] = words_of(change)
    assert line == "refused: orders per hour max: 5 stays, 60 would allow more and needs a restart"


def test_a_configuration_that_cannot_be_read_changes_nothing_and_is_told() -> None:
    stage = Stage()
    stage.file = SettingsError(())
    stage.house.reload()
    assert stage.house.bounds() == START
    assert stage.told == [stage.file]


def test_the_same_configuration_is_no_news() -> None:
    stage = Stage()
    stage.house.reload()
    assert stage.told == []
