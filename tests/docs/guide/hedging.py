"""The numbers of docs/guide/hedging.md."""

from __future__ import annotations

from collections.abc import Iterator

from docs.guide.figures.hedging import MARGIN, PRICE, coin, fatal_rise, in_futures
from docs.guide.figures.worked import Page, measured
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims


def computed(page: Page) -> Iterator[str]:
    rows, (_, richer, alone) = page.rows(), page.books()
    assert (rows.accounts[0].equity, rows.instruments[0].mark) == (MARGIN, PRICE)
    yield (
        f"You hold {rows.spot[0].quantity} BTC and are short {-rows.positions[0].quantity} BTC of the perpetual at "
        f"{PRICE:,.0f}, with {MARGIN:,.0f} USD in the futures account"
    )
    more = (page.rows(1).accounts[0].equity or 0.0) - MARGIN
    room = measured(richer, "leg_liquidation_distance", Grain.HEDGE, "btc")
    yield (
        f"it dies in a rally of {fatal_rise():.1%}: a **breach** of the rule on room. Put {more:,.0f} USD more into the "
        f"futures account, and it survives {room:.0%}"
    )
    assert measured(alone, "net_delta", Grain.HEDGE, "btc") == 2.0
    yield f"the ratio is {0.0 + measured(alone, 'hedge_ratio', Grain.HEDGE, 'btc'):.0%}, and a coin worth twice"
    together = {round(coin(move) + in_futures(move)) for move in (-0.3, 0.0, 0.19)}
    assert len(together) == 1
    yield f"Together both are worth {together.pop():,} USD at every price"


CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    cited=(
        Cited(
            said="On 10 October 2025 auto-deleveraging closed positions of 2.1 billion USD within 12 minutes on Hyperliquid alone, 34,983 times in 162 coins",
            file="failure-stories.md",
            found="2025-10-10: $2.1 bn ADL, 34,983 events, 162 assets, 12 min",
        ),
        Cited(
            said="75% of those it hit had less than 1x",
            file="truth.md",
            found="75% of the users deleveraged had leverage below 1x",
        ),
        Cited(
            said="R² was 0.72, 0.59, 0.80, 0.68, 0.63 and 0.67 in the years 2020 to 2025",
            file="truth.md",
            found="R2 0.72/0.59/0.80/0.68/0.63/0.67 for 2020..2025",
        ),
        Cited(
            said="In three of five crashes such a hedge lost 11% to 21% at the low",
            file="truth.md",
            found="residual at the lows +5.3%, -21.0%, -11.3%, -20.9%, +4.4% in the five crashes",
        ),
    ),
)
