"""Collateral: what backs each account, and what the venue counts it for, as columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from riskd.daemon.liquidity import oldest
from riskd.model.arrays import codes, floats
from riskd.model.collateral import (
    NO_ASSET_INDEX,
    NO_COLLATERAL,
    AssetIndexColumns,
    CollateralColumns,
)
from riskd.model.snapshot import Snapshot
from riskd.observe.facts import AssetIndexFact
from riskd.observe.known import Heard, Known

# The whole list costs 10 of the 2,400 weight a minute.
_EVERY_SECONDS = 60.0


class CollateralKeeper:
    """Says when the worth of assets is to be read, and hands out what is known of it and of the assets held."""

    def __init__(self) -> None:
        self._asked_at: dict[str, float] = {}
        self._collateral = NO_COLLATERAL
        self._index = NO_ASSET_INDEX

    def due(self, snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
        """Venues whose list is to be read; it is asked for whole, so that no contract is named."""
        now = snapshot.taken_at.timestamp()
        venues = {profile.venue for profile in snapshot.desk.accounts}
        due = [
            venue
            for venue in sorted(venues)
            if not self._asked_at.get(venue, -np.inf)
            <= now
            < self._asked_at.get(venue, -np.inf) + _EVERY_SECONDS
        ]
        self._asked_at.update(dict.fromkeys(due, now))
        return dict.fromkeys(due, ())

    def take_in(self, known: Known, snapshot: Snapshot) -> None:
        """Take in what was read; nothing costs anything before somebody has asked."""
        if not self._asked_at:
            return
        venues = sorted({profile.venue for profile in snapshot.desk.accounts})
        self._index = _index_of({venue: known.venue(venue).asset_index for venue in venues})
        held = [
            (code, asset, balance)
            for code, profile in enumerate(snapshot.desk.accounts)
            if (balances := known.account(profile.id).balances.value) is not None
            for asset, balance in sorted(balances.collateral.items())
        ]
        self._collateral = CollateralColumns(
            account=codes([code for code, _, _ in held]),
            asset=tuple(asset for _, asset, _ in held),
            balance=floats([float(balance) for _, _, balance in held]),
        )

    @property
    def collateral(self) -> CollateralColumns:
        """The assets that back each account."""
        return self._collateral

    @property
    def index(self) -> AssetIndexColumns:
        """What assets are worth."""
        return self._index


def _index_of(heard: Mapping[str, Heard[Mapping[str, AssetIndexFact]]]) -> AssetIndexColumns:
    """Everything that can be believed: nothing of a venue while it talks nonsense."""
    rows = [
        (venue, asset, fact, oldest(one.requested_at, fact.told_ms))
        for venue, one in heard.items()
        if not one.rubbish
        for asset, fact in sorted((one.value or {}).items())
    ]
    return AssetIndexColumns(
        venue=tuple(venue for venue, _, _, _ in rows),
        asset=tuple(asset for _, asset, _, _ in rows),
        index=floats([float(fact.index) for _, _, fact, _ in rows]),
        bid_rate=floats([float(fact.bid_rate) for _, _, fact, _ in rows]),
        ask_rate=floats([float(fact.ask_rate) for _, _, fact, _ in rows]),
        at=floats([at for _, _, _, at in rows]),
        trouble=tuple((venue, one.failure) for venue, one in heard.items() if one.failure),
    )
