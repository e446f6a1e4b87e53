"""The numbers of docs/guide/leverage.md."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from docs.guide.figures.leverage import EQUITY, fatal_fall, held
from docs.guide.figures.worked import Page, measured
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims
from tests.docs.guide.recorded import HOURS, chance, row


def computed(page: Page) -> Iterator[str]:
    rows, (book,) = page.rows(), page.books()
    calm, bet, bold = rows.positions
    mark = rows.instruments[0].mark
    assert mark is not None
    assert [account.equity for account in rows.accounts] == [EQUITY] * 2
    stake = measured(book, "share_of_equity", Grain.POSITION, "DOGE/USDT:USDT")
    yield (
        f"Two accounts, {EQUITY:,.0f} USD each. Calm holds {calm.quantity} BTC at {mark:,.0f}, and a small bet of "
        f"{stake * EQUITY:.0f} USD on DOGE. Bold holds {bold.quantity} BTC."
    )
    ratio = measured(book, "margin_ratio", Grain.ACCOUNT, "bold")
    shock = measured(book, "account_shock", Grain.ACCOUNT, "bold")
    yield f"A margin ratio of {ratio:.0%} reads like plenty of room, and still a fall of {shock:.2%} ends the account"
    yield f"its bet at {bet.leverage:.0f}x, because it is {stake:.0%} of the equity"
    # The picture and the measures speak of the same accounts.
    assert abs(fatal_fall(10.0) - shock) < 1e-12
    assert abs(held(10.0).position.contracts - float(bold.quantity)) < 1e-12
    yield "At 10x a fall of a tenth takes all the margin"


def shorts() -> str:
    return f"Shorts fared worse: {chance(5.0, HOURS['month'], -1.0):.1%} within a month at 5x"


SAID = (
    "| 2x | 0.0% | 0.3% | 1.3% |",
    "| 3x | 0.0% | 0.7% | 5.2% |",
    "| 5x | 0.2% | 3.8% | 17.6% |",
    "| 10x | 2.1% | 17.5% | 44.5% |",
    "| 20x | 12.2% | 46.3% | 69.9% |",
)
CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    recorded={
        **{
            said: partial(row, leverage)
            for said, leverage in zip(SAID, (2.0, 3.0, 5.0, 10.0, 20.0), strict=True)
        },
        "Shorts fared worse: 27.7% within a month at 5x": shorts,
    },
    cited=(
        Cited(
            said="entered at any hour from January 2020 to April 2026 (maintenance margin 0.5%, nothing done meanwhile)",
            file="truth.md",
            found="measured instead (mark lows, BTC 2020-2026, mmr 0.5%, all hours)",
        ),
        Cited(
            said="On 10 October 2025 positions of 19.1 billion USD were liquidated, of 1.6 million accounts, 87% of it long",
            file="truth.md",
            found="19.1B (87% long, 1.6M accounts)",
        ),
        Cited(
            said="in TorchTrade issue 344 it gave a room of 4.60% where 0.60% was true",
            file="failure-stories.md",
            found="4.60 % shown, 0.60 % true|TorchTrade#344",
        ),
    ),
)
