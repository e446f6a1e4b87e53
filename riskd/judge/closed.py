"""Whether a snapshot proves that a subject which it does not hold is gone."""

from __future__ import annotations

from riskd.model.report import Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.model.subject import Grain, Subject


def is_closed(snapshot: Snapshot, subject: Subject) -> bool:
    """Whether the snapshot proves that a subject without a row is gone.

    A position is gone only when everything its account holds could be read: a vanished row is unknown, never flat. An
    account, a hedge or a grid is gone when the configuration no longer names it.
    """
    match subject.grain:
        case Grain.HEDGE:
            return subject.part("hedge") not in {hedge.id for hedge in snapshot.desk.hedges}
        case Grain.GRID:
            return subject.part("grid") not in {grid.id for grid in snapshot.desk.grids}
        case _:
            account = subject.part("account")
            if account and account not in {profile.id for profile in snapshot.desk.accounts}:
                return True
            return subject.grain in _OF_AN_ACCOUNT and _sees(snapshot, account)


# Subjects that come and go with the positions of one account.
_OF_AN_ACCOUNT = frozenset({Grain.POSITION, Grain.ASSET, Grain.STRATEGY, Grain.CLUSTER})


def _sees(snapshot: Snapshot, account: str) -> bool:
    state = snapshot.state(account, Surface.POSITIONS)
    return state is not None and state.quality is Quality.OK
