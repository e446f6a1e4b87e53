"""Lint of ratios: percentages that are computed, and shares that a small book always exceeds."""

from __future__ import annotations

import math
from collections.abc import Iterator

from riskd.measure.spec import Unit
from riskd.model.subject import Grain
from riskd.model.verdict import Level
from riskd.policy.compile.limit import all_thresholds
from riskd.policy.formula import Binary, Call, Node, Number, Operator
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.rule import Bound, Rule
from riskd.policy.text.units import show

_FACTORS = (100.0, 10_000.0)
_SHARE_OF_ALL = "share_of_gross"
_CONCENTRATION = "hhi"  # of n equal assets it is 1/n, and of others more
_TWO_COINS = 0.5


def ratio_findings(rule: Rule) -> Iterator[Finding]:
    """What is odd about a rule whose value is a share of something."""
    if rule.formula is not None and rule.unit is Unit.RATIO:
        factor = next(_factors(rule.formula.tree), None)
        if factor is not None:
            yield Finding(
                lint=Lint.PERCENT_FACTOR,
                mark=rule.place("expr"),
                what=f"{rule.id} has the factor {factor:g}, and its value is a ratio: 5% is 0.05",
                cure="percentages exist only in writing: take the factor out",
            )
    if rule.measure.name in (_SHARE_OF_ALL, _CONCENTRATION) and rule.limit.bound is Bound.MAX:
        yield from _few_coins(rule)


def _factors(node: Node) -> Iterator[float]:
    """The hundreds that something is multiplied with or divided by."""
    if isinstance(node, Binary):
        for side in (node.left, node.right):
            bare = isinstance(side, Number) and side.unit is None
            if bare and isinstance(side, Number) and side.value in _FACTORS and node.operator in _SCALING:
                yield side.value
            yield from _factors(side)
    for argument in node.arguments if isinstance(node, Call) else ():
        yield from _factors(argument)


_SCALING = (Operator.MULTIPLY, Operator.DIVIDE)


def _few_coins(rule: Rule) -> Iterator[Finding]:
    limits = [(high, level) for held in all_thresholds(rule.limit) for level, _, high in held.levels]
    share, level = min(limits, default=(math.inf, Level.OK))
    if not 0.0 < share < _TWO_COINS:
        return
    # The largest of n shares is at least 1/n.
    most = math.ceil(1.0 / share) - 1
    what = Grain.ASSET if rule.measure.name == _CONCENTRATION else rule.grain
    yield Finding(
        lint=Lint.FEW_COINS,
        mark=rule.place("max"),
        what=f"{level.name.lower()} {show(share, rule.unit)} of {rule.id} is exceeded whenever {_few(most, what)} "
        "all there is, because the shares add up to 100%",
        cure="limit share_of_equity, which is small when the bet is, or mean it",
    )


def _few(count: int, grain: Grain) -> str:
    """``one asset is``, ``1 to 3 assets are``."""
    name = grain.value
    several = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
    return f"one {name} is" if count == 1 else f"1 to {count} {several} are"
