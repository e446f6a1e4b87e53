"""The published worked examples, and how to compare with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from riskd.model.subject import Grain
from tests.builders import a_hedge, a_position, a_snapshot, an_account, an_instrument, perpetual_leg
from tests.measure.books import value
from tests.shared_data import shared_path

Vector = dict[str, Any]


def vectors() -> list[Vector]:
    found: list[Vector] = json.loads(shared_path("vectors/vectors.json").read_text())["vectors"]
    return found


def of(kind: str, *, status: str = "", without: Iterable[str] = ()) -> list[Vector]:
    left_out = set(without)
    wrong = {"published_inconsistent"}
    chosen = [v for v in vectors() if v["kind"] == kind and v["id"] not in left_out]
    return [v for v in chosen if (v["status"] == status if status else v["status"] not in wrong)]


def one(name: str) -> Vector:
    return next(v for v in vectors() if v["id"] == name)


def near(value: float | None, expected: float, vector: Vector) -> None:
    tolerance = vector["tolerance"]
    assert value is not None
    assert value == pytest.approx(expected, rel=tolerance.get("rel", 0.0), abs=tolerance.get("abs", 0.0)), (
        vector["id"]
    )


def hedge_of(vector: Vector, contracts: float) -> float:
    """hedge_ratio of so many contracts against the exposure, wanted: the minimum-variance ratio."""
    i = vector["inputs"]
    wanted = i["rho"] * i["sigma_s"] / i["sigma_f"]
    snapshot = a_snapshot(
        accounts=[an_account(wallet=1e9)],
        instruments=[an_instrument("FUEL/USDT:USDT", mark=1.0), an_instrument("OIL/USDT:USDT", mark=1.0)],
        positions=[
            a_position("FUEL/USDT:USDT", i["exposure"]),
            a_position("OIL/USDT:USDT", -contracts * i["contract"]),
        ],
        hedges=(
            a_hedge(
                "fuel", perpetual_leg("FUEL/USDT:USDT"), perpetual_leg("OIL/USDT:USDT"), ratio=repr(wanted)
            ),
        ),
    )
    return value(snapshot, "hedge_ratio", Grain.HEDGE)
