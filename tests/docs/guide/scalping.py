"""The numbers of docs/guide/scalping.md."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from docs.guide.figures.scalping import MAKER, TAKER, wins_needed
from docs.guide.figures.worked import Page, measured
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims
from tests.docs.guide.recorded import HOURS, chance

BTC = "BTC/USDT:USDT"
MOVE = 0.002


def computed(page: Page) -> Iterator[str]:
    yield (
        f"With a fee of {TAKER:.2%} each way, a bot that aims at {MOVE:.1%} and stops at {MOVE:.1%} must be right in "
        f"{wins_needed(MOVE, TAKER):.0%} of its trades to end at zero. At 1% it would be {wins_needed(0.01, TAKER):.0%}."
    )
    rows, (book,) = page.rows(), page.books()
    held, equity, mark = rows.positions[0], rows.accounts[0].equity, rows.instruments[0].mark
    assert equity is not None
    assert mark is not None
    aim = MOVE * mark * float(held.quantity)
    fees = 2.0 * TAKER * mark * float(held.quantity)
    won = [close.realized for close in rows.closes if close.realized > 0.0]
    lost = [-close.realized for close in rows.closes if close.realized < 0.0]
    assert won == lost == pytest.approx([aim] * 5)
    assert [close.fee for close in rows.closes] == pytest.approx([fees] * 10)
    yield (
        f"An account with {equity:,.0f} USD, and a bot that trades {held.quantity} BTC at {mark:,.0f}, with {held.leverage:.0f}x. "
        f"It aims at {MOVE:.1%} and stops at {MOVE:.1%}. Today it has closed ten trades: five won {aim:.0f} USD each, five lost "
        f"{aim:.0f} USD each, and each paid {fees:.0f} USD of fees."
    )
    paid = 10 * fees
    assert sum(won) - sum(lost) - paid == pytest.approx(equity - rows.accounts[0].past[0][1])
    yield (
        f"It was right every second time, and it has lost {paid:.0f} USD: exactly its fees. All that its winners brought, "
        f"{sum(won):.0f} USD, went to the venue."
    )
    age = measured(book, "holding_time", Grain.POSITION, BTC) / 60.0
    room = measured(book, "liquidation_distance", Grain.POSITION, BTC)
    yield f"meant for minutes and is {age:.0f} minutes old, with a room of {room:.2%}"
    yield f"With {MAKER:.2%} for each fill, as makers may pay, {wins_needed(MOVE, MAKER):.0%} would do at {MOVE:.1%}"


SAID = "On recorded prices since 2020, a long of BTC at 20x that was left alone for a day was liquidated in 12.2% of all cases"


def left_alone() -> str:
    return (
        "On recorded prices since 2020, a long of BTC at 20x that was left alone for a day was liquidated in "
        f"{chance(20.0, HOURS['day']):.1%} of all cases"
    )


CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    recorded={SAID: left_alone},
    cited=(
        Cited(
            said="for 2 minutes first and up to 3 days in the end (python-binance issue 128)",
            file="failure-stories.md",
            found="418 (2 min → 3 days), HL address limit exhausted by stop adjustments|python-binance#128",
        ),
    ),
)
