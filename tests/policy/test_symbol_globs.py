"""Which patterns no symbol and no asset can match, and what is said of them."""

from __future__ import annotations

import pytest

from riskd.policy.scope.symbol_globs import asset_fault, exact_symbol_fault, symbol_fault


@pytest.mark.parametrize(
    "pattern", ["BTC/USDT:USDT", "BTC/*", "*", "*USDT", "BTC*", "?TC/USDT:*", "1000PEPE/USDC:USDC", "*/*"]
)
def test_a_pattern_that_may_match_is_left_alone(pattern: str) -> None:
    assert symbol_fault(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "cure"),
    [
        ("BTCUSDT", "write BTC/USDT:USDT or BTC/*"),
        ("ethusdc", "write ETH/USDC:USDC or ETH/*"),
        ("BTC-USDT-SWAP", "write BTC/USDT:USDT or BTC/*"),
        ("BTCUSDT.P", "write BTC/USDT:USDT or BTC/*"),
        ("BTC/USDT", "write BTC/USDT:USDT or BTC/*"),
        ("BTC", "write BTC/* for all of its contracts"),
        ("B?C", "write for example BTC/USDT:USDT or BTC/*"),
    ],
)
def test_a_pattern_that_no_symbol_matches_has_its_cure(pattern: str, cure: str) -> None:
    fault = symbol_fault(pattern)
    assert fault is not None
    assert fault[1] == cure


def test_a_contract_is_named_whole() -> None:
    assert exact_symbol_fault("ETH/USDT:USDT") is None
    assert exact_symbol_fault("ETHUSDT") == (
        "'ETHUSDT' is no unified symbol, BASE/QUOTE:SETTLE",
        "write ETH/USDT:USDT",
    )
    assert exact_symbol_fault("ETH/*") is not None


@pytest.mark.parametrize(
    ("pattern", "is_fault"), [("BTC", False), ("*", False), ("BTC/*", True), ("BTC/USDT:USDT", True)]
)
def test_an_asset_is_one_coin(pattern: str, is_fault: bool) -> None:
    fault = asset_fault(pattern)
    assert (fault is not None) is is_fault
    assert fault is None or fault[1] == "write BTC, or choose by symbol"
