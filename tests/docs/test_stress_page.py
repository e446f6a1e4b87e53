"""docs/stress.md shows what `riskd stress` prints and draws of its example."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path

from riskd.cli.stress_text import lines
from riskd.daemon.stress import Stressed, stress
from riskd.daemon.stress_picture import picture_of
from riskd.daemon.stress_question import Question
from riskd.judge.evaluate import evaluate
from riskd.measure.book.book import Book
from riskd.model.instrument import Bracket
from riskd.model.snapshot import Snapshot
from riskd.observe.facts import SettingFact
from riskd.observe.known import AccountMemory, Heard, Known, VenueMemory
from riskd.policy.load import load
from tests.builders import (
    BTC,
    ETH,
    NOW,
    SOL,
    VENUE,
    a_history,
    a_position,
    a_snapshot,
    a_stop,
    an_account,
    an_instrument,
)

DOCS = Path(__file__).resolve().parents[2] / "docs"
MOVES = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)


XRP = "XRP/USDT:USDT"


@cache
def example(symbol: str = "") -> Stressed:
    page = (DOCS / "stress.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    assert found is not None
    bundle = load([("desk.yaml", found[1])])
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=40_000.0)],
        positions=[
            a_position(BTC, 1),
            a_position(ETH, 15, entry=2_800.0),
            a_position(SOL, -100, isolated_wallet=3_000.0),
        ],
        orders=[
            a_stop(BTC, "SELL", 1, 51_000.0),
            a_stop(ETH, "SELL", 15, 2_500.0),
            a_stop(SOL, "BUY", 100, 165.0),
        ],
        instruments=[an_instrument(XRP, mark=2.0, lot_size="0.1")] if symbol else (),
    )
    history = a_history(snapshot)
    now = evaluate(bundle.rules, Book.of(snapshot, history), now=NOW)
    return stress(snapshot, history, bundle, now, Question(moves=MOVES, symbol=symbol), known=venue(snapshot))


def venue(snapshot: Snapshot) -> Known:
    """What the venue lists, and how the account is set up there."""
    listing = {each.venue_symbol: each for each in snapshot.instruments}
    setting = SettingFact(leverage=Decimal(20), isolated=False)
    bracket = Bracket(
        notional_floor=Decimal(0),
        notional_cap=Decimal(2_000_000),
        maintenance_margin_rate=Decimal("0.01"),
        maintenance_amount=Decimal(0),
        leverage_max=Decimal(75),
    )
    account = AccountMemory(
        settings=Heard(value={each.symbol: setting for each in listing.values()}),
        brackets=Heard(value={each.symbol: (bracket,) for each in listing.values()}),
    )
    return Known(venues={VENUE: VenueMemory(instruments=Heard(value=listing))}, accounts={"main": account})


def written() -> str:
    command = "    $ riskd stress " + " ".join(f"--move {move:.0%}" for move in MOVES)
    return "\n".join([command, *(f"    {line}".rstrip() for line in lines(example(), None))])


def test_the_page_shows_what_the_command_prints() -> None:
    page = (DOCS / "stress.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- example -->\n")[2].partition("\n<!-- end -->")[0]
    assert shown == written()


def test_the_page_shows_what_may_be_opened_of_a_contract_that_nobody_holds() -> None:
    page = (DOCS / "stress.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- opened -->\n")[2].partition("\n<!-- end opened -->")[0]
    told = lines(example(XRP), None)
    (begins,) = (number for number, line in enumerate(told) if line.startswith("how much "))
    command = f"    $ riskd stress --symbol {XRP} | tail -n {len(told) - begins}"
    assert shown == "\n".join([command, *(f"    {line}" for line in told[begins:])])


def test_the_picture_is_what_the_command_draws() -> None:
    assert (DOCS / "img" / "stress.svg").read_text(encoding="utf-8") == picture_of(example(), None)


def test_the_picture_shows_both_curves_and_where_limits_are_reached() -> None:
    drawn = picture_of(example(), "main")
    assert drawn.startswith("<svg")
    for text in (
        "main: All prices move together",
        "margin balance",
        "maintenance margin",
        "liquidation -",
        "BREACH: ",
    ):
        assert text in drawn
    assert "<script" not in drawn
