"""What the readers of all Binance payloads share: walking the rows, naming the refused ones, knowing the symbols."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from riskd.model.instrument import Instrument
from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.fields import Fault, JsonObject, RowRefused, as_object, fault_of, shown, text
from riskd.observe.json_text import Rubbish

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def object_of(payload: JsonValue) -> JsonObject:
    """The payload, which must be an object that is not empty.

    Raises:
        Rubbish: It is not.
    """
    if isinstance(payload, dict) and payload:
        return payload
    raise Rubbish("guard:not_an_object")


def rows_by_symbol(
    payload: JsonValue, listing: Listing, what: str, faults: list[Fault]
) -> Iterator[tuple[str, str, JsonValue]]:
    """For each listed symbol of the payload: the venue's, the unified one, and the rows that were read for it.

    Args:
        payload: An object: the venue's symbol, and its rows.
        listing: Instruments by the venue's symbol.
        what: Noun for the rows in the faults, such as ``candles``.
        faults: Collects one for each symbol that is not listed.

    Raises:
        Rubbish: The payload is not an object.
    """
    if not isinstance(payload, dict):
        raise Rubbish("guard:not_an_object")
    for venue_symbol, rows in payload.items():
        if venue_symbol in listing:
            yield venue_symbol, listing[venue_symbol].symbol, rows
        else:
            faults.append(Fault(venue_symbol, f"{what} of {shown(venue_symbol)}, which is not listed"))


def listed(row: JsonObject, listing: Listing) -> Instrument:
    """The instrument that a row is about.

    Raises:
        RowRefused: The row names none, or one that is not a listed linear perpetual.
    """
    name = text(row, "symbol")
    try:
        return listing[name]
    except KeyError:
        raise RowRefused(f"{shown(name)} is not a perpetual that this venue lists") from None


def read_rows(
    payload: JsonValue,
    read: Callable[[JsonObject], tuple[K, T]],
    faults: list[Fault],
    refused: list[JsonObject] | None = None,
) -> dict[K, T]:
    """What ``read`` makes of each row, by key.

    A row that ``read`` refuses, and rows that share a key, become faults. Of equal rows one is kept; of rows that
    contradict each other none.

    Args:
        payload: A list of objects.
        read: Key and value of a row; raises RowRefused.
        faults: Collects one for each refused row.
        refused: Collects the refused rows themselves, where they are objects.

    Raises:
        Rubbish: The payload is not a list.
    """
    if not isinstance(payload, list):
        raise Rubbish("guard:not_a_list")
    found: dict[K, T] = {}
    contradicted: set[K] = set()
    for value in payload:
        try:
            row = as_object(value)
            key, fact = read(row)
            if key in found:
                contradicted |= {key} if found[key] != fact else set()
                raise RowRefused("is there twice")
            found[key] = fact
        except RowRefused as refusal:
            faults.append(fault_of(value, str(refusal)))
            if refused is not None and isinstance(value, dict):
                refused.append(value)
    for key in contradicted:
        del found[key]
    return found
