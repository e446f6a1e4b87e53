"""What is said once for many rules is told once: changes of defaults, of a scope, of a calendar, of a refined rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from riskd.policy.change.change import Change, Effect
from riskd.policy.rule import Mark

_NAMED_MAX = 3

_Key = tuple[str, str, tuple[Effect, ...], str, Mark | None, Mark | None]


def grouped(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes in their order, with those joined that are one change of a place which rules share.

    Which rules act more by it is a fact of its own: those are told apart from the others.
    """
    groups: dict[_Key | int, list[Change]] = {}
    for number, change in enumerate(changes):
        groups.setdefault(_key(change) if change.shared else number, []).append(change)
    return tuple(group[0] if len(group) == 1 else _joined(group) for group in groups.values())


def _key(change: Change) -> _Key:
    policy = change.about.partition("/")[0]
    # Rules of several policies may refine one rule; what policies share otherwise is each one's own.
    owner = change.shared if "/" in change.shared else policy
    return owner, change.shared, change.effects, change.what, change.old, change.new


def _joined(group: list[Change]) -> Change:
    first = group[0]
    rules = tuple(change.about for change in group)
    owner = _key(first)[0]
    told = f"{len(rules)} rules"
    if "/" in first.shared:
        told += " that refine it"
    if len(rules) <= _NAMED_MAX:
        told += f": {', '.join(rule.removeprefix(f'{owner}/') for rule in rules)}"
    what = f"defaults {first.what}" if first.shared == "defaults" else first.what
    return replace(first, about=owner, what=f"{what} ({told})", rules=rules)
