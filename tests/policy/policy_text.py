"""Texts of small policies: say what matters, the rest is sensible."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from riskd.errors import PolicyError, Problem
from riskd.policy.bundle import Policy
from riskd.policy.load import load
from riskd.policy.rule import Rule
from tests.policy.fake_catalogue import CATALOGUE

RULE = """\
id: cap
title: Account leverage cap
measure: leverage
per: account
max: 5x
"""


def policy_text(rule: str = RULE, *, head: str = "", tests: str = "", mode: str = "observe") -> str:
    """A policy of one rule.

    Args:
        rule: The rule's keys, not indented.
        head: Further keys of the file.
        tests: The tests' keys, not indented, as list items.
        mode: Of the policy.
    """
    lines = indent(dedent(rule), "    ").lstrip()
    text = f'riskd: policy/v1\nname: desk\ntitle: A desk\nowner: us\nversion: "1"\nmode: {mode}\n'
    text += dedent(head).strip() + "\n" if head else ""
    text += f"rules:\n  - {lines.rstrip()}\n"
    return text + (f"tests:\n{indent(dedent(tests), '  ')}" if tests else "")


def a_policy(text: str) -> Policy:
    """The compiled policy."""
    (policy,) = load([("desk.yaml", text)], catalogue=CATALOGUE).policies
    return policy


def a_rule(rule: str = RULE, *, head: str = "", tests: str = "", mode: str = "observe") -> Rule:
    """The compiled rule."""
    return a_policy(policy_text(rule, head=head, tests=tests, mode=mode)).rules[0]


def problems_of(text: str) -> tuple[Problem, ...]:
    """Every problem of a text that must be refused."""
    with pytest.raises(PolicyError) as caught:
        load([("desk.yaml", text)], catalogue=CATALOGUE)
    return caught.value.problems


def codes_of(text: str) -> list[str]:
    """The codes of a refused text's problems."""
    return [problem.code for problem in problems_of(text)]
