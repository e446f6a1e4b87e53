"""Compiles selectors: ``scope`` and ``where``."""

from __future__ import annotations

from riskd.policy.rule import Match, Selector
from riskd.policy.yaml_text import MappingNode, Node, ScalarNode, SequenceNode


def selector_at(node: MappingNode | None) -> Selector:
    """The tests of a selector in the order of their names; none when there is no selector."""
    tests: list[tuple[str, Match]] = []
    for key, value in node.entries if node is not None else ():
        if key.text == "labels" and isinstance(value, MappingNode):
            tests.extend((f"labels.{label.text}", _match(wanted)) for label, wanted in value.entries)
        else:
            tests.append((key.text, _match(value)))
    return Selector(tuple(sorted(tests, key=lambda test: test[0])))


def _match(node: Node) -> Match:
    if isinstance(node, MappingNode):
        refused = node.get("not")
        return Match(none_of=_globs(refused) if refused is not None else ())
    return Match(any_of=_globs(node))


def _globs(node: Node) -> tuple[str, ...]:
    """Patterns without repeats, in the order of the alphabet: a list means any of them."""
    items = node.items if isinstance(node, SequenceNode) else (node,)
    return tuple(sorted({item.text for item in items if isinstance(item, ScalarNode)}))
