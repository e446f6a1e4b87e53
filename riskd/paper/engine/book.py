"""One symbol's prices at one moment and the order book they imply.

The book is linear: from the touch outwards the price rises (falls) by 1 % for each ``depth_usd`` of notional, counted at
the touch price. Taking quantity ``q`` with ``n = q * touch`` therefore gives

    impact  = n / depth_usd * 0.01
    worst   = touch * (1 + impact)      average = touch * (1 + impact / 2)      (buying; minus when selling)

Beyond ``IMPACT_CAP`` the book is flat at its worst price, so that a price stays positive whatever is thrown at it. The
book stands anew for every taker: slicing an order within one step escapes impact, which this model states and accepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_ONE = Decimal(1)
_TWO = Decimal(2)
_ONE_PERCENT = Decimal("0.01")
_LEVEL_WIDTH = Decimal("0.0002")

IMPACT_CAP = Decimal("0.5")
"""Largest relative distance from the touch to which a taker can push the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What the market says about one symbol at one moment.

    Attributes:
        mark: Fair price that margin, funding and liquidation use, > 0.
        index: Spot index, > 0.
        last: Last traded price, the middle of the book, > 0.
        spread_rate: ``(ask - bid) / last``, a fraction >= 0.
        depth_usd: Notional that moves the price by 1 %, quote currency, > 0.
        funding_rate: Rate of the coming settlement, a fraction per interval; positive when longs pay shorts.
    """

    mark: Decimal
    index: Decimal
    last: Decimal
    spread_rate: Decimal
    depth_usd: Decimal
    funding_rate: Decimal

    @property
    def bid(self) -> Decimal:
        """Best price at which one can sell: ``last * (1 - spread_rate / 2)``."""
        return self.last * (_ONE - self.spread_rate / _TWO)

    @property
    def ask(self) -> Decimal:
        """Best price at which one can buy: ``last * (1 + spread_rate / 2)``."""
        return self.last * (_ONE + self.spread_rate / _TWO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """Discrete levels of both sides, best first, as ``(price, quantity)``."""

    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


def impact_rate(quote: Quote, notional: Decimal) -> Decimal:
    """Relative distance from the touch that taking ``notional`` (at touch price) reaches; may exceed the cap."""
    return notional / quote.depth_usd * _ONE_PERCENT


def buying_cost(quote: Quote, quantity: Decimal) -> Decimal:
    """Quote currency paid for buying ``quantity`` base units from the asks."""
    return _cost(quote, quote.ask, quantity, _ONE)


def selling_proceeds(quote: Quote, quantity: Decimal) -> Decimal:
    """Quote currency received for selling ``quantity`` base units into the bids."""
    return _cost(quote, quote.bid, quantity, -_ONE)


def buyable(quote: Quote, price_limit: Decimal) -> Decimal:
    """Base units that can be bought with a worst price of at most ``price_limit``; 0 when the ask is not below it."""
    return _reach(quote, quote.ask, price_limit / quote.ask - _ONE)


def sellable(quote: Quote, price_limit: Decimal) -> Decimal:
    """Base units that can be sold with a worst price of at least ``price_limit``; 0 when the bid is not above it."""
    return _reach(quote, quote.bid, _ONE - price_limit / quote.bid)


def depth_levels(quote: Quote, count: int) -> Depth:
    """The linear book cut into ``count`` levels a side, each 2 basis points wide and priced at its middle.

    Taking whole levels costs exactly what ``buying_cost`` and ``selling_proceeds`` say.
    """
    notional = _LEVEL_WIDTH / _ONE_PERCENT * quote.depth_usd
    distances = [(Decimal(i) + Decimal("0.5")) * _LEVEL_WIDTH for i in range(count)]
    return Depth(
        bids=tuple((quote.bid * (_ONE - d), notional / quote.bid) for d in distances),
        asks=tuple((quote.ask * (_ONE + d), notional / quote.ask) for d in distances),
    )


def _cost(quote: Quote, touch: Decimal, quantity: Decimal, direction: Decimal) -> Decimal:
    notional = quantity * touch
    impact = impact_rate(quote, notional)
    if impact <= IMPACT_CAP:
        return notional * (_ONE + direction * impact / _TWO)
    sloped = IMPACT_CAP / _ONE_PERCENT * quote.depth_usd
    flat = notional - sloped
    return sloped * (_ONE + direction * IMPACT_CAP / _TWO) + flat * (_ONE + direction * IMPACT_CAP)


def _reach(quote: Quote, touch: Decimal, distance: Decimal) -> Decimal:
    if distance <= 0:
        return Decimal(0)
    return min(distance, IMPACT_CAP) / _ONE_PERCENT * quote.depth_usd / touch
