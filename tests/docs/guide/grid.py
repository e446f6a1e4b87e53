"""The numbers of docs/guide/grid.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from docs.guide.figures.grid import BOTTOM, SIZES, TOP, equity, fatal_price, orders
from docs.guide.figures.worked import Page, measured
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims


def computed(page: Page) -> Iterator[str]:
    rows, (book, fallen) = page.rows(), page.books()
    sizes = {row.quantity for row in rows.orders}
    size = rows.orders[0].quantity
    prices = orders()
    assert size is not None
    assert sizes == {size} == {SIZES[1][0]}
    assert len(prices) == 8
    steps = {upper - lower for upper, lower in pairwise(prices)}
    start, mark = rows.accounts[0].equity, rows.instruments[0].mark
    assert mark == TOP
    yield (
        f"An account with {start:,.0f} USD. The bot has placed eight orders to buy {size} ETH each, every {steps.pop():.0f} USD "
        f"from {prices[0]:,.0f} down to {prices[-1]:,.0f}. The price is {mark:,.0f}, and nothing has filled."
    )
    bought = float(size) * len(prices)
    average = sum(prices) / len(prices)
    loss = measured(book, "grid_worst_loss", Grain.GRID, "eth", beyond=0.1)
    assert loss == pytest.approx(1.0 - equity(size, 0.9 * BOTTOM) / equity(size, TOP))
    assert 0.45 < loss < 0.55
    yield (
        f"Nothing is held, and the account shows {measured(book, 'leverage', Grain.ACCOUNT, 'main'):.0f}x. But the orders stand, "
        f"and full they are {bought:.1f} ETH, bought at {average:,.0f} on average. Another 10% below the grid, at "
        f"{0.9 * BOTTOM:,.0f}, half of the money is gone"
    )
    later = page.rows(1)
    assert float(later.positions[0].quantity) == pytest.approx(bought)
    assert later.positions[0].entry == average
    yield f"At {later.instruments[0].mark:,.0f} it is too late to choose"
    assert f"| the price has fallen to {later.instruments[0].mark:,.0f} (later) |" in page.text
    died = {size: 1.0 - fatal_price(size) / BOTTOM for size, _, _ in SIZES}
    assert died[SIZES[1][0]] == pytest.approx(
        measured(book, "grid_worst_liquidation_distance", Grain.GRID, "eth")
    )
    yield (
        f"Behind it the largest dies {died[SIZES[2][0]]:.1%} below the edge, the worked one {died[SIZES[1][0]]:.1%}, and the "
        "smallest could wait"
    )
    assert fatal_price(SIZES[0][0]) < 1_000.0
    described = f"the largest is liquidated at {fatal_price(SIZES[2][0]):,.0f}, just below the grid, the worked one at {fatal_price(SIZES[1][0]):,.0f}"
    assert described in page.text
    assert measured(fallen, "leverage", Grain.ACCOUNT, "main") > 3.0


CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    cited=(
        Cited(
            said="A plain grid has an expected value of zero before fees (Chen and others, arXiv 2506.11921)",
            file="truth.md",
            found="arXiv 2506.11921 | plain grid has zero expected value",
        ),
        Cited(
            said="In June 2022 BTC fell by 42% in eight days, and its worst hour was only -6.6%",
            file="truth.md",
            found="BTC -42% in 8 days with worst hour -6.6%",
        ),
    ),
)
