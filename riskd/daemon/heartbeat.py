"""After each cycle: one canonical log line, and the heartbeat for systemd's watchdog."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import structlog

from riskd.adapters.sd_notify import ServiceManager
from riskd.cycle import CycleResult
from riskd.execution import PlanResult
from riskd.model.alert import Condition
from riskd.model.snapshot import Quality


class Heartbeat:
    """Listens to the service. The watchdog is fed by completed cycles and by nothing else."""

    def __init__(self, manager: ServiceManager) -> None:
        self._manager = manager
        self._ready = False
        self._standing: Callable[[], str] = str
        self._log = structlog.get_logger("riskd")

    def tell_too(self, standing: Callable[[], str]) -> None:
        """Put into every status what waits for a person; an empty text adds nothing."""
        self._standing = standing

    def after_cycle(self, result: CycleResult) -> None:
        """Log the cycle and say that riskd is alive; the first one makes it ready."""
        status = "; ".join(filter(None, (_status(result), self._standing())))
        if not self._ready:
            self._ready = True
            self._manager.ready(status)
        self._manager.alive(status)
        ratios = result.snapshot.accounts.maintenance_margin / result.snapshot.accounts.equity
        known = ratios[np.isfinite(ratios)]
        self._log.info(
            "cycle",
            id=result.snapshot.id,
            positions=len(result.snapshot.positions),
            firing=_count(result, Condition.FIRING),
            clearing=_count(result, Condition.CLEARING),
            events=len(result.advance.events),
            not_ok=sum(state.quality is not Quality.OK for state in result.snapshot.surfaces),
            margin_ratio_worst=round(float(known.max()), 4) if known.size else None,
            ms=round(result.rows.duration_seconds * 1000, 1),
        )

    def after_plan(self, result: PlanResult) -> None:
        """Plans are logged where they are carried out."""


def _status(result: CycleResult) -> str:
    blind = sum(state.quality is Quality.BLIND for state in result.snapshot.surfaces)
    return (
        f"cycle {result.snapshot.id}: {len(result.snapshot.desk.accounts)} accounts, "
        f"{len(result.snapshot.positions)} positions, {_count(result, Condition.FIRING)} firing, {blind} blind"
    )


def _count(result: CycleResult, condition: Condition) -> int:
    return sum(state.condition is condition for state in result.advance.states.values())
