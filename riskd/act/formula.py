"""The closed forms of ``target`` applied to a case: which position to close first, and how much of the last one.

For exposure over equity and for margin over equity both are known by formula, so that a search need not try every
position. What a formula says is only where to look: the trial measures it.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from riskd.act.suppose import Closing, suppose
from riskd.act.target import notional_to_leverage, notional_to_margin_ratio, notional_to_share
from riskd.act.trial import Case, Trial

_MARGIN = "margin_ratio"
_EXPOSURE = frozenset({"leverage", "share_of_equity"})


class Formula:
    """Closed forms for one case; ``applies`` says whether its measure has any."""

    def __init__(self, case: Case, trial: Trial) -> None:
        """Bind the forms to a case; the trial gives the measure once others are closed."""
        self._case = case
        self._trial = trial
        known = np.isfinite([case.value, *(self._freed(row) for row in case.rows)]).all()
        self.applies = bool(known) and case.rule.measure.name in _EXPOSURE | {_MARGIN}

    def relief_per_cost(self, row: int) -> float:
        """How much the first unit of notional closed relieves the measure's numerator, over what it costs.

        ``(1 - v*c) / c`` for exposure and ``(m - v*c) / c`` for margin, where ``v`` is the measure: the second term is
        the equity that the cost takes away.
        """
        unit_cost = float(self._case.unit_cost[row])
        return (self._freed(row) - self._case.value * unit_cost) / max(unit_cost, 1e-12)

    def quantity(self, closing: Closing, row: int) -> Decimal | None:
        """Base units of a position that should bring the measure to its target once others are closed.

        None where there is no such quantity, by formula.
        """
        if not self.applies:
            return None
        mark_price = float(self._case.snapshot.positions.mark_price[row])
        notional = self._notional(closing, row)
        return None if notional is None else Decimal(repr(notional / mark_price))

    def _notional(self, closing: Closing, row: int) -> float | None:
        after = suppose(self._case.snapshot, closing, self._case.unit_cost)
        equity = float(after.accounts.equity[0])
        (value,) = self._trial.values([closing]).tolist()
        _, target = self._trial.target(closing)
        unit_cost = float(self._case.unit_cost[row])
        used = value * equity
        if self._case.rule.measure.name == _MARGIN:
            return notional_to_margin_ratio(
                maintenance_margin=used,
                equity=equity,
                target_ratio=target,
                margin_rate=self._margin_rate(row),
                unit_cost=unit_cost,
                notional=abs(float(self._case.snapshot.positions.notional[row])),
            )
        if self._case.rule.measure.name == "leverage":
            return notional_to_leverage(
                notional=used, equity=equity, target_leverage=target, unit_cost=unit_cost
            )
        return notional_to_share(notional=used, equity=equity, target_share=target, unit_cost=unit_cost)

    def _freed(self, row: int) -> float:
        """What one unit of notional closed takes off the measure's numerator."""
        return self._margin_rate(row) if self._case.rule.measure.name == _MARGIN else 1.0

    def _margin_rate(self, row: int) -> float:
        """Maintenance margin rate of the bracket that the position lies in."""
        snapshot = self._case.snapshot
        instrument = int(snapshot.positions.instrument[row])
        notional = abs(float(snapshot.positions.notional[row]))
        bracket = int(np.searchsorted(snapshot.quotes.bracket_floor[instrument], notional, side="right")) - 1
        return float(snapshot.quotes.bracket_rate[instrument, bracket])
