"""The columns of a snapshot: markets, accounts and spot balances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import numpy as np

from riskd.model.arrays import FloatArray, codes, flags, floats
from riskd.model.report import Surface
from riskd.model.snapshot import AccountColumns, InstrumentColumns, Quality, SpotColumns
from riskd.observe.facts import Balances, QuoteFact
from riskd.observe.normalise import dialect_of
from riskd.observe.quoting import interval_hours
from riskd.observe.scene import Scene, coin_symbol, spot_legs

NAN = float("nan")

Qualities = Mapping[tuple[str, Surface], Quality]
"""By account id (or venue id for a surface of the venue) and surface."""


def known_float(value: Decimal | int | None) -> float:
    """The float of an exact number; NaN for None."""
    return NAN if value is None else float(value)


def instrument_columns(scene: Scene) -> InstrumentColumns:
    """Quotes and brackets of every contract in use; NaN where no quote can be believed."""
    quotes = [scene.usable[i.venue].quotes.get(i.symbol) for i in scene.instruments]
    hours = [
        interval_hours(
            scene.known.venue(instrument.venue),
            instrument.symbol,
            quote,
            default=dialect_of(instrument.venue).default_interval_hours,
        )[0]
        for instrument, quote in zip(scene.instruments, quotes, strict=True)
    ]
    floor, rate, amount = _bracket_arrays(scene)
    return InstrumentColumns(
        mark_price=_column(quotes, "mark_price"),
        index_price=_column(quotes, "index_price"),
        last_price=floats([NAN] * len(quotes)),
        funding_rate=_column(quotes, "funding_rate"),
        funding_interval_hours=floats([known_float(hour) for hour in hours]),
        next_funding_at=_column(quotes, "next_funding_ms") / 1000.0,
        quoted_at=_column(quotes, "quoted_ms") / 1000.0,
        bracket_floor=floor,
        bracket_rate=rate,
        bracket_amount=amount,
    )


def clock_offsets(scene: Scene, qualities: Qualities) -> tuple[tuple[str, float], ...]:
    """Each venue's clock minus ours, where a young answer tells it; also one so large that it is doubted."""
    offsets = ((venue, scene.known.venue(venue).clock_offset.value) for venue in sorted(scene.usable))
    young = (Quality.OK, Quality.PARTIAL)
    return tuple(
        (venue, offset)
        for venue, offset in offsets
        if offset is not None and qualities[venue, Surface.SERVER_TIME] in young
    )


def account_columns(scene: Scene, qualities: Qualities) -> AccountColumns:
    """Totals of every account; NaN where the venue talks nonsense or never answered."""
    rows = [
        None if qualities[profile.id, Surface.BALANCES] is Quality.BLIND else account.balances.value
        for _, profile, account in scene.accounts()
    ]
    return AccountColumns(
        equity=_column(rows, "equity"),
        wallet_balance=_column(rows, "wallet_balance"),
        cross_wallet_balance=_column(rows, "cross_wallet_balance"),
        maintenance_margin=_column(rows, "maintenance_margin"),
        initial_margin=_column(rows, "initial_margin"),
        available_balance=_column(rows, "available_balance"),
        hedge_mode=flags([account.hedge_mode.value is True for _, _, account in scene.accounts()]),
        basis=tuple("" if row is None else row.basis for row in rows),
    )


def spot_columns(scene: Scene, qualities: Qualities) -> SpotColumns:
    """One row for each coin that a hedge holds on spot, priced by the index of its perpetual."""
    code_of = {profile.id: code for code, profile, _ in scene.accounts()}
    rows = sorted((code_of[account], asset) for account, asset in spot_legs(scene.desk))
    return SpotColumns(
        account=codes([code for code, _ in rows]),
        asset=tuple(asset for _, asset in rows),
        quantity=floats([_spot_quantity(scene, code, asset, qualities) for code, asset in rows]),
        price=floats([_spot_price(scene, code, asset) for code, asset in rows]),
    )


def _column(rows: Iterable[QuoteFact | Balances | None], name: str) -> FloatArray:
    return floats([NAN if row is None else known_float(getattr(row, name)) for row in rows])


def _bracket_arrays(scene: Scene) -> tuple[FloatArray, FloatArray, FloatArray]:
    tables = [scene.brackets.get((i.venue, i.symbol), ()) for i in scene.instruments]
    # One column at least, so that a book of which no table was ever read is a book of unknown tables.
    shape = (len(tables), max([1, *(len(table) for table in tables)]))
    floor, rate, amount = np.full(shape, np.inf), np.full(shape, np.nan), np.full(shape, np.nan)
    for row, table in enumerate(tables):
        for column, bracket in enumerate(table):
            floor[row, column] = float(bracket.notional_floor)
            rate[row, column] = float(bracket.maintenance_margin_rate)
            amount[row, column] = float(bracket.maintenance_amount)
    return floor, rate, amount


def _spot_quantity(scene: Scene, code: int, asset: str, qualities: Qualities) -> float:
    profile = scene.desk.accounts[code]
    held = scene.known.account(profile.id).spot.value
    if held is None or qualities[profile.id, Surface.SPOT_BALANCES] is Quality.BLIND:
        return NAN
    return float(held.get(asset, Decimal(0)))


def _spot_price(scene: Scene, code: int, asset: str) -> float:
    venue = scene.desk.accounts[code].venue
    listed = {instrument.symbol: instrument for instrument in scene.used[venue]}
    quote = scene.usable[venue].quotes.get(coin_symbol(asset, listed))
    return NAN if quote is None else known_float(quote.index_price)
