"""How much two answers about the same thing may differ before neither is believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

_BASIS = Decimal("0.05")
_MAINTENANCE = Decimal("0.02")
_PNL = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Tolerances of the cross-checks. Marks move between two reads, so none of them is zero.

    Attributes:
        basis_max: Between a position's own mark and the published one, as a fraction: another price source is no mark.
        maintenance_tolerance: Between the account's maintenance margin and the sum of its positions', as a fraction.
        pnl_tolerance: Between the account's unrealized PnL and the sum of its positions', of the gross notional.
        pairing_max: Answers that were asked for further apart than this are not compared.
        lag_max: A venue shows a change everywhere within this time.
        frozen_max: How long a mark may stand still while most others move.
        ahead_max: How far a venue's time stamp may lie ahead of our clock.
        clock_offset_max: How far the venue's clock may differ from ours, seconds.
    """

    basis_max: Decimal = _BASIS
    maintenance_tolerance: Decimal = _MAINTENANCE
    pnl_tolerance: Decimal = _PNL
    pairing_max: timedelta = timedelta(seconds=10)
    lag_max: timedelta = timedelta(seconds=3)
    frozen_max: timedelta = timedelta(seconds=60)
    ahead_max: timedelta = timedelta(seconds=5)
    clock_offset_max: float = 1.0


DEFAULT_CHECKS = Checks()
