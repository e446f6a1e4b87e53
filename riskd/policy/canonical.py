"""The canonical form of a policy, and its hash: what it means, without how or where it was written."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, time
from decimal import Decimal
from enum import Enum

from riskd.model.report import JsonValue
from riskd.policy.bundle import Policy
from riskd.policy.formula import Formula
from riskd.policy.rule import Mark
from riskd.policy.waiver import Waiver

# Changed when the same text comes to mean something else, so that no two meanings share a hash.
_MEANING = "riskd policy/v1"
# Where things stand, and what the rules themselves already say.
_NOT_MEANING = frozenset({"hash", "file", "places", "scope", "unused"})


def policy_hash(policy: Policy) -> str:
    """sha256 of the canonical form, hexadecimal.

    Comments, formatting, the order of keys, rules and tests, and the names of variables do not change it. Every number,
    word and text that riskd acts on, tests with or shows to people does.
    """
    return hashlib.sha256(canonical_text(policy).encode()).hexdigest()


def bundle_hash(policies: Iterable[Policy], waivers: Iterable[Waiver] = ()) -> str:
    """sha256 over the names and hashes of policies in the order of their names, and the waivers in that of their ids."""
    pairs = sorted((policy.name, policy.hash) for policy in policies)
    exceptions = [_plain(waiver) for waiver in sorted(waivers, key=lambda waiver: waiver.id)]
    body: list[JsonValue] = [_MEANING, [list(pair) for pair in pairs], *([exceptions] if exceptions else [])]
    return hashlib.sha256(_json(body).encode()).hexdigest()


def canonical_text(policy: Policy) -> str:
    """The policy as JSON with sorted keys; rules in the order of their ids, tests in that of their names."""
    body = _plain(replace(policy, rules=(), tests=()))
    assert isinstance(body, dict)
    body["rules"] = [_plain(rule) for rule in sorted(policy.rules, key=lambda rule: rule.id)]
    body["tests"] = [_plain(test) for test in sorted(policy.tests, key=lambda test: test.name)]
    return _json([_MEANING, body])


def canonical_waivers(waivers: Iterable[Waiver]) -> str:
    """The waivers as JSON, in the order of their ids."""
    return _json([_MEANING, [_plain(waiver) for waiver in sorted(waivers, key=lambda waiver: waiver.id)]])


def meaning(noun: object) -> JsonValue:
    """A rule, a test or a part of one as JSON: equal when they mean the same, wherever they are written."""
    return _plain(noun)


def _plain(value: object) -> JsonValue:
    """A value of the policy's nouns as JSON. A kind of value that is not listed is a bug, never a silent text."""
    if isinstance(value, Enum):  # first, for some are texts or numbers too
        return value.name
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, time | datetime):
        return value.isoformat()
    if isinstance(value, Formula):
        # Blanks, brackets that change nothing and the names of variables are no meaning; what the tree computes is.
        return {"tree": _plain(value.tree), "unit": value.unit.name}
    parts = ((name, getattr(value, name)) for name in _parts_of(value))
    return {name: _plain(part) for name, part in parts if not isinstance(part, Mark)}


def _parts_of(noun: object) -> tuple[str, ...]:
    """The fields of a noun that carry meaning.

    Raises:
        TypeError: It is no noun.
    """
    kind = type(noun)
    if kind not in _PARTS:
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} has no canonical form")
        _PARTS[kind] = tuple(field.name for field in fields(kind) if field.name not in _NOT_MEANING)
    return _PARTS[kind]


_PARTS: dict[type, tuple[str, ...]] = {}  # what fields() gives, asked for a hundred times for each rule


def _json(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
