"""`riskd audit`: the questions that ship with riskd."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.cli.answers import answer_options, answered, chosen_form, existing_ledger, print_result
from riskd.cli.exit_codes import Exit
from riskd.cli.state_options import state_options
from riskd.cli.table import Form

if TYPE_CHECKING:
    from riskd.record.question import Question


@click.command()
@click.argument("question", required=False)
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
@state_options
@answer_options
def audit(
    question: str | None,
    parameters: tuple[str, ...],
    config: Path,
    state: Path | None,
    limit: int,
    as_csv: bool,  # noqa: FBT001 - click's flags are booleans
    as_json: bool,  # noqa: FBT001
) -> int:
    """Ask the ledger one of the questions that ship with riskd, also while the daemon runs.

    Without QUESTION the questions are listed with their parameters.

    Exit codes: 0 answered, 2 no such question or parameter, 3 there is no ledger or it cannot be read.
    """
    from riskd.adapters.question_files import audits, run_audit

    form = chosen_form(as_csv=as_csv, as_json=as_json)
    questions = {known.name: known for known in audits()}
    if question is None:
        _print_questions(tuple(questions.values()), form)
        return Exit.FINE
    chosen, values = _named(question, questions), _values(parameters)
    ledger = existing_ledger(config, state)
    return answered(lambda: print_result(run_audit(ledger, chosen, values, row_limit=limit), form))


def _named(name: str, questions: dict[str, Question]) -> Question:
    from riskd.policy.text.spelling import choose

    if name not in questions:
        raise click.UsageError(f"no question {name!r}; {choose(name, questions)}")
    return questions[name]


def _values(parameters: tuple[str, ...]) -> dict[str, str]:
    values = {}
    for parameter in parameters:
        name, separator, value = parameter.partition("=")
        if not separator:
            raise click.UsageError(f"expected NAME=VALUE, found {parameter!r}; for example account=main")
        values[name] = value
    return values


def _print_questions(questions: tuple[Question, ...], form: Form) -> None:
    if form is Form.JSON:
        listed = [
            {
                "question": question.name,
                "purpose": question.purpose,
                "parameters": {each.name: each.default for each in question.parameters},
                "columns": dict(question.columns),
            }
            for question in questions
        ]
        click.echo(json.dumps(listed, indent=2))
        return
    for question in questions:
        click.echo(f"{question.name}: {question.purpose}")
        for parameter in question.parameters:
            click.echo(f"  {parameter.name}={parameter.default}  {parameter.meaning}")
