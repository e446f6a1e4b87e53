"""What compiling one file needs at hand, and how a quantity gets its meaning at its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from riskd.measure.spec import MeasureRef, MeasureSpec, Parameter, ParameterValue, Unit
from riskd.policy.rule import Calendar
from riskd.policy.schema.check import scalar_quantity, wrong_unit
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.quantity import Quantity, noun
from riskd.policy.text.spelling import choose, did_you_mean, implausible, mistakable, quoted, rewrite
from riskd.policy.text.units import show
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The file's names and the catalogue, beside the problems found so far.

    Attributes:
        variables: By name; None for one that is declared but faulty, which is said where it is declared.
        calendars: The same.
    """

    problems: Problems
    catalogue: Mapping[str, MeasureSpec]
    variables: Mapping[str, Quantity | None]
    calendars: Mapping[str, Calendar | None]

    def is_sound(self, node: Node) -> bool:
        """Whether nothing is wrong with a part of the file so far, so that it can be compiled."""
        return not self.problems.any_between(node.mark, node.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place where a quantity stands.

    Attributes:
        role: What it is there: ``breach``, ``max_step``.
        measure: The measure whose unit it must have; empty where the place itself has a unit.
        low: Smallest value, in the unit's base.
        high: Largest value.
        is_positive: True where ``low`` itself is too small.
        cure: What to write instead of a wrong unit; empty: the same number with the right one.
    """

    role: str
    unit: Unit
    measure: str = ""
    low: float = -math.inf
    high: float = math.inf
    is_positive: bool = False
    cure: str = ""


def amount(context: Context, node: ScalarNode, slot: Slot) -> Quantity | None:
    """The quantity at ``node``, a variable resolved; None when it has a fault, which is noted."""
    quantity = resolved(context, node)
    if quantity is None:
        return None
    if quantity.unit is not slot.unit:
        cure = slot.cure or f"write {rewrite(quantity, slot.unit)}"
        context.problems.add(node.mark, Code.WRONG_UNIT, _wrong_unit(node, quantity, slot), cure)
        return None
    fault = implausible(quantity)
    if fault is not None:
        context.problems.add(node.mark, Code.RANGE, f"{slot.role} {fault[0]}", fault[1])
        return None
    value = quantity.value
    if value < slot.low or value > slot.high or (slot.is_positive and value == slot.low):
        context.problems.add(
            node.mark, Code.RANGE, f"{slot.role} {quantity.text} is out of range", _range(slot)
        )
        return None
    return quantity


def resolved(context: Context, node: ScalarNode) -> Quantity | None:
    """The quantity that a scalar is or names, of whatever unit; None for an unknown or faulty variable."""
    if not node.text.startswith("$"):
        return scalar_quantity(node)
    name = node.text[1:]
    if name not in context.variables:
        what = f"{quoted(node.text)} is not defined in `vars`"
        context.problems.add(node.mark, Code.UNKNOWN_VARIABLE, what, choose(name, context.variables))
        return None
    return context.variables[name]


def moment_in(context: Context, node: ScalarNode, example: str) -> datetime | None:
    """The moment that a scalar is, in UTC; None when it is none, which is noted."""
    try:
        moment = datetime.fromisoformat(node.text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        what = f"{quoted(node.text)} is no moment in time"
        cure = f"write for example {example}" if moment is None else f"write {moment.isoformat()}Z"
        context.problems.add(node.mark, Code.TIME, what, cure)
        return None
    return moment.astimezone(UTC)


def measure_at(context: Context, node: Node) -> tuple[MeasureRef, MeasureSpec] | None:
    """The measure named at ``node`` with every parameter filled in; None when one is missing or faulty."""
    name, given = _name_and_parameters(node)
    spec = context.catalogue[name]
    values: dict[str, ParameterValue] = {}
    for parameter in spec.parameters:
        value = given.scalar(parameter.name) if given is not None else None
        if value is not None:
            found = _parameter(context, value, parameter)
            if found is not None:
                values[parameter.name] = found
        elif parameter.default is not None:
            values[parameter.name] = parameter.default
        else:
            what = f"{name} needs the parameter {parameter.name}: {parameter.meaning}"
            cure = f"write {{{name}: {{{parameter.name}: ...}}}}"
            context.problems.add(node.mark, Code.MISSING_PARAMETER, what, cure)
    if len(values) < len(spec.parameters):
        return None
    return MeasureRef(name, tuple(sorted(values.items()))), spec


def _parameter(context: Context, node: ScalarNode, parameter: Parameter) -> ParameterValue | None:
    """The value of a parameter; None when it has a fault, which is noted. The shape has looked at words already."""
    if parameter.unit is None:
        return _word(context, node, parameter)
    slot = Slot(
        role=parameter.name, unit=parameter.unit, low=parameter.low, high=parameter.high, is_positive=True
    )
    quantity = amount(context, node, slot)
    return None if quantity is None else quantity.value


def _word(context: Context, node: ScalarNode, parameter: Parameter) -> str | None:
    """The word of a parameter. One that is not known is a name of the desk's, unless it is a misspelling."""
    known = mistakable(node.text, parameter.words) if node.text not in parameter.words else None
    if known is None:
        return node.text
    what = f"{parameter.name} {quoted(node.text)} can be mistaken for {quoted(known)}"
    cure = f"{did_you_mean((known,))} One of your own under `{parameter.defined_in}` needs another name"
    context.problems.add(node.mark, Code.MISTAKABLE, what, cure)
    return None


def _name_and_parameters(node: Node) -> tuple[str, MappingNode | None]:
    if isinstance(node, MappingNode):
        (key, value) = node.entries[0]
        return key.text, value if isinstance(value, MappingNode) else None
    assert isinstance(node, ScalarNode)
    return node.text, None


def _wrong_unit(node: ScalarNode, quantity: Quantity, slot: Slot) -> str:
    text = node.text if node.text == quantity.text else f"{node.text} ({quantity.text})"
    if not slot.measure:
        return f"{slot.role} {wrong_unit(quantity, slot.unit)}"
    is_what = "has no unit" if quantity.unit is Unit.COUNT else f"is {noun(quantity.unit)}"
    return f"{slot.role} {text} {is_what}, but {slot.measure} is {noun(slot.unit)}"


def _range(slot: Slot) -> str:
    low = f"{'more than' if slot.is_positive else 'at least'} {show(slot.low, slot.unit)}"
    return (
        f"write {low}" if math.isinf(slot.high) else f"write {low} and at most {show(slot.high, slot.unit)}"
    )
