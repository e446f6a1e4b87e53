"""The weakest of four permissions holds, and is named."""

from __future__ import annotations

import itertools

from riskd.act.modes import Permissions
from riskd.model.desk import Mode


def test_the_weakest_permission_wins_in_every_combination() -> None:
    for ceiling, policy, rule, account in itertools.product(Mode, repeat=4):
        permissions = Permissions(ceiling=ceiling, policy=policy, rule=rule, account=account)
        assert permissions.mode is min(ceiling, policy, rule, account)


def test_the_permission_that_limits_is_named() -> None:
    permissions = Permissions(
        ceiling=Mode.ENFORCE, policy=Mode.ENFORCE, rule=Mode.PROPOSE, account=Mode.OBSERVE
    )
    assert permissions.weakest() == (Mode.OBSERVE, "account")
