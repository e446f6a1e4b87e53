"""What lint says, and where it keeps silent. docs/lint.md has an example of every code; tests/docs/test_lint.py runs them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from riskd.model.desk import AccountProfile, Desk, StrategyMatch
from riskd.policy.lint.finding import RETIRED, Finding, Lint, Severity
from riskd.policy.lint.lint import lint
from riskd.policy.load import load

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD = 'riskd: policy/v1\nname: desk\ntitle: A desk\nowner: us\nversion: "1"\nmode: observe\n'
DESK = Desk(
    accounts=(
        AccountProfile(
            id="main",
            venue="binanceusdm",
            labels=(("env", "prod"),),
            strategies=(StrategyMatch(symbols=("*",), strategy="swing"),),
        ),
    )
)


def found(rules: str, *, head: str = "", desk: Desk | None = None) -> tuple[Finding, ...]:
    text = f"{HEAD}{dedent(head)}rules:\n{dedent(rules)}"
    return lint(load([("desk.yaml", text)]), desk, NOW)


def codes(rules: str, *, head: str = "", desk: Desk | None = None) -> list[str]:
    """All but that there are no tests, as is so of nearly every text here."""
    every = [finding.code for finding in found(rules, head=head, desk=desk)]
    return [code for code in every if code != Lint.NO_TEST.code]


def a_rule(
    limit: str, *, measure: str = "leverage", per: str = "account", name: str = "cap", more: str = ""
) -> str:
    return f"  - {{id: {name}, title: T, why: W, measure: {measure}, per: {per}, {limit}{more}}}\n"


# ---- places ----------------------------------------------------------------------------------------------------------


def test_a_finding_stands_at_the_key_that_it_is_about() -> None:
    rules = """\
      - id: cap
        title: Cap
        why: Any.
        measure: share_of_gross
        per: asset
        max: 100%
    """
    _, finding = found(rules)
    assert finding.mark is not None
    assert (finding.mark.file, finding.mark.line, finding.mark.column) == ("desk.yaml", 13, 3)
    assert str(finding) == (
        "desk.yaml:13:3: error[L005]: breach 100% of desk/cap is never exceeded: share_of_gross is never below 0% and "
        "never above 100%; write a limit inside that range, or take the level out"
    )


def test_findings_come_in_the_order_of_the_file_and_those_of_the_desk_last() -> None:
    rules = a_rule("max: 5x", name="a", more=", where: {account: nobody}") + a_rule("min: 0x", name="b")
    ordered = found(rules, desk=DESK)
    assert [finding.code for finding in ordered[:3]] == ["L031", "L004", "L005"]
    assert {finding.code for finding in ordered[3:]} == {"L025"}
    assert ordered[-1].mark is None


def test_a_sound_policy_has_no_findings() -> None:
    assert codes(a_rule("max: {warn: 4x, breach: 5x}")) == []


# ---- selectors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "where", "code"),
    [
        ("{strategy: hedge}", "{strategy: swing}", "L001"),
        ("{strategy: 'a-*'}", "{strategy: ['b-*', 'c-*']}", "L001"),
        ("{labels: {env: prod}}", "{labels: {env: test}}", "L001"),
        ("{strategy: 'a-*'}", "{strategy: {not: 'a*'}}", "L001"),
        ("{strategy: 'a-*'}", "{strategy: {not: 'b-*'}}", "L002"),
        ("{strategy: 'a-*'}", "{strategy: {not: 'a-1'}}", None),
        ("{strategy: 'a-*'}", "{strategy: '*-b'}", None),
    ],
)
def test_scope_and_where_are_read_together(scope: str, where: str, code: str | None) -> None:
    rules = a_rule("max: 40%", measure="share_of_equity", per="position", more=f", where: {where}")
    assert codes(rules, head=f"scope: {scope}\n") == ([] if code is None else [code])


def test_a_dead_scope_is_said_once_and_not_of_every_rule() -> None:
    rules = a_rule("max: 5x") + a_rule("max: 10%", measure="open_risk", name="risk")
    assert codes(rules, head="scope: {labels: {env: tset}}\n", desk=DESK)[:2] == ["L003", "L004"]
    assert codes(rules, head="scope: {labels: {env: tset}}\n", desk=DESK).count("L003") == 1


def test_an_exception_of_what_the_desk_lacks_is_only_told_when_it_looks_misspelt() -> None:
    def exception(name: str) -> list[str]:
        more = f", where: {{strategy: {{not: {name}}}}}"
        return codes(a_rule("max: 40%", measure="share_of_equity", per="position", more=more), desk=DESK)

    assert "L004" not in exception("hedge")
    assert "L004" in exception("swinng")


def test_a_symbol_is_never_called_dead_because_only_the_venue_knows_it() -> None:
    more = ", where: {symbol: 'NOPE/*'}"
    assert "L004" not in codes(
        a_rule("max: 40%", measure="share_of_equity", per="position", more=more), desk=DESK
    )


# ---- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "per", "limit", "code"),
    [
        ("leverage", "account", "min: 0x", "L005"),
        ("stop_coverage", "position", "min: {breach: 99%, critical: 0%}", "L005"),
        ("adl_rank", "position", "max: 4", "L005"),
        ("adl_rank", "position", "max: 3", None),
        ("stop_coverage", "position", "max: 100%", "L005"),
        ("stop_coverage", "position", "min: 100%", None),
        ("grid_breakout", "grid", "max: 0%", None),
        ("loss_today", "account", "max: -1%", "L006"),
        ("stop_coverage", "position", "min: 120%", "L006"),
        ("stop_coverage", "position", "band: {breach: [-10%, 110%]}", "L005"),
        ("stop_coverage", "position", "band: {breach: [50%, 110%]}", None),
        ("leverage", "account", "max: 200x", None),  # without equity leverage is infinite
        ("net_delta", "account", "max: -5%", None),  # has any value
    ],
)
def test_limits_are_compared_with_what_the_measure_can_be(
    measure: str, per: str, limit: str, code: str | None
) -> None:
    assert codes(a_rule(limit, measure=measure, per=per)) == ([] if code is None else [code])


def test_a_limit_under_a_calendar_is_compared_too() -> None:
    head = "calendars: {weekend: {tz: UTC, days: [sat]}}\n"
    rules = a_rule(
        "min: 50%", measure="stop_coverage", per="position", more=", during: {weekend: {min: 120%}}"
    )
    assert codes(rules, head=head) == ["L006"]


@pytest.mark.parametrize(
    ("calendar", "is_over"),
    [
        ("{tz: UTC, dates: ['2026-11-20']}", True),
        ("{tz: UTC, dates: ['2026-11-21']}", False),  # its night may still be running
        ("{tz: UTC, dates: ['2026-01-01', '2027-01-01']}", False),
        ("{tz: UTC, days: [sat], dates: ['2027-01-01']}", True),  # a Friday
        ("{tz: UTC, days: [fri], dates: ['2027-01-01']}", False),
        ("{tz: UTC, days: [fri]}", False),
    ],
)
def test_a_calendar_is_over_when_no_date_is_to_come(calendar: str, is_over: bool) -> None:
    rules = a_rule("max: 5x", more=", during: {special: {max: 3x}}")
    assert codes(rules, head=f"calendars: {{special: {calendar}}}\n") == (["L007"] if is_over else [])


# ---- levels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "lost"),
    [
        ("{breach: [notify, block_new_risk]}", "block_new_risk"),
        ("{breach: [notify, cancel_orders], critical: [notify, close]}", "cancel_orders"),
        ("{breach: [notify, deleverage], critical: [notify, close]}", ""),
        ("{breach: [notify, close], critical: [notify, deleverage]}", "close"),
        (
            "{breach: [notify, {cancel_orders: {which: all}}], critical: [notify, cancel_orders]}",
            "cancel_orders of all",
        ),
        ("{critical: [notify, close]}", ""),
    ],
)
def test_a_worse_level_does_what_a_milder_one_does(then: str, lost: str) -> None:
    findings = found(a_rule("max: {breach: 5x, critical: 6x}", more=f", then: {then}"))
    told = [each.what for each in findings if each.lint is Lint.DOES_LESS]
    assert told == ([f"critical of desk/cap lacks what breach does: {lost}"] if lost else [])


def test_defaults_and_inherited_levels_count_too() -> None:
    rules = a_rule("max: {breach: 5x, critical: 6x}", more=", then: {breach: [notify, block_new_risk]}")
    same = "defaults: {then: {critical: [notify, block_new_risk]}}\n"
    assert "L027" in codes(rules)
    assert "L027" not in codes(rules, head=same)
    more = ", refines: desk/cap, then: {breach: [notify, block_new_risk]}"
    assert "L027" in codes(a_rule("max: {breach: 5x, critical: 6x}") + a_rule("max: 4x", name="b", more=more))


@pytest.mark.parametrize(
    ("limits", "waits", "code"),
    [
        ("{breach: 5x, critical: 6x}", "{breach: 1m, critical: 1h}", "L028"),
        ("{breach: 5x, critical: 6x}", "{breach: 1m, critical: 6m}", None),
        ("{breach: 5x, critical: 5x}", "{breach: 1m, critical: 1h}", None),
        ("{breach: 5x, critical: 6x}", "{breach: 1h, critical: 1m}", None),
    ],
)
def test_a_worse_level_does_not_wait_much_longer(limits: str, waits: str, code: str | None) -> None:
    assert codes(a_rule(f"max: {limits}", more=f", for: {waits}")) == ([] if code is None else [code])


# ---- ratios ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "unit", "limit", "code"),
    [
        ("100 * net / equity", "ratio", "5%", "L029"),
        ("abs(net * 10000) / equity", "ratio", "5%", "L029"),
        ("net / equity / 100", "ratio", "5%", "L029"),
        ("net / equity * 10", "ratio", "5%", None),
        ("100% * net / equity", "ratio", "5%", None),
        ("positions * 100", "count", "500", None),
    ],
)
def test_a_ratio_has_no_factor_of_a_hundred(expression: str, unit: str, limit: str, code: str | None) -> None:
    rule = (
        f"  - {{id: cap, title: T, why: W, expr: {expression}, unit: {unit}, per: account, max: {limit}}}\n"
    )
    assert codes(rule) == ([] if code is None else [code])


def test_a_share_of_all_below_half_is_exceeded_by_a_book_of_few() -> None:
    def told(limit: str, per: str = "asset") -> list[str]:
        findings = found(a_rule(f"max: {limit}", measure="share_of_gross", per=per))
        return [each.what.split(" whenever ")[1] for each in findings if each.lint is Lint.FEW_COINS]

    rest = "all there is, because the shares add up to 100%"
    assert told("{warn: 30%, breach: 60%}") == [f"1 to 3 assets are {rest}"]
    assert told("25%", "strategy") == [f"1 to 3 strategies are {rest}"]
    assert told("50%") == []


def test_concentration_of_a_few_assets_is_never_low() -> None:
    findings = found(a_rule("max: 25%", measure="hhi", per="account"))
    (told,) = [each.what for each in findings if each.lint is Lint.FEW_COINS]
    assert "1 to 3 assets are all there is" in told


# ---- guard and tests -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guard", "per", "action", "is_refused"),
    [
        ("50%", "account", "close", True),
        ("50%", "strategy", "close", True),
        ("50%", "account", "{deleverage: {objective: pro_rata}}", True),
        ("50%", "account", "deleverage", False),
        ("100%", "account", "close", False),
    ],
)
def test_a_guard_that_refuses_an_action_is_told(guard: str, per: str, action: str, is_refused: bool) -> None:
    rule = a_rule("max: 5x", per=per, more=f", then: {{breach: [notify, {action}]}}")
    assert ("L030" in codes(rule, head=f"guard: {{max_positions_touched: {guard}}}\n")) is is_refused


@pytest.mark.parametrize(
    ("action", "is_order"),
    [("cancel_orders", True), ("deleverage", True), ("block_new_risk", False), ("notify", False)],
)
def test_whatever_may_be_sent_should_have_a_guard(action: str, is_order: bool) -> None:
    actions = ", ".join(dict.fromkeys(("notify", action)))
    rule = a_rule("max: 5x", more=f", mode: enforce, then: {{breach: [{actions}]}}")
    test = "tests: [{name: a, rule: cap, series: 6x, expect: [{at: 0s, is: firing}]}]\n"
    text = f"{HEAD.replace('observe', 'enforce')}{test}rules:\n{rule}"
    every = {finding.code for finding in lint(load([("desk.yaml", text)]), None, NOW)}
    assert (Lint.NO_GUARD.code in every) is is_order


def test_rules_without_a_test_are_named_once() -> None:
    every = found(a_rule("max: 5x") + a_rule("max: 10%", measure="open_risk", name="risk"))
    assert [(each.code, each.what) for each in every] == [
        ("L031", "2 of the rules of desk have no test: cap, risk")
    ]


# ---- stops -----------------------------------------------------------------------------------------------------------

STOP = a_rule("max: 15%", measure="stop_distance", per="position", name="stop")
PLACES = a_rule(
    "min: 100%",
    measure="stop_coverage",
    per="position",
    name="stops",
    more=", then: {breach: [notify, {place_stop: {distance: 15%}}]}",
)
ROOM = a_rule("min: {warn: 20%, breach: 12%}", measure="liquidation_distance", per="position", name="room")


def beyond(*rules: str) -> list[str]:
    return [code for code in codes("".join(rules)) if code in ("L011", "L012")]


def test_a_stop_is_compared_with_the_room_of_the_same_positions() -> None:
    elsewhere = ROOM.replace("min:", "where: {strategy: hedge}, min:")
    assert beyond(STOP, ROOM) == ["L011"]
    assert beyond(PLACES, ROOM) == ["L011"]
    assert beyond(STOP, ROOM.replace("12%", "16%")) == []
    assert beyond(STOP, elsewhere) == ["L011"]  # hedges have both
    assert beyond(STOP.replace("max:", "where: {strategy: swing}, max:"), elsewhere) == []


def test_the_tightest_of_several_rules_counts() -> None:
    tighter = a_rule("max: 10%", measure="stop_distance", per="position", name="near")
    more_room = a_rule("min: 18%", measure="liquidation_distance", per="position", name="more")
    assert beyond(STOP, tighter, ROOM) == []
    assert beyond(STOP, ROOM, more_room) == []
    assert beyond(PLACES, tighter, ROOM) == ["L011"]  # no rule moves a stop that is placed


def test_a_share_of_the_way_to_liquidation_settles_it_unless_it_allows_all_of_it() -> None:
    share = a_rule("max: 75%", measure="stop_to_liquidation", per="position", name="share")
    assert beyond(STOP, ROOM, share) == []
    assert beyond(share.replace("75%", "100%")) == ["L011"]


# ---- rules beside each other -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "is_idle"),
    [
        ("", False),  # the same is told as the same
        ("max: 6x", True),
        ("max: 6x, for: 0s", False),  # sooner
        ("max: 6x, where: {account: main}", True),
        ("max: 6x, then: {breach: [notify, close]}", False),  # does more
        ("max: 6x, clear: {for: 5m}", False),  # lasts longer
        ("max: 6x, missing: {hold: 0s}", False),  # says sooner that data is missing
        ("max: {breach: 6x, critical: 7x}", False),  # has a level of its own
        ("max: 6x, where: {strategy: swing}", False),  # counts something else
    ],
)
def test_a_rule_is_idle_when_another_one_is_never_later_and_does_no_less(changes: str, is_idle: bool) -> None:
    strong = a_rule("max: 5x", more=", for: 30s")
    limit = changes or "max: 5x"
    timing = "" if "for: 0s" in changes else ", for: 30s"
    assert codes(strong + a_rule(limit + timing, name="other")) == (
        ["L019"] if is_idle else ["L018"] if not changes else []
    )


def test_rules_on_other_windows_are_other_rules() -> None:
    month = a_rule("max: 10%", measure="{drawdown: {window: 30d}}")
    week = a_rule("max: 10%", measure="{drawdown: {window: 7d}}", name="week")
    assert codes(month + week) == []


def test_a_parent_is_not_idle_because_a_child_is_tighter() -> None:
    child = a_rule("max: 4x", name="child", more=", refines: desk/cap")
    assert codes(a_rule("max: 5x") + child) == []


def test_hundreds_of_rules_on_one_measure_are_linted_at_once() -> None:
    rules = "".join(
        a_rule(
            f"max: {5 + number / 1000:.3f}x", name=f"cap-{number}", more=f", where: {{account: a{number}}}"
        )
        for number in range(800)
    )
    assert codes(rules) == []


# ---- the packs -------------------------------------------------------------------------------------------------------

PACKS = sorted((Path(__file__).resolve().parents[2] / "policies").glob("*.yaml"))
PACKS = [file for file in PACKS if file.stem != "waivers"]  # an example of waivers, which end


def test_the_shipped_packs_have_no_errors_and_no_warnings() -> None:
    bundle = load([(file.name, file.read_text(encoding="utf-8")) for file in PACKS])
    bad = [str(finding) for finding in lint(bundle, None, NOW) if finding.severity is not Severity.NOTE]
    assert bad == []


def test_codes_are_unique_and_without_gaps_but_those_that_were_given_up() -> None:
    codes = [f"L{number:03}" for number in range(1, len(Lint) + len(RETIRED) + 1)]
    assert [each.code for each in Lint] == [code for code in codes if code not in RETIRED]
