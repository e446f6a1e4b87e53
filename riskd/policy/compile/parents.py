"""Which policies the rules of some files refine, read from the files alone: whether they are sound is not asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from riskd.policy.text.problems import Problems
from riskd.policy.text.yaml_text import MappingNode, read_yaml


@dataclass(frozen=True, slots=True)
class _Header:
    """The name of a policy, and those of the policies that its rules refine."""

    name: str
    refines: frozenset[str]


def parents_among(texts: Iterable[tuple[str, str]], others: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The files of ``others`` that hold a policy which is needed and that ``texts`` do not hold.

    Args:
        texts: ``(file, text)`` of each file that is meant.
        others: Where parents, and parents of these, are looked for.
    """
    known = {header.name: header for header in map(_header, texts)}
    offered = {header.name: (file, header) for file, text in others if (header := _header((file, text))).name}
    found: dict[str, str] = {}
    while missing := sorted(_wanted(known) & offered.keys()):
        for name in missing:
            found[name], known[name] = offered[name]
    return tuple(found.values())


def _wanted(known: Mapping[str, _Header]) -> set[str]:
    return {name for header in known.values() for name in header.refines} - known.keys()


def _header(given: tuple[str, str]) -> _Header:
    file, text = given
    root = read_yaml(text, Problems(file=file, text=text))
    if not isinstance(root, MappingNode):
        return _Header("", frozenset())
    rules = (node for node in root.items("rules") if isinstance(node, MappingNode))
    refined = (node.text("refines").partition("/")[0] for node in rules)
    return _Header(root.text("name"), frozenset(name for name in refined if name))
