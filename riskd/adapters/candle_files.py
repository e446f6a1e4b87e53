"""Reads candle files (Parquet) into ``Candles``.

A file has the columns ``ts, open, high, low, close``, one row a candle, and may have ``volume`` (base units),
``mark_open .. mark_close``, ``funding_rate`` (on the row whose opening hour it settled at, else null), ``symbol``,
``venue`` and ``event``. ``ts`` is the start of the candle: a timestamp, or whole milliseconds since the epoch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import duckdb
import numpy as np

from riskd.errors import RiskdError
from riskd.model.arrays import FloatArray
from riskd.model.candles import Candles, CandleSeries, EpochMsArray

_PRICES = ("open", "high", "low", "close")
_REQUIRED = ("ts", *_PRICES)
_OPTIONAL = ("volume", "mark_open", "mark_high", "mark_low", "mark_close", "funding_rate")
_SYMBOL_IN_NAME = re.compile(r"(?<![A-Z0-9])([A-Z0-9]{2,}USD[TC])(?![A-Z0-9])")

_INSTANT = re.compile(r"TIMESTAMP|DATE")


class CandleFileError(RiskdError):
    """A candle file cannot be used. The caller refuses to start and shows the message."""


def read_candles(path: str | Path, event: str | None = None, *, venue: str = "binance_usdm") -> Candles:
    """All candles of one event of a file, by symbol and time.

    Args:
        path: The Parquet file.
        event: Name of the event, or any part of a name that only one event has; None for a file with one event or none.
        venue: Which venue's rows to take where the file has a ``venue`` column.

    Raises:
        CandleFileError: The file is missing or no Parquet; columns are missing; the event is unknown or not named; the
            venue is unknown; prices contradict each other; nothing is left.
    """
    file = Path(path)
    if not file.is_file():
        raise CandleFileError(f"{file}: expected a Parquet file with candles, found no file; check the path")
    with duckdb.connect() as connection:
        try:
            columns = _columns(connection, file)
            _require(file, columns)
            where, values = _selection(connection, file, columns, event, venue)
            rows = _rows(connection, file, columns, where, values)
        except duckdb.Error as error:
            raise CandleFileError(f"{file}: expected readable Parquet with candles, found {error}") from error
    source = f"{file.name} {' '.join(values)}".strip()
    series = tuple(_series(file, symbol, rows) for symbol in sorted(set(rows.symbol)))
    if not series:
        raise CandleFileError(f"{source}: expected candles, found no row with prices")
    return Candles(source=source, interval_ms=_interval(file, series), series=series)


class _Rows:
    """The selected rows as columns, ordered by symbol and time."""

    def __init__(self, columns: Mapping[str, np.ndarray[tuple[int], np.dtype[np.generic]]]) -> None:
        self.symbol = tuple(str(symbol) for symbol in columns["symbol"])
        self.at_ms = columns["at_ms"].astype(np.int64)
        self._columns = columns

    def floats(self, name: str) -> FloatArray:
        """One column as floats; null becomes NaN."""
        return np.ma.filled(np.ma.asarray(self._columns[name], dtype=np.float64), np.nan)


def _columns(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    described = connection.execute("describe select * from read_parquet(?)", [str(file)]).fetchall()
    return {str(name): str(type_name) for name, type_name, *_ in described}


def _require(file: Path, columns: Mapping[str, str]) -> None:
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise CandleFileError(
            f"{file}: expected the columns {', '.join(_REQUIRED)}; missing {', '.join(missing)}; "
            f"found {', '.join(columns) or 'none'}; rename or add them"
        )
    if "symbol" not in columns and _SYMBOL_IN_NAME.search(file.stem) is None:
        raise CandleFileError(
            f"{file}: expected a column symbol, or a symbol such as BTCUSDT in the file's name; found neither"
        )


def _selection(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    columns: Mapping[str, str],
    event: str | None,
    venue: str,
) -> tuple[str, list[str]]:
    """The WHERE clause that picks one event and one venue, and its values."""
    conditions, values = ["open is not null"], []
    if "event" in columns:
        conditions.append("event = ?")
        values.append(_event(file, _distinct(connection, file, "event"), event))
    elif event is not None:
        raise CandleFileError(
            f"{file}: expected a column event to find {event!r} in, found none; leave the event out"
        )
    if "venue" in columns:
        venues = _distinct(connection, file, "venue")
        if venue not in venues:
            raise CandleFileError(
                f"{file}: expected venue {venue!r}, found {', '.join(venues)}; name one of them"
            )
        conditions.append("venue = ?")
        values.append(venue)
    return " and ".join(conditions), values


def _event(file: Path, events: Sequence[str], wanted: str | None) -> str:
    """The event that is meant: by its whole name, or by a part that no other has."""
    matches = [name for name in events if wanted == name] or [
        name for name in events if wanted is None or wanted in name
    ]
    if len(matches) == 1:
        return matches[0]
    asked = "an event" if wanted is None else f"one event for {wanted!r}"
    raise CandleFileError(f"{file}: expected {asked}, found {len(matches)}; name one of {', '.join(events)}")


def _distinct(connection: duckdb.DuckDBPyConnection, file: Path, column: str) -> list[str]:
    # `column` is one of two literals of this module, never text from outside.
    query = f"select distinct {column} from read_parquet(?) where {column} is not null order by 1"  # noqa: S608
    return [str(row[0]) for row in connection.execute(query, [str(file)]).fetchall()]


def _rows(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    columns: Mapping[str, str],
    where: str,
    values: Sequence[str],
) -> _Rows:
    instant = _INSTANT.match(columns["ts"])
    wanted = [
        "epoch_ms(ts) as at_ms" if instant else "ts::bigint as at_ms",
        "symbol" if "symbol" in columns else "? as symbol",
        *(f"{name}::double as {name}" for name in _PRICES),
        *(f"{name if name in columns else 'null'}::double as {name}" for name in _OPTIONAL),
    ]
    named = [] if "symbol" in columns else [_symbol_of(file)]
    # Every name in the query is a literal of this module; what comes from outside is bound.
    query = f"select {', '.join(wanted)} from read_parquet(?) where {where} order by symbol, at_ms"  # noqa: S608
    return _Rows(connection.execute(query, [*named, str(file), *values]).fetchnumpy())


def _symbol_of(file: Path) -> str:
    found = _SYMBOL_IN_NAME.search(file.stem)
    return found.group(1) if found else ""


def _series(file: Path, symbol: str, rows: _Rows) -> CandleSeries:
    mine = np.array([one == symbol for one in rows.symbol])
    column = {name: rows.floats(name)[mine] for name in (*_PRICES, *_OPTIONAL)}
    at_ms = rows.at_ms[mine]
    series = CandleSeries(symbol=symbol, opened_at_ms=at_ms, **column)
    _believable(file, series)
    return series


def _believable(file: Path, series: CandleSeries) -> None:
    repeated = np.diff(series.opened_at_ms) <= 0
    if repeated.any():
        at = int(series.opened_at_ms[1:][repeated][0])
        raise CandleFileError(f"{file}: {series.symbol}: expected one candle a moment, found two at {at} ms")
    highest = np.maximum(series.open, series.close)
    lowest = np.minimum(series.open, series.close)
    wrong = ~((series.low > 0.0) & (series.low <= lowest) & (highest <= series.high))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise CandleFileError(
            f"{file}: {series.symbol} at {int(series.opened_at_ms[row])} ms: expected 0 < low <= open, close <= high, "
            f"found open {series.open[row]}, high {series.high[row]}, low {series.low[row]}, close {series.close[row]}"
        )


def _interval(file: Path, series: Sequence[CandleSeries]) -> int:
    """The commonest distance between neighbouring candles."""
    steps = cast("EpochMsArray", np.concatenate([np.diff(one.opened_at_ms) for one in series]))
    if not len(steps):
        raise CandleFileError(
            f"{file}: expected at least two candles of an instrument to know their length, found one"
        )
    return int(Counter(steps.tolist()).most_common(1)[0][0])
