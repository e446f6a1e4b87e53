"""`riskd stress`: what moves of prices would do to the configured accounts, how far every limit is, and what room is left."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import config_option, json_option


@click.command()
@config_option
@click.option("--policies", multiple=True, help="Policy files or packs instead of the configured ones.")
@click.option("--move", "moves", multiple=True, help="A move of the curve, such as `-20%`; may be repeated.")
@click.option("--asset", help="The coin that moves alone; without it all prices move together.")
@click.option("--scenario", help="A crash of which shares happen, such as `adl-2025-10-10`.")
@click.option("--account", help="Show one account only.")
@click.option("--symbol", help="The contract for which room is looked for; without it the largest positions.")
@click.option("--side", type=click.Choice(["long", "short"]), help="The side of it, in hedge mode.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also draw the curve of an account to an SVG file.",
)
@json_option
def stress(
    config: Path,
    policies: tuple[str, ...],
    moves: tuple[str, ...],
    asset: str | None,
    scenario: str | None,
    account: str | None,
    symbol: str | None,
    side: str | None,
    picture: Path | None,
    as_json: bool,  # noqa: FBT001 - click's flag
) -> int:
    """What moves of prices would do to the accounts, how far every limit is, and what room is left.

    Reads the configured accounts once, as `riskd once` does, and supposes the rest: nothing is sent. Exit code 1 when a rule
    is exceeded now or something could not be seen.
    """
    from riskd.cli.stress_text import lines
    from riskd.cli.stress_values import as_values
    from riskd.daemon.logs import silence_logs
    from riskd.daemon.stress import Question, QuestionError, look_at, stressed
    from riskd.daemon.stress_picture import picture_of

    if asset and scenario:
        raise click.UsageError(
            "--asset and --scenario exclude each other: a scenario says what each coin does"
        )
    question = Question(
        asset=asset or "",
        scenario=scenario or "",
        moves=tuple(sorted(_move(text, whole=1.5 if scenario else 5.0) for text in moves)),
        symbol=symbol or "",
        side=side or "",
    )
    silence_logs()
    sight = asyncio.run(look_at(config, policies))
    names = [profile.id for profile in sight.result.snapshot.desk.accounts]
    if account is not None and account not in names:
        raise click.UsageError(f"no account {account!r} is configured; there are {', '.join(names)}")
    try:
        found = stressed(sight, question)
    except QuestionError as error:
        raise click.UsageError(str(error)) from error
    if picture is not None:
        _write(picture, picture_of(found, account))
    text = json.dumps(as_values(found, account), indent=2) if as_json else "\n".join(lines(found, account))
    click.echo(text)
    return Exit.FINDINGS if sight.findings else Exit.FINE


def _move(text: str, *, whole: float) -> float:
    """A move as a fraction: more than a fall by all that a price is worth, and no more than ``whole`` upwards."""
    from riskd.measure.spec import Unit
    from riskd.policy.text.units import QuantityError, parse

    try:
        quantity = parse(text.removeprefix("+"))
    except QuantityError as error:
        raise click.BadParameter(f"{text!r}: {error}", param_hint="--move") from error
    value = quantity.value
    if quantity.unit is not Unit.RATIO or not -1.0 < value <= whole:
        raise click.BadParameter(
            f"expected a share above -100% and at most {whole:.0%}, found {text!r}", param_hint="--move"
        )
    return value


def _write(path: Path, drawn: str) -> None:
    try:
        path.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(path), hint=error.strerror) from error
