"""Which market a command runs on: a built-in scenario, or a file of recorded candles."""

from __future__ import annotations

from pathlib import Path

from riskd.adapters.candle_files import CandleFileError, read_candles
from riskd.paper.market.presets import PRESETS
from riskd.paper.market.recorded import recorded
from riskd.paper.market.track import TrackMarket


def built_in(name: str, *, seed: int) -> TrackMarket:
    """A built-in scenario by name.

    Raises:
        KeyError: There is no such scenario.
    """
    return PRESETS[name](seed)


def from_file(path: Path, *, event: str | None) -> TrackMarket:
    """The market in a file of recorded candles.

    Raises:
        CandleFileError: The file cannot be used; says what was expected and what was found.
    """
    candles = read_candles(path, event)
    try:
        return recorded(candles)
    except ValueError as error:
        raise CandleFileError(f"{path}: {error}") from error
