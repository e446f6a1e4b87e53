"""Names that a policy file defines and never uses: a limit that somebody believes to be in force may hang on one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from riskd.policy.bundle import Unused
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode, SequenceNode


def unused_names(root: MappingNode) -> tuple[Unused, ...]:
    """The variables that stand nowhere as ``$name``, and the calendars that no ``during`` names."""
    variables = {text[1:] for text in _texts(root) if text.startswith("$")} | _in_expressions(root)
    calendars = {key.text for rule in root.items("rules") for key in _during(rule)}
    return (
        *_defined(root, "vars", "variable", variables),
        *_defined(root, "calendars", "calendar", calendars),
    )


def _defined(root: MappingNode, section: str, kind: str, used: set[str]) -> Iterator[Unused]:
    names = root.mapping(section)
    for key, _ in names.entries if names is not None else ():
        if key.text not in used:
            yield Unused(kind=kind, name=key.text, mark=key.mark)


def _in_expressions(root: MappingNode) -> set[str]:
    """Variables inside the text of an ``expr``."""
    texts = (rule.text("expr") for rule in root.items("rules") if isinstance(rule, MappingNode))
    return {name for text in texts for name in re.findall(r"\$([a-z][a-z0-9_]*)", text)}


def _during(rule: Node) -> Iterator[ScalarNode]:
    during = rule.mapping("during") if isinstance(rule, MappingNode) else None
    return (key for key, _ in (during.entries if during is not None else ()))


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, ScalarNode):
        yield node.text
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from _texts(item)
    else:
        for _, value in node.entries:
            yield from _texts(value)
