"""Exit time, shares of the market, cost of the exit and spread in plain Python, one order and one level after another."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, known, total
from tests.measure.reference_cases import Parameters, Selected, by_row, each, equity_behind, over_equity

HALF_AN_HOUR, FIVE_MINUTES = 1800.0, 300.0
DAY = 86_400.0
Side = list[tuple[float, float]]


def place(ref: Reference, instrument: int) -> int | None:
    """Row of a contract in the history."""
    contract = ref.s.instruments[instrument]
    keys = list(zip(ref.h.liquidity.venue, ref.h.liquidity.symbol, strict=True))
    key = (contract.venue, contract.symbol)
    return keys.index(key) if key in keys else None


def counts(ref: Reference, at: float, within: float) -> bool:
    return not math.isnan(at) and -1.0 <= ref.now - at <= within


def turnover(ref: Reference, instrument: int, name: str) -> Known:
    """24 h volume or open interest."""
    row = place(ref, instrument)
    if row is None or not counts(ref, float(ref.h.liquidity.turnover_at[row]), HALF_AN_HOUR):
        return None
    value = known(getattr(ref.h.liquidity, name)[row])
    return value or None


def book(ref: Reference, instrument: int) -> tuple[Side, Side] | None:
    """Bids and asks, taken apart from their running totals."""
    row, columns = place(ref, instrument), ref.h.liquidity
    if row is None or not counts(ref, float(columns.book_at[row]), FIVE_MINUTES):
        return None
    sides: list[Side] = []
    for side in (2 * row, 2 * row + 1):
        before, levels = 0.0, []
        for level in range(int(columns.begins[side]), int(columns.begins[side + 1])):
            levels.append((float(columns.price[level]), float(columns.filled[level]) - before))
            before = float(columns.filled[level])
        sides.append(levels)
    return sides[0], sides[1]


def middle(sides: tuple[Side, Side]) -> float:
    return (sides[0][0][0] + sides[1][0][0]) / 2.0


def orders(ref: Reference, subject: Subjects, selected: Selected) -> Mapping[tuple[int, int], list[int]]:
    """Selected rows of a subject by contract and side of the book: 0 for longs, 1 for shorts."""
    found: dict[tuple[int, int], list[int]] = {}
    for row in subject.rows:
        if selected[row]:
            side = int((ref.quantity(row) or 0.0) < 0)
            found.setdefault((int(ref.p.instrument[row]), side), []).append(row)
    return found


def largest(values: list[Known]) -> Known:
    if None in values:
        return None
    return max([0.0, *(value for value in values if value is not None)])


def quotient(left: Known, right: Known) -> Known:
    return None if left is None or right is None else left / right


def worth(ref: Reference, rows: list[int]) -> Known:
    return total([ref.gross(row) for row in rows])


def quantity(ref: Reference, rows: list[int]) -> Known:
    return total([None if (held := ref.quantity(row)) is None else abs(held) for row in rows])


def per_contract(
    ref: Reference, grain: Grain, selected: Selected, value: Callable[[int, list[int]], Known]
) -> list[Case]:
    def of(subject: Subjects) -> Known:
        together: dict[int, list[int]] = {}
        for (instrument, _), rows in orders(ref, subject, selected).items():
            together.setdefault(instrument, []).extend(rows)
        return largest([value(instrument, rows) for instrument, rows in together.items()])

    return each(ref, grain, of)


def exit_time(ref: Reference, grain: Grain, parameters: Parameters, selected: Selected) -> list[Case]:
    def seconds(instrument: int, rows: list[int]) -> Known:
        volume = turnover(ref, instrument, "quote_volume")
        share = None if volume is None else parameters["participation"] * volume / DAY
        return quotient(worth(ref, rows), share)

    return per_contract(ref, grain, selected, seconds)


def share_of_volume(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    def share(instrument: int, rows: list[int]) -> Known:
        return quotient(worth(ref, rows), turnover(ref, instrument, "quote_volume"))

    return per_contract(ref, grain, selected, share)


def share_of_open_interest(ref: Reference, grain: Grain, _: Parameters, selected: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        sides = orders(ref, subject, selected)
        return largest(
            [
                quotient(quantity(ref, rows), turnover(ref, at, "open_interest"))
                for (at, _), rows in sides.items()
            ]
        )

    return each(ref, grain, value)


def share_of_depth(ref: Reference, grain: Grain, parameters: Parameters, selected: Selected) -> list[Case]:
    def share(instrument: int, side: int, rows: list[int]) -> Known:
        sides, held = book(ref, instrument), quantity(ref, rows)
        if sides is None or held is None:
            return None
        mid = middle(sides)
        near = [size for price, size in sides[side] if abs(price - mid) <= parameters["within"] * mid]
        if not near:
            return math.inf if held else 0.0
        return held / math.fsum(near)

    def value(subject: Subjects) -> Known:
        sides = orders(ref, subject, selected)
        return largest([share(at, side, rows) for (at, side), rows in sides.items()])

    return each(ref, grain, value)


def cost_rate(ref: Reference, instrument: int, side: int, held: float) -> Known:
    """How far from mid a quantity is filled on average; None where the book does not hold it."""
    if held == 0:
        return 0.0
    sides = book(ref, instrument)
    if sides is None:
        return None
    left, paid = held, 0.0
    for price, size in sides[side]:
        taken = min(left, size)
        paid += taken * price
        left -= taken
        if left <= held * 1e-15:
            return abs(paid / held - middle(sides)) / middle(sides)
    return None


def exit_cost(ref: Reference, grain: Grain, parameters: Parameters, selected: Selected) -> list[Case]:
    def cost(instrument: int, side: int, rows: list[int]) -> Known:
        held, size = quantity(ref, rows), worth(ref, rows)
        rate = None if held is None else cost_rate(ref, instrument, side, held)
        fee = ref.s.instruments[instrument].taker_fee_rate
        if rate is None or size is None:
            return None
        return size * (rate + (parameters["fee"] if fee is None else float(fee)))

    def value(subject: Subjects) -> Known:
        sides = orders(ref, subject, selected)
        spent = total([cost(at, side, rows) for (at, side), rows in sides.items()])
        return over_equity(spent, equity_behind(ref, grain, subject))

    return each(ref, grain, value)


def spread(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def of(instrument: int) -> Known:
        sides = book(ref, instrument)
        return None if sides is None else (sides[1][0][0] - sides[0][0][0]) / middle(sides)

    if grain is Grain.POSITION:
        return by_row(ref, lambda row: of(int(ref.p.instrument[row])))
    return [
        Case(name=f"venue={contract.venue} symbol={contract.symbol}", accounts=(), value=of(number))
        for number, contract in enumerate(ref.s.instruments)
    ]


LIQUIDITY = {
    "exit_time": exit_time,
    "share_of_volume": share_of_volume,
    "share_of_open_interest": share_of_open_interest,
    "share_of_depth": share_of_depth,
    "exit_cost": exit_cost,
    "spread": spread,
}
