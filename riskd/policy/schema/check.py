"""Holds a tree of nodes against its shape, and notes every difference with its cure."""

from __future__ import annotations

import re

from riskd.measure.spec import Unit
from riskd.policy.schema.cure import key_cure, list_cure, text_cure, torn_values, variable_cure, word_cure
from riskd.policy.schema.sample import sample
from riskd.policy.schema.shape import (
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
    joined,
)
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.quantity import Quantity, example, noun
from riskd.policy.text.spelling import explain, listed, quoted, rewrite
from riskd.policy.text.units import QuantityError, parse
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarKind, ScalarNode, SequenceNode

VARIABLE = r"\$[a-z][a-z0-9_]*"


def check(node: Node, shape: Shape, called: str, problems: Problems) -> None:
    """Note every place of ``node`` that does not have its ``shape``.

    Args:
        node: The tree.
        shape: What it should be.
        called: What the tree is called in messages: ``a policy``.
        problems: Takes the faults.
    """
    match shape:
        case Named():
            check(node, shape.shape, called, problems)
        case Either():
            _check_either(node, shape, called, problems)
        case Words() | Flag() | Text() | Amount():
            _check_scalar(node, shape, called, problems)
        case Items():
            _check_items(node, shape, called, problems)
        case Record():
            _check_record(node, shape, called, problems)
        case Table():
            _check_table(node, shape, called, problems)
        case Depending():
            _check_depending(node, shape, called, problems)


def scalar_quantity(node: ScalarNode) -> Quantity:
    """The quantity that a scalar is. A whole number is a count, however YAML spells it.

    Raises:
        QuantityError: It is none.
    """
    if (
        node.kind is ScalarKind.FLOAT
        and node.text.rstrip("0").endswith(".")
        and not node.text.startswith("-")
    ):
        return parse(node.text.split(".")[0])
    return parse(node.text)


def _check_either(node: Node, shape: Either, called: str, problems: Problems) -> None:
    by_kind = {ScalarNode: shape.scalar, SequenceNode: shape.sequence, MappingNode: shape.mapping}
    chosen = by_kind[type(node)]
    if chosen is not None:
        if not _is_word_in_the_wrong_form(node, shape, problems):
            check(node, chosen, called, problems)
        return
    names = {ScalarNode: "a single value", SequenceNode: "a list", MappingNode: "a mapping"}
    allowed = [names[kind] for kind, inner in by_kind.items() if inner is not None]
    _wrong_kind(node, called, joined(allowed, "or"), shape, problems)


def _is_word_in_the_wrong_form(node: Node, shape: Either, problems: Problems) -> bool:
    """Notes a known word that stands bare and needs keys, or has keys and takes none (``place_stop``, ``notify: {}``)."""
    if not isinstance(shape.scalar, Words) or not isinstance(shape.mapping, Record):
        return False
    if (
        isinstance(node, ScalarNode)
        and node.text in shape.mapping.fields
        and node.text not in shape.scalar.words
    ):
        keys = sample(shape.mapping.fields[node.text].shape)
        what = f"{quoted(node.text)} does not stand alone"
        problems.add(node.mark, Code.WRONG_KIND, what, f"write {{{node.text}: {keys}}}")
        return True
    if isinstance(node, MappingNode) and len(node.entries) == 1:
        name = node.entries[0][0]
        if name.text in shape.scalar.words and name.text not in shape.mapping.fields:
            what = f"{quoted(name.text)} has no keys"
            problems.add(name.mark, Code.WRONG_KIND, what, f"write {name.text} alone")
            return True
    return False


def _check_depending(node: Node, shape: Depending, called: str, problems: Problems) -> None:
    if isinstance(node, MappingNode) and not any(node.get(key) for key in shape.keys):
        check(node, shape.absent, called, problems)
    else:
        check(node, shape.present, called, problems)


def _check_scalar(node: Node, shape: Words | Flag | Text | Amount, called: str, problems: Problems) -> None:
    if not isinstance(node, ScalarNode) or node.kind is ScalarKind.NULL:
        _wrong_kind(node, called, _expected(shape), shape, problems)
        return
    match shape:
        case Words():
            _check_words(node, shape, called, problems)
        case Flag():
            if node.kind is not ScalarKind.BOOLEAN and node.text not in ("yes", "no"):
                _wrong_kind(node, called, _expected(shape), shape, problems)
        case Text():
            _check_text(node, shape, called, problems)
        case Amount():
            _check_amount(node, shape, called, problems)


def _check_words(node: ScalarNode, shape: Words, called: str, problems: Problems) -> None:
    if node.kind is ScalarKind.TEXT and shape.allows(node.text):
        return
    what = (
        f"unknown {shape.noun} {quoted(node.text)}"
        if shape.noun
        else f"{called} cannot be {quoted(node.text)}"
    )
    problems.add(node.mark, Code.UNKNOWN_WORD, what, word_cure(node.text, shape))


def _not_yet(what: str) -> str:
    return f"{what} is not supported yet by this version of riskd"


def _check_text(node: ScalarNode, shape: Text, called: str, problems: Problems) -> None:
    if node.kind is not ScalarKind.TEXT:
        what = f"{called} must be text, found {_found(node)}"
        problems.add(node.mark, Code.WRONG_KIND, what, _as_text(node, shape))
    elif not node.text.strip():
        problems.add(node.mark, Code.BAD_TEXT, f"{called} is empty", _for_example(shape))
    elif len(node.text) > shape.length_max:
        what = f"{called} has {len(node.text)} characters, more than {shape.length_max}"
        problems.add(node.mark, Code.BAD_TEXT, what, "shorten it")
    elif shape.pattern and not re.fullmatch(shape.pattern, node.text):
        what = f"{called} cannot be {quoted(node.text)}"
        cure = text_cure(node.text, shape.cures) or _for_example(shape)
        problems.add(node.mark, Code.BAD_TEXT, what, cure)


def _as_text(node: ScalarNode, shape: Text) -> str:
    """Quotes help only what would be right in them."""
    if shape.pattern and not re.fullmatch(shape.pattern, node.text):
        return _for_example(shape)
    return f'write "{node.text[:40]}" in quotes'


def _check_amount(node: ScalarNode, shape: Amount, called: str, problems: Problems) -> None:
    if re.match(r"\$[^0-9]", node.text):
        _check_variable(node, shape, called, problems)
        return
    try:
        quantity = scalar_quantity(node)
    except QuantityError as fault:
        problems.add(node.mark, Code.NOT_A_QUANTITY, f"{called}: {fault.what}", fault.cure)
        return
    if shape.unit is not None and quantity.unit is not shape.unit:
        what = f"{called} {wrong_unit(quantity, shape.unit)}"
        problems.add(node.mark, Code.WRONG_UNIT_HERE, what, f"write {rewrite(quantity, shape.unit)}")


def _check_variable(node: ScalarNode, shape: Amount, called: str, problems: Problems) -> None:
    if shape.is_literal:
        what = f"{called} cannot be a variable here"
        problems.add(node.mark, Code.NOT_A_QUANTITY, what, "write the quantity itself")
    elif not re.fullmatch(VARIABLE, node.text):
        what = f"{called}: {quoted(node.text)} cannot be a variable"
        problems.add(node.mark, Code.NOT_A_QUANTITY, what, variable_cure(node.text))


def wrong_unit(quantity: Quantity, unit: Unit) -> str:
    """The clause that says how a quantity misses its unit: ``takes a duration, but 5x is a multiple``."""
    if quantity.unit is Unit.COUNT:
        return f"takes {noun(unit)}, but {quantity.text} has no unit"
    return f"takes {noun(unit)}, but {quantity.text} is {noun(quantity.unit)}"


def _check_items(node: Node, shape: Items, called: str, problems: Problems) -> None:
    if not isinstance(node, SequenceNode):
        _wrong_kind(node, called, "a list", shape, problems)
        return
    for item in node.items:
        check(item, shape.item, shape.called, problems)
    most = shape.most
    if len(node.items) < shape.least or (most is not None and len(node.items) > most):
        wanted = f"exactly {most}" if shape.least == most else f"at least {shape.least}"
        _wrong_length(node, len(node.items), wanted, called, shape, problems)


def _check_record(node: Node, shape: Record, called: str, problems: Problems) -> None:
    if not isinstance(node, MappingNode):
        _wrong_kind(node, called, "a mapping", shape, problems)
        return
    meant: set[str] = set()  # known keys that stand here, or that a misspelt one was meant to be
    torn = _note_torn(node, shape, problems)
    for key, value in node.entries:
        known = shape.fields.get(key.text)
        if key.text in torn:
            meant.add(key.text)
        elif known is not None:
            meant.add(key.text)
            check(value, known.shape, key.text, problems)
        elif not problems.is_full:
            meant.add(_strange_key(key, shape, problems))
    _check_presence(node, shape, meant, problems)


def _note_torn(node: MappingNode, shape: Record, problems: Problems) -> set[str]:
    """Notes values that their commas tear apart, and returns the keys that belong to them."""
    torn: set[str] = set()
    for key, whole, keys in torn_values(node, shape):
        what, cure = explain(whole)
        problems.add(key.mark, Code.NOT_A_QUANTITY, f"{key.text}: {what}", cure)
        torn.update(keys)
    return torn


def _strange_key(key: ScalarNode, shape: Record, problems: Problems) -> str:
    """Notes a key that is not known; returns the known one that was probably meant, empty when unclear."""
    later = shape.later.get(key.text)
    if later is not None:
        name = f"{shape.noun} {quoted(key.text)}".lstrip()
        problems.add(key.mark, Code.NOT_YET, _not_yet(name), later.cure)
        return later.stands_for
    meant, cure = key_cure(key.text, shape)
    name = quoted(key.text)
    what = f"unknown {shape.noun} {name}" if shape.noun else f"{shape.called} has no key {name}"
    problems.add(key.mark, Code.UNKNOWN_KEY, what, cure)
    return meant


def _check_presence(node: MappingNode, shape: Record, meant: set[str], problems: Problems) -> None:
    for name, known in shape.fields.items():
        if known.is_required and name not in meant:
            what = f"{shape.called} needs the key {quoted(name)}"
            problems.add(node.mark, Code.MISSING_KEY, what, known.meaning)
    if "" in meant:
        return  # a key that nobody knows may be the one that is asked for next
    for group in shape.one_of:
        held = [name for name in group if name in meant]
        if len(held) != 1:
            found = joined(held, "and") if held else "none of them"
            what = f"{shape.called} needs exactly one of {listed(group)}, found {found}"
            problems.add(node.mark, Code.ONE_OF, what)
    for name, others in shape.beside.items():
        _check_beside(node, shape, meant, name, others, problems)
    if shape.any_of and not meant.intersection(shape.any_of):
        what = f"{shape.called} needs at least one of {listed(shape.any_of)}"
        problems.add(node.mark, Code.ONE_OF, what)


def _check_beside(
    node: MappingNode, shape: Record, meant: set[str], name: str, others: tuple[str, ...], problems: Problems
) -> None:
    """Notes a key that stands without those that it is about, or is missing beside one of them."""
    held = [other for other in others if other in meant]
    key = node.key(name)
    if held and name not in meant:
        what = f"{shape.called} with {quoted(held[0])} needs the key {quoted(name)}"
        problems.add(node.mark, Code.ONE_OF, what, shape.fields[name].meaning)
    elif not held and key is not None:
        what = f"{quoted(name)} stands only beside {joined(others, 'or')}"
        problems.add(key.mark, Code.ONE_OF, what, "remove it")


def _check_table(node: Node, shape: Table, called: str, problems: Problems) -> None:
    if not isinstance(node, MappingNode):
        _wrong_kind(node, called, "a mapping", shape, problems)
        return
    if len(node.entries) < shape.least:
        _wrong_length(node, len(node.entries), f"at least {shape.least}", called, shape, problems)
    for key, value in node.entries:
        if not re.fullmatch(shape.key, key.text):
            what = f"{quoted(key.text)} cannot be the name of {shape.called}"
            problems.add(key.mark, Code.BAD_TEXT, what, f"write for example {shape.example}")
        check(value, shape.value, key.text, problems)


def _wrong_kind(node: Node, called: str, expected: str, shape: Shape, problems: Problems) -> None:
    cure = _write(shape)
    if expected == "a list" and isinstance(node, ScalarNode) and node.text:
        cure = list_cure(node, shape)
    problems.add(node.mark, Code.WRONG_KIND, f"{called} must be {expected}, found {_found(node)}", cure)


def _wrong_length(node: Node, found: int, wanted: str, called: str, shape: Shape, problems: Problems) -> None:
    entries = "1 entry" if found == 1 else f"{found or 'no'} entries"
    problems.add(node.mark, Code.WRONG_LENGTH, f"{called} has {entries}, and needs {wanted}", _write(shape))


def _write(shape: Shape) -> str:
    """What to write, where anything can be said of it."""
    written = sample(shape)
    return f"write for example {written}" if re.search(r"[a-z0-9]", written) else ""


def _found(node: Node) -> str:
    match node:
        case MappingNode():
            return "a mapping"
        case SequenceNode():
            return "a list"
        case ScalarNode(kind=ScalarKind.NULL):
            return "nothing"
        case ScalarNode(kind=ScalarKind.TEXT):
            return quoted(node.text)
        case ScalarNode(kind=ScalarKind.BOOLEAN):
            return node.text
        case _:
            return f"the number {node.text[:40]}"


def _expected(shape: Words | Flag | Text | Amount) -> str:
    match shape:
        case Words():
            return f"one of {joined(shape.words, 'or')}"
        case Flag():
            return "true or false"
        case Text():
            return "text"
        case Amount(unit=unit):
            return "a quantity" if unit is None else f"{noun(unit)} such as {example(unit)}"


def _for_example(shape: Text) -> str:
    return f"write for example {shape.example}" if shape.example else ""
