"""Findings of lint as commands report them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from riskd.cli.problem_text import counted

if TYPE_CHECKING:
    from riskd.policy.lint.finding import Finding

_LINE_SHOWN_MAX = 160


def finding_fields(finding: Finding, config: Path | None) -> dict[str, object]:
    """A finding for programs."""
    file, line, column = _place(finding, config)
    return {
        "file": file,
        "line": line,
        "column": column,
        "code": finding.code,
        "severity": finding.severity.value,
        "what": finding.what,
        "cure": finding.cure,
    }


def finding_text(finding: Finding, config: Path | None) -> str:
    """A finding as editors and continuous integration read it, with the line and a caret where there is one."""
    file, line, column = _place(finding, config)
    head = f"{file}:{line}:{column}: {finding.severity.value}[{finding.code}]: {finding.what}; {finding.cure}"
    shows_source = finding.mark is not None and finding.severity.value != "note"
    source = _source(file, line) if shows_source else ""
    return f"{head}\n{line:5d} | {source}\n      | {' ' * (column - 1)}^" if source else head


def tally(findings: Sequence[Finding]) -> str:
    """``1 error, 2 warnings``; empty when there is nothing to count. Notes are not counted: nothing is wrong."""
    found = Counter(finding.severity.value for finding in findings)
    return ", ".join(counted(found[name], name) for name in ("error", "warning") if found[name])


def is_failing(findings: Iterable[Finding], *, strict: bool) -> bool:
    """Whether findings make a command fail: errors do, and warnings when it is strict."""
    from riskd.policy.lint.finding import Severity

    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return any(finding.severity in bad for finding in findings)


def _place(finding: Finding, config: Path | None) -> tuple[str, int, int]:
    """Where it stands; what the configuration alone shows stands at its beginning."""
    mark = finding.mark
    return (mark.file, mark.line, mark.column) if mark is not None else (str(config or "riskd.yaml"), 1, 1)


def _source(file: str, line: int) -> str:
    """A line of a file that was read a moment ago; empty when it is not there any more."""
    try:
        lines = _lines(file, Path(file).stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError):
        return ""
    text = lines[line - 1] if line <= len(lines) else ""
    return text.rstrip() if text.isprintable() and len(text) <= _LINE_SHOWN_MAX else ""


@lru_cache(maxsize=64)
def _lines(file: str, _changed_at_ns: int) -> tuple[str, ...]:
    """The lines of a file, split once for all findings in it."""
    return tuple(Path(file).read_text(encoding="utf-8").splitlines())
