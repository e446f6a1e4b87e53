"""Results, fees, and what funding costs, in plain Python over one booking at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, known, total
from tests.measure.reference_cases import Measure, Parameters, Selected, by_row, each, over_equity
from tests.measure.reference_stops import risk_money


class Bookings:
    """The bookings of one subject in a window."""

    def __init__(self, ref: Reference, grain: Grain, subject: Subjects, window: float) -> None:
        table, (account,) = ref.h.bookings, subject.accounts
        self.table, self.begin = table, ref.now - window
        self.since = known(table.complete_since[account]) if len(table.complete_since) else None
        self.rows = []
        for n in range(len(table.at)):
            line = int(table.line[n])
            name = f"account={ref.profiles[int(table.account[line])].id}"
            name += f" strategy={table.strategy[line]}" if grain is Grain.STRATEGY else ""
            if name == subject.name and self.begin < table.at[n] <= ref.now:
                self.rows.append(n)

    @property
    def is_whole(self) -> bool:
        return self.since is not None and self.since <= self.begin

    def sum(self, values: list[Known]) -> Known:
        return total(values) if self.is_whole else None

    def loss(self) -> Known:
        t = self.table
        net = self.sum(
            [total([known(t.realized[n]), known(-t.fee[n]), known(t.funding[n])]) for n in self.rows]
        )
        return None if net is None else max(0.0, -net)

    def fees(self) -> Known:
        return self.sum([known(self.table.fee[n]) for n in self.rows])

    def closes(self, together: float) -> list[Known]:
        """The results, oldest first."""
        if self.since is None:
            return []
        found: list[tuple[float, int, Known]] = []
        for line in sorted({int(self.table.line[n]) for n in self.rows}):
            mine = [n for n in self.rows if self.table.line[n] == line and self.table.closes[n]]
            mine = [n for n in mine if self.table.at[n] >= self.since]
            pieces: list[int] = []
            for n in [*sorted(mine, key=lambda n: float(self.table.at[n])), None]:
                if pieces and (n is None or self.table.at[n] - self.table.at[pieces[-1]] > together):
                    parts = [known(self.table.realized[p] - self.table.fee[p]) for p in pieces]
                    found.append((float(self.table.at[pieces[-1]]), line, total(parts)))
                    pieces = []
                if n is not None:
                    pieces.append(n)
        return [result for _, _, result in sorted(found, key=lambda close: close[:2])]


def losing_streak(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        bookings, streak = Bookings(ref, grain, subject, parameters["window"]), 0
        for result in reversed(bookings.closes(parameters["together"])):
            if result is None:
                return None
            if result >= 0:
                return float(streak)
            streak += 1
        return float(streak) if bookings.is_whole else None

    return each(ref, grain, value)


def fee_burn(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        bookings = Bookings(ref, grain, subject, parameters["window"])
        results = [known(bookings.table.realized[n]) for n in bookings.rows]
        gained = bookings.sum([None if x is None else max(x, 0.0) for x in results])
        paid = bookings.fees()
        if gained is None or paid is None:
            return None
        if len(bookings.closes(5.0)) < parameters["least"]:
            return 0.0
        if gained > 0:
            return paid / gained
        return math.inf if paid > 0 else 0.0

    return each(ref, grain, value)


def share(money: Known, equity: Known) -> Known:
    if money is None or equity is None:
        return None
    return money / equity if equity > 0 else over_equity(max(money, 0.0), equity)


def fees_paid(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        bookings = Bookings(ref, grain, subject, parameters["window"])
        return share(bookings.fees(), ref.equity(subject.accounts[0]))

    return each(ref, grain, value)


def realized_loss(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        bookings = Bookings(ref, grain, subject, parameters["window"])
        return share(bookings.loss(), ref.equity(subject.accounts[0]))

    return each(ref, grain, value)


def loss_and_heat(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        bookings = Bookings(ref, grain, subject, parameters["window"])
        heat = total([risk_money(ref, r, parameters) for r in subject.rows])
        return share(total([bookings.loss(), heat]), ref.equity(subject.accounts[0]))

    return each(ref, grain, value)


def funding_flip(ref: Reference, _: Grain, parameters: Parameters, __: Selected) -> list[Case]:
    rows = ref.h.funding

    def value(row: int) -> Known:
        since, complete = ref.now - parameters["window"], known(rows.complete_since[ref.account(row)])
        opened = known(ref.p.opened_at[row])
        since = since if opened is None else max(since, opened)
        if complete is None:
            return None
        settled: dict[int, float] = {}
        for n in range(len(rows.symbol)):
            mine = rows.account[n] == ref.account(row) and rows.symbol[n] == ref.symbol(row)
            if mine and since < rows.at[n] <= ref.now and rows.at[n] >= complete:
                hour = round(float(rows.at[n]) / 3600.0)
                settled[hour] = settled.get(hour, 0.0) + float(rows.amount[n])
        paid = 0
        for hour in sorted(settled, reverse=True):
            if settled[hour] >= 0:
                return float(paid)
            paid += 1
        return float(paid) if complete <= since else None

    return by_row(ref, value)


def funding_to_horizon(ref: Reference, _: Grain, parameters: Parameters, __: Selected) -> list[Case]:
    def value(row: int) -> Known:
        risk, notional, number = (
            risk_money(ref, row, parameters),
            ref.notional(row),
            int(ref.p.instrument[row]),
        )
        rate = known(ref.s.quotes.funding_rate[number])
        interval = known(ref.s.quotes.funding_interval_hours[number])
        if risk is None or notional is None or rate is None or interval is None:
            return None
        paid = notional * (rate / interval) * (parameters["horizon"] / 3600.0)
        if risk > 0:
            return paid / risk
        return math.inf if paid > 0 else 0.0

    return by_row(ref, value)


RESULTS: Mapping[str, Measure] = {
    "losing_streak": losing_streak,
    "fee_burn": fee_burn,
    "fees_paid": fees_paid,
    "realized_loss": realized_loss,
    "loss_and_heat": loss_and_heat,
    "funding_flip": funding_flip,
    "funding_to_horizon": funding_to_horizon,
}
