"""Compiles when a rule fires, clears and gives up on missing data: ``for``, ``clear``, ``missing``, with defaults.

Defaults are merged one level deep. What a rule says at ``for``, ``clear``, ``missing`` or ``then`` replaces the same key
of the policy's defaults; a key that the rule leaves out comes from there, and failing that from the language. Lists of
actions are replaced whole. ``for: 60s`` speaks of all levels, so nothing of a default ``for`` is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from riskd.measure.spec import Unit
from riskd.model.verdict import Level
from riskd.policy.compile.context import Context, Slot, amount
from riskd.policy.rule import Bound, MissingThen
from riskd.policy.text.problems import Code
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode

_DAY = 86_400.0
_HOLD = Slot(role="for", unit=Unit.DURATION, low=0.0, high=_DAY)
_CLEAR = Slot(role="clear for", unit=Unit.DURATION, low=0.0, high=7 * _DAY)
_MISSING_HOLD = Slot(role="missing hold", unit=Unit.DURATION, low=0.0, high=_DAY)
_MARGIN = Slot(role="clear margin", unit=Unit.RATIO, low=0.0, high=1.0)

_MISSING_HOLD_SECONDS = 120.0  # two minutes, when neither the rule nor the defaults say


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The fields of ``policy.rule.Rule`` that say when."""

    hold_seconds: tuple[tuple[Level, float], ...]
    clear_margin: float
    clear_seconds: float
    missing_hold_seconds: float
    missing_then: MissingThen


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a rule's settings are looked for: in the rule itself, then in the policy's defaults."""

    rule: MappingNode
    defaults: MappingNode | None

    def find(self, section: str, key: str) -> Node | None:
        """What stands at ``section: {key: ...}``; a single value at ``section`` speaks for all keys."""
        for source in (self.rule, self.defaults):
            held = source.get(section) if source is not None else None
            if isinstance(held, ScalarNode):
                return held
            if isinstance(held, MappingNode) and (value := held.get(key)) is not None:
                return value
        return None


def timing_of(context: Context, sources: Sources, levels: Iterable[Level], bound: Bound) -> Timing:
    """The timing of a rule; faults are noted and replaced by what the language says."""
    holds = tuple(
        (level, _seconds(context, sources.find("for", level.name.lower()), _HOLD, 0.0)) for level in levels
    )
    then_node = sources.find("missing", "then")
    return Timing(
        hold_seconds=holds,
        clear_margin=_margin(context, sources.find("clear", "margin"), bound),
        clear_seconds=_seconds(context, sources.find("clear", "for"), _CLEAR, 0.0),
        missing_hold_seconds=_seconds(
            context, sources.find("missing", "hold"), _MISSING_HOLD, _MISSING_HOLD_SECONDS
        ),
        missing_then=MissingThen(then_node.text) if isinstance(then_node, ScalarNode) else MissingThen.ALERT,
    )


def _seconds(context: Context, node: Node | None, slot: Slot, otherwise: float) -> float:
    quantity = amount(context, node, slot) if isinstance(node, ScalarNode) else None
    return otherwise if quantity is None else quantity.value


def _margin(context: Context, node: Node | None, bound: Bound) -> float:
    quantity = amount(context, node, _MARGIN) if isinstance(node, ScalarNode) else None
    if node is None or quantity is None:
        return 0.0
    if bound is Bound.BAND and quantity.value == 1.0:
        what = "a margin of 100% leaves nothing of a band, so the alert would never clear"
        context.problems.add(node.mark, Code.RANGE, what, "write a smaller margin, such as 10%")
    return quantity.value
