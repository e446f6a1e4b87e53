"""The numbers of docs/guide/swing.md."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from docs.guide.figures.swing import ENTRY, ETH, LEAST, STOP, TARGET, at_every_price, shrunk_at
from docs.guide.figures.worked import Page, measured
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims
from tests.docs.guide.recorded import HOURS, chance

SOL = "SOL/USDT:USDT"


def computed(page: Page) -> Iterator[str]:
    rows, (book,) = page.rows(), page.books()
    eth, sol = rows.positions
    marks = {row.symbol: row.mark for row in rows.instruments}
    stops = {row.symbol: row.trigger for row in rows.orders[::2]}
    targets = {row.symbol: row.trigger for row in rows.orders[1::2]}
    assert (stops[ETH], marks[ETH], targets[ETH]) == (STOP, ENTRY, TARGET)
    mark, stop, target = marks[SOL], stops[SOL], targets[SOL]
    assert mark is not None
    assert stop is not None
    assert target is not None
    assert sol.opened_at == -12 * 86_400.0
    yield (
        f"An account with {rows.accounts[0].equity:,.0f} USD holds two swing trades. ETH: long {eth.quantity} ETH at {ENTRY:,.0f}, "
        f"stop at {STOP:,.0f}, target at {TARGET:,.0f}. SOL: short {-sol.quantity} SOL, sold at {sol.entry:.0f} twelve days ago, "
        f"now at {mark:.0f}; its stop is still at {stop:.0f}, its target at {target:.0f}."
    )
    assert measured(book, "reward_to_risk", Grain.POSITION, ETH) == pytest.approx(
        (TARGET - ENTRY) / (ENTRY - STOP)
    )
    yield f"it may lose {ENTRY - STOP:.0f} USD a coin and win {TARGET - ENTRY:.0f} USD, twice as much"
    yield f"there are {mark - target:.0f} USD a coin left to win and {stop - mark:.0f} USD to lose"
    assert at_every_price("reward_to_risk", [shrunk_at()]) == pytest.approx([LEAST])
    assert at_every_price("risk_multiple", [STOP, ENTRY, TARGET]) == pytest.approx([-1.0, 0.0, 2.0])
    planned = measured(book, "reward_to_risk", Grain.POSITION, ETH)
    yield f"it was planned with {planned:g}x, and above {shrunk_at():,.0f} there is more to lose than left to win"


SAID = (
    "On recorded prices since 2020, a long of BTC held for a week was liquidated in 0.7% of all cases at 3x, in 3.8% at 5x and "
    "in 17.5% at 10x"
)


def weeks() -> str:
    found = {leverage: f"{chance(leverage, HOURS['week']):.1%}" for leverage in (3.0, 5.0, 10.0)}
    return (
        f"On recorded prices since 2020, a long of BTC held for a week was liquidated in {found[3.0]} of all cases at 3x, in "
        f"{found[5.0]} at 5x and in {found[10.0]} at 10x"
    )


CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    recorded={SAID: weeks},
    cited=(
        Cited(
            said="In June 2022 BTC fell by 42% in eight days, and its worst hour was only -6.6%",
            file="truth.md",
            found="BTC -42% in 8 days with worst hour -6.6%",
        ),
    ),
)
