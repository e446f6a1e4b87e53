"""The venues of the suite, by their ids."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.contracts.conformance.bench import SETTINGS, Place
from tests.contracts.conformance.binance_bench import binance
from tests.contracts.conformance.book_benches import bybit, okx

PLACES: Mapping[str, Place] = {"binanceusdm": binance, "bybit": bybit, "okx": okx}

places = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
settings = pytest.mark.parametrize("setting", SETTINGS, ids=str)
