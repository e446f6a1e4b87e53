"""Policies as they are in force together: their rules, the tests inside them, and the waivers beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from riskd.model.desk import Mode
from riskd.model.verdict import Level
from riskd.policy.book_rows import BookRows
from riskd.policy.rule import Mark, Rule, Selector
from riskd.policy.waiver import Waiver, WaiverTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a series test expects at one moment, seconds after its start. None: not checked.

    Attributes:
        actions: The exact set that the alert asks for while it fires at that moment, without ``notify``.
    """

    at_seconds: float
    condition: str
    level: Level | None
    unknown: bool | None
    mark: Mark
    actions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTest:
    """A test inside a policy file: a series of values fed to one rule's state machine.

    Attributes:
        rule: ``policy/rule``.
        series: One entry a tick: a value in base units, None for missing data, or the word ``gone`` for a subject
            that is proven closed.
        by: Value of the ladder's ``by`` measure at each tick, None where it is missing; None for plain limits.
        start: ISO time of the first tick.
        actions: The exact set of order-bearing and blocking actions expected over the whole run (``notify`` is
            not listed); None: not checked.
        waiver: One that holds of the subject from the start; None: none does.
    """

    name: str
    rule: str
    start: str
    every_seconds: float
    series: tuple[float | str | None, ...]
    by: tuple[float | None, ...] | None
    expect: tuple[Expectation, ...]
    actions: tuple[str, ...] | None
    mark: Mark
    waiver: Waiver | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that the test is about: one."""
        return (self.rule,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedVerdict:
    """What a snapshot test expects of one rule and one subject. None: not checked.

    Attributes:
        rule: ``policy/rule``.
        subject: Parts of the subject's name that pick one of all subjects; empty: there is only one.
        outcome: ``ok``, ``warn``, ``breach``, ``critical``, ``unknown`` or ``not_covered``.
        value: In the unit's base.
        tolerance: Half of the last digit that ``value`` was written with.
        condition: Of the alert.
        actions: The exact set that the alert asks for while it fires, without ``notify``.
    """

    rule: str
    subject: tuple[tuple[str, str], ...]
    outcome: str
    value: float | None
    tolerance: float
    condition: str | None
    level: Level | None
    actions: tuple[str, ...] | None
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The book at one moment of a snapshot test, seconds after its start, and what is expected of it.

    Attributes:
        others_ok: True: subjects that ``expect`` does not name must be ok. False: there must be none.
    """

    at_seconds: float
    book: BookRows
    expect: tuple[ExpectedVerdict, ...]
    others_ok: bool
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTest:
    """A test inside a policy file: a book that goes through the real measures, selectors and state machine.

    Attributes:
        rules: ``policy/rule`` of each rule that is judged.
        start: ISO time of the first moment.
        moments: Rising, the first at 0.
        actions: As of a series test, of all rules together.
    """

    name: str
    rules: tuple[str, ...]
    start: str
    moments: tuple[Moment, ...]
    actions: tuple[str, ...] | None
    mark: Mark


PolicyTest: TypeAlias = SeriesTest | SnapshotTest


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A name that a policy defines and never uses.

    Attributes:
        kind: ``variable`` or ``calendar``.
    """

    kind: str
    name: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy file, compiled.

    Attributes:
        hash: sha256 of the canonical form, hexadecimal: two files that mean the same have the same hash.
        waiver_terms: What waivers of its rules may be; None: its rules cannot be waived.
        scope: As written; it is part of every rule's ``where`` already.
        places: Where each of its keys stands in the file.
        unused: Names that it defines and does not use.
    """

    name: str
    title: str
    owner: str
    version: str
    mode: Mode
    rules: tuple[Rule, ...]
    tests: tuple[PolicyTest, ...]
    hash: str
    file: str
    waiver_terms: WaiverTerms | None = None
    scope: Selector = field(default_factory=Selector)
    places: tuple[tuple[str, Mark], ...] = ()
    unused: tuple[Unused, ...] = ()

    def place(self, key: str) -> Mark:
        """Where ``key`` stands in the file; its first character when the policy does not have it."""
        return dict(self.places).get(key, Mark(file=self.file, line=1, column=1))


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
