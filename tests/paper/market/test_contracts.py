"""Contract terms and dated brackets."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import pairwise

import pytest

from riskd.paper.engine.types import Contract
from riskd.paper.market.contracts import BUILT_IN, built_in, generic
from tests.shared_data import shared_path

OCTOBER_2025_MS = 1_760_097_600_000
MARCH_2020_MS = 1_583_971_200_000
OCTOBER_2026_MS = 1_790_868_600_000

CONTRACTS = (*(built_in(symbol) for symbol in BUILT_IN), generic("ADAUSDT", price=0.5))


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda one: one.symbol)
def test_maintenance_margin_is_continuous_over_every_floor(contract: Contract) -> None:
    for table in contract.bracket_tables:
        for below, above in pairwise(table.brackets):
            step = above.maintenance_margin_rate - below.maintenance_margin_rate
            assert above.maintenance_amount == below.maintenance_amount + above.notional_floor * step
            assert above.leverage_max < below.leverage_max
            assert step > 0


def test_older_events_use_the_oldest_table() -> None:
    contract = built_in("BTCUSDT")

    assert contract.brackets_at(MARCH_2020_MS) == contract.brackets_at(OCTOBER_2025_MS)
    assert contract.brackets_at(OCTOBER_2025_MS)[0].notional_cap == 50_000
    assert contract.brackets_at(OCTOBER_2026_MS)[0].notional_cap == 300_000


@pytest.mark.shared
@pytest.mark.parametrize(("snapshot", "table"), [("2024-10", 0), ("2026-09", 1)])
@pytest.mark.parametrize("symbol", BUILT_IN)
def test_brackets_equal_the_published_tables(symbol: str, snapshot: str, table: int) -> None:
    tiers = json.loads(shared_path("data/tiers_binance_usdm_2024-10_2026-09.json").read_text())
    published = tiers["snapshots"][snapshot][f"{symbol.removesuffix('USDT')}/USDT:USDT"]

    ours = [
        (
            one.notional_floor,
            one.notional_cap,
            one.maintenance_margin_rate,
            one.leverage_max,
            one.maintenance_amount,
        )
        for one in built_in(symbol).bracket_tables[table].brackets
    ]

    assert ours == [
        (
            tier["floor"],
            tier["cap"],
            Decimal(str(tier["mmr"])),
            tier["max_leverage"],
            Decimal(str(tier["cum"])),
        )
        for tier in published
    ]


def test_an_unknown_built_in_symbol_names_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"expected one of BTCUSDT, .* found 'LTCUSDT'; use generic\(\)"):
        built_in("LTCUSDT")


@pytest.mark.parametrize(
    ("symbol", "price", "base", "quote", "tick", "lot"),
    [
        ("LTCUSDT", 47.5, "LTC", "USDT", "0.001", "0.1"),
        ("ADA-USDT-SWAP", 0.0415, "ADA", "USDT", "0.000001", "1"),
        ("1000PEPEUSDT", 0.0069, "1000PEPE", "USDT", "0.0000001", "1"),
        ("HYPE", 31.0, "HYPE", "USDT", "0.001", "0.1"),
        ("BTCUSDC", 65_000.0, "BTC", "USDC", "1", "0.0001"),
    ],
)
def test_generic_terms_follow_the_size_of_the_price(
    symbol: str, price: float, base: str, quote: str, tick: str, lot: str
) -> None:
    contract = generic(symbol, price=price)

    assert (contract.base, contract.quote) == (base, quote)
    assert (f"{contract.tick_size:f}", f"{contract.lot_size:f}") == (tick, lot)
    assert contract.quantity_max > contract.market_quantity_max > contract.lot_size
