"""The numbers of docs/guide/stops.md."""

from __future__ import annotations

from collections.abc import Iterator

from docs.guide.figures.stops import STOP, looked
from docs.guide.figures.worked import Page, measured
from riskd.measure.sizing.outlook import STOP_SHARE_WARN
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims


def computed(page: Page) -> Iterator[str]:
    rows, (book,) = page.rows(), page.books()
    yield f"An account with {rows.accounts[0].equity:,.0f} USD holds three positions"
    assert len(rows.positions) == 3
    yield f"BTC was {rows.orders[0].quantity} coins when its stop was placed and is {rows.positions[0].quantity} coins now"
    sol = rows.positions[1]
    room = measured(book, "liquidation_distance", Grain.POSITION, "SOL/USDT:USDT")
    away = measured(book, "stop_distance", Grain.POSITION, "SOL/USDT:USDT")
    yield (
        f"isolated at {sol.leverage:.0f}x, so the venue takes it {room:.2%} lower, and the stop waits {away:.0%} lower"
    )
    assert looked(5.0).stop_share < 0.5
    assert STOP_SHARE_WARN <= looked(20.0).stop_share < 1.0 <= looked(50.0).stop_share
    yield f"The same stop, {STOP:.0%} away, is comfortable at 5x, too close for comfort at 20x and useless at 50x."


CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    cited=(
        Cited(
            said="On 9 December 2025 Binance moved conditional orders to another address of its API. Stops could not be "
            "placed, and those that rested vanished from what bots saw (freqtrade issue 12610)",
            file="failure-stories.md",
            found="(Binance 2025-12-09, `-4120 STOP_ORDER_SWITCH_ALGO`): stops cannot be placed and vanish from open-orders|FT#12610",
        ),
        Cited(
            said="In freqtrade issue 6783 a position stood at -89% although its stop was 25% away, because the key of the "
            "API had expired",
            file="failure-stories.md",
            found="expiry/permission/IP loss**: position −89 % with 25 % stop|FT#6783",
        ),
        Cited(
            said="On 13 March 2020 the last price of ETH printed 323.00 while the mark price was never above 119.47",
            file="truth.md",
            found="ETH prints 323.00 (mark high 119.47)",
        ),
    ),
)
