"""Funding, equity, orders and data quality in plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping

from riskd.model.desk import UNLABELLED
from riskd.model.report import MARKET_SURFACES, Surface
from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, is_spot, known, times, total
from tests.measure.reference_cases import Parameters, Selected, by_row, each, equity_behind, over_equity


def funding_rate(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        quantity, number = ref.quantity(row), int(ref.p.instrument[row])
        rate = known(ref.s.quotes.funding_rate[number])
        hours = known(ref.s.quotes.funding_interval_hours[number])
        if quantity is None or rate is None or hours is None:
            return None
        return ((quantity > 0) - (quantity < 0)) * rate / hours

    return by_row(ref, value)


def funding_cost(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    rows = ref.h.funding

    def value(subject: Subjects) -> Known:
        since = ref.now - parameters["window"]
        opened = known(ref.p.opened_at[subject.rows[0]]) if grain is Grain.POSITION else None
        since = since if opened is None else max(since, opened)
        for a in subject.accounts:
            complete = known(rows.complete_since[a])
            if complete is None or complete > since:
                return None
        paid = 0.0
        for n in range(len(rows.symbol)):
            if since < rows.at[n] <= ref.now:
                paid -= float(rows.amount[n]) * belongs(subject, n)
        return over_equity(paid, equity_behind(ref, grain, subject))

    def belongs(subject: Subjects, n: int) -> int:
        account, symbol = int(rows.account[n]), rows.symbol[n]
        match grain:
            case Grain.POSITION:
                row = subject.rows[0]
                return account == ref.account(row) and symbol == ref.symbol(row)
            case Grain.STRATEGY:
                name = f"account={ref.profiles[account].id} strategy={rows.strategy[n]}"
                return name == subject.name
            case Grain.HEDGE:
                hedge = next(h for h in ref.s.desk.hedges if f"hedge={h.id}" == subject.name)
                return sum(
                    not is_spot(leg) and ref.owner(leg) == account and leg.name == symbol
                    for leg in hedge.legs
                )
            case _:
                return account in subject.accounts

    return each(ref, grain, value)


def order_rate(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    rows, window = ref.h.activity, parameters["window"]

    def value(subject: Subjects) -> Known:
        complete = known(rows.complete_since[subject.accounts[0]])
        if complete is None or complete > ref.now - window:
            return None
        seen = 0
        for n in range(len(rows.strategy)):
            if not ref.now - window < rows.placed_at[n] <= ref.now:
                continue
            name = f"account={ref.profiles[int(rows.account[n])].id}"
            name += f" strategy={rows.strategy[n]}" if grain is Grain.STRATEGY else ""
            seen += name == subject.name
        return seen / window

    return each(ref, grain, value)


def holding_time(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        opened = known(ref.p.opened_at[row])
        return None if opened is None else max(ref.now - opened, 0.0)

    return by_row(ref, value)


def drawdown(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        equity = total([ref.equity(a) for a in subject.accounts])
        begins = dict.fromkeys(subject.accounts, ref.now - parameters["window"])
        past = equity_past(ref, begins, highest=True)
        if equity is None or not past:
            return None
        peak = max(*past, equity)
        return 1 - equity / peak if peak > 0 else None

    return each(ref, grain, value)


def loss_today(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        equity = total([ref.equity(a) for a in subject.accounts])
        begins = {account: float(ref.h.day_started_at[account]) for account in subject.accounts}
        past = equity_past(ref, begins, highest=False)
        if equity is None or not past:
            return None
        return max(0.0, 1 - equity / past[0]) if past[0] > 0 else None

    return each(ref, grain, value)


def equity_past(ref: Reference, begins: Mapping[int, float], *, highest: bool) -> list[float]:
    """Equity on today's capital, oldest first; of several accounts in the minutes in which all were seen. Empty: unknown."""
    found: list[dict[float, float]] = []
    for account, since in begins.items():
        series = ref.h.equity[account]
        if series is None or series.doubt:
            return []
        chosen = series.highest if highest and len(begins) == 1 else series.first
        mine: dict[float, float] = {}
        for at, equity in zip(series.at.tolist(), chosen.tolist(), strict=True):
            if since <= at <= ref.now:
                mine.setdefault(at if len(begins) == 1 else at // 60, equity + series.net_deposits)
        found.append(mine)
    together = set.intersection(*(set(mine) for mine in found)) if found else set()
    return [math.fsum(mine[at] for mine in found) for at in sorted(together)]


VITAL = (
    Surface.POSITIONS,
    Surface.BALANCES,
    Surface.ORDERS,
    Surface.CONDITIONAL_ORDERS,
    Surface.MARKS,
)


def age(ref: Reference, account: int, surface: Surface) -> Known:
    profile = ref.profiles[account]
    owner = "" if surface in MARKET_SURFACES else profile.id
    for state in ref.s.surfaces:
        if (state.venue, state.account, state.surface) == (profile.venue, owner, surface):
            if state.observed_at is None:
                return None
            return max(ref.now - state.observed_at.timestamp(), 0.0)
    return None


def data_age(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    if grain is Grain.INSTRUMENT:
        return [quote_age(ref, n) for n in range(len(ref.s.instruments))]

    def value(subject: Subjects) -> Known:
        ages = [age(ref, a, surface) for a in subject.accounts for surface in VITAL]
        return None if None in ages else max(x for x in ages if x is not None)

    return each(ref, grain, value)


def quote_age(ref: Reference, number: int) -> Case:
    instrument = ref.s.instruments[number]
    owners = [a for a in ref.accounts if ref.profiles[a].venue == instrument.venue]
    read = age(ref, owners[0], Surface.MARKS) if owners else None
    quoted = known(ref.s.quotes.quoted_at[number])
    value = None if read is None or quoted is None else max(read, ref.now - quoted)
    return Case(name=f"venue={instrument.venue} symbol={instrument.symbol}", accounts=(), value=value)


def unlabelled(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    return each(
        ref, grain, lambda x: float(sum(ref.strategy(r) == UNLABELLED for r in x.rows if selected[r]))
    )


def adl_rank(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    return by_row(ref, lambda row: known(ref.p.adl_rank[row]))


def clock_skew(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    offsets = dict(ref.s.clock_offsets)

    def value(subject: Subjects) -> Known:
        offset = offsets.get(ref.profiles[subject.accounts[0]].venue)
        return None if offset is None else abs(offset)

    return each(ref, grain, value)


def reject_rate(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    return each(ref, grain, lambda _: None)


def reconciliation_gap(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    rows = ref.h.reconciled

    def value(subject: Subjects) -> Known:
        (account,) = subject.accounts
        mine = [n for n in range(len(rows.symbol)) if rows.account[n] == account]
        fresh = {rows.symbol[n] for n in mine if ref.now - rows.compared_at[n] <= 1800}
        whole = total([ref.gross(r) for r in subject.rows])
        if whole is None or any(ref.gross(r) != 0 and ref.symbol(r) not in fresh for r in subject.rows):
            return None
        gaps = [
            times(abs(float(rows.difference[n])), mark_of(ref, account, rows.symbol[n]))
            for n in mine
            if rows.difference[n] != 0
        ]
        gap = total(gaps)
        if gap is None:
            return None
        if whole == 0:
            return 0.0 if gap == 0 else math.inf
        return gap / whole

    return each(ref, grain, value)


def mark_of(ref: Reference, account: int, symbol: str) -> Known:
    for number, instrument in enumerate(ref.s.instruments):
        if (instrument.venue, instrument.symbol) == (ref.profiles[account].venue, symbol):
            return known(ref.s.quotes.mark_price[number])
    return None
