"""`riskd explain`: what a measure, a rule or an alert means, and where each of its limits comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.policy_options import chosen_config

if TYPE_CHECKING:
    from riskd.cli.explain_rules import Asked

Line = tuple[str, str]


@click.command()
@click.argument("topic", required=False)
@click.option("--subject", help="One subject, such as account=main,symbol=BTC/USDT:USDT.")
@click.option(
    "--policy", "files", multiple=True, help="Policy file, directory or pack, instead of the configured ones."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The configuration.  [default: riskd.yaml, when it is there]",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="A state directory, instead of the one of the configuration.",
)
@click.option(
    "--sql", "as_sql", is_flag=True, help="Print the expression of a rule as SQL over the ledger instead."
)
@json_option
def explain(
    topic: str | None,
    subject: str | None,
    files: tuple[str, ...],
    config: Path | None,
    state: Path | None,
    as_sql: bool,  # noqa: FBT001 - click's flags are booleans
    as_json: bool,  # noqa: FBT001 - click's flags are booleans
) -> int:
    """Explain TOPIC: a measure, a column, a table (exposure.positions), or a rule by its id. With --subject, the alert of that rule and subject.

    Without TOPIC all measures are listed; with --subject alone, every rule that covers the subject with the limits that
    hold now. A rule is told with its measure and formula, every limit it is judged by (its own, calendars, the rules
    that it refines, waivers) with file and line, its actions and its mode. Where a ledger is found, the last recorded
    value stands there too, with the age of what it was made of. A column is what an expression (`expr`) may name, a
    table what a query (`sql`) may read. Of a policy, by its name, the rules are listed.

    Exit codes: 0 explained, 2 there is no such measure, rule or subject, or a file is not valid, 3 the ledger cannot
    be read.
    """
    from riskd.measure.catalogue import CATALOGUE

    if as_sql:
        from riskd.cli.explain_own import rule_as_sql

        click.echo(rule_as_sql(topic, chosen_config(files, config), files))
        return Exit.FINE
    if topic is None and subject is None:
        return _list_measures(as_json=as_json)
    if topic is not None and topic in CATALOGUE and subject is None:
        return _print(_measure(topic), as_json=as_json)
    if topic is not None and subject is None and (columns := _columns(topic)):
        return _print(columns, as_json=as_json)
    from riskd.cli.explain_rules import explained

    asked = explained(topic, subject, files, chosen_config(files, config), state)
    return _print(asked, as_json=as_json)


def _list_measures(*, as_json: bool) -> int:
    from riskd.measure.catalogue import CATALOGUE

    if as_json:
        click.echo(
            json.dumps({name: spec.meaning for name, spec in CATALOGUE.items()}, indent=2, ensure_ascii=False)
        )
        return Exit.FINE
    width = max(len(name) for name in CATALOGUE)
    for name, spec in CATALOGUE.items():
        click.echo(f"{name:{width}}  {spec.meaning}")
    return Exit.FINE


def _measure(name: str) -> Sequence[Asked]:
    from riskd.cli.explain_rules import Asked
    from riskd.measure.catalogue import CATALOGUE
    from riskd.measure.document import measure_lines

    spec = CATALOGUE[name]
    return (Asked(head=f"{name}: {spec.meaning}", lines=measure_lines(spec)),)


def _columns(name: str) -> Sequence[Asked]:
    from riskd.cli.explain_own import column_asked, table_asked

    return column_asked(name) or table_asked(name)


def _print(asked: Sequence[Asked], *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps([_values(each) for each in asked], indent=2, ensure_ascii=False))
        return Exit.FINE
    for number, each in enumerate(asked):
        if number:
            click.echo()
        click.echo(each.head)
        width = max((len(name) for name, _ in each.lines), default=0)
        for name, text in each.lines:
            click.echo(f"  {name:{width}}  {text}")
    return Exit.FINE


def _values(asked: Asked) -> dict[str, object]:
    """The lines by their names; a name may have several."""
    texts: dict[str, list[str]] = {}
    for name, text in asked.lines:
        texts.setdefault(name, []).append(text)
    return {"explained": asked.head, **texts}
