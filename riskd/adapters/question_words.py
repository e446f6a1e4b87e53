"""What is asked about a plan, for those who answer by typing."""

from __future__ import annotations

from riskd.model.message import Question


def command_words(question: Question) -> str:
    """The commands that answer, on one line."""
    return f"Decide: riskd plan approve {question.plan_id}; or hold, or reject"
