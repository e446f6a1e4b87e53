"""What Binance USD-M counts assets as collateral for.

Source: developers.binance.com, USDS-margined futures: Multi-Assets Mode Asset Index. A row is named for the pair with the
dollar, such as ADAUSD; the bid rate is the index less its buffer, the ask rate the index plus its own.
"""

from __future__ import annotations

from decimal import Decimal

from riskd.model.report import JsonValue
from riskd.observe.facts import AssetIndex, AssetIndexFact, Normalised
from riskd.observe.fields import Fault, JsonObject, Plausibility, RowRefused, number, shown, text, whole
from riskd.observe.json_text import Rubbish
from riskd.observe.venues.binance_rows import read_rows

_DOLLAR = "USD"
_ROUNDING = Decimal("1e-7")  # the venue rounds to eight decimals
_RELATIVE = Decimal("1e-4")
_ONE = Decimal(1)


def asset_index(payload: JsonValue, plausible: Plausibility) -> Normalised[AssetIndex]:
    """Index and rates of ``assetIndex`` by asset. A row whose rates do not follow from its index is left out.

    Raises:
        Rubbish: Not a list, or no row of it can be believed.
    """
    faults: list[Fault] = []
    found = read_rows(payload, lambda row: _asset(row, plausible), faults)
    if not found:
        raise Rubbish("guard:no_asset_index")
    return Normalised(found, tuple(faults))


def _asset(row: JsonObject, plausible: Plausibility) -> tuple[str, AssetIndexFact]:
    name = text(row, "symbol")
    asset = name.removesuffix(_DOLLAR)
    if not asset or asset == name:
        raise RowRefused(f"symbol is {shown(name)}, not that of an asset in dollars")
    index = number(row, "index", plausible.price)
    bid = _rate(row, "bidRate", index * (_ONE - number(row, "bidBuffer", plausible.buffer)), plausible)
    ask = _rate(row, "askRate", index * (_ONE + number(row, "askBuffer", plausible.buffer)), plausible)
    told_ms = whole(row, "time", plausible.time_ms)
    return asset, AssetIndexFact(index=index, bid_rate=bid, ask_rate=ask, told_ms=told_ms)


def _rate(row: JsonObject, name: str, expected: Decimal, plausible: Plausibility) -> Decimal:
    rate = number(row, name, plausible.price)
    if abs(rate - expected) > _ROUNDING + _RELATIVE * expected:
        raise RowRefused(f"{name} is {rate}, where index and buffer make {expected}")
    return rate
