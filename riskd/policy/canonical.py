"""The canonical form of a policy, and its hash: what it means, without how or where it was written."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import time
from decimal import Decimal
from enum import Enum

from riskd.model.report import JsonValue
from riskd.policy.bundle import Policy
from riskd.policy.rule import Mark

# Changed when the same text comes to mean something else, so that no two meanings share a hash.
_MEANING = "riskd policy/v1"
_NOT_MEANING = frozenset({"hash", "file"})


def policy_hash(policy: Policy) -> str:
    """sha256 of the canonical form, hexadecimal.

    Comments, formatting, the order of keys, rules and tests, and the names of variables do not change it. Every number,
    word and text that riskd acts on, tests with or shows to people does.
    """
    return hashlib.sha256(canonical_text(policy).encode()).hexdigest()


def bundle_hash(policies: Iterable[Policy]) -> str:
    """sha256 over the names and hashes of policies, in the order of their names."""
    pairs = sorted((policy.name, policy.hash) for policy in policies)
    return hashlib.sha256(_json([_MEANING, [list(pair) for pair in pairs]]).encode()).hexdigest()


def canonical_text(policy: Policy) -> str:
    """The policy as JSON with sorted keys; rules in the order of their ids, tests in that of their names."""
    body = _plain(policy)
    assert isinstance(body, dict)
    body["rules"] = [_plain(rule) for rule in sorted(policy.rules, key=lambda rule: rule.id)]
    body["tests"] = [_plain(test) for test in sorted(policy.tests, key=lambda test: test.name)]
    return _json([_MEANING, body])


def _plain(value: object) -> JsonValue:
    """A value of the policy's nouns as JSON. A kind of value that is not listed is a bug, never a silent text."""
    if is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if field.name not in _NOT_MEANING and not isinstance(getattr(value, field.name), Mark)
        }
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, time):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _json(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
