"""What the daemon was asked for and does not do."""

from __future__ import annotations

from riskd.cli.exit_codes import Exit
from riskd.errors import RiskdError

_WRONG_USE = frozenset({"malformed", "version", "unknown_verb", "argument", "not_found", "not_allowed"})
_FAILED = frozenset({"busy", "failed"})


class NotDone(RiskdError):
    """The daemon has understood and does not do it, or not for this person.

    Attributes:
        code: Its word for why.
        exit: What the command returns.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.exit = (
            Exit.WRONG_USE if code in _WRONG_USE else Exit.FAILURE if code in _FAILED else Exit.FINDINGS
        )
