"""What a firing alert asks riskd to do: one action of one rule on one subject."""

from __future__ import annotations

from dataclasses import dataclass

from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.rule import Action, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One action that is due.

    Attributes:
        rule: As it is in force: with the limit of a waiver, if there is one.
        subject: What it fires on.
        action: One of the actions of the level that fires.
        level: That level.
        episode: Of the alert.
    """

    rule: Rule
    subject: Subject
    action: Action
    level: Level
    episode: int
