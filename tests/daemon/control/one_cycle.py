"""One cycle over an account at nine times its equity, under a rule that warns beyond three."""

from __future__ import annotations

from riskd.cycle import CycleInput, CycleResult, run_cycle
from riskd.model.desk import Mode
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from riskd.policy.load import load
from tests.builders import BTC, a_history, a_position, a_snapshot, an_account, an_instrument
from tests.daemon.policy_play import leverage, policy


def one_cycle() -> CycleResult:
    """The result of the cycle: one alert fires."""
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=10_000, mode=Mode.ENFORCE)],
        instruments=[an_instrument(BTC, mark=10_000.0)],
        positions=[a_position(BTC, 9.0, entry=10_000)],
    )

    def past(_snapshot: Snapshot, _known: Known) -> History:
        return a_history(snapshot)

    given = CycleInput(
        snapshot_id=snapshot.id,
        now=snapshot.taken_at,
        reports=(),
        known=Known(),
        desk=snapshot.desk,
        freshness=Freshness(),
        bundle=load([("desk.yaml", policy(leverage()))]),
        states={},
        remember=past,
        attempts={},
        ceiling=Mode.ENFORCE,
        duration_seconds=0.0,
    )
    return run_cycle(given, observe=lambda *_, **__: (snapshot, Known()))
