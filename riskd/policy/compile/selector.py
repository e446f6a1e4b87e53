"""Compiles selectors: ``scope`` and ``where``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from riskd.policy.compile.context import Context
from riskd.policy.rule import Match, Selector
from riskd.policy.scope.symbol_globs import asset_fault, symbol_fault
from riskd.policy.text.problems import Code
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode, SequenceNode

# Names whose form is known without a venue.
_FAULTS: Mapping[str, Callable[[str], tuple[str, str] | None]] = {
    "symbol": symbol_fault,
    "asset": asset_fault,
}


def selector_at(context: Context, node: MappingNode | None) -> Selector:
    """The tests of a selector in the order of their names; none when there is no selector.

    Patterns that can never match anything are noted.
    """
    tests: list[tuple[str, Match]] = []
    for key, value in node.entries if node is not None else ():
        _check_patterns(context, key.text, value)
        if key.text == "labels" and isinstance(value, MappingNode):
            tests.extend((f"labels.{label.text}", _match(wanted)) for label, wanted in value.entries)
        else:
            tests.append((key.text, _match(value)))
    return Selector(tuple(sorted(tests, key=lambda test: test[0])))


def _check_patterns(context: Context, name: str, node: Node) -> None:
    fault_of = _FAULTS.get(name)
    for pattern in _patterns(node) if fault_of is not None else ():
        fault = fault_of(pattern.text) if fault_of is not None else None
        if fault is not None:
            context.problems.add(pattern.mark, Code.SELECTOR, *fault)


def _match(node: Node) -> Match:
    if isinstance(node, MappingNode):
        refused = node.get("not")
        return Match(none_of=_globs(refused) if refused is not None else ())
    return Match(any_of=_globs(node))


def _globs(node: Node) -> tuple[str, ...]:
    """Patterns without repeats, in the order of the alphabet: a list means any of them."""
    return tuple(sorted({pattern.text for pattern in _patterns(node)}))


def _patterns(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    for item in node.items if isinstance(node, SequenceNode) else ():
        yield from _patterns(item)
    for _, value in node.entries if isinstance(node, MappingNode) else ():
        yield from _patterns(value)
