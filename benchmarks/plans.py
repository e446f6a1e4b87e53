"""Deleverage plans: how long a verified one takes, and what it costs beside greedy, pro rata and largest first.

All plans are for the same demands on the same random books and are judged by the same measures. A rival counts where it
reaches every target, pushes no other rule beyond its limit and keeps every hedge; its cost is given as a multiple of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import process_time  # noqa: TID251  # what a plan takes on a machine that is busy with other work as well
from types import MappingProxyType

import numpy as np

from benchmarks.plans_book import OCCASION, Trouble, trouble
from riskd.act.plan import Costs, NoPlan, NoPlanReason, propose
from riskd.act.plan.bundles import bundles_of
from riskd.act.plan.case import Case, Quantities
from riskd.act.plan.optimise import Optimiser
from riskd.act.plan.scene import Scene
from riskd.act.plan.scope import account_of
from riskd.act.plan.search import evenly, greedy
from riskd.act.plan.setting import case_of
from riskd.model.order import Plan

BOOKS = 1_000
SIZES = (10, 100, 1_000)
TRIES = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way of planning came to.

    Attributes:
        is_feasible: It reaches every target, pushes nothing and breaks no hedge.
        cost: Settlement currency.
    """

    is_feasible: bool
    cost: float


def main() -> None:
    """Print the times and the costs."""
    print("positions  demands  reductions  milliseconds of processor time, verified")
    for size in SIZES:
        asked = trouble(size, 3)
        plan = propose(asked.book, asked.demands, rules=asked.rules, occasion=OCCASION)
        assert isinstance(plan, Plan), plan
        took = min(_seconds(lambda: _plan(asked)) for _ in range(TRIES)) * 1e3  # noqa: B023  # called at once
        print(f"{size:9d}  {len(asked.demands):7d}  {len(plan.reductions):10d}  {took:8.1f}")
    compare(BOOKS)


def compare(books: int) -> None:
    """Print what each rival costs on so many random books."""
    ratios: dict[str, list[float]] = {name: [] for name in RIVALS}
    feasible = dict.fromkeys(("ours", *RIVALS), 0)
    for seed in range(books):
        ours, rivals = outcomes(trouble(size_of(seed), seed))
        feasible["ours"] += ours.is_feasible
        for name, outcome in rivals.items():
            feasible[name] += outcome.is_feasible
            if outcome.is_feasible and ours.is_feasible:
                ratios[name].append(outcome.cost / ours.cost)
    print(f"\n{books} random books of 2 to 120 positions: ours is feasible on {feasible['ours']}")
    print("rival           feasible  cost beside ours: least  median  worst")
    for name, found in ratios.items():
        least, median, worst = np.quantile(found, [0.0, 0.5, 1.0]) if found else (np.nan,) * 3
        print(f"{name:14s}  {feasible[name]:8d}  {least:22.4f}  {median:6.3f}  {worst:5.2f}")


def size_of(seed: int) -> int:
    """Small books more often than large ones, where lots and single positions matter most."""
    return int(2 + 118 * np.random.default_rng(seed).random() ** 3)


def outcomes(asked: Trouble) -> tuple[Outcome, Mapping[str, Outcome]]:
    """What we and the rivals come to on one book; without demands nothing is to be done, at no cost."""
    case = _case(asked)
    if isinstance(case, NoPlan):
        nothing = Outcome(is_feasible=False, cost=0.0)
        return nothing, dict.fromkeys(RIVALS, nothing)
    found = Optimiser(case).best()
    ours = _judged(case, {} if found is None else found.closing)
    return ours, {name: _judged(case, rival(case)) for name, rival in RIVALS.items()}


def by_relief(case: Case) -> Quantities:
    """The cheapest relief first, goal after goal."""
    return greedy(case, Optimiser(case).relief)


def largest_first(case: Case) -> Quantities:
    """The largest position whole, then the next, until every target is reached; of the last one no more than it takes."""
    notional = np.abs(case.scene.snapshot.positions.notional)
    bundles = sorted(
        bundles_of(case), key=lambda bundle: -float(notional[[step.row for step in bundle.steps]].sum())
    )
    closing: Quantities = {}
    for bundle in bundles:
        whole = closing | bundle.closing(bundle.most)
        if _reaches(case, whole):
            low, high = bundle.fewest - 1, bundle.most
            while high - low > 1:
                middle = (low + high) // 2
                reached = _reaches(case, closing | bundle.closing(middle))
                low, high = (low, middle) if reached else (middle, high)
            return closing | bundle.closing(high)
        closing = whole
    return closing


RIVALS: Mapping[str, Callable[[Case], Quantities]] = MappingProxyType(
    {"greedy": by_relief, "pro rata": evenly, "largest first": largest_first}
)


def _case(asked: Trouble) -> Case | NoPlan:
    if not asked.demands:
        return NoPlan(NoPlanReason.AT_TARGET, "every rule is kept")
    first = asked.demands[0]
    account = account_of(asked.book, first.rule.grain, first.subject)
    assert account is not None
    case, _ = case_of(Scene.of(asked.book, account, Costs()), asked.demands, asked.rules, OCCASION)
    return case


def _judged(case: Case, closing: Quantities) -> Outcome:
    (verdict,) = case.judge([closing])
    reached = bool((verdict.gaps <= 0.0).all())
    is_feasible = reached and not verdict.pushed and not verdict.broken
    return Outcome(is_feasible=is_feasible, cost=verdict.cost)


def _reaches(case: Case, closing: Quantities) -> bool:
    return bool((case.goals.gaps([closing]) <= 0.0).all())


def _plan(asked: Trouble) -> None:
    propose(asked.book, asked.demands, rules=asked.rules, occasion=OCCASION)


def _seconds(work: Callable[[], None]) -> float:
    began = process_time()
    work()
    return process_time() - began
