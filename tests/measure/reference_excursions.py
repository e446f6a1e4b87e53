"""What positions gave back and how long they have been losing, in plain Python, hour by hour."""

from __future__ import annotations

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, known
from tests.measure.reference_cases import Parameters, Selected, by_row
from tests.measure.reference_prices import HOUR, Series, enough
from tests.measure.reference_touch import hourly


def ends_after(ref: Reference, moment: float) -> list[int]:
    """Ends of the hours after a moment, up to now."""
    first = (int(moment // HOUR) + 1) * HOUR
    return list(range(first, int(ref.now) + 1, HOUR))


def unread(ref: Reference, closes: Series) -> bool:
    return int(ref.now // HOUR) * HOUR not in closes


def side_of(quantity: float) -> float:
    return 1.0 if quantity > 0 else -1.0


def is_covered(closes: Series, ends: list[int], wanted: int) -> bool:
    return wanted <= 0 or (bool(closes) and min(closes) <= ends[0])


def give_back(ref: Reference, _: Grain, parameters: Parameters, __: Selected) -> list[Case]:
    def value(row: int) -> Known:
        quantity, mark = ref.quantity(row), ref.mark(row)
        entry, opened = known(ref.p.entry_price[row]), known(ref.p.opened_at[row])
        if quantity is None or mark is None or entry is None or opened is None:
            return None
        side, closes = side_of(quantity), hourly(ref, row, "close")
        extremes = hourly(ref, row, "high" if quantity > 0 else "low")
        ends = ends_after(ref, opened)
        seen = [closes.get(at) if place == 0 else extremes.get(at) for place, at in enumerate(ends)]
        prices = [price for price in seen if price is not None]
        wanted = len(ends) - (1 if unread(ref, closes) else 0)
        if not is_covered(closes, ends, wanted) or not enough(len(prices), max(wanted, 0)):
            return None
        best = max(side * (price - entry) for price in [*prices, mark])
        if best <= parameters["gain_min"] * entry:
            return 0.0
        return (best - side * (mark - entry)) / best

    return by_row(ref, value)


def time_in_loss(ref: Reference, _: Grain, __: Parameters, ___: Selected) -> list[Case]:
    def value(row: int) -> Known:
        quantity, mark = ref.quantity(row), ref.mark(row)
        entry, opened = known(ref.p.entry_price[row]), known(ref.p.opened_at[row])
        if quantity is None or mark is None or entry is None:
            return None
        side, closes = side_of(quantity), hourly(ref, row, "close")
        if side * (mark - entry) >= 0:
            return 0.0
        if opened is None:
            return None
        ends = ends_after(ref, opened)
        better = [at for at in ends if at in closes and side * (closes[at] - entry) >= 0]
        since = better[-1] if better else opened
        stretch = ends_after(ref, since)
        wanted = len(stretch) - (1 if unread(ref, closes) else 0)
        if not better and not is_covered(closes, ends, wanted):
            return None
        if not enough(len([at for at in stretch if at in closes]), max(wanted, 0)):
            return None
        return max(ref.now - since, 0.0)

    return by_row(ref, value)
