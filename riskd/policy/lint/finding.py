"""What lint says of policies that load: each kind of finding has a code, a severity and a page in docs/lint.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from riskd.policy.rule import Mark


class Severity(StrEnum):
    """How bad a finding is. Errors fail a check, warnings do when it is strict, notes never do."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Lint(Enum):
    """Stable codes of the findings, with their severity and their name. A code in ``RETIRED`` is never given again."""

    CONTRADICTION = "L001", Severity.ERROR, "no subject can pass this selector"
    IDLE_EXCEPTION = "L002", Severity.WARNING, "an exception of nothing"
    COVERS_NOTHING = "L003", Severity.WARNING, "the desk has no such subject"
    DEAD_PATTERN = "L004", Severity.WARNING, "a pattern that matches nothing of the desk"
    NEVER = "L005", Severity.ERROR, "a limit that cannot be exceeded"
    ALWAYS = "L006", Severity.ERROR, "a limit that is always exceeded"
    CALENDAR_OVER = "L007", Severity.WARNING, "a calendar that never holds again"
    HIDDEN_LEVEL = "L008", Severity.WARNING, "a level behind a worse one"
    STEP_OUT_OF_REACH = "L009", Severity.ERROR, "a step that is never reached"
    EQUAL_STEPS = "L010", Severity.WARNING, "two steps with the same limits"
    STOP_BEYOND_LIQUIDATION = "L011", Severity.ERROR, "a stop beyond liquidation"
    STOP_BEYOND_LEVERAGE = "L012", Severity.WARNING, "a stop too far for the leverage"
    UNTESTED = "L013", Severity.WARNING, "enforced without a test"
    MISSING_IGNORED = "L014", Severity.WARNING, "enforced, and blind on purpose"
    NO_GUARD = "L015", Severity.WARNING, "orders without a guard"
    NO_WHY = "L017", Severity.WARNING, "a rule without a reason"
    SAME_RULE = "L018", Severity.WARNING, "the same rule twice"
    REDUNDANT = "L019", Severity.WARNING, "a rule that never matters"
    SAME_FORMULA = "L020", Severity.WARNING, "the same formula twice"
    WEAKER_MODE = "L021", Severity.NOTE, "a refinement in a weaker mode"
    FEWER_ORDERS = "L022", Severity.NOTE, "a refinement that acts less"
    WAIVER_OVER = "L023", Severity.WARNING, "a waiver that has ended"
    IDLE_WAIVER = "L024", Severity.WARNING, "a waiver of nothing"
    UNCOVERED = "L025", Severity.WARNING, "covered by no rule"
    UNUSED_NAME = "L026", Severity.WARNING, "a name that nothing uses"
    DOES_LESS = "L027", Severity.WARNING, "a worse level that does less"
    WORSE_LATER = "L028", Severity.WARNING, "a worse level that waits longer"
    PERCENT_FACTOR = "L029", Severity.WARNING, "a ratio times a hundred"
    GUARD_TOO_TIGHT = "L030", Severity.WARNING, "an action that the guard will refuse"
    NO_TEST = "L031", Severity.NOTE, "a rule without a test"
    FEW_COINS = "L032", Severity.NOTE, "a share that few coins always exceed"
    UNDEFINED = "L033", Severity.WARNING, "a name that the configuration does not define"

    def __init__(self, code: str, severity: Severity, title: str) -> None:
        self.code = code
        self.severity = severity
        self.title = title


RETIRED = frozenset({"L016"})
"""Codes of findings that are found no more, because what they warned of is no longer so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that loads and yet is probably not meant.

    Attributes:
        mark: Where it stands; None for what the configuration alone shows, such as an account without any rule.
        what: What is so, in one clause.
        cure: What to do about it.
    """

    lint: Lint
    mark: Mark | None
    what: str
    cure: str

    @property
    def code(self) -> str:
        """``L001`` and so on."""
        return self.lint.code

    @property
    def severity(self) -> Severity:
        """Of its kind."""
        return self.lint.severity

    def __str__(self) -> str:
        place = f"{self.mark.file}:{self.mark.line}:{self.mark.column}: " if self.mark is not None else ""
        return f"{place}{self.severity}[{self.code}]: {self.what}; {self.cure}"
