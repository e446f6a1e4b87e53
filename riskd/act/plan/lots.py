"""From shares to orders: rounded up to whole lots, hedge mates together, and not a lot more than is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from riskd.act.plan.case import Case, Quantities
from riskd.act.plan.hedges import Balance, lot_worth
from riskd.act.plan.suppose import Closing

_DUST = Decimal("1e-9")  # of a lot: what binary fractions may be above a whole number of lots
# Of more positions than these a lot is so small a part that it is not looked for one by one.
_FEW, _ROUNDS, _PROBES = 16, 3, 4


def rounded(case: Case, shares: Mapping[int, float]) -> Quantities:
    """Whole lots that reach the shares; legs of a hedge are evened out, so that rounding leaves it where it was."""
    lots: dict[int, int] = {}
    for row in sorted(shares):
        step = case.scope.steps[row]
        wanted = Decimal(repr(shares[row])) * step.held - step.lot * _DUST
        if wanted > 0:
            lots[row] = step.at_least(wanted)
    for hedge in case.hedges:
        for balance in hedge.balances[:1]:
            _even(case, balance, lots, balance.after(shares))
    return {row: case.scope.steps[row].quantity(count) for row, count in sorted(lots.items())}


def _even(case: Case, balance: Balance, lots: dict[int, int], wanted: float) -> None:
    """Closes lots of the legs that rounding has left too large, the coarsest first, until the sum is where it was wanted."""
    steps = case.scope.steps
    legs = sorted(
        (row for row in balance.rows.tolist() if row in steps),
        key=lambda row: (-lot_worth(balance, steps, row), row),
    )
    if not any(row in lots for row in legs):
        return
    for row in legs:
        worth, step = lot_worth(balance, steps, row), steps[row]
        share = {leg: float(steps[leg].quantity(lots[leg]) / steps[leg].held) for leg in legs if leg in lots}
        drift = balance.after(share) - wanted
        weight = float(balance.weight[balance.rows.tolist().index(row)])
        if worth <= 0.0 or weight * drift <= 0.0:
            continue
        more = int(abs(drift) / worth * (1.0 + 1e-12) + 1e-9)
        if more:
            lots[row] = min(step.most, max(step.fewest, lots.get(row, 0) + more))


def shaved(
    case: Case, closing: Quantities, verified: Callable[[Sequence[Closing]], list[bool]]
) -> Quantities:
    """The closing without the lots that nothing needs, the dearest lots first.

    Args:
        case: The plan.
        closing: A verified one.
        verified: Whether each closing does all that the first one does.
    """
    hedged = frozenset(row for hedge in case.hedges for row in hedge.rows)
    loose = [row for row in closing if row not in hedged and row not in case.scope.closed]
    if len(loose) > _FEW:
        fewer = _less_of(case, closing, loose)
        return _beginning(closing, fewer, _PROBES, verified)
    for _ in range(_ROUNDS):
        fewer = _less_of(case, closing, loose)
        good = verified([_with(closing, row, less) for row, less in fewer]) if fewer else []
        spare = [each for each, fine in zip(fewer, good, strict=True) if fine]
        if not spare:
            break
        closing = _beginning(closing, spare, len(spare), verified)
    return closing


def _less_of(case: Case, closing: Closing, rows: Sequence[int]) -> list[tuple[int, Decimal]]:
    """A lot less of each position, those whose lots are worth most first."""
    mark = case.scene.snapshot.positions.mark_price
    dearest = sorted(rows, key=lambda row: (-float(case.scope.steps[row].lot) * float(mark[row]), row))
    found = ((row, _one_less(case, closing, row)) for row in dearest if row in closing)
    return [(row, less) for row, less in found if less is not None]


def _one_less(case: Case, closing: Closing, row: int) -> Decimal | None:
    """A lot less of a position, or none of it when that would be too small an order; None when it makes no difference."""
    step = case.scope.steps[row]
    lots = int(closing[row] / step.lot) - 1
    less = step.quantity(lots) if lots >= step.fewest else Decimal(0)
    return None if less >= closing[row] else less


def _with(closing: Closing, row: int, quantity: Decimal) -> Quantities:
    changed = {**closing, row: quantity}
    return {held: amount for held, amount in changed.items() if amount > 0}


def _beginning(
    closing: Quantities,
    spare: Sequence[tuple[int, Decimal]],
    probes: int,
    verified: Callable[[Sequence[Closing]], list[bool]],
) -> Quantities:
    """The closing without the longest beginning of what might be spared that still verifies, of those that are tried."""
    lengths = sorted({round(len(spare) ** ((number + 1) / probes)) for number in range(probes)})
    if len(spare) <= probes:
        lengths = list(range(1, len(spare) + 1))
    tried, changed = [], dict(closing)
    for length, (row, less) in enumerate(spare, start=1):
        changed[row] = less
        if length in lengths:
            tried.append({held: amount for held, amount in changed.items() if amount > 0})
    good = verified(tried) if tried else []
    return next((each for each, fine in zip(reversed(tried), reversed(good), strict=True) if fine), closing)
