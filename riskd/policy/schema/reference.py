"""The shape of a policy as a page for people; ``docs/reference/policy.md`` is this text and a test keeps it so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import MeasureSpec
from riskd.policy.schema.policy_file import policy_shape
from riskd.policy.schema.shape import (
    Amount,
    Depending,
    Either,
    Field,
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
from riskd.policy.schema.waiver_file import WAIVERS
from riskd.policy.text.quantity import example as literal
from riskd.policy.text.quantity import noun

_POLICY_HEAD = """# Reference: every key of a policy

Generated from the shape that refuses files and that `riskd policy schema policy` exports; `--markdown` prints this page.
[policy-language.md](../policy-language.md) says what the keys do and why; [measures.md](../measures.md) has every measure with its
parameters. Quantities carry their unit, and `$name` may stand in place of one, but not in `vars` and in tests.
"""
_WAIVERS_HEAD = """# Reference: every key of a waiver file

Generated from the shape that refuses files and that `riskd policy schema waivers` exports; `--markdown` prints this page.
[policy-language.md](../policy-language.md) says what waivers do and who may allow them.
"""

# Too many keys to list here; they have a page of their own.
_ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "measure": ("a measure, by its name or with parameters ([measures](../measures.md))", "leverage")
}
_TITLES: Mapping[str, str] = {"this test": "not"}  # what messages call it would be another section here
_EXAMPLES: Mapping[str, str] = {
    "owner": "risk-committee",
    "version": '"1.0.0"',
    "scope": "{labels: {env: prod}}",
    "guard": "{max_actions_per_hour: 6, cooldown: 60s}",
    "between": '["13:30", "16:00"]',
    "band": "{warn: [97%, 103%], breach: [95%, 105%]}",
    "why": "At 5x a fall of 20% takes everything.",
    "reason": "The hedge moves to another venue this week.",
    "ticket": "RISK-118",
    "approvers": '["role:cro"]',
    "requested_by": "desk/j.berg",
    "approved_by": "role:cro/a.lind",
    "account": "main",
    "venue": "binanceusdm",
    "desk": "majors",
    "book": "core",
    "strategy": "swing",
    "symbol": "BTC/USDT:USDT",
    "asset": "BTC",
    "cluster": "majors",
    "hedge": "btc-carry",
    "grid": "eth-grid",
}
_WORDS_LISTED = 16
_EXAMPLE_LONGEST = 72
_LEFT_OUT = re.compile(r"(?:; |^)([^;]+) when left out(.*)$")
_WRITTEN = re.compile(r"`([a-z_]+): ([^`]+)`")

Titled: TypeAlias = Mapping[str, Record]


def policy_page(catalogue: Mapping[str, MeasureSpec] = CATALOGUE) -> str:
    """Every key of a policy, Markdown."""
    return _page(_POLICY_HEAD, policy_shape(catalogue))


def waivers_page() -> str:
    """Every key of a waiver file, Markdown."""
    return _page(_WAIVERS_HEAD, WAIVERS)


def constructs(root: Record) -> Titled:
    """Every record of a shape by its title, outermost first. Two of one name are told apart by what they are in."""
    found: dict[str, Record] = {}
    waiting: list[tuple[str, Shape]] = [("", root)]
    while waiting:
        outer, shape = waiting.pop(0)
        if isinstance(shape, Record):
            if shape in found.values():
                continue
            title = _TITLES.get(
                shape.called, shape.called.removeprefix("a ").removeprefix("an ").removeprefix("the ")
            )
            outer = f"{title} of {outer}" if title in found else title
            found[outer] = shape
        waiting += [(outer, inner) for inner in _inside(shape)]
    return found


def sample(key: str, field: Field) -> str:
    """A key as one would write it: as its meaning does, or as its shape allows."""
    written = _WRITTEN.search(field.meaning)
    if written is not None and written.group(1) == key:
        return written.group()[1:-1]
    return f"{key}: {_EXAMPLES.get(key) or example_of(field.shape)}"


def example_of(shape: Shape) -> str:
    """A value of the shape as one would write it; of a record only what it needs."""
    match shape:
        case Named(name=name, shape=inner):
            return _ELSEWHERE[name][1] if name in _ELSEWHERE else example_of(inner)
        case Words(words=words):
            return words[0]
        case Flag():
            return "yes"
        case Text(example=text):
            return _quoted(text.split(", or ")[0] or "text")
        case Amount(unit=unit):
            return literal(unit) if unit is not None else "5x"
        case Items(item=item, least=least):
            return f"[{', '.join([example_of(item)] * max(1, least))}]"
        case Table(example=key, value=value):
            return f"{{{key}: {example_of(value)}}}"
        case Either(scalar=scalar, sequence=sequence, mapping=mapping):
            return example_of(next(inner for inner in (scalar, sequence, mapping) if inner is not None))
        case Depending(absent=absent):
            return example_of(absent)
        case Record():
            return (
                f"{{{', '.join(f'{key}: {example_of(shape.fields[key].shape)}' for key in _needed(shape))}}}"
            )


def _page(head: str, root: Record) -> str:
    titled = constructs(root)
    return "\n".join([head, *(_section(title, record, titled) for title, record in titled.items())])


def _section(title: str, record: Record, titled: Titled) -> str:
    lines = [f"## {title}", "", *_demands(record)]
    lines += ["| key | value | meaning | when left out | example |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(_row(key, field, titled) for key, field in record.fields.items()), ""])


def _row(key: str, field: Field, titled: Titled) -> str:
    meaning, default = field.meaning, "needed" if field.is_required else ""
    left_out = _LEFT_OUT.search(meaning)
    if left_out is not None:
        meaning, default = meaning[: left_out.start()] + left_out.group(2), left_out.group(1)
    shown = sample(key, field)
    cells = (
        f"`{key}`",
        _form(field.shape, titled),
        meaning[:1].upper() + meaning[1:],
        default,
        f"`{shown}`" if len(shown) <= _EXAMPLE_LONGEST else "",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _demands(record: Record) -> Iterator[str]:
    for group in record.one_of:
        if set(group) != set(record.fields):
            yield f"Exactly one of {_listed(group)}."
            yield ""
        else:
            yield "Exactly one of these."
            yield ""
    if record.any_of:
        whole = set(record.any_of) == set(record.fields)
        yield "At least one of these." if whole else f"At least one of {_listed(record.any_of)}."
        yield ""
    for key, others in record.beside.items():
        yield f"`{key}` stands beside {_listed(others)} only."
        yield ""


def _form(shape: Shape, titled: Titled) -> str:
    """What may stand there, in words."""
    match shape:
        case Named(name=name, shape=inner):
            return _ELSEWHERE[name][0] if name in _ELSEWHERE else _form(inner, titled)
        case Words(words=words, defined_in=key):
            more = f" and {len(words) - _WORDS_LISTED} more" if len(words) > _WORDS_LISTED else ""
            own = f", or a name under `{key}` in the configuration" if key else ""
            return joined([f"`{word}`" for word in words[:_WORDS_LISTED]], "or") + more + own
        case Flag():
            return "`yes` or `no`"
        case Text(example=text):
            return "text" if not text else f"text such as `{text}`"
        case Amount(unit=unit, is_literal=is_literal):
            return (
                noun(unit)
                if unit is not None
                else "a quantity"
                if is_literal
                else "a quantity of the measure"
            )
        case Items(item=item, least=least, most=most):
            count = "" if most is None else f" of {most}" if least == most else f" of {least} to {most}"
            return f"a list{count}: {_form(item, titled)}"
        case Table(value=value, example=key):
            return f"by name (such as `{key}`): {_form(value, titled)}"
        case Either(scalar=scalar, sequence=sequence, mapping=mapping):
            kinds = [_form(inner, titled) for inner in (scalar, sequence, mapping) if inner is not None]
            return joined(list(dict.fromkeys(kinds)), "or")
        case Depending(present=present, absent=absent):
            return joined([_form(absent, titled), _form(present, titled)], "or")
        case Record():
            title = next(title for title, record in titled.items() if record == shape)
            return f"[{title}](#{title.replace(' ', '-')})"


def _inside(shape: Shape) -> list[Shape]:
    match shape:
        case Named(name=name, shape=inner):
            return [] if name in _ELSEWHERE else [inner]
        case Record(fields=fields):
            return [field.shape for field in fields.values()]
        case Items(item=inner) | Table(value=inner):
            return [inner]
        case Either(scalar=scalar, sequence=sequence, mapping=mapping):
            return [inner for inner in (scalar, sequence, mapping) if inner is not None]
        case Depending(present=present, absent=absent):
            return [absent, present]
        case Words() | Flag() | Text() | Amount():
            return []


def _needed(record: Record) -> list[str]:
    """Keys without which the record is not valid: one of each group, and one of those of which any will do."""
    keys = [key for key, field in record.fields.items() if field.is_required]
    keys += [group[0] for group in record.one_of if not set(group) & set(keys)]
    if record.any_of and not set(record.any_of) & set(keys):
        keys.append(record.any_of[0])
    return keys


def _listed(names: tuple[str, ...]) -> str:
    return joined([f"`{name}`" for name in names], "or")


def _quoted(text: str) -> str:
    """Text as YAML reads it: in quotes where it would be something else without them."""
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9 _./-]*", text) else json.dumps(text, ensure_ascii=False)
