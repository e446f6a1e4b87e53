"""What `riskd stress` says in words of how much more may be held or opened."""

from __future__ import annotations

from riskd.cli.stress_more import more_lines
from riskd.cli.stress_values import as_values
from riskd.daemon.stress import Stressed, stress
from riskd.daemon.stress_question import Question
from riskd.judge.evaluate import evaluate
from riskd.measure.book.book import Book
from riskd.observe.known import Known
from riskd.policy.load import load
from tests.builders import BTC, ETH, NAN, NOW, a_history, a_position, a_snapshot, an_account

POLICY = """
riskd: policy/v1
name: desk
title: Rules
owner: us
version: "1"
mode: observe
rules:
  - {id: leverage, title: Leverage, measure: leverage, per: account, max: {warn: 2x, breach: 5x, critical: 12x}}
  - {id: all, title: All, measure: leverage, per: portfolio, max: {breach: 30x}}
"""


def asked(symbol: str = "") -> Stressed:
    """6x in one account, 2.4x in another, of which one position has no mark."""
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=10_000.0), an_account("other", wallet=25_000.0)],
        positions=[
            a_position(BTC, 1),
            a_position(BTC, 1, "other"),
            a_position(ETH, 1, "other", mark=NAN),
        ],
    )
    history, bundle = a_history(snapshot), load([("own.yaml", POLICY)])
    now = evaluate(bundle.rules, Book.of(snapshot, history), now=NOW)
    return stress(snapshot, history, bundle, now, Question(symbol=symbol), known=Known())


def test_a_rule_that_is_beyond_its_limit_already_is_said_to_be() -> None:
    text = "\n".join(more_lines(asked(), "main"))
    assert text.count("0 (leverage, already in breach)") == 2, "of WARN and of BREACH"
    assert "at most 59," not in text, "of CRITICAL: what is unknown of the portfolio has no such level"
    assert "59,640 (leverage)" in text
    assert "not counted, as it is unknown: desk/all  portfolio: mark price of ETH/USDT:USDT" in text


def test_of_one_contract_each_level_has_a_line_and_says_what_there_is_apart() -> None:
    told = more_lines(asked(BTC), "main")
    rows = [" ".join(row.split()) for row in told[2:5]]
    assert rows == [
        f"main {BTC} long WARN 0 0 BTC desk/leverage main already in breach",
        "BREACH 0 0 BTC desk/leverage main already in breach; apart from this ?",
        "CRITICAL 59,640 0.994 BTC desk/leverage main",
    ]
    assert (
        "  main BTC/USDT:USDT short: not supposed, a long is held, which a short would first make smaller"
        in told
    )


def test_where_nothing_can_be_judged_the_answer_is_a_question_mark() -> None:
    text = "\n".join(more_lines(asked(), "other"))
    assert f"other {BTC} long  60,000    ?" in text
    values = as_values(asked(), "other")["more"]
    assert isinstance(values, list)
    assert isinstance(values[0], dict)
    until = values[0]["until"]
    assert isinstance(until, list)
    assert all(isinstance(each, dict) and each["notional"] is None for each in until)
