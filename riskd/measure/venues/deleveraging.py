"""When a loss is larger than the margin behind it: the insurance fund, and whose gains are cut."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from riskd.measure.venues.contract import Position, pnl
from riskd.measure.venues.model import AdlScore

_LIGHTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A position as a ranking sees it, settlement currency.

    Attributes:
        side: +1 long, -1 short.
        mark_value: Value at mark, signed as the venue signs it (BitMEX: sign of the position).
        entry_value: Value at entry, the same.
        bankrupt_value: Value at the bankruptcy price, the same.
        equity: Of the account; NaN where a ranking does not ask for it.
    """

    side: float
    mark_value: float
    entry_value: float
    bankrupt_value: float
    equity: float = math.nan


def profit_rate(standing: Standing) -> float:
    """Gain over the size of the entry value."""
    return (standing.mark_value - standing.entry_value) / abs(standing.entry_value)


def effective_leverage(standing: Standing) -> float:
    """Value at mark over what lies between it and bankruptcy."""
    return abs(standing.mark_value) / (standing.mark_value - standing.bankrupt_value)


def ranking_score(score: AdlScore, standing: Standing) -> float:
    """Who comes first: the higher, the sooner a position is deleveraged; NaN where no formula of the venue is known.

    Leveraged profit: profit% · leverage for a gain, profit% / leverage for a loss. Price ratio: mark/entry ·
    notional/equity; of a short entry/mark, which ranks by profit, though the page prints one formula for both sides.

    Source: BitMEX auto-deleveraging ranking; Hyperliquid ADL sorting index.
    """
    match score:
        case AdlScore.LEVERAGED_PROFIT:
            gained, leverage = profit_rate(standing), effective_leverage(standing)
            return gained * leverage if gained > 0.0 else gained / leverage
        case AdlScore.PRICE_RATIO:
            ratio = abs(standing.mark_value / standing.entry_value)
            moved = ratio if standing.side > 0.0 else 1.0 / ratio
            return moved * abs(standing.mark_value) / standing.equity
        case AdlScore.NOT_FOUND:
            return math.nan
        case _:
            assert_never(score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One account in the queue.

    Attributes:
        account: Whose position.
        quantity: Contracts, > 0.
        score: Of ``ranking_score``.
    """

    account: str
    quantity: float
    score: float


def queue(accounts: Sequence[Queued]) -> tuple[Queued, ...]:
    """Highest score first; equal scores stay in the given order."""
    return tuple(sorted(accounts, key=lambda queued: -queued.score))


def forced_fills(accounts: Sequence[Queued], quantity: float) -> Mapping[str, float]:
    """What of a liquidated quantity each account must take over, front of the queue first."""
    fills: dict[str, float] = {}
    left = quantity
    for queued in queue(accounts):
        if left <= 0.0:
            break
        fills[queued.account] = min(queued.quantity, left)
        left -= queued.quantity
    return fills


def lights(accounts: Sequence[Queued]) -> Mapping[str, float]:
    """Share of all quantity that stands before the end of each account in the queue, up to the next fifth.

    0.2 is what venues show as five lights of five: first to go. Source: BitMEX ADL examples (10 of 100 is 20 %, 70 of
    100 is 80 %).
    """
    total = math.fsum(queued.quantity for queued in accounts)
    shares: dict[str, float] = {}
    passed = 0.0
    for queued in queue(accounts):
        passed += queued.quantity
        shares[queued.account] = math.ceil(_LIGHTS * passed / total - 1e-12) / _LIGHTS
    return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDrawdown:
    """An insurance pool's drawdown of one symbol.

    Attributes:
        ratio: Drawdown over the pool's largest balance, negative.
        triggered: True from the threshold on, the threshold included.
        closes: What positions on the other side must make up, settlement currency; 0 while not triggered.
    """

    ratio: float
    triggered: bool
    closes: float


def pool_drawdown(
    *, current_pnl: float, highest_pnl: float, highest_balance: float, threshold: float
) -> PoolDrawdown:
    """Whether the loss of one symbol in 8 hours makes Bybit deleverage.

    The page's rule says below the threshold, its second example triggers at the threshold: we count the threshold in.

    Args:
        current_pnl: Of the pool in this symbol.
        highest_pnl: Its highest in 8 hours.
        highest_balance: Of the pool in 8 hours, > 0.
        threshold: Fraction, negative.

    Source: Bybit API v5, ADL alert, examples 1 and 2.
    """
    ratio = (current_pnl - highest_pnl) / highest_balance
    triggered = ratio <= threshold
    closes = highest_pnl - current_pnl + threshold * highest_balance
    return PoolDrawdown(ratio=ratio, triggered=triggered, closes=closes if triggered else 0.0)


def insurance_payment(position: Position, margin: float, fill: float) -> float:
    """What the fund pays when a position is closed at ``fill``: the loss beyond its margin; 0 when margin suffices.

    Source: KuCoin insurance fund (1 BTC from 40,000 with 1,000 filled at 38,850: 150); dYdX contract loss mechanisms.
    """
    return max(0.0, -(margin + pnl(position, fill)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Markout:
    """What a forced close cost, settlement currency, negative is lost.

    Attributes:
        immediate: Against the mark of the moment.
        opportunity: What the market did afterwards.
        total: Both.
    """

    immediate: float
    opportunity: float
    total: float


def markout(*, quantity: float, fill: float, mark: float, later_mark: float) -> Markout:
    """Cost of a forced close by the marks at it and after it.

    Args:
        quantity: That was held, signed.
        fill: Price of the forced close.
        mark: Mark price then.
        later_mark: Mark price at the horizon.

    Source: arXiv 2512.01112, ADL FAQ, worked examples 1 and 2.
    """
    immediate, opportunity = quantity * (mark - fill), quantity * (later_mark - mark)
    return Markout(immediate=immediate, opportunity=opportunity, total=immediate + opportunity)


def overshoot(taken: float, needed: float) -> float:
    """Gains that were taken from winners beyond the deficit, settlement currency.

    Source: arXiv 2512.01112v3: 45.0 to 51.7 million dollars on 2025-10-10; versions 1 and 2 said 630 and 653.
    """
    return taken - needed
