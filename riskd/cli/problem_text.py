"""Faults of files as commands report them."""

from __future__ import annotations

from riskd.errors import Problem


def problem_fields(problem: Problem) -> dict[str, object]:
    """A problem for programs."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "what": problem.what,
        "cure": problem.cure,
    }


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 rule``, ``2 rules``."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
