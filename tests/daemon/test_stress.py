"""`riskd stress` inside this process, on the demo's desk: what is read for it, what it answers, what it refuses."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from riskd.cli.stress_text import lines
from riskd.cli.stress_values import as_values
from riskd.daemon.once import Sight, look_with
from riskd.daemon.settings_file import read_settings
from riskd.daemon.stress import READ_ASIDE, Stressed, stressed
from riskd.daemon.stress_picture import picture_of
from riskd.daemon.stress_question import Question, QuestionError
from riskd.daemon.subject_owner import is_shown, owners
from riskd.judge.first_crossing import Fate
from riskd.measure.catalogue import select_all, take, with_defaults
from riskd.measure.spec import MeasureRef
from riskd.model.report import Surface
from riskd.model.subject import Grain, Subject
from riskd.policy.load import load
from tests.daemon.inside import installed

POLICY = """
riskd: policy/v1
name: desk
title: Rules
owner: us
version: "1"
mode: observe
rules:
  - {id: leverage, title: Leverage, measure: leverage, per: account, max: {warn: 5x, breach: 10x}}
  - {id: shock, title: Shock, measure: account_shock, per: account, min: {breach: 10%}}
  - {id: hedge, title: Hedge, measure: hedge_ratio, per: hedge, band: {breach: [90%, 110%]}}
  - {id: age, title: Age, measure: data_age, per: account, max: {warn: 45s}}
  - {id: all, title: All, measure: leverage, per: portfolio, max: {breach: 30x}}
  - {id: rank, title: Rank, measure: adl_rank, per: position, max: {warn: 4}}
"""


DOGE = "DOGE/USDT:USDT"


def sight_of(also: frozenset[Surface], asked: frozenset[str] = frozenset()) -> Sight:
    with TemporaryDirectory() as folder:
        loop, clock, connections, installation = installed(Path(folder), POLICY)
        try:
            settings = read_settings(installation.config)
            bundle = load([("own.yaml", POLICY)])
            looking = look_with(settings, bundle, clock, connections, also=also, asked=asked)
            return loop.run_until_complete(looking)
        finally:
            loop.close()


@cache
def sight() -> Sight:
    return sight_of(READ_ASIDE)


@cache
def sight_with_doge() -> Sight:
    return sight_of(READ_ASIDE, frozenset({DOGE}))


@cache
def answers(asset: str = "", scenario: str = "") -> Stressed:
    return stressed(sight(), Question(asset=asset, scenario=scenario))


def test_what_coins_count_is_read_though_no_rule_looks_at_it() -> None:
    assert sight().result.book.tables.histories[0].asset_index.asset
    assert not sight_of(frozenset()).result.book.tables.histories[0].asset_index.asset


def test_the_first_liquidation_is_what_the_measure_says_of_the_live_book() -> None:
    book = sight().result.book
    ends = answers().curve.liquidations[:4]
    for direction, found in (
        ("fall", [end.backwards for end in ends]),
        ("rise", [end.forwards for end in ends]),
    ):
        ref = with_defaults(MeasureRef("account_shock", (("direction", direction),)))
        assert found == take(book, ref, Grain.ACCOUNT, select_all(book)).values.tolist()


def test_no_move_leaves_the_book_as_it_is() -> None:
    found, accounts = answers(), sight().result.snapshot.accounts
    still = found.curve.moves.index(0.0)
    equity = [float(curve.equity[still]) for curve in found.curve.accounts]
    assert equity == pytest.approx(accounts.equity.tolist())
    assert not any(each.level > max(each.now, 0) for each in found.curve.reached[still])


def test_a_rank_that_only_the_venue_knows_is_unknown_after_a_move() -> None:
    ranks = [reach for reach in answers().reaches if reach.rule.id == "desk/rank"]
    assert ranks
    assert {reach.forwards.fate for reach in ranks} == {Fate.UNKNOWN}
    text = "\n".join(lines(answers(), None))
    assert "unknown from " in text
    assert "ADL rank of" in text


def test_the_text_has_one_account_or_all_and_json_has_everything() -> None:
    text = "\n".join(lines(answers(), "swing"))
    assert "account swing\n" in text
    assert "account hedge" not in text
    assert "btc-carry" not in text, "the hedge lies in another account"
    assert "portfolio" in text, "what is everybody's is shown"
    told = json.loads(json.dumps(as_values(answers(), None), allow_nan=False))
    assert {each["account"] for each in told["accounts"]} == {"grid", "hedge", "scalp", "swing"}
    assert len(told["reverse"]) == len(answers().reaches)
    assert {each["rule"] for each in told["rooms"]} == {reading.rule.id for reading in answers().now}


def test_a_scenario_is_told_in_shares_of_it() -> None:
    found = answers(scenario="crash-30-corr-1")
    swing = next(end for end in found.curve.liquidations if end.subject.part("account") == "swing")
    fall = next(end for end in answers().curve.liquidations if end.subject.part("account") == "swing")
    assert swing.forwards * 0.3 == pytest.approx(fall.backwards)
    assert "of the scenario" in "\n".join(lines(found, None))
    told = as_values(found, "swing")
    reverse = told["reverse"]
    assert isinstance(reverse, list)
    assert all(isinstance(each, dict) and "share" in each for each in reverse)


def test_the_picture_is_of_the_account_that_is_named_or_of_the_nearest_to_liquidation() -> None:
    assert "swing: SOL moves alone" in picture_of(answers(asset="SOL"), "swing")
    ends = answers().curve.liquidations[:4]
    nearest = min(ends, key=lambda end: min(end.backwards, end.forwards))
    assert f"{nearest.subject.part('account')}: All prices" in picture_of(answers(), None)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (Question(asset="DOGE"), "its coins are BTC, SOL, XRP"),
        (Question(scenario="luna"), "no scenario 'luna'; there are crash-30-corr-1, "),
        (Question(symbol="DOGEUSDT"), "is listed at binanceusdm; did you mean DOGE/USDT:USDT"),
    ],
)
def test_a_question_about_nothing_is_refused(question: Question, says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        stressed(sight(), question)


def test_a_symbol_and_a_side_choose_the_positions_for_which_room_is_looked_for() -> None:
    found = stressed(sight(), Question(symbol="BTC/USDT:USDT", side="short", account="hedge"))
    (more,) = found.more
    assert str(more.growth.position) == "account=hedge symbol=BTC/USDT:USDT side=short"
    assert more.growth.held < 0.0


def test_a_contract_that_nobody_names_is_looked_at_when_it_is_asked_for_and_changes_nothing_else() -> None:
    with_it, without = sight_with_doge().result, sight().result
    symbols = [[each.symbol for each in result.snapshot.instruments] for result in (with_it, without)]
    assert sorted(set(symbols[0]) - set(symbols[1])) == [DOGE]
    doge = symbols[0].index(DOGE)
    quotes = with_it.snapshot.quotes
    for column in (quotes.mark_price, quotes.index_price, quotes.funding_rate, quotes.bracket_rate[:, 0]):
        assert math.isfinite(column[doge])
    for one, other in zip(with_it.readings, without.readings, strict=True):
        assert list(one.subjects) == list(other.subjects)
        assert one.levels.tolist() == other.levels.tolist()


def test_what_may_be_opened_of_it_is_told_for_every_account_and_side() -> None:
    found = stressed(sight_with_doge(), Question(symbol=DOGE))
    accounts = [profile.id for profile in found.desk.accounts]
    told = [(each.growth.position.part("account"), each.growth.position.part("side")) for each in found.more]
    assert told == [(account, side) for account in accounts for side in ("long", "short")]
    assert {each.growth.leverage for each in found.more} == {20.0}, "what Binance sets a new contract to"
    text = "\n".join(lines(found, "swing"))
    assert "swing long and short: none is held" in text
    assert "grid long and short" not in text
    assert "rank  swing DOGE/USDT:USDT long: ADL rank of DOGE/USDT:USDT" in text, "only the venue knows that"
    values = json.loads(json.dumps(as_values(found, "swing"), allow_nan=False))
    assert [each["position"] for each in values["more"]] == [
        f"account=swing symbol={DOGE} side=long",
        f"account=swing symbol={DOGE} side=short",
    ]
    (breach,) = (each for each in values["more"][0]["until"] if each["level"] == "breach")
    assert breach["rule"] == "desk/leverage" or breach["rule"] == "desk/shock"
    assert float(breach["quantity"]) * values["more"][0]["mark_price"] == pytest.approx(breach["notional"])


def test_one_account_holds_it_and_the_others_could() -> None:
    found = stressed(sight(), Question(symbol="SOL/USDT:USDT", side="short"))
    assert [(each.account, each.side) for each in found.unasked] == [("swing", "short")]
    assert "swing SOL/USDT:USDT short: not supposed, a long is held" in "\n".join(lines(found, None))
    assert [each.growth.position.part("account") for each in found.more] == ["hedge", "grid", "scalp"]


def test_whose_a_subject_is() -> None:
    desk = sight().result.snapshot.desk
    assert owners(Subject(Grain.HEDGE, (("hedge", "btc-carry"),)), desk) == {"hedge"}
    assert owners(Subject(Grain.GRID, (("grid", "btc-grid"),)), desk) == {"grid"}
    assert owners(Subject(Grain.PORTFOLIO, ()), desk) == frozenset()
    assert is_shown(Subject(Grain.PORTFOLIO, ()), "swing", desk)
    assert not is_shown(Subject(Grain.GRID, (("grid", "btc-grid"),)), "swing", desk)
