"""Every deliberate error: one class for each way in which a caller can respond."""

from __future__ import annotations

from dataclasses import dataclass


class RiskdError(Exception):
    """Anything riskd raises on purpose. The message says what was expected, what was found, where, and the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault in a text file, with its place and its cure.

    Attributes:
        file: Path as the user gave it.
        line: Counted from 1.
        column: Counted from 1.
        code: Stable identifier such as ``P014``, by which documentation and tests refer to it.
        what: What is wrong, in one clause.
        cure: What to write instead; empty when ``what`` already says it.
        source_line: The line itself, for display under a caret; empty when unknown.
    """

    file: str
    line: int
    column: int
    code: str
    what: str
    cure: str = ""
    source_line: str = ""

    def __str__(self) -> str:
        cure = f"; {self.cure}" if self.cure else ""
        head = f"{self.file}:{self.line}:{self.column}: error[{self.code}]: {self.what}{cure}"
        if not self.source_line:
            return head
        return f"{head}\n{self.line:5d} | {self.source_line}\n      | {' ' * (self.column - 1)}^"


class _TextError(RiskdError):
    """A text file was refused whole; ``problems`` lists every fault found in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class PolicyError(_TextError):
    """A policy file is not valid. Refuse to start; on reload keep the policies in force."""


class SettingsError(_TextError):
    """The configuration file is not valid. Refuse to start."""


class CredentialError(RiskdError):
    """A credential file is missing, malformed, or readable by others. Refuse to open the account."""


class VenueUnavailable(RiskdError):
    """The venue gave no answer that can be believed. A read counts as missing; an order's outcome is unknown.

    Attributes:
        reason: Short machine-readable word such as ``timeout``, ``reset``, ``guard:html``.
        retry_after_seconds: What the venue asked us to wait, where it said so.
    """

    def __init__(self, message: str, *, reason: str, retry_after_seconds: float | None = None) -> None:
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)


class JournalError(RiskdError):
    """The journal could not be written or does not verify. Nothing may be sent until it can."""


class LedgerError(RiskdError):
    """The ledger could not be written. Keep watching and alerting; send no orders."""


class LedgerDamaged(LedgerError):
    """The ledger's file cannot be read any more. Set it aside, start a new one, and rebuild it from the journal."""


class StateLocked(RiskdError):
    """Another process holds the state directory. Refuse to start: two daemons must never both act."""


class QueryRefused(RiskdError):
    """A query of a person was not run, or did not finish: not exactly one SELECT, too long, too large, not valid."""


class NotifierError(RiskdError):
    """A message was not accepted. It stays in the outbox and is tried again.

    Attributes:
        retry_after_seconds: What the receiver asked us to wait, where it said so.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message)
