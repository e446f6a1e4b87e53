"""docs/stress.md shows what `riskd stress` prints and draws of its example."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from riskd.cli.stress_text import lines
from riskd.daemon.stress import Question, Stressed, stress
from riskd.daemon.stress_picture import picture_of
from riskd.judge.evaluate import evaluate
from riskd.measure.book.book import Book
from riskd.policy.load import load
from tests.builders import BTC, ETH, NOW, SOL, a_history, a_position, a_snapshot, a_stop, an_account

DOCS = Path(__file__).resolve().parents[2] / "docs"
MOVES = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3)


@cache
def example() -> Stressed:
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
    )
    history = a_history(snapshot)
    now = evaluate(bundle.rules, Book.of(snapshot, history), now=NOW)
    return stress(snapshot, history, bundle, now, Question(moves=MOVES))


def written() -> str:
    command = "    $ riskd stress " + " ".join(f"--move {move:.0%}" for move in MOVES)
    return "\n".join([command, *(f"    {line}".rstrip() for line in lines(example(), None))])


def test_the_page_shows_what_the_command_prints() -> None:
    page = (DOCS / "stress.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- example -->\n")[2].partition("\n<!-- end -->")[0]
    assert shown == written()


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
