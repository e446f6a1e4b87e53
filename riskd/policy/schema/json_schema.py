"""Exports a shape as JSON Schema (draft 2020-12), so that editors complete and check what ``shape_check`` checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from riskd.measure.spec import Unit
from riskd.policy.schema.check import VARIABLE
from riskd.policy.schema.shape import (
    DEFINED_NAME,
    Amount,
    Depending,
    Either,
    Flag,
    Items,
    Named,
    Record,
    Shape,
    Table,
    Text,
    Words,
)
from riskd.policy.text.quantity import example, pattern

Schema: TypeAlias = dict[str, object]

_COUNT_MAX = 10**15 - 1  # fifteen digits, as in the grammar of quantities


def json_schema_of(shape: Shape, *, title: str, identifier: str) -> Schema:
    """The schema of a whole file.

    Args:
        shape: Of the file.
        title: For people.
        identifier: The schema's ``$id``.
    """
    definitions: Schema = {}
    body = _schema(shape, definitions)
    head: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": identifier,
        "title": title,
    }
    return {**head, **body, "$defs": definitions}


def _schema(shape: Shape, definitions: Schema) -> Schema:
    match shape:
        case Named(name=name, shape=inner):
            if name not in definitions:
                definitions[name] = {}  # so that a shape may contain itself
                definitions[name] = _schema(inner, definitions)
            return {"$ref": f"#/$defs/{name}"}
        case Words(words=words, defined_in=key):
            known: Schema = {"enum": list(words)}
            own: Schema = {"type": "string", "pattern": f"^(?:{DEFINED_NAME})$"}
            return {"anyOf": [known, own]} if key else known
        case Flag():
            return {"enum": [True, False, "yes", "no"]}
        case Text():
            return _text(shape)
        case Amount():
            return _amount(shape)
        case Items():
            return _items(shape, definitions)
        case Record():
            return _record(shape, definitions)
        case Table():
            return _table(shape, definitions)
        case Either(scalar=scalar, sequence=sequence, mapping=mapping):
            kinds = (inner for inner in (scalar, sequence, mapping) if inner is not None)
            return {"anyOf": [_schema(inner, definitions) for inner in kinds]}
        case Depending(keys=keys, present=present, absent=absent):
            return {
                "type": "object",
                "if": {"anyOf": _each_required(keys)},
                "then": _schema(present, definitions),
                "else": _schema(absent, definitions),
            }


def _text(shape: Text) -> Schema:
    # A text of spaces only is empty too.
    schema: Schema = {
        "type": "string",
        "pattern": f"^(?:{shape.pattern})$" if shape.pattern else r"\S",
        "maxLength": shape.length_max,
    }
    return {**schema, "examples": [shape.example]} if shape.example else schema


def _amount(shape: Amount) -> Schema:
    units = list(Unit) if shape.unit is None else [shape.unit]
    forms = [pattern(unit) for unit in units] + ([] if shape.is_literal else [VARIABLE])
    text: Schema = {
        "type": "string",
        "pattern": f"^(?:{'|'.join(forms)})$",
        "examples": [example(unit) for unit in units],
    }
    if Unit.COUNT not in units:
        return text
    return {"anyOf": [text, {"type": "integer", "minimum": 0, "maximum": _COUNT_MAX}]}


def _items(shape: Items, definitions: Schema) -> Schema:
    schema: Schema = {"type": "array", "items": _schema(shape.item, definitions), "minItems": shape.least}
    return schema if shape.most is None else {**schema, "maxItems": shape.most}


def _record(shape: Record, definitions: Schema) -> Schema:
    properties: Schema = {}
    for name, known in shape.fields.items():
        inner = _schema(known.shape, definitions)
        properties[name] = {**inner, "description": known.meaning} if known.meaning else inner
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    needed = [name for name, known in shape.fields.items() if known.is_required]
    if needed:
        schema["required"] = needed
    demands: list[Schema] = [{"oneOf": _each_required(group)} for group in shape.one_of]
    if shape.any_of:
        demands.append({"anyOf": _each_required(shape.any_of)})
    for name, others in shape.beside.items():
        without: Schema = {"properties": {name: False}}
        demands.append(
            {"if": {"anyOf": _each_required(others)}, "then": {"required": [name]}, "else": without}
        )
    if demands:
        schema["allOf"] = demands
    return schema


def _table(shape: Table, definitions: Schema) -> Schema:
    return {
        "type": "object",
        "minProperties": shape.least,
        "propertyNames": {"pattern": f"^(?:{shape.key})$"},
        "additionalProperties": _schema(shape.value, definitions),
    }


def _each_required(keys: Iterable[str]) -> list[Schema]:
    return [{"required": [key]} for key in keys]
