"""`riskd explain MEASURE`: what a measure is, from the catalogue."""

from __future__ import annotations

import click

from riskd.cli.exit_codes import Exit


@click.command()
@click.argument("measure", required=False)
def explain(measure: str | None) -> int:
    """What MEASURE means: unit, subjects, formula, source, what makes it unknown. Without a name: all of them.

    Exit code 2 when there is no such measure.
    """
    from riskd.measure.catalogue import CATALOGUE
    from riskd.measure.document import measure_lines
    from riskd.policy.spelling import choose, quoted

    if measure is None:
        width = max(len(name) for name in CATALOGUE)
        for name, spec in CATALOGUE.items():
            click.echo(f"{name:{width}}  {spec.meaning}")
        return Exit.FINE
    found = CATALOGUE.get(measure)
    if found is None:
        raise click.UsageError(f"there is no measure {quoted(measure)}; {choose(measure, CATALOGUE)}")
    click.echo(f"{found.name}: {found.meaning}")
    for name, text in measure_lines(found):
        click.echo(f"  {name:14} {text}")
    return Exit.FINE
