"""Which positions `riskd stress` looks for room for, and what hinders it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from riskd.daemon.stress_growths import Growths, growths
from riskd.daemon.stress_question import Question, QuestionError
from riskd.model.desk import StrategyMatch
from riskd.model.instrument import Bracket, Instrument
from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.observe.facts import SettingFact
from riskd.observe.known import AccountMemory, Heard, Known, VenueMemory
from tests.builders import (
    BTC,
    ETH,
    NAN,
    SOL,
    VENUE,
    a_position,
    a_snapshot,
    a_surface,
    an_account,
    an_instrument,
)

XRP = "XRP/USDT:USDT"
XRP_ROW = an_instrument(XRP, mark=2.0, lot_size="0.1")
TWENTY = SettingFact(leverage=Decimal(20), isolated=False)


def known_of(snapshot: Snapshot, settings: Mapping[str, SettingFact] | None = None) -> Known:
    """A venue that lists what the snapshot has, and accounts that are set to 20x cross everywhere."""
    listing = {each.venue_symbol: each for each in snapshot.instruments}
    symbols = [each.symbol for each in snapshot.instruments]
    memory = AccountMemory(
        settings=Heard(value=dict.fromkeys(symbols, TWENTY) if settings is None else settings),
        brackets=Heard(value=dict.fromkeys(symbols, (bracket(0, 10_000, 50), bracket(10_000, 70_000, 20)))),
    )
    return Known(
        venues={VENUE: VenueMemory(instruments=Heard(value=listing))},
        accounts={profile.id: memory for profile in snapshot.desk.accounts},
    )


def bracket(floor: int, cap: int, leverage: int) -> Bracket:
    return Bracket(
        notional_floor=Decimal(floor),
        notional_cap=Decimal(cap),
        maintenance_margin_rate=Decimal("0.01"),
        maintenance_amount=Decimal(0),
        leverage_max=Decimal(leverage),
    )


def ask(snapshot: Snapshot, known: Known | None = None, **question: str) -> Growths:
    return growths(snapshot, known or known_of(snapshot), Question(**{"symbol": XRP, **question}))  # type: ignore[arg-type]  # texts only


def names(found: Growths) -> list[str]:
    return [" ".join(value for _, value in each.position.parts) for each in found.found]


def reasons(found: Growths) -> set[str]:
    return {each.why for each in found.unasked}


def test_what_nobody_holds_could_be_opened_by_every_account_on_either_side() -> None:
    snapshot = a_snapshot(accounts=[an_account("main"), an_account("other")], instruments=[XRP_ROW])
    found = ask(snapshot)
    assert names(found) == [
        f"main {XRP} long",
        f"main {XRP} short",
        f"other {XRP} long",
        f"other {XRP} short",
    ]
    assert found.unasked == ()
    assert {(each.held, each.leverage, each.isolated) for each in found.found} == {(0.0, 20.0, False)}
    assert {each.notional_max for each in found.found} == {70_000.0}, "of the brackets that allow 20x"
    assert names(ask(snapshot, account="other", side="short")) == [f"other {XRP} short"]


def test_how_the_account_is_set_up_decides_leverage_and_margin() -> None:
    snapshot = a_snapshot(instruments=[XRP_ROW])
    isolated = SettingFact(leverage=Decimal(50), isolated=True)
    found = ask(snapshot, known_of(snapshot, {XRP: isolated})).found[0]
    assert (found.leverage, found.isolated, found.notional_max) == (50.0, True, 10_000.0)
    positions = found.suppose(Decimal(100)).positions
    assert positions.isolated_wallet.tolist() == [4.0]


def test_it_belongs_to_the_strategy_of_its_symbol() -> None:
    lines = (StrategyMatch(symbols=("XRP*",), strategy="swing"),)
    snapshot = a_snapshot(
        accounts=[an_account("main", strategies=lines)],
        positions=[a_position(BTC, 1, strategy="swing")],
        instruments=[XRP_ROW],
    )
    after = ask(snapshot).found[0].suppose(Decimal(100))
    assert after.strategies[after.positions.strategy[1]] == "swing"


def test_what_is_held_grows_and_the_other_side_would_only_make_it_smaller() -> None:
    snapshot = a_snapshot(positions=[a_position(XRP, -100)], instruments=[XRP_ROW])
    found = ask(snapshot)
    assert names(found) == [f"main {XRP} short"]
    assert found.found[0].held == -200.0
    assert [(each.account, each.side, each.why) for each in found.unasked] == [
        ("main", "long", "a short is held, which a long would first make smaller")
    ]


def test_in_hedge_mode_both_sides_stand_by_themselves() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main", hedge_mode=True)],
        positions=[a_position(XRP, -100, position_side="SHORT")],
        instruments=[XRP_ROW],
    )
    found = ask(snapshot)
    assert [each.held for each in found.found] == [0.0, -200.0]
    assert found.found[0].suppose(Decimal(1)).positions.position_side == ("LONG", "SHORT")


def test_what_is_not_known_hinders_and_says_so() -> None:
    listed = a_snapshot(instruments=[XRP_ROW])
    unpriced = a_snapshot(instruments=[replace(XRP_ROW, mark=NAN)])
    closed = a_snapshot(instruments=[replace(XRP_ROW, tradable=False)])
    unsure = a_snapshot(positions=[a_position(XRP, 1, confirmed=False)], instruments=[XRP_ROW])
    blind = a_surface(Surface.POSITIONS, quality=Quality.BLIND, age_seconds=None, reason="http:502")
    unseen = a_snapshot(instruments=[XRP_ROW], surfaces=[blind])
    unasked = replace(known_of(listed), accounts={"main": AccountMemory(settings=Heard(failure="http:401"))})
    setting = "leverage and margin mode that the account would have are not known: "
    assert reasons(ask(unpriced)) == {"its mark price is not known"}
    assert reasons(ask(closed)) == {f"{VENUE} does not trade it now"}
    assert reasons(ask(unsure, side="long")) == {"the size or the mark price of what is held is not known"}
    assert reasons(ask(unseen)) == {"what the account holds is not known: http:502"}
    assert reasons(ask(listed, unasked)) == {f"{setting}http:401"}
    assert reasons(ask(listed, known_of(listed, {}))) == {f"{setting}the venue's answer is without it"}
    assert reasons(ask(a_snapshot(), Known())) == {f"what {VENUE} lists is not known: never read"}


def test_without_brackets_the_largest_position_is_not_known() -> None:
    snapshot = a_snapshot(instruments=[XRP_ROW])
    known = known_of(snapshot)
    without = replace(known.account("main"), brackets=Heard())
    found = ask(snapshot, replace(known, accounts={"main": without}))
    assert str(found.found[0].accepted) == "nan"


@pytest.mark.parametrize(
    ("symbol", "hint"),
    [
        ("XRPUSDT", f"did you mean {XRP}"),
        ("xrp/usdt:usdt", f"did you mean {XRP}"),
        ("XPR/USDT:USDT", f"did you mean {XRP}"),
        ("XRP", f"did you mean {XRP}"),
        ("QQQQQQQQ", "$"),
    ],
)
def test_what_no_venue_lists_is_refused_with_the_nearest_names(symbol: str, hint: str) -> None:
    snapshot = a_snapshot(positions=[a_position(BTC, 1)], instruments=[XRP_ROW])
    with pytest.raises(QuestionError, match=f"no contract '{symbol}' is listed.*{hint}"):
        ask(snapshot, symbol=symbol)


def test_at_most_three_names_are_offered() -> None:
    listing: dict[str, Instrument] = {
        each.symbol: each
        for each in a_snapshot(
            instruments=[an_instrument(f"AB{letter}/USDT:USDT") for letter in "CDEFGH"]
        ).instruments
    }
    known = Known(venues={VENUE: VenueMemory(instruments=Heard(value=listing))})
    with pytest.raises(QuestionError) as refused:
        ask(a_snapshot(), known, symbol="ABX/USDT:USDT")
    assert str(refused.value).count(" or ") == 2


def test_without_a_symbol_the_largest_positions_are_looked_at_and_the_account_counts() -> None:
    held = [
        a_position(SOL, 1),
        a_position(ETH, 1),
        a_position(BTC, -1, "other"),
        a_position(XRP, 1, mark=NAN),
    ]
    snapshot = a_snapshot(positions=held)
    assert names(ask(snapshot, symbol="")) == [f"other {BTC} short", f"main {ETH} long", f"main {SOL} long"]
    assert names(ask(snapshot, symbol="", account="main")) == [f"main {ETH} long", f"main {SOL} long"]
    assert names(ask(snapshot, symbol="", side="short")) == [f"other {BTC} short"]
    many = a_snapshot(positions=[a_position(BTC, n + 1, f"a{n:02d}") for n in range(22)])
    assert len(ask(many, symbol="").found) == 20
    assert ask(many, symbol="").largest_only
