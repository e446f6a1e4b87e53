"""The numbers of docs/guide/diversification.md."""

from __future__ import annotations

from collections.abc import Iterator

from docs.guide.figures.diversification import losses
from docs.guide.figures.worked import Page, measured
from riskd.model.subject import Grain
from tests.docs.guide.claims import Cited, Claims

OCTOBER = "adl-2025-10-10"


def computed(page: Page) -> Iterator[str]:
    rows, (book, _) = page.rows(), page.books()
    equity = rows.accounts[0].equity
    assert equity is not None
    gross = measured(book, "leverage", Grain.ACCOUNT, "main") * equity
    assert len(rows.positions) == 6
    assert all(row.quantity > 0 for row in rows.positions)
    yield f"An account with {equity:,.0f} USD holds six coins, all long, {gross:,.0f} USD altogether"
    concentration = measured(book, "hhi", Grain.ACCOUNT, "main")
    yield f"a concentration of {concentration:.0%} is that of {1 / concentration:.1f} equal coins"
    october = measured(book, "stress_loss", Grain.ACCOUNT, "main", scenario=OCTOBER)
    [alone] = [alone for name, _, alone in losses() if name == OCTOBER]
    yield f"The crash of October would take {october:.1%} of the equity"
    yield f"The same {gross:,.0f} USD in BTC alone would have lost {alone:.1%}"
    larger = sum(spread > alone for _, spread, alone in losses())
    words = {7: "all", 6: "six", 5: "five"}
    assert len(losses()) == 7
    assert f"Spreading over six coins made the loss larger in {words[larger]} of them" in " ".join(
        page.text.split()
    )


CLAIMS = Claims(
    computed=lambda page: list(computed(page)),
    cited=(
        Cited(
            said="On 10 October 2025 BTC fell by 17%, and the median of 32 perpetuals by 64%; all 32 had their low in the same hour",
            file="truth.md",
            found="median of 32 perps -64%; low of all 32 in the 21:00 hour",
        ),
        Cited(
            said="162 coins counted for no more than 6.1 separate ones",
            file="truth.md",
            found="effective number of coins 6.1 of 162 (HHI 0.164)",
        ),
        Cited(
            said="at one venue in November 2022 found that at FTX there was nothing left at all",
            file="truth.md",
            found="1.6B at FTX; venue equity goes to 0",
        ),
    ),
)
