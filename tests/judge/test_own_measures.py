"""Rules with an expression: judged, explained and recorded as every other."""

from __future__ import annotations

from riskd.act.demand import Demand
from riskd.act.plan import Occasion, propose
from riskd.judge.advance import advance
from riskd.judge.evaluate import evaluate
from riskd.judge.explain import explain
from riskd.judge.reading import Reading
from riskd.measure.book.book import Book
from riskd.measure.spec import Unit
from riskd.model.alert import AlertState
from riskd.model.order import Plan
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.rule import Rule
from riskd.record.verdict_rows import measured_text, verdict_block
from tests.builders import BTC, ETH, NAN, NOW, a_history, a_position, a_snapshot, a_surface, an_account
from tests.builders_rules import close
from tests.policy.formulas import rule_of

TILT = rule_of("abs(net) / gross", Grain.ACCOUNT, Unit.RATIO, "{strategy: swing}")


def read(rule: Rule, snapshot: Snapshot) -> Reading:
    (reading,) = evaluate([rule], Book.of(snapshot, a_history(snapshot)), now=NOW)
    return reading


def small(**changes: object) -> Snapshot:
    """BTC +30k and ETH -6k in one account."""
    return a_snapshot(
        accounts=[an_account("main", wallet=10_000, hedge_mode=True)],
        positions=[
            a_position(BTC, 0.5, mark=60_000, entry=60_000, strategy="swing"),
            a_position(ETH, -2, mark=3_000, entry=3_000, strategy="swing", position_side="SHORT"),
        ],
        **changes,  # type: ignore[arg-type]  # passed on as given
    )


def test_a_rule_with_an_expression_judges_every_subject() -> None:
    reading = read(TILT, small())
    assert reading.values.tolist() == [24_000 / 36_000]
    assert reading.levels.tolist() == [2]
    assert reading.limits.tolist() == [0.6]


def test_its_selection_narrows_what_the_sums_count() -> None:
    rule = rule_of("abs(net) / gross", Grain.ACCOUNT, Unit.RATIO, '{symbol: "BTC/*"}')
    assert read(rule, small()).values.tolist() == [1.0]


def test_two_rules_with_the_same_expression_take_it_once_and_agree() -> None:
    book = Book.of(small(), a_history(small()))
    first, second = evaluate([TILT, TILT], book, now=NOW)
    assert first.values.tobytes() == second.values.tobytes()


def test_unknown_is_said_with_its_reason() -> None:
    blind = a_surface(Surface.POSITIONS, quality=Quality.BLIND, reason="timeout")
    reading = read(TILT, small(surfaces=[blind]))
    assert reading.levels.tolist() == [-1]
    assert reading.unknown == ("positions: BLIND, timeout",)
    nothing = read(TILT, a_snapshot(accounts=[an_account("main")]))
    assert nothing.unknown == ("it divides by zero: gross is 0",)


def told(snapshot: Snapshot) -> list[str]:
    readings = evaluate([TILT], Book.of(snapshot, a_history(snapshot)), now=NOW)
    states = advance(readings, {}, now=NOW, closed=lambda _: False).states
    return list(explain(readings[0], 0, next(iter(states.values()), AlertState())))


def test_it_is_explained_by_its_text_and_its_columns() -> None:
    lines = told(small())
    assert "measure   own = 66.67%" in lines
    assert "formula   abs(net) / gross" in lines
    assert "column    net = 24k USD: Σ q·M; spot does not count" in lines
    assert "column    gross = 36k USD: Σ|q·M|" in lines


def test_a_missing_column_is_explained_as_missing() -> None:
    gone = a_snapshot(
        accounts=[an_account("main", wallet=10_000)],
        positions=[a_position(BTC, 0.5, mark=NAN, strategy="swing")],
    )
    lines = told(gone)
    assert f"column    net = unknown (mark price of {BTC}): Σ q·M; spot does not count" in lines
    assert f"missing   mark price of {BTC}" in lines


def test_the_ledger_names_the_expression() -> None:
    assert measured_text(TILT) == "expr(abs(net) / gross)"
    block = verdict_block(1, NOW, [read(TILT, small())])
    assert block.words("measure") == ("expr(abs(net) / gross)",)


def test_a_plan_may_close_what_an_expression_is_about() -> None:
    snapshot = small()
    (subject,) = read(TILT, snapshot).subjects
    book = Book.of(snapshot, a_history(snapshot))
    demand = Demand(rule=TILT, subject=subject, action=close(), level=Level.BREACH, episode=1)
    plan = propose(book, [demand], rules=[TILT], occasion=Occasion(episode=1, attempt=1, now=NOW))
    assert isinstance(plan, Plan), plan
    assert {step.symbol for step in plan.reductions} == {BTC, ETH}
    assert plan.value_before == 24_000 / 36_000
