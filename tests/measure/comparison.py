"""Takes a measure both ways and says where the answers differ."""

from __future__ import annotations

import math

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.catalogue import CATALOGUE, take
from riskd.measure.spec import MeasureRef, ParameterValue, Selection
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain
from tests.measure.reference import Reference
from tests.measure.reference_measures import MEASURES
from tests.measure.reference_prices import SCENARIO, clusters

PARAMETERS = {
    "window": 259_200.0,
    "beyond": 0.1,
    "slippage": 0.001,
    "fee": 0.0005,
    "confidence": 0.95,
    "horizon": 14_400.0,
    "move": -0.2,
    "gain_min": 0.01,
    "participation": 0.2,
    "within": 0.005,
    "fall": 0.3,
    "together": 5.0,
    "least": 3.0,
}
WORDS = {"direction": "either", "method": "historical", "scenario": SCENARIO}
ALL = [(name, grain) for name, spec in CATALOGUE.items() for grain in sorted(spec.grains)]
# Values that rest on small differences of large sums: with sizes 40 orders of magnitude apart their exact answer lies below the
# resolution of a double, and they are tested by what the answer means instead.
ILL_CONDITIONED = frozenset(
    {
        "liquidation_distance",
        "liquidation_distance_vol",
        "liquidation_divergence",
        "account_shock",
        "beta_shock",
        "asset_shock",
        "shocked_margin_ratio",
        "stop_to_liquidation",
        "risk_per_trade",
        "open_risk",
        "correlated_risk",
        "touch_probability",
        "grid_worst_liquidation_distance",
        "grid_worst_leverage",
        "filled_liquidation_distance",
        "leg_liquidation_distance",
        "loss_and_heat",
        "funding_to_horizon",
    }
)


def ref_of(name: str) -> MeasureRef:
    """The measure with the parameters of all comparisons."""
    given: dict[str, ParameterValue] = {**PARAMETERS, **WORDS}
    return MeasureRef(name, tuple((p.name, given[p.name]) for p in CATALOGUE[name].parameters))


def a_selection(book: Book, seed: int) -> Selection:
    """About two thirds of the rows."""
    rng = np.random.default_rng(seed)
    return Selection(
        positions=rng.random(len(book.tables.positions)) < 0.67,
        orders=rng.random(len(book.tables.orders)) < 0.67,
    )


def differences(
    snapshot: Snapshot,
    history: History,
    book: Book,
    selection: Selection,
    *,
    without: frozenset[str] = frozenset(),
    relative: float = 1e-9,
) -> list[str]:
    """One line for each subject whose value differs from the reference."""
    orders = selection.orders.tolist()
    reference = Reference(snapshot, history, clusters(Reference(snapshot, history)), orders)
    found: list[str] = []
    for name, grain in ALL:
        if name not in without:
            found += _differences(reference, book, selection, name, grain, relative)
    return found


def _differences(
    reference: Reference, book: Book, selection: Selection, name: str, grain: Grain, relative: float
) -> list[str]:
    spec = CATALOGUE[name]
    cases = MEASURES[name](reference, grain, PARAMETERS, selection.positions.tolist())
    measured = take(book, ref_of(name), grain, selection)
    subjects = [str(subject) for subject in measured.subjects]
    if subjects != [case.name for case in cases]:
        return [f"{name} per {grain}: subjects {subjects} for {[case.name for case in cases]}"]
    found = []
    for case, value, why in zip(cases, measured.values.tolist(), measured.unknown, strict=True):
        expected = case.value if reference.trusted(case.accounts, spec.needs) else None
        if expected is not None and math.isinf(expected) and not spec.infinite_when:
            expected = None
        same = (
            math.isnan(value)
            if expected is None
            else math.isclose(value, expected, rel_tol=relative, abs_tol=1e-12)
        )
        if not same or math.isnan(value) != bool(why):
            found.append(f"{name} of {case.name}: {value} ({why}), reference {expected}")
    return found
