"""Contract terms as ledger rows: written when they change, so that recorded positions can be measured again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

import numpy as np

from riskd.model.instrument import Instrument
from riskd.model.report import JsonValue
from riskd.model.snapshot import InstrumentColumns, Snapshot
from riskd.record.block import Block, Vocabulary, block
from riskd.record.canonical import canonical_json
from riskd.record.fields import Fields, JsonObject, number_json
from riskd.record.rebuild import RecordedTerms
from riskd.record.snapshot_rows import same_for_all


@dataclass(frozen=True, slots=True)
class TermsWritten:
    """The terms that the ledger has.

    Attributes:
        known: By venue and symbol: the contract, and its brackets as bytes.
        last: The snapshot from which they were last brought up to date; None: nothing was written yet.
    """

    known: Mapping[tuple[str, str], tuple[Instrument, bytes]]
    last: Snapshot | None


NOTHING_WRITTEN = TermsWritten({}, None)


def changed_terms(snapshot: Snapshot, written: TermsWritten) -> tuple[TermsWritten, Block]:
    """The rows that the ledger lacks, and what it has once they are written."""
    if written.last is not None and _is_alike(snapshot, written.last):
        return written, _term_block(snapshot, ())
    now = {
        (instrument.venue, instrument.symbol): (instrument, _bracket_bytes(snapshot.quotes, row))
        for row, instrument in enumerate(snapshot.instruments)
    }
    rows = [row for row, (name, terms) in enumerate(now.items()) if written.known.get(name) != terms]
    return TermsWritten({**written.known, **now}, snapshot), _term_block(snapshot, rows)


def _is_alike(snapshot: Snapshot, last: Snapshot) -> bool:
    """Whether both have the same contracts and brackets: so it is in nearly every cycle, and quickly seen."""
    ours, theirs = snapshot.quotes, last.quotes
    return snapshot.instruments == last.instruments and all(
        np.array_equal(mine, other, equal_nan=True)
        for mine, other in (
            (ours.bracket_floor, theirs.bracket_floor),
            (ours.bracket_rate, theirs.bracket_rate),
            (ours.bracket_amount, theirs.bracket_amount),
        )
    )


def _term_block(snapshot: Snapshot, rows: Sequence[int]) -> Block:
    words = Vocabulary()
    chosen = [snapshot.instruments[row] for row in rows]
    texts = {
        "venue": words.codes(instrument.venue for instrument in chosen),
        "symbol": words.codes(instrument.symbol for instrument in chosen),
        "terms": words.codes(canonical_json(_terms(instrument)) for instrument in chosen),
        "brackets": words.codes(
            canonical_json({"brackets": _brackets(snapshot.quotes, row)}) for row in rows
        ),
    }
    return block("contract_terms", words, same_for_all(snapshot.id, snapshot.taken_at, len(rows)), texts)


def _bracket_bytes(quotes: InstrumentColumns, row: int) -> bytes:
    """What changes when the brackets of an instrument do; not the width of the table that they stand in."""
    table = np.stack([quotes.bracket_floor[row], quotes.bracket_rate[row], quotes.bracket_amount[row]])
    return table[:, np.isfinite(table[0])].tobytes()


def terms_of(terms: str, brackets: str) -> RecordedTerms:
    """A contract out of its two texts.

    Raises:
        JournalError: They are not what riskd writes.
    """
    fields_of, listed = Fields(json.loads(terms), "contract_terms"), json.loads(brackets)["brackets"]
    return RecordedTerms(
        instrument=_instrument(fields_of),
        brackets=tuple((float(low), float(rate), float(amount)) for low, rate, amount in listed or ()),
    )


def _instrument(read: Fields) -> Instrument:
    return Instrument(
        venue=read.text("venue"),
        symbol=read.text("symbol"),
        venue_symbol=read.text("venue_symbol"),
        base=read.text("base"),
        quote=read.text("quote"),
        settle=read.text("settle"),
        contract_size=read.decimal("contract_size"),
        tick_size=read.decimal("tick_size"),
        lot_size=read.decimal("lot_size"),
        market_lot_size=read.decimal("market_lot_size"),
        quantity_min=read.decimal("quantity_min"),
        quantity_max=read.decimal("quantity_max"),
        market_quantity_max=read.decimal("market_quantity_max"),
        notional_min=read.decimal("notional_min"),
        price_band=read.decimal_or_none("price_band"),
        taker_fee_rate=read.decimal_or_none("taker_fee_rate"),
        tradable=read.flag("tradable"),
    )


def _terms(instrument: Instrument) -> JsonObject:
    told: JsonObject = {}
    for field in fields(instrument):
        value = getattr(instrument, field.name)
        told[field.name] = str(value) if isinstance(value, Decimal) else value
    return told


def _brackets(quotes: InstrumentColumns, row: int) -> JsonValue:
    """Floor, rate and amount of each bracket; None when they are not known."""
    columns = (quotes.bracket_floor[row], quotes.bracket_rate[row], quotes.bracket_amount[row])
    known = np.isfinite(columns[0])
    if np.isnan(columns[1]).all():
        return None
    return [
        [number_json(float(value)) for value in bracket]
        for bracket in zip(*(column[known] for column in columns), strict=True)
    ]
