"""Reports and memory to a snapshot: everything that is known at one instant, and how far to believe it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from riskd.model.desk import Desk
from riskd.model.report import Report
from riskd.model.snapshot import Snapshot
from riskd.observe.absorb import absorb
from riskd.observe.checks import DEFAULT_CHECKS, Checks
from riskd.observe.columns import account_columns, clock_offsets, instrument_columns, spot_columns
from riskd.observe.fields import PLAUSIBLE, Plausibility
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from riskd.observe.order_columns import order_columns
from riskd.observe.position_columns import position_columns
from riskd.observe.provenance import provenance_of
from riskd.observe.scene import scene_of
from riskd.observe.strategy import strategy_names
from riskd.observe.surfaces import surface_states


def assemble(
    reports: Iterable[Report],
    *,
    previous: Known,
    desk: Desk,
    now: datetime,
    freshness: Freshness,
    snapshot_id: int,
    checks: Checks = DEFAULT_CHECKS,
    plausible: Plausibility = PLAUSIBLE,
    asked: frozenset[str] = frozenset(),
) -> tuple[Snapshot, Known]:
    """One snapshot from this cycle's reports and what was known before.

    A surface that was not reported in this cycle is filled from memory, and judged by its age. Nothing is guessed:
    what cannot be believed is NaN, and its surface says why.

    Args:
        reports: This cycle's reports, in any order.
        previous: What the last cycle returned; ``Known()`` at first.
        desk: Accounts, hedges and grids.
        now: The moment of judging, aware UTC.
        freshness: Ages allowed to each surface.
        snapshot_id: Number of the snapshot, counted up by the caller.
        checks: Tolerances of the cross-checks.
        plausible: What a number must lie within.
        asked: Unified symbols of contracts that are to be among the instruments though nobody holds, orders or names them;
            what no venue lists is left out.

    Returns:
        The snapshot, and what is known now.

    Raises:
        ValueError: A report is of a venue whose dialect riskd does not understand.
    """
    known = absorb(reports, previous, plausible=plausible)
    scene = scene_of(known, desk, now=now, freshness=freshness, checks=checks, asked=asked)
    surfaces = surface_states(scene)
    qualities = {(state.account or state.venue, state.surface): state.quality for state in surfaces}
    names = strategy_names(desk)
    strategies = {name: code for code, name in enumerate(names)}
    accounts = account_columns(scene, qualities)
    positions = position_columns(scene, strategies, qualities)
    snapshot = Snapshot(
        id=snapshot_id,
        taken_at=now,
        desk=desk,
        instruments=scene.instruments,
        strategies=names,
        quotes=instrument_columns(scene),
        accounts=accounts,
        positions=positions,
        orders=order_columns(scene, strategies, qualities),
        spot=spot_columns(scene, qualities),
        surfaces=surfaces,
        provenance=provenance_of(desk, accounts, positions),
        clock_offsets=clock_offsets(scene, qualities),
    )
    return snapshot, known
