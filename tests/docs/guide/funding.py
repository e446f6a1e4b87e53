"""The numbers of docs/guide/funding.md."""

from __future__ import annotations

from collections.abc import Iterator

from docs.guide.figures.funding import BTC, paid, worked
from docs.guide.figures.worked import Page, measured
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims

HOURS_A_YEAR = 8_760.0


def a_year(rate: float) -> float:
    return rate / 8.0 * HOURS_A_YEAR


def computed(page: Page) -> Iterator[str]:
    rows, (book,) = page.rows(), page.books()
    btc, eth = rows.positions
    equity = rows.accounts[0].equity
    assert equity is not None
    assert [row.funding_rate for row in rows.instruments] == [0.0005 / 8.0] * 2
    yield (
        f"An account with {equity:,.0f} USD is long {btc.quantity} BTC at {rows.instruments[0].mark:,.0f} with a stop at "
        f"{rows.orders[0].trigger:,.0f}, and short {-eth.quantity} ETH at {rows.instruments[1].mark:,.0f}. The rate of both is "
        f"0.05%/8h, which is {a_year(0.0005):.1%} a year; 0.01%/8h, the usual rest position, would be {a_year(0.0001):.1%}"
    )
    rate = measured(book, "funding_rate", Grain.POSITION, BTC)
    held = measured(book, "share_of_equity", Grain.POSITION, BTC) * equity
    day, ten = rate * 24 * held, rate * 240 * held
    assert day == sum(row.paid for row in rows.funding if row.symbol == BTC)
    risk = measured(book, "risk_per_trade", Grain.POSITION, BTC) * equity
    yield (
        f"A day of the long costs {day:.2f} USD, and nobody feels it: {day / equity:.3%} of the equity. Ten days cost "
        f"{ten:.0f} USD. The stop would lose {risk:.0f} USD."
    )
    assert 0.45 < ten / risk < 0.5
    yield "at 5x, 1% of funding is 5% of your money"
    lost = worked()[1]
    when = {rate: lost / paid(rate, 1.0) for rate in (0.001, 0.0005, 0.0001)}
    assert 10.4 < when[0.001] < 10.6
    assert when[0.0001] > 31
    yield f"at 0.1%/8h funding has taken as much after ten and a half days, at 0.05%/8h after {when[0.0005]:.0f}, at 0.01%/8h not within a month".capitalize()


CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    cited=(
        Cited(
            said="longs of BTC paid on average 30.6% a year in 2021 and 5.1% in 2025; longs of XRP 48.1% in 2021",
            file="truth.md",
            found="mean funding annualised BTC 17.2/30.6/4.2/7.9/11.9/5.1% for 2020..2025",
        ),
        Cited(
            said="Single payments reached 0.30% in eight hours, in both directions. Between 14% and 19% of all payments went "
            "the other way",
            file="truth.md",
            found="negative 14-19% of settlements; extremes -0.30%/+0.30% (BTC)",
        ),
        Cited(
            said="on 10 October 2025, 4 of 30 contracts settled every four. A rate of 0.05% means twice as much there",
            file="truth.md",
            found="4 of 30 symbols on 2025-10-10 settle every 4 h",
        ),
    ),
)
