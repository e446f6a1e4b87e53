"""Reading candle files: every shape that is accepted, and the words with which others are refused."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from riskd.adapters.candle_files import CandleFileError, read_candles
from tests.shared_data import shared_path

ONE_SYMBOL = """
    select timestamptz '2025-10-10 12:00:00+00' + interval (i) hour as ts, 100.0 + i as open, 102.0 + i as high,
           99.0 + i as low, 101.0 + i as close
    from range(3) t(i)
"""
EVENTS = """
    select timestamp '2025-10-10 12:00:00' + interval (i) hour as ts, event, venue, symbol,
           100.0 as open, 102.0 as high, 99.0 as low, 101.0 as close, 7.0 as volume,
           100.5 as mark_open, 101.5 as mark_high, 99.5 as mark_low, 100.9 as mark_close,
           case when i = 1 then 0.0003 end as funding_rate
    from range(3) t(i), (values ('2020-03-12_covid', 'binance_usdm', 'ETHUSDT'),
                                ('2020-03-12_covid', 'binance_usdm', 'BTCUSDT'),
                                ('2025-10-10_adl', 'binance_usdm', 'BTCUSDT'),
                                ('2025-10-10_adl', 'okx_swap', 'BTC-USDT-SWAP')) e(event, venue, symbol)
"""


def _parquet(folder: Path, query: str, name: str = "binance_1h_BTCUSDT.parquet") -> Path:
    path = folder / name
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")
    return path


def test_a_bare_file_takes_its_symbol_from_its_name(tmp_path: Path) -> None:
    candles = read_candles(_parquet(tmp_path, ONE_SYMBOL))

    (series,) = candles.series
    assert (series.symbol, candles.interval_ms) == ("BTCUSDT", 3_600_000)
    assert series.opened_at_ms.tolist() == [1_760_097_600_000 + 3_600_000 * i for i in range(3)]
    assert series.close.tolist() == [101.0, 102.0, 103.0]


def test_columns_that_are_absent_are_unknown_not_zero(tmp_path: Path) -> None:
    (series,) = read_candles(_parquet(tmp_path, ONE_SYMBOL)).series

    assert not series.has_mark()
    assert np.isnan(series.volume).all()
    assert np.isnan(series.funding_rate).all()


def test_time_may_be_whole_milliseconds(tmp_path: Path) -> None:
    query = f"select * replace (epoch_ms(ts) as ts) from ({ONE_SYMBOL})"

    assert read_candles(_parquet(tmp_path, query)).series[0].opened_at_ms[0] == 1_760_097_600_000


def test_an_event_is_found_by_any_part_that_only_it_has(tmp_path: Path) -> None:
    candles = read_candles(_parquet(tmp_path, EVENTS), "2020-03")

    assert candles.symbols == ("BTCUSDT", "ETHUSDT")
    assert candles.series[0].funding_rate.tolist() == [
        pytest.approx(np.nan, nan_ok=True),
        0.0003,
        pytest.approx(np.nan, nan_ok=True),
    ]
    assert candles.series[0].has_mark()
    assert "2020-03-12_covid" in candles.source


def test_another_venue_must_be_asked_for(tmp_path: Path) -> None:
    path = _parquet(tmp_path, EVENTS)

    assert read_candles(path, "2025-10-10").symbols == ("BTCUSDT",)
    assert read_candles(path, "2025-10-10", venue="okx_swap").symbols == ("BTC-USDT-SWAP",)


@pytest.mark.parametrize("event", [None, "2008", "20"])
def test_an_event_that_is_not_named_or_not_known_lists_those_that_are(
    tmp_path: Path, event: str | None
) -> None:
    with pytest.raises(CandleFileError, match="name one of 2020-03-12_covid, 2025-10-10_adl"):
        read_candles(_parquet(tmp_path, EVENTS), event)


def test_an_event_asked_of_a_file_without_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CandleFileError, match="expected a column event to find 'crash' in, found none"):
        read_candles(_parquet(tmp_path, ONE_SYMBOL), "crash")


def test_an_unknown_venue_lists_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(CandleFileError, match="expected venue 'kraken', found binance_usdm, okx_swap"):
        read_candles(_parquet(tmp_path, EVENTS), "2020", venue="kraken")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(CandleFileError, match=r"no\.parquet: expected a Parquet file .* found no file"):
        read_candles(tmp_path / "no.parquet")


def test_a_file_that_is_no_parquet_says_so(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT.parquet"
    path.write_text("ts,open,high,low,close\n")

    with pytest.raises(CandleFileError, match=r"expected readable Parquet with candles, found .*magic bytes"):
        read_candles(path)


def test_missing_columns_are_named_beside_those_found(tmp_path: Path) -> None:
    path = _parquet(tmp_path, f"select ts as time, open, close from ({ONE_SYMBOL})")

    with pytest.raises(CandleFileError, match="missing ts, high, low; found time, open, close"):
        read_candles(path)


def test_a_file_without_any_symbol_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CandleFileError, match="expected a column symbol, or a symbol such as BTCUSDT"):
        read_candles(_parquet(tmp_path, ONE_SYMBOL, name="prices.parquet"))


def test_a_low_above_the_close_names_the_row(tmp_path: Path) -> None:
    path = _parquet(tmp_path, f"select * replace (101.5 as low) from ({ONE_SYMBOL})")

    with pytest.raises(
        CandleFileError, match=r"BTCUSDT at 1760097600000 ms: expected 0 < low .* found open 100\.0"
    ):
        read_candles(path)


def test_two_candles_of_one_moment_are_refused(tmp_path: Path) -> None:
    path = _parquet(tmp_path, f"select * from ({ONE_SYMBOL}) union all select * from ({ONE_SYMBOL})")

    with pytest.raises(CandleFileError, match="expected one candle a moment, found two at 1760097600000 ms"):
        read_candles(path)


def test_a_file_without_a_priced_row_is_refused(tmp_path: Path) -> None:
    path = _parquet(tmp_path, f"select * replace (null::double as open) from ({ONE_SYMBOL})")

    with pytest.raises(CandleFileError, match="expected candles, found no row with prices"):
        read_candles(path)


def test_a_single_candle_has_no_length(tmp_path: Path) -> None:
    with pytest.raises(CandleFileError, match="expected at least two candles"):
        read_candles(_parquet(tmp_path, f"{ONE_SYMBOL} limit 1"))


@pytest.mark.shared
def test_the_five_minute_file_has_funding_and_no_mark() -> None:
    candles = read_candles(shared_path("data/mit_binance_5m_2025-04_tariff_crash.parquet"))

    assert (candles.interval_ms, len(candles.series)) == (300_000, 12)
    assert not candles.series[0].has_mark()
    assert (~np.isnan(candles.series[0].funding_rate)).sum() > 30
