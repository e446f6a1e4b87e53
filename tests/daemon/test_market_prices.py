"""Bitcoin is read wherever anything is held, as all betas are measured against it, and is no holding for it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from riskd.daemon.prices import PriceKeeper, read_on_demand
from riskd.model.arrays import floats
from riskd.model.desk import Desk
from riskd.model.history import NO_PRICES
from riskd.model.instrument import Instrument
from riskd.model.report import Surface
from riskd.model.snapshot import Snapshot
from riskd.observe.facts import CandleFacts
from riskd.observe.known import Heard, Known, VenueMemory
from tests.builder_columns import instrument_of
from tests.builders import BTC, ETH, NOW, SOL, VENUE, a_position, a_snapshot, an_instrument
from tests.builders_rules import a_rule

HOUR_MS = 3_600_000
LAST_HOUR = int(NOW.timestamp()) // 3600


def listing(*symbols: str) -> dict[str, Instrument]:
    listed = [instrument_of(an_instrument(symbol)) for symbol in symbols]
    return {instrument.venue_symbol: instrument for instrument in listed}


def known(listed: dict[str, Instrument] | None, **closes: dict[int, float]) -> Known:
    """A venue that lists contracts, and closes of coins by hours before the last full one."""
    found = {f"{coin}/USDT:USDT": _candles(prices) for coin, prices in closes.items()}
    memory = VenueMemory(
        instruments=Heard(value=listed, requested_at=NOW), candles=Heard(value=found, requested_at=NOW)
    )
    return Known(venues={VENUE: memory})


def _candles(closes: dict[int, float]) -> CandleFacts:
    hours = sorted(closes, reverse=True)
    close = floats([closes[ago] for ago in hours])
    at = (LAST_HOUR - np.array(hours, dtype=np.int64)) * HOUR_MS
    return CandleFacts(closed_ms=at, high=close, low=close, close=close)


def holding(*symbols: str) -> Snapshot:
    return a_snapshot(positions=[a_position(symbol, 1) for symbol in symbols])


def test_bitcoin_is_due_first_where_it_is_listed_and_not_held() -> None:
    keeper = PriceKeeper()
    keeper.take_in(known(listing(BTC, ETH, SOL)), NOW)
    assert keeper.due(holding(SOL, ETH)) == {VENUE: (BTC, ETH, SOL)}


def test_bitcoin_that_is_held_is_read_once() -> None:
    keeper = PriceKeeper()
    keeper.take_in(known(listing(BTC, ETH)), NOW)
    assert keeper.due(holding(BTC, ETH)) == {VENUE: (BTC, ETH)}


def test_bitcoin_makes_no_read_longer() -> None:
    keeper = PriceKeeper()
    names = [f"C{number}/USDT:USDT" for number in range(6)]
    keeper.take_in(known(listing(BTC, *names)), NOW)
    assert keeper.due(holding(*names)) == {VENUE: (BTC, *names[:4])}


def test_what_is_not_listed_is_not_asked_for() -> None:
    keeper = PriceKeeper()
    assert keeper.due(holding(SOL)) == {VENUE: (SOL,)}
    keeper = PriceKeeper()
    keeper.take_in(known(None), NOW)
    keeper.take_in(known(listing(SOL)), NOW)
    assert keeper.due(holding(SOL)) == {VENUE: (SOL,)}
    keeper = PriceKeeper()
    keeper.take_in(known(listing(SOL, "BTC/USDC:USDC")), NOW)
    assert keeper.due(holding(SOL)) == {VENUE: ("BTC/USDC:USDC", SOL)}


def test_nothing_is_read_of_a_venue_where_nothing_is_held() -> None:
    keeper = PriceKeeper()
    keeper.take_in(known(listing(BTC)), NOW)
    assert keeper.due(a_snapshot()) == {}


def test_bitcoin_is_the_market_and_is_among_the_holdings_only_when_held() -> None:
    """Clusters, and what else looks at all that is held, must not change because a rule wants betas."""
    read = known(listing(BTC, SOL), BTC={0: 60_000.0, 1: 59_000.0}, SOL={0: 150.0})
    keeper = PriceKeeper()
    keeper.take_in(read, NOW)
    keeper.due(holding(SOL))
    assert keeper.columns(NOW).symbol == (SOL,)
    market = keeper.market(NOW)
    assert (market.venue, market.symbol, market.asset) == ((VENUE,), (BTC,), ("BTC",))
    assert market.close.tolist() == [[59_000.0, 60_000.0]]
    assert keeper.market(NOW) is market
    held = PriceKeeper()
    held.take_in(read, NOW)
    held.due(holding(BTC, SOL))
    assert held.columns(NOW).symbol == (BTC, SOL)
    assert held.market(NOW).symbol == (BTC,)


def test_a_market_that_was_never_read_is_none() -> None:
    keeper = PriceKeeper()
    keeper.take_in(known(listing(BTC, SOL), SOL={0: 150.0}), NOW)
    assert keeper.market(NOW) is NO_PRICES
    assert keeper.market(NOW + timedelta(days=100)) is NO_PRICES


def test_measures_by_beta_have_prices_read_and_the_other_shocks_do_not() -> None:
    desk = Desk(accounts=())
    for name in ("beta_shock", "beta_delta"):
        assert read_on_demand([a_rule(measure=name)], desk) == {Surface.CANDLES}
    for name in ("account_shock", "asset_shock", "shocked_margin_ratio", "stress_loss", "net_delta"):
        assert read_on_demand([a_rule(measure=name)], desk) == frozenset()


def test_a_listing_is_looked_through_once() -> None:
    keeper = PriceKeeper()
    listed = listing(BTC, SOL)
    keeper.take_in(known(listed), NOW)
    listed.clear()  # the same object: nobody looks at it again
    keeper.take_in(known(listed), NOW)
    assert keeper.due(holding(SOL)) == {VENUE: (BTC, SOL)}
