"""Stories F9, F10 and F36: what looked like a loss or a profit and was none. What the measures say in every cycle of them.

F9: a peak of 1,213 that never was, beside an equity of 1,000, made 17.5 % of drawdown, and a real position was closed for it.
F10: a peak priced by one rule and an equity priced by another latched a kill switch.
F36: deposits counted as profit, withdrawals as drawdown.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.guard import Spent, check
from riskd.act.refusal import RefusalReason
from riskd.cycle import CycleResult
from riskd.daemon.attention import with_surface
from riskd.daemon.equity import Booked, EquityKeeper, EquitySample, Rebased, Transfer
from riskd.daemon.gate import Books, Gatekeeper, Health
from riskd.daemon.history import HistoryKeeper
from riskd.daemon.messages import equity_rebased
from riskd.daemon.reading import Attention
from riskd.daemon.settings import OrderSettings
from riskd.daemon.settings_orders import house_bounds
from riskd.measure.book.book import Book
from riskd.model.desk import AccountProfile, Desk, Mode
from riskd.model.history import EquitySeries
from riskd.model.report import Surface
from riskd.model.snapshot import SEVERAL_ASSETS, Quality
from riskd.model.subject import Grain
from tests.act.test_guard import READY
from tests.builders import VENUE, a_snapshot, a_surface, an_account
from tests.daemon.policy_play import ACTING
from tests.daemon.test_actions import result_of
from tests.measure.books import reason, value

START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC).timestamp()
DAY = 86_400.0
NAN = float("nan")


class Watch:
    """One account, looked at again and again; every look gives the drawdown of a day, and why it is unknown."""

    def __init__(self) -> None:
        self.keeper = HistoryKeeper(Desk(accounts=(AccountProfile(id="main", venue=VENUE),)))

    def look(
        self, second: float, equity: float, *, cash: float | None = None, basis: str = "USDT"
    ) -> float | str:
        self.keeper.equity("main", START + second, equity, cash=equity if cash is None else cash, basis=basis)
        return self.drawdown(second, equity)

    def drawdown(self, second: float, equity: float) -> float | str:
        book = self.book(second, equity)
        found = value(book, "drawdown", Grain.ACCOUNT, window=DAY)
        return reason(book, "drawdown", Grain.ACCOUNT, window=DAY) if math.isnan(found) else found

    def loss_today(self, second: float, equity: float) -> float | str:
        book = self.book(second, equity)
        found = value(book, "loss_today", Grain.ACCOUNT)
        return reason(book, "loss_today", Grain.ACCOUNT) if math.isnan(found) else found

    def book(self, second: float, equity: float) -> Book:
        at = datetime.fromtimestamp(START + second, UTC)
        snapshot = a_snapshot(accounts=[an_account(equity=equity)], taken_at=at)
        return Book.of(snapshot, self.keeper.history(at))

    def told(self, second: float, amount: float, *, asset: str = "USDT", name: str = "t1") -> None:
        self.keeper.transfer("main", name, START + second, amount, asset)

    def history_read(self, second: float, *booked: tuple[float, float]) -> None:
        rows = [Booked(START + at, amount) for at, amount in booked]
        self.keeper.booked("main", rows, read_until=START + second)


def near(expected: float) -> object:
    return pytest.approx(expected, abs=1e-9)


# --- F36: deposits and withdrawals --------------------------------------------------------------------------------


def test_f36_a_withdrawal_that_the_balance_shows_first_is_unknown_until_told_and_then_nothing() -> None:
    watch = Watch()
    watch.history_read(0)
    assert watch.look(0, 1_000.0) == 0.0
    assert watch.look(10, 980.0, cash=1_000.0) == near(0.02)
    said = watch.look(20, 380.0, cash=400.0)
    assert said == (
        "equity of main: cash moved by -600.00 since 12:00:10; the wallet's history is read until 12:00:00 and does not "
        "tell why"
    )
    assert watch.keeper.untold() == ("main",)
    assert str(watch.look(30, 375.0, cash=400.0)).startswith("equity of main: cash moved by -600.00")
    assert str(watch.loss_today(30, 375.0)).startswith("equity of main: cash moved by -600.00")
    # Capital is 400 now, of which 25 are lost.
    watch.told(18, -600.0)
    watch.history_read(31)
    assert watch.drawdown(31, 375.0) == near(25 / 400)
    assert watch.loss_today(31, 375.0) == near(25 / 400)
    assert watch.keeper.untold() == ()


def test_f36_a_deposit_that_the_balance_shows_first_hides_no_loss() -> None:
    watch = Watch()
    watch.look(0, 1_000.0)
    assert watch.look(10, 880.0, cash=1_000.0) == near(0.12)
    assert "cash moved by +1000.00" in str(watch.look(20, 1_880.0, cash=2_000.0))
    watch.told(19, 1_000.0)
    assert watch.drawdown(20, 1_880.0) == near(120 / 2_000)
    assert watch.look(30, 1_880.0, cash=2_000.0) == near(120 / 2_000)


def test_f36_a_transfer_that_is_told_before_the_balance_shows_it_is_no_drawdown_either() -> None:
    """The entry came with a read that left half a second later than that of the balance."""
    watch = Watch()
    watch.look(0, 1_000.0)
    watch.told(9.5, 9_000.0)
    assert watch.look(10, 990.0, cash=990.0) == near(0.01)
    assert watch.look(20, 9_990.0) == near(10 / 10_000)
    watch.told(25, -9_000.0, name="t2")
    assert watch.drawdown(25, 9_990.0) == near(10 / 10_000)
    assert watch.look(30, 9_990.0) == near(10 / 10_000)
    assert watch.look(40, 990.0) == near(10 / 1_000)


@pytest.mark.parametrize("jitter", [-4.0, -0.047, 0.0, 0.047, 2.0, 30.0, 59.0])
@pytest.mark.parametrize("amount", [-600.0, 600.0])
def test_f36_a_time_stamp_that_jitters_moves_no_peak(jitter: float, amount: float) -> None:
    """The balance shows it at 120 s; the stamp says earlier or later."""
    watch = Watch()
    for second in range(0, 120, 10):
        assert watch.look(second, 1_000.0) == 0.0
    watch.told(120 - jitter, amount)
    for second in range(120, 300, 10):
        assert watch.look(second, 1_000.0 + amount) == near(0.0)
        assert watch.loss_today(second, 1_000.0 + amount) == near(0.0)


def test_f36_two_deposits_in_one_step_are_both_found() -> None:
    watch = Watch()
    watch.look(0, 1_000.0)
    watch.told(3, 250.0)
    watch.told(5, 250.0, name="t2")
    assert watch.look(10, 1_500.0) == near(0.0)
    watch.told(12, 100.0, name="t3")
    watch.told(18, 400.0, name="t4")
    assert watch.look(20, 1_600.0) == near(0.0)
    assert watch.look(30, 1_960.0, cash=2_000.0) == near(40 / 2_000)


def test_f36_a_transfer_in_a_currency_that_is_no_part_of_the_equity_changes_nothing() -> None:
    """An account that margins each currency apart counts USDT; somebody moves 5,000 USDC in."""
    watch = Watch()
    watch.look(0, 1_000.0)
    watch.told(5, 5_000.0, asset="USDC")
    assert watch.look(10, 990.0) == near(0.01)
    assert watch.look(100, 990.0) == near(0.01)


def test_f36_a_coin_that_is_deposited_as_collateral_is_worth_what_the_equity_rose_by() -> None:
    watch = Watch()
    watch.look(0, 10_000.0, basis=SEVERAL_ASSETS)
    watch.look(10, 9_900.0, cash=10_000.0, basis=SEVERAL_ASSETS)
    watch.look(20, 69_900.0, cash=10_000.0, basis=SEVERAL_ASSETS)
    watch.told(18, 1.0, asset="BTC")
    for second in range(30, 90, 10):
        watch.look(second, 69_900.0, cash=10_000.0, basis=SEVERAL_ASSETS)
    assert watch.look(90, 69_900.0, cash=10_000.0, basis=SEVERAL_ASSETS) == near(100 / 70_000)
    watch.told(95, -1.0, asset="BTC", name="t2")
    for second in range(100, 170, 10):
        watch.look(second, 9_900.0, cash=10_000.0, basis=SEVERAL_ASSETS)
    assert watch.look(170, 9_900.0, cash=10_000.0, basis=SEVERAL_ASSETS) == near(100 / 10_000)


def test_f36_results_of_trades_move_cash_and_not_equity_and_raise_no_doubt() -> None:
    """Profit that was shown is taken: the wallet's history tells a minute later."""
    watch = Watch()
    watch.look(0, 1_000.0)
    assert watch.look(10, 1_100.0, cash=1_000.0) == 0.0
    assert watch.look(20, 1_099.0, cash=1_099.0) == near(1 / 1_100)
    watch.history_read(30, (15.0, 100.0), (15.0, -1.0))
    assert watch.look(40, 1_050.0, cash=1_099.0) == near(50 / 1_100)


def test_f36_a_loss_that_is_booked_and_told_is_a_loss() -> None:
    watch = Watch()
    watch.look(0, 1_000.0)
    assert "cash moved by -300.00" in str(watch.look(10, 700.0))
    watch.history_read(12, (9.0, -300.0))
    assert watch.drawdown(12, 700.0) == near(0.3)


def test_f36_cash_that_moved_and_is_never_told_counts_as_loss_once_the_history_was_read_past_it() -> None:
    """A minute's patience, no more: what no entry tells is gone all the same."""
    watch = Watch()
    watch.look(0, 1_000.0)
    watch.look(10, 700.0)
    for second in (20, 40, 60):
        watch.history_read(second)
        assert "cash moved by -300.00" in str(watch.look(second, 700.0))
    watch.history_read(80)
    assert watch.look(80, 700.0) == near(0.3)


def test_f36_a_transfer_that_is_told_an_hour_late_leaves_no_mixed_minute_behind() -> None:
    """The minute of the deposit held samples from before and after it: without them it can only be dropped."""
    watch = Watch()
    for second in range(0, 5_000, 20):
        watch.look(second, 1_000.0 if second < 70 else 10_000.0)
    watch.told(65, 9_000.0)
    assert watch.look(5_000, 9_500.0, cash=10_000.0) == near(0.05)


def test_f36_a_transfer_while_nobody_looked_shows_with_the_first_look_after_it() -> None:
    watch = Watch()
    watch.look(0, 1_000.0)
    watch.told(4_000, -400.0)
    watch.history_read(9_000, (5_000.0, -30.0))
    assert watch.look(9_000, 570.0) == near(30 / 600)


def test_f36_the_history_of_a_wallet_that_moved_untold_is_read_at_once() -> None:
    before = {
        "a": Attention(symbols=("BTC/USDT:USDT",)),
        "b": Attention(surfaces=frozenset({Surface.ORDERS})),
    }
    after = with_surface(before, Surface.INCOME, ["b", "c"])
    assert after["a"] == before["a"]
    assert after["b"].surfaces == {Surface.ORDERS, Surface.INCOME}
    assert after["c"] == Attention(surfaces=frozenset({Surface.INCOME}))


# --- F9: a peak that never was ---------------------------------------------------------------------------------------


def test_f9_no_window_sees_a_peak_that_was_not_recorded() -> None:
    """Long and short windows look at one series: what is the peak of one lies in the other too, or is not in its span."""
    watch = Watch()
    for hour, equity in enumerate((1_000.0, 1_213.0, 1_050.0, 1_000.0)):
        watch.look(hour * 3_600.0, equity, cash=1_000.0)
    book = watch.book(3 * 3_600.0, 1_000.0)
    falls = [value(book, "drawdown", Grain.ACCOUNT, window=hours * 3_600.0) for hours in (0.5, 1, 1.5, 2, 24)]
    assert falls == [
        near(0.0), near(1 - 1_000 / 1_050), near(1 - 1_000 / 1_050), near(1 - 1_000 / 1_213), near(1 - 1_000 / 1_213)
    ]  # fmt: skip


def test_f9_what_was_recorded_before_a_restart_gives_the_same_peak_after_it() -> None:
    """The balance shows 600 going out four seconds after their stamp, and 2,000 coming in seven before it."""
    before, after = Watch(), Watch()
    told = [(300.0, -600.0, "USDT", "t1"), (900.0, 2_000.0, "USDT", "t2"), (905.0, 5_000.0, "USDC", "t3")]
    cash = {
        second: 1_000.0 - 600.0 * (second >= 304) + 2_000.0 * (second >= 893)
        for second in range(0, 1_810, 10)
    }
    equity = {second: paid + second % 170 - 100.0 for second, paid in cash.items()}
    for second in range(0, 1_800, 10):
        for at, amount, asset, name in told:
            if at <= second < at + 10:
                before.told(at, amount, asset=asset, name=name)
        before.look(second, equity[second], cash=cash[second])
    for at, amount, asset, name in told:
        after.told(at, amount, asset=asset, name=name)
    after.keeper.restore(
        "main", [(START + second, equity[second], cash[second], "USDT") for second in range(0, 1_800, 10)]
    )
    assert after.drawdown(1_790, equity[1_790]) == before.drawdown(1_790, equity[1_790])
    found = [watch.look(1_800, equity[1_800], cash=cash[1_800]) for watch in (before, after)]
    # Capital is 2,400; at its best moment the account stood 60 above it.
    assert found == [near(1 - equity[1_800] / 2_460)] * 2


def test_f9_a_withdrawal_during_a_restart_is_no_drawdown_after_it() -> None:
    watch = Watch()
    watch.keeper.restore("main", [(START, 1_000.0, 1_000.0, "USDT"), (START + 60, 990.0, 1_000.0, "USDT")])
    assert "cash moved by -500.00" in str(watch.look(4_000, 490.0, cash=500.0))
    watch.told(2_000, -500.0)
    watch.history_read(4_001)
    assert watch.drawdown(4_001, 490.0) == near(10 / 500)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    flows=st.lists(
        st.tuples(st.integers(30, 1500), st.integers(-400, 2_000), st.integers(-4, 50), st.integers(0, 300)),
        max_size=5,
    )
)
def test_f9_whenever_transfers_are_told_the_peak_is_one_that_was(
    flows: list[tuple[int, int, int, int]],
) -> None:
    """Each flow: when the balance shows it, how much, by how much its stamp is early, how long after it is told.

    What the account made is known here: it swings between 5,000 and 5,060 and is at 5,020 in the end. When all is told the
    drawdown is that of its own swings, to within the flows that are too small to be told from them.
    """
    flows = [flow for flow in flows if abs(flow[1]) >= 120]
    watch, told = Watch(), set()
    for second in range(0, 1_900, 10):
        paid = sum(amount for shown, amount, _, _ in flows if shown <= second)
        swing = second * 7 % 61 if second < 1_890 else 20
        for number, (shown, amount, early, late) in enumerate(flows):
            if number not in told and shown - early + late <= second:
                told.add(number)
                watch.told(shown - early, amount, name=str(number))
        watch.history_read(second)
        now, cash = START + second, 5_000.0 + paid
        watch.keeper.equity("main", now, cash + swing, cash=cash, basis="USDT")
    assert len(told) == len(flows)
    capital = 5_000.0 + sum(amount for _, amount, _, _ in flows)
    assert watch.drawdown(1_890, capital + 20) == near(40 / (capital + 60))


def test_f9_the_first_action_after_a_start_waits_for_complete_looks_in_a_row() -> None:
    """What is read first after a start may be half of it: two whole pictures in a row, and a gap begins the count anew."""
    result = result_of(ACTING, account=Mode.ENFORCE)
    gate = Gatekeeper(
        now=lambda: result.snapshot.taken_at,
        halted=lambda _account: False,
        health=lambda: Health(journal_ok=True, ledger_ok=True),
        books=lambda _account, _rule, _at: Books(unresolved=0, open_plan="", spent=Spent()),
        bounds=lambda: house_bounds(OrderSettings()),
    )
    blind = a_surface(Surface.BALANCES, "main", quality=Quality.PARTIAL, age_seconds=1.0)
    halved = replace(result, snapshot=replace(result.snapshot, surfaces=(blind, *result.snapshot.surfaces)))

    def refused(seen: CycleResult) -> bool:
        """Whether nothing but the number of whole pictures stands against the plan."""
        gate.after_cycle(seen)
        (proposal,) = result.proposals
        facts = gate.facts(proposal)
        ready = replace(READY, cycles_since_start=facts.cycles_since_start, house=facts.house)
        refusal = check(proposal.plan, ready)
        return refusal is not None and refusal.reason is RefusalReason.WARMING_UP

    assert [refused(seen) for seen in (result, result, result)] == [True, False, False]
    gate.after_cycle(halved)
    assert [refused(seen) for seen in (result, result)] == [True, False]


# --- F10: another basis ----------------------------------------------------------------------------------------------


def test_f10_a_change_of_basis_carries_the_peak_over_by_the_step_and_says_so() -> None:
    """Positions in USDC make the account count USDC, and when they are closed USDT again."""
    watch = Watch()
    watch.look(0, 1_000.0)
    assert watch.look(10, 950.0, cash=1_000.0) == near(0.05)
    assert watch.look(20, 5_000.0, basis="USDC") == near(50 / 5_050)
    assert watch.look(30, 4_900.0, cash=5_000.0, basis="USDC") == near(150 / 5_050)
    ((account, change),) = watch.keeper.take_rebased()
    assert (account, change) == ("main", Rebased(START + 20, "USDT", "USDC", 4_050.0))
    assert watch.keeper.take_rebased() == ()
    said = equity_rebased(account, change, at=datetime.fromtimestamp(START + 20, UTC))
    assert said.headline == "the equity of main is made of USDC from now on, before of USDT"
    assert "+4,050.00 USD is neither profit nor loss" in said.body[0]
    # Back again: 150 were lost on the way, whatever the currency.
    assert watch.look(40, 1_000.0) == near(150 / 1_150)
    assert series(watch).basis == "USDT"


def test_f10_the_basis_is_remembered_over_a_restart() -> None:
    watch = Watch()
    recorded = [(0, 1_000.0, "USDT"), (10, 950.0, "USDT"), (20, 5_000.0, "USDC"), (30, 4_900.0, "USDC")]
    watch.keeper.restore("main", [(START + at, equity, NAN, basis) for at, equity, basis in recorded])
    assert watch.keeper.take_rebased() == (), "it was said then"
    assert watch.look(40, 4_900.0, cash=4_900.0, basis="USDC") == near(150 / 5_050)
    assert watch.look(50, 1_000.0, basis="USDT") == near(150 / 1_150)
    assert len(watch.keeper.take_rebased()) == 1


def test_f10_a_basis_that_is_not_told_is_no_change_of_basis() -> None:
    watch = Watch()
    watch.look(0, 1_000.0, basis="")
    assert watch.look(10, 900.0, cash=1_000.0) == near(0.1)
    assert watch.look(20, 880.0, cash=1_000.0, basis="") == near(0.12)
    assert watch.keeper.take_rebased() == ()


def series(watch: Watch) -> EquitySeries:
    found = watch.keeper.history(datetime.fromtimestamp(START + 3_600, UTC)).equity[0]
    assert found is not None
    return found


# --- the keeper by itself --------------------------------------------------------------------------------------------


def test_nothing_is_kept_longer_than_asked() -> None:
    keeper = EquityKeeper(keep_seconds=600.0)
    for second in range(0, 3_600, 30):
        keeper.observed(EquitySample(START + second, 1_000.0 + second, NAN, ""))
    found = keeper.series()
    assert found is not None
    assert found.at[0] == START + 3_570 - 600 + 30
    assert len(found.at) == 10


def test_an_observation_that_is_old_or_unknown_is_none() -> None:
    keeper = EquityKeeper(keep_seconds=600.0)
    for sample in ((10.0, 1_000.0), (10.0, 9_000.0), (5.0, 9_000.0), (20.0, NAN)):
        keeper.observed(EquitySample(START + sample[0], sample[1]))
    found = keeper.series()
    assert found is not None
    assert found.highest.tolist() == [1_000.0]


def test_a_coin_that_is_told_of_too_late_ends_the_past_rather_than_falsify_it() -> None:
    keeper = EquityKeeper(keep_seconds=DAY)
    for second in range(0, 7_200, 60):
        equity = 10_000.0 if second < 600 else 70_000.0
        keeper.observed(EquitySample(START + second, equity, 10_000.0, SEVERAL_ASSETS))
    keeper.transferred(Transfer(START + 590, "t1", 1.0, "BTC"))
    found = keeper.series()
    assert found is not None
    assert found.highest.min() == 70_000.0
    assert found.net_deposits == 0.0
