"""Equity while the price falls through the worked grid and beyond, for orders of three sizes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import numpy as np

from docs.guide.figures.chart import Axis, Chart, Post, Spot
from docs.guide.figures.worked import measured, page
from riskd.daemon.drawing import BLUE, DIM, GREEN, RED, Line
from riskd.judge.rehearse_book import book_of
from riskd.model.subject import Grain

SIZES = ((Decimal("0.85"), GREEN, "7 3"), (Decimal("1.7"), BLUE, ""), (Decimal("3.4"), RED, "2 3"))
BOTTOM, TOP, SHOWN_TO = 2_000.0, 2_400.0, 1_200.0


def orders() -> tuple[float, ...]:
    """Prices at which the worked grid buys."""
    return tuple(row.price or 0.0 for row in page("grid").rows().orders)


def fatal_price(size: Decimal) -> float:
    """Price at which the full grid with orders of this size is liquidated, by the measure of the page."""
    rows = page("grid").rows()
    sized = replace(rows, orders=tuple(replace(row, quantity=size) for row in rows.orders))
    begun = datetime.fromisoformat("2026-01-01T00:00:00Z")
    book = book_of(sized, started_at=begun, at=begun, number=1)
    return BOTTOM * (1.0 - measured(book, "grid_worst_liquidation_distance", Grain.GRID, "eth"))


def equity(size: Decimal, price: float) -> float:
    """Equity once the price has come down to this one."""
    start = page("grid").rows().accounts[0].equity
    assert start is not None
    return start + sum(float(size) * (price - bought) for bought in orders() if bought >= price)


def picture() -> str:
    """A line for each size, with its end."""
    dying = [(size, colour) for size, colour, _ in SIZES if fatal_price(size) > SHOWN_TO]
    return Chart(
        title="One grid, three sizes of its orders: what a breakout leaves",
        note="10,000 USD; eight orders to buy, from 2,350 down to 2,000; maintenance margin 0.5%. A cross is liquidation.",
        across=Axis(
            name="price of ETH falling, USD",
            low=TOP,
            high=SHOWN_TO,
            show=lambda price: f"{price:,.0f}",
            places=(2_400.0, 2_200.0, 2_000.0, 1_800.0, 1_600.0, 1_400.0, 1_200.0),
        ),
        up=Axis(
            name="equity, USD",
            low=-800.0,
            high=10_500.0,
            show=lambda value: f"{value:,.0f}",
            places=(0, 2_500, 5_000, 7_500, 10_000),
        ),
        lines=[_line(size, colour, dashed) for size, colour, dashed in SIZES],
        posts=[Post(at=BOTTOM, name="lower edge of the grid", colour=DIM)],
        spots=[
            Spot(
                at=fatal_price(size),
                value=equity(size, fatal_price(size)),
                name=f"liquidated at {fatal_price(size):,.0f}",
                colour=colour,
                shape="cross",
                dx=12,
                dy=-4,
            )
            for size, colour in dying
        ],
    ).svg()


def _line(size: Decimal, colour: str, dashed: str) -> Line:
    prices = np.linspace(TOP, max(fatal_price(size), SHOWN_TO), 200)
    return Line(
        name=f"orders of {size} ETH",
        at=prices,
        values=np.array([equity(size, float(price)) for price in prices]),
        colour=colour,
        dashed=dashed,
    )
