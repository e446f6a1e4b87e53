"""Shares, leverage and hedges in plain Python."""

from __future__ import annotations

import math

from riskd.model.desk import HedgeLeg
from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, is_spot, known, times, total
from tests.measure.reference_cases import Parameters, Selected, by_row, each, equity_behind, over_equity


def gross_over_equity(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    return each(
        ref,
        grain,
        lambda x: over_equity(
            total([ref.gross(r) for r in x.rows if selected[r]]), equity_behind(ref, grain, x)
        ),
    )


def position_leverage(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        gross = ref.gross(row)
        if ref.p.isolated[row]:
            margin = total([known(ref.p.isolated_wallet[row]), known(ref.p.unrealized_pnl[row])])
        else:
            margin = known(ref.p.initial_margin[row])
            setting = known(ref.p.leverage_setting[row])
            if margin is None and setting is not None and gross is not None:
                margin = gross / setting
        return over_equity(gross, margin)

    return by_row(ref, value)


def share_of_gross(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        whole = [r for r in ref.rows if grain is Grain.EXCHANGE or ref.account(r) in subject.accounts]
        everything = total([ref.gross(r) for r in whole])
        part = total([ref.gross(r) for r in subject.rows if selected[r]])
        if everything is None or part is None:
            return None
        return part / everything if everything != 0 else 0.0

    return each(ref, grain, value)


def equity_at_venue(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        everything = total([ref.equity(a) for a in ref.accounts])
        held = total([ref.equity(a) for a in subject.accounts])
        if everything is None or held is None or everything <= 0:
            return None
        return held / everything

    return each(ref, grain, value)


def net_delta(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        if grain is Grain.HEDGE:
            hedge = next(h for h in ref.s.desk.hedges if f"hedge={h.id}" == subject.name)
            delta = total([leg_worth(ref, leg) for leg in hedge.legs])
        else:
            coins = [times(known(ref.s.spot.quantity[c]), known(ref.s.spot.price[c])) for c in subject.coins]
            delta = total([*(ref.notional(r) for r in subject.rows if selected[r]), *coins])
        return over_equity(delta, equity_behind(ref, grain, subject))

    return each(ref, grain, value)


def leg_quantity(ref: Reference, leg: HedgeLeg) -> Known:
    account = ref.owner(leg)
    if is_spot(leg):
        rows = [c for c, asset in enumerate(ref.s.spot.asset) if asset == leg.name]
        found = [c for c in rows if ref.s.spot.account[c] == account]
        return known(ref.s.spot.quantity[found[0]]) if found else None
    return total(
        [ref.quantity(r) for r in ref.rows if ref.account(r) == account and ref.symbol(r) == leg.name]
    )


def leg_price(ref: Reference, leg: HedgeLeg) -> Known:
    account = ref.owner(leg)
    if is_spot(leg):
        rows = [c for c, asset in enumerate(ref.s.spot.asset) if asset == leg.name]
        found = [c for c in rows if ref.s.spot.account[c] == account]
        return known(ref.s.spot.price[found[0]]) if found else None
    return known(ref.s.quotes.mark_price[instrument_of(ref, leg)])


def instrument_of(ref: Reference, leg: HedgeLeg) -> int:
    venue = ref.profiles[ref.owner(leg)].venue
    return [(i.venue, i.symbol) for i in ref.s.instruments].index((venue, leg.name))


def leg_worth(ref: Reference, leg: HedgeLeg) -> Known:
    quantity = leg_quantity(ref, leg)
    return 0.0 if quantity == 0 else times(quantity, leg_price(ref, leg))


def hedge_ratio(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        hedge = next(h for h in ref.s.desk.hedges if f"hedge={h.id}" == subject.name)
        primary, *others = hedge.legs
        hedged, hedging = leg_quantity(ref, primary), 0.0
        for leg in others:
            quantity = leg_quantity(ref, leg)
            if quantity == 0:
                continue
            ratio: Known = 1.0
            if coin(ref, leg) != coin(ref, primary):
                price, base = leg_price(ref, leg), leg_price(ref, primary)
                ratio = None if price is None or base is None else price / base
            part = times(quantity, ratio)
            if part is None:
                return None
            hedging -= part
        if hedged is None:
            return None
        if hedged == 0:
            return 1.0 if hedging == 0 else math.inf
        return hedging / hedged / float(hedge.ratio)

    return each(ref, grain, value)


def coin(ref: Reference, leg: HedgeLeg) -> str:
    return leg.name if is_spot(leg) else ref.s.instruments[instrument_of(ref, leg)].base


def basis(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        hedge = next(h for h in ref.s.desk.hedges if f"hedge={h.id}" == subject.name)
        apart: list[float] = []
        for leg in hedge.legs:
            if is_spot(leg):
                continue
            number = instrument_of(ref, leg)
            mark, index = known(ref.s.quotes.mark_price[number]), known(ref.s.quotes.index_price[number])
            if mark is None or index is None:
                return None
            apart.append(abs(mark - index) / index)
        return max(apart) if apart else None

    return each(ref, grain, value)
