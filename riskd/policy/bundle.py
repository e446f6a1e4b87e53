"""Policies as they are in force together: their rules, the tests inside them, and the waivers beside them."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.model.desk import Mode
from riskd.model.verdict import Level
from riskd.policy.rule import Mark, Rule
from riskd.policy.waiver import Waiver, WaiverTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a test expects at one moment, seconds after its start."""

    at_seconds: float
    condition: str
    level: Level | None
    unknown: bool | None
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTest:
    """A test inside a policy file: a series of values fed to one rule's state machine.

    Attributes:
        series: One entry a tick: a value in base units, None for missing data, or the word ``gone`` for a subject
            that is proven closed.
        by: Value of a ladder's ``by`` measure; None for plain limits.
        start: ISO time of the first tick.
        actions: The exact set of order-bearing and blocking actions expected over the whole run (``notify`` is
            not listed); None: not checked.
    """

    name: str
    rule: str
    start: str
    every_seconds: float
    series: tuple[float | str | None, ...]
    by: float | None
    expect: tuple[Expectation, ...]
    actions: tuple[str, ...] | None
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy file, compiled.

    Attributes:
        hash: sha256 of the canonical form, hexadecimal: two files that mean the same have the same hash.
        waiver_terms: What waivers of its rules may be; None: its rules cannot be waived.
    """

    name: str
    title: str
    owner: str
    version: str
    mode: Mode
    rules: tuple[Rule, ...]
    tests: tuple[SeriesTest, ...]
    hash: str
    file: str
    waiver_terms: WaiverTerms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All policies in force together; ``hash`` covers all of them in order of name."""

    policies: tuple[Policy, ...]
    hash: str
    waivers: tuple[Waiver, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of every policy, in order of policy name and file."""
        return tuple(rule for policy in self.policies for rule in policy.rules)
