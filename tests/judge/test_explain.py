"""The chain from inputs to verdict, complete and in order."""

from __future__ import annotations

from riskd.judge.advance import advance
from riskd.judge.evaluate import evaluate
from riskd.judge.explain import explain
from riskd.measure.book.book import Book
from riskd.model.alert import AlertState
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.policy.rule import Rule
from tests.builders import BTC, NOW, a_history, a_position, a_snapshot, a_surface, an_account
from tests.builders_rules import a_rule, a_waiver, at_most, within

RULE = a_rule(at_most(warn=4, breach=5), hold={"warn": 0, "breach": 60}, clear_margin=0.05, clear_for=300)


def told(rule: Rule, snapshot: Snapshot) -> list[str]:
    readings = evaluate([rule], Book.of(snapshot, a_history(snapshot)), now=NOW)
    states = advance(readings, {}, now=NOW, closed=lambda _: False).states
    return list(explain(readings[0], 0, next(iter(states.values()), AlertState())))


def a_book(size: float, **changes: object) -> Snapshot:
    return a_snapshot(
        accounts=[an_account("main", wallet=10_000)],
        positions=[a_position(BTC, size)],
        **changes,  # type: ignore[arg-type]  # passed on as given
    )


def test_a_firing_alert_is_explained_from_formula_to_what_would_end_it() -> None:
    lines = told(RULE, a_book(0.9))
    assert lines[0] == "subject   account=main"
    assert lines[1] == "rule      test/leverage: Account leverage cap (policies/test.yaml:1)"
    assert lines[2] == "measure   leverage = 5.4x"
    assert lines[3].startswith("formula   L = ")
    assert "limit     breach above 5x, held for 1m" in lines
    assert "verdict   breach, 108% of the breach limit" in lines
    assert "alert     firing warn since 2026-03-02 12:00:00 UTC, episode 1" in lines
    assert "pending   breach exceeded since 12:00:00 UTC, fires after 1m" in lines
    assert lines[-1] == "clears    once it is at most 3.8x for 5m"


def test_a_healthy_subject_is_explained_without_an_alert() -> None:
    lines = told(RULE, a_book(0.1))
    assert "verdict   ok, 12% of the breach limit" in lines
    assert lines[-1] == "alert     none"


def test_what_is_unknown_names_the_missing_input() -> None:
    blind = a_surface(Surface.BALANCES, quality=Quality.BLIND, reason="timeout")
    lines = told(RULE, a_book(0.9, surfaces=[blind]))
    assert "measure   leverage = unknown" in lines
    assert any(line.startswith("missing   ") and "timeout" in line for line in lines)
    assert "verdict   unknown: the last state is kept" in lines


def test_a_band_clears_between_its_inner_edges() -> None:
    rule = a_rule(within(breach=(1.0, 3.0)), clear_margin=0.5, measure="net_delta")
    assert told(rule, a_book(0.9))[-1] == "clears    once it is between 1.5x and 2.5x for 0s"


def test_a_waived_value_is_explained_with_the_normal_limit_and_the_waiver() -> None:
    snapshot, waiver = a_book(0.9), a_waiver(at_most(warn=6, breach=7))
    (reading,) = evaluate([RULE], Book.of(snapshot, a_history(snapshot)), now=NOW, waivers=[waiver])
    states = advance([reading], {}, now=NOW, closed=lambda _: False).states
    lines = explain(reading, 0, next(iter(states.values())))
    assert "own       warn 4x, breach 5x (policies/test.yaml:1)" in lines
    assert any(
        line.startswith("waiver    W-1 (RISK-311) until 2026-03-09 00:00 UTC: warn 6x") for line in lines
    )
    assert "normal    warn 4x, breach 5x" in lines
    assert "limit     breach above 7x, held for 1m" in lines
    assert "verdict   waived: breach by the normal limit, within that of the waiver" in lines
    assert lines[-1] == "alert     none"


def test_a_suspended_rule_is_explained_as_having_no_limit() -> None:
    snapshot = a_book(0.9)
    (reading,) = evaluate([RULE], Book.of(snapshot, a_history(snapshot)), now=NOW, waivers=[a_waiver(None)])
    assert "limit     none: the rule is suspended" in explain(reading, 0, AlertState())
