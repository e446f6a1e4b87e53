"""New quotes and new bracket tables, and the positions that they move."""

from __future__ import annotations

from collections.abc import Mapping

from riskd.paper.engine import margin
from riskd.paper.engine.state import SymbolState, VenueState
from riskd.paper.engine.types import Quote


def apply_quotes(venue: VenueState, quotes: Mapping[str, Quote]) -> None:
    """Takes over quotes and the bracket tables now in force; revalues only positions of symbols that changed.

    Raises:
        ValueError: A quote for a symbol that is not listed, or a price or depth that is not positive.
    """
    for name, quote in quotes.items():
        symbol = venue.symbols.get(name)
        if symbol is None:
            raise ValueError(f"quote for {name}: expected one of {sorted(venue.symbols)}")
        if quote is symbol.quote or quote == symbol.quote:
            continue
        check_quote(name, quote)
        symbol.quote = quote
        _revalue_all(venue, symbol)
    for symbol in venue.symbols.values():
        _renew_brackets(venue, symbol)


def check_quote(name: str, quote: Quote) -> None:
    """Refuses a quote that no market can have.

    Raises:
        ValueError: A price or depth that is not positive, or a negative spread.
    """
    smallest = min(quote.mark, quote.index, quote.last, quote.depth_usd)
    if not smallest > 0 or quote.spread_rate < 0:
        raise ValueError(
            f"quote for {name}: expected positive prices and depth and a spread >= 0, found {quote}"
        )


def _renew_brackets(venue: VenueState, symbol: SymbolState) -> None:
    if len(symbol.contract.bracket_tables) == 1:
        return
    brackets = symbol.contract.brackets_at(venue.now_ms)
    if brackets is not symbol.brackets:
        symbol.brackets = brackets
        _revalue_all(venue, symbol)


def _revalue_all(venue: VenueState, symbol: SymbolState) -> None:
    venue.version += 1
    for position in symbol.positions.values():
        leverage = venue.settings(venue.accounts[position.account], symbol).leverage
        margin.value_position(position, symbol, leverage)
