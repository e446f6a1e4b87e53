"""Says of every number without a unit in the limits of a faulty rule what its measure would make of it.

The shape of a file knows no measures: it can only say that a unit is missing, and takes a whole number for a count. A rule
with such a fault is not compiled, so that nothing else would say what is known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from riskd.measure.spec import Unit
from riskd.policy.compile.context import Context
from riskd.policy.rule import Bound
from riskd.policy.text.problems import Code
from riskd.policy.text.quantity import noun
from riskd.policy.text.spelling import needs_unit, with_unit
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarKind, ScalarNode, SequenceNode

_NUMBERS = (ScalarKind.INTEGER, ScalarKind.FLOAT)
_WRITTEN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")


def note_bare_numbers(context: Context, rule: MappingNode) -> None:
    """Note what the numbers in the limits of one faulty rule lack, where the measure is known."""
    found = _unit_of(context, rule)
    if found is None:
        return
    name, unit = found
    for role, node in _limits(rule):
        if unit is Unit.COUNT or not _WRITTEN.fullmatch(node.text):
            continue
        if not context.is_sound(node):
            context.problems.cure(node.mark, Code.NOT_A_QUANTITY, needs_unit(node.text, unit, name))
        elif node.kind in _NUMBERS:
            what = f"{role} {node.text} has no unit, but {name} is {noun(unit)}"
            context.problems.add(node.mark, Code.WRONG_UNIT, what, f"write {with_unit(node.text, unit)}")


def _unit_of(context: Context, rule: MappingNode) -> tuple[str, Unit] | None:
    """What the rule measures, and in which unit; None when it does not say."""
    given = rule.scalar("unit")
    if given is not None:
        unit = next((each for each in Unit if each.value == given.text), None)
        return None if unit is None else ("the value", unit)
    measure = rule.get("measure")
    name = measure.entries[0][0] if isinstance(measure, MappingNode) and measure.entries else measure
    spec = context.catalogue.get(name.text) if isinstance(name, ScalarNode) else None
    return None if spec is None else (spec.name, spec.unit)


def _limits(rule: MappingNode) -> Iterator[tuple[str, ScalarNode]]:
    """The values of the limits, each with its level; of ladders and calendars too."""
    during = rule.mapping("during")
    holders = [rule, *(value for _, value in (during.entries if during is not None else ()))]
    for holder in holders:
        for bound in Bound if isinstance(holder, MappingNode) else ():
            limit = holder.get(bound.value) if isinstance(holder, MappingNode) else None
            steps = limit.items("steps") if isinstance(limit, MappingNode) else ()
            for each in steps or ((limit,) if limit is not None else ()):
                yield from _values("breach", each)


def _values(role: str, node: Node) -> Iterator[tuple[str, ScalarNode]]:
    if isinstance(node, ScalarNode):
        yield role, node
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from _values(role, item)
    else:
        for key, value in node.entries:
            if key.text not in ("by", "upto", "above"):
                yield from _values(key.text, value)
