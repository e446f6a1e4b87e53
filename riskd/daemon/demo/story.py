"""What goes wrong in the demo beside the market: written down here, the same in both passes."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.paper.dialect.http import Rights
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import PositionSide
from riskd.paper.faults import EmptyList, Fault, Replay
from riskd.paper.market.presets import DEMO_MINUTES
from riskd.paper.market.track import TrackMarket

_MINUTE_MS = 60_000
BLIND_MINUTE, _BLIND_SECONDS = 25, 90
_ADL_MINUTE = 38
# Behind by more than the spell lasts: an order that was placed in it is not told before it is over.
_LAG_MINUTE, _LAG_MINUTES, _BEHIND_MINUTES = 29, 9, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The accidents of one market.

    Attributes:
        faults: What the venue's answers do.
        accidents: What the venue does to positions, called like bots.
    """

    faults: tuple[Fault, ...] = ()
    accidents: tuple[AutoDeleverage, ...] = ()


class AutoDeleverage:
    """The venue closes part of a winning position because losers elsewhere could not be closed, as on 2025-10-10.

    Args:
        account: Whose position.
        symbol: Which contract.
        at_ms: When.
        share_percent: How much of it.
    """

    name = "auto-deleveraging"

    def __init__(self, account: str, symbol: str, *, at_ms: int, share_percent: int) -> None:
        self.account = account
        self._symbol = symbol
        self._at_ms = at_ms
        self._share_percent = share_percent
        self._done = False

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Strike once, at the first step that is late enough."""
        if self._done or now_ms < self._at_ms:
            return
        self._done = True
        held = [p for p in exchange.positions(self.account) if p.symbol == self._symbol]
        lot = exchange.contract(self._symbol).lot_size
        for position in held:
            quantity = abs(position.quantity) * self._share_percent / 100 // lot * lot
            if quantity > 0:
                exchange.deleverage(self.account, self._symbol, PositionSide.BOTH, quantity)


def story_of(market: TrackMarket) -> Story:
    """The accidents that belong to a market: the demo's script has three, recorded and historical markets none."""
    if market.name != "demo" or market.ends_at_ms - market.started_at_ms != DEMO_MINUTES * _MINUTE_MS:
        return Story()
    lag_ms = market.started_at_ms + _LAG_MINUTE * _MINUTE_MS
    blind_ms = market.started_at_ms + BLIND_MINUTE * _MINUTE_MS
    return Story(
        faults=(
            Fault(
                effect=EmptyList(),
                account="grid",
                method="GET",
                path="/fapi/v3/positionRisk",
                count=None,
                from_ms=blind_ms,
                until_ms=blind_ms + _BLIND_SECONDS * 1000,
            ),
            # A venue under load tells those who only read from a copy that is behind. The take-profit which somebody
            # rests at 00:30 is not in it, so the first order that closes runs into it.
            Fault(
                effect=Replay(age_ms=_BEHIND_MINUTES * _MINUTE_MS),
                account="swing",
                method="GET",
                path="/fapi/v1/openOrders",
                rights=Rights.READ,
                count=None,
                from_ms=lag_ms,
                until_ms=lag_ms + _LAG_MINUTES * _MINUTE_MS,
            ),
        ),
        accidents=(
            AutoDeleverage(
                "hedge", "BTCUSDT", at_ms=market.started_at_ms + _ADL_MINUTE * _MINUTE_MS, share_percent=40
            ),
        ),
    )
