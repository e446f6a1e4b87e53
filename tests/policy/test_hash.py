"""The hash of a policy: unmoved by how it is written, moved by anything that it means."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.policy.load import load
from tests.policy.fake_catalogue import CATALOGUE
from tests.policy.policy_text import a_policy

BASE = """\
riskd: policy/v1
name: desk
title: A desk
owner: us
version: "1.0.0"
mode: enforce
scope:
  labels: {env: prod}
vars:
  cap: 5x
calendars:
  weekend: {tz: UTC, days: [sat, sun]}
defaults:
  for: 60s
  clear: {margin: 5%, for: 5m}
guard: {max_actions_per_hour: 6, cooldown: 60s}
rules:
  - id: cap
    title: Leverage cap
    why: Because.
    measure: leverage
    per: account
    max: {warn: 4x, breach: $cap, critical: 6x}
    during:
      weekend: {max: {breach: 4x}}
    then:
      critical: [notify, {deleverage: {to: 4x, max_step: 25%, approval: auto}}]
  - id: fresh
    title: Data is fresh
    measure: data_age
    per: account
    max: 90s
    missing: {hold: 0s, then: breach}
tests:
  - name: a spike
    rule: cap
    series: 3x*2, 7x*2
    expect: [{at: 3m, is: firing, level: critical}]
    actions: [deleverage]
"""


def hash_of(text: str) -> str:
    return a_policy(text).hash


def test_a_hash_is_sha256() -> None:
    assert re.fullmatch("[0-9a-f]{64}", hash_of(BASE))


SAME = {
    "a comment": ("rules:\n", "rules:   # the rules\n"),
    "a blank line": ("guard:", "\n\nguard:"),
    "quotes": ("owner: us", 'owner: "us"'),
    "block style": ("  - id: fresh", "  -\n    id: fresh"),
    "the order of keys": ("title: A desk\nowner: us\n", "owner: us\ntitle: A desk\n"),
    "the order of levels": (
        "{warn: 4x, breach: $cap, critical: 6x}",
        "{critical: 6x, breach: $cap, warn: 4x}",
    ),
    "a variable written out": ("breach: $cap", "breach: 5x"),
    "the name of a variable": ("cap: 5x", "cap: 5x\n  unused: 1%"),
    "the same time in other units": ("max: 90s", "max: 1m30s"),
    "the same ratio in other units": ("margin: 5%", "margin: 500bps"),
    "a default written out": ("    max: 90s\n", "    max: 90s\n    for: 60s\n"),
    "the order of days": ("[sat, sun]", "[sun, sat]"),
    "a repeated value": ("{env: prod}", "{env: [prod, prod]}"),
    "a series written out": ("3x*2", "3x, 3x"),
    "line breaks inside a reason": ("why: Because.", "why: >-\n      Because."),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_how_a_policy_is_written_does_not_change_its_hash(change: tuple[str, str]) -> None:
    assert change[0] in BASE
    assert hash_of(BASE.replace(*change, 1)) == hash_of(BASE)


def test_the_order_of_rules_does_not_change_the_hash() -> None:
    rules = BASE.index("  - id: cap"), BASE.index("  - id: fresh"), BASE.index("tests:")
    swapped = BASE[: rules[0]] + BASE[rules[1] : rules[2]] + BASE[rules[0] : rules[1]] + BASE[rules[2] :]
    assert hash_of(swapped) == hash_of(BASE)


OTHER = {
    "name": ("name: desk", "name: desk2"),
    "title": ("title: A desk", "title: Another desk"),
    "owner": ("owner: us", "owner: them"),
    "version": ('"1.0.0"', '"1.0.1"'),
    "mode": ("mode: enforce", "mode: propose"),
    "scope": ("{env: prod}", "{env: test}"),
    "variable": ("cap: 5x", "cap: 5.5x"),
    "calendar": ("[sat, sun]", "[sun]"),
    "zone": ("tz: UTC", "tz: Europe/Berlin"),
    "for": ("for: 60s", "for: 61s"),
    "margin": ("margin: 5%", "margin: 6%"),
    "clear": ("for: 5m}", "for: 6m}"),
    "guard": ("max_actions_per_hour: 6", "max_actions_per_hour: 7"),
    "cooldown": ("cooldown: 60s", "cooldown: 2m"),
    "rule id": ("id: fresh", "id: freshness"),
    "rule title": ("title: Leverage cap", "title: Cap"),
    "why": ("why: Because.", "why: Because of it."),
    "limit": ("critical: 6x", "critical: 6.1x"),
    "kind of limit": ("max: 90s", "min: 90s"),
    "during": ("{breach: 4x}", "{breach: 3.9x}"),
    "target": ("to: 4x", "to: 3x"),
    "step": ("max_step: 25%", "max_step: 24%"),
    "approval": ("approval: auto", "approval: human"),
    "urgency": ("max_step: 25%", "max_step: 25%, urgency: calm"),
    "missing hold": ("hold: 0s", "hold: 1s"),
    "missing then": ("then: breach", "then: alert"),
    "rule mode": ("    max: 90s\n", "    max: 90s\n    mode: observe\n"),
    "a level more": ("max: 90s", "max: {warn: 60s, breach: 90s}"),
    "series": ("7x*2", "7x*3"),
    "expectation": ("at: 3m", "at: 2m"),
    "expected actions": ("    actions: [deleverage]\n", ""),
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_whatever_a_policy_means_changes_its_hash(change: tuple[str, str]) -> None:
    assert change[0] in BASE
    assert hash_of(BASE.replace(*change, 1)) != hash_of(BASE)


LIMITS = st.tuples(*(st.integers(1, 400) for _ in range(3))).map(sorted)


@given(LIMITS, LIMITS, st.integers(0, 600), st.integers(0, 600))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_two_policies_have_the_same_hash_exactly_when_they_mean_the_same(
    first: list[int], second: list[int], hold: int, other_hold: int
) -> None:
    def text(limits: list[int], seconds: int) -> str:
        warn, breach, critical = (f"{number / 10}x" for number in limits)
        changed = BASE.replace(
            "{warn: 4x, breach: $cap, critical: 6x}",
            f"{{warn: {warn}, breach: {breach}, critical: {critical}}}",
        )
        changed = changed.replace("for: 60s", f"for: {seconds}s").replace(
            "    during:\n      weekend: {max: {breach: 4x}}\n", ""
        )
        return changed.replace("{to: 4x, ", "{")

    is_same = (first, hold) == (second, other_hold)
    assert (hash_of(text(first, hold)) == hash_of(text(second, other_hold))) is is_same


def test_the_hash_of_a_bundle_covers_every_policy_and_no_order() -> None:
    other = BASE.replace("name: desk", "name: other")
    first, second = ("a.yaml", BASE), ("b.yaml", other)
    both = load([first, second], catalogue=CATALOGUE)
    assert both.hash == load([second, first], catalogue=CATALOGUE).hash
    assert both.hash != load([first], catalogue=CATALOGUE).hash
    assert both.hash != load([first, ("b.yaml", other.replace("6x", "6.5x"))], catalogue=CATALOGUE).hash
    assert (
        load([("elsewhere.yaml", BASE)], catalogue=CATALOGUE).hash == load([first], catalogue=CATALOGUE).hash
    )
