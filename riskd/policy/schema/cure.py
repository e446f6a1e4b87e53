"""What was probably meant where a file does not have its shape: cures for words, keys, lists and texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from riskd.policy.schema.shape import Items, Record, Shape, Words
from riskd.policy.text.spelling import NO_ARITHMETIC, choose, meant, nearest, quoted, respell
from riskd.policy.text.yaml_text import MappingNode, ScalarKind, ScalarNode

_GROUPS_MAX = 4  # of digits behind commas: 1,000,000,000,000
_SPAN = re.compile(r"([A-Za-z]+) ?(?:-|–|to|\.\.) ?([A-Za-z]+)")


def word_cure(text: str, shape: Words) -> str:
    """What to write instead of a word that is none of ``shape``'s."""
    if text in shape.cures:
        return shape.cures[text]
    between = _span(text, shape)
    if between:
        return f"write {', '.join(between)}"
    found = choice(text, shape.words, shape.every)
    if not shape.defined_in or found.endswith("?"):
        return found
    return f"{found}, or a name under `{shape.defined_in}` in the configuration"


def choice(word: str, known: Sequence[str], every: str) -> str:
    """As ``choose``; of words that are too many to list, ``every`` says where they are."""
    if not every or nearest(word, known):
        return choose(word, known)
    return f"{choose(word, known)} {every}" if meant(word, known) else every


def list_cure(node: ScalarNode, shape: Shape) -> str:
    """The list that a single value in its place was meant to be."""
    between = _span(node.text, shape.item) if isinstance(shape, Items) else ()
    return f"write [{', '.join(between) or node.text[:40]}]"


def text_cure(text: str, cures: Mapping[str, str]) -> str:
    """The cure of the first of ``cures`` whose pattern is all of ``text``; empty when there is none."""
    return next((cure for pattern, cure in cures.items() if re.fullmatch(pattern, text)), "")


def variable_cure(text: str) -> str:
    """What to write instead of something that begins like a variable and is none."""
    return (
        NO_ARITHMETIC if re.search(r"[a-z0-9_] ?[-+*/] ?[$0-9]", text) else "write for example $max_leverage"
    )


def key_cure(key: str, shape: Record) -> tuple[str, str]:
    """The known key that an unknown one was probably meant to be, empty when unclear, and the cure."""
    before_colon = key.split(":")[0]
    if before_colon != key and before_colon in shape.fields:
        return before_colon, f"write {quoted(key.replace(':', ': ', 1))}, with a space behind the colon"
    found = meant(key, shape.fields)
    if not found and shape.otherwise and re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", key):
        return "", shape.otherwise.format(key)
    return (found or ("",))[0], choice(key, tuple(shape.fields), shape.every)


def torn_values(node: MappingNode, shape: Record) -> Iterator[tuple[ScalarNode, str, tuple[str, ...]]]:
    """Values that commas tear apart, as in ``{warn: 3,5x}``: the key, the whole text, and the keys that are none."""
    for place, (key, value) in enumerate(node.entries):
        if key.text not in shape.fields or not isinstance(value, ScalarNode):
            continue
        rest = _torn_off(node, place)
        whole = ",".join([value.text, *rest])
        if rest and respell(whole):
            yield key, whole, (key.text, *rest)


def _torn_off(node: MappingNode, place: int) -> tuple[str, ...]:
    """The keys without a value that follow an entry, and begin with a digit."""
    rest: tuple[str, ...] = ()
    for key, value in node.entries[place + 1 : place + 1 + _GROUPS_MAX]:
        bare = isinstance(value, ScalarNode) and value.kind is ScalarKind.NULL and not value.text
        if not bare or not key.text[:1].isdigit():
            break
        rest = (*rest, key.text)
    return rest


def _span(text: str, shape: Shape) -> tuple[str, ...]:
    """The words from one to another, where their order means something; past the last begins the first again."""
    found = _SPAN.fullmatch(text) if isinstance(shape, Words) and shape.is_ordered else None
    if found is None or not isinstance(shape, Words):
        return ()
    ends = [meant(name, shape.words) for name in found.groups()]
    if not all(ends):
        return ()
    first, last = (shape.words.index(names[0]) for names in ends)
    count = (last - first) % len(shape.words) + 1
    return tuple((shape.words * 2)[first : first + count])
