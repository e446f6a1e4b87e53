"""Beside greedy, pro rata and largest first: never dearer, and always feasible where one of them is."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from benchmarks.plans import outcomes, size_of
from benchmarks.plans_book import Trouble, crashed, trouble
from tests.shared_data import shared_path

# All thousand: RISKD_PLANS=1000.
BOOKS = int(os.environ.get("RISKD_PLANS", "12"))
AS_DEAR = 1.0 + 1e-4  # lots, and that a position costs a little more than the one before it
CRASH_SEEDS = 3


def compare(asked: Trouble) -> None:
    ours, rivals = outcomes(asked)
    for name, rival in rivals.items():
        assert ours.is_feasible or not rival.is_feasible, f"{name} reaches what we do not"
        assert not rival.is_feasible or ours.cost <= rival.cost * AS_DEAR, f"{name} is cheaper"


@pytest.mark.parametrize("seed", range(BOOKS))
def test_no_rival_is_cheaper_on_a_random_book(seed: int) -> None:
    compare(trouble(size_of(seed), seed))


def events() -> dict[str, dict[str, float]]:
    """How far each coin fell in each recorded crash."""
    recorded: dict[str, Any] = json.loads(shared_path("data/scenarios.json").read_text(encoding="utf-8"))
    found = {}
    for event in recorded["events"]:
        falls = {
            name.partition(":")[2].removesuffix("USDT").removesuffix("-"): row["drop_last"]
            for name, row in event.get("measured", {}).items()
            if -0.95 < row.get("drop_last", 0.0) < 0.0
        }
        if len(falls) > 1:
            found[event["id"]] = falls
    return found


@pytest.mark.shared
def test_no_rival_is_cheaper_on_the_books_of_recorded_crashes() -> None:
    crashes = events()
    assert len(crashes) >= 5
    for falls in crashes.values():
        for seed in range(CRASH_SEEDS):
            compare(crashed(falls, seed))
