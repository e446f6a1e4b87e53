"""`riskd stress`: what moves of prices would do to the configured accounts, how far every limit is, and what room is left."""

from __future__ import annotations

import asyncio
import json
import math
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
@click.option(
    "--symbol",
    help="The contract for which room is looked for, held or not; without it the largest positions.",
)
@click.option("--side", type=click.Choice(["long", "short"]), help="Only longs, or only shorts.")
@click.option("--stop", help="The stop of a new position, such as `5%` from mark; without it there is none.")
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
    stop: str | None,
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
    from riskd.daemon.stress import look_at, stressed
    from riskd.daemon.stress_picture import picture_of
    from riskd.daemon.stress_question import Question, QuestionError

    if asset and scenario:
        raise click.UsageError(
            "--asset and --scenario exclude each other: a scenario says what each coin does"
        )
    if stop and not symbol:
        raise click.UsageError("--stop is of a position that is opened: name the contract with --symbol")
    question = Question(
        asset=asset or "",
        scenario=scenario or "",
        moves=tuple(sorted(_move(text, whole=1.5 if scenario else 5.0) for text in moves)),
        account=account or "",
        symbol=symbol or "",
        side=side or "",
        stop=math.nan if stop is None else _stop(stop),
    )
    silence_logs()
    sight = asyncio.run(look_at(config, policies, symbol=question.symbol))
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
    value = _share(text, "--move")
    if not -1.0 < value <= whole:
        raise click.BadParameter(
            f"expected a share above -100% and at most {whole:.0%}, found {text!r}", param_hint="--move"
        )
    return value


def _stop(text: str) -> float:
    """How far a stop is from mark, as a fraction."""
    value = _share(text, "--stop")
    if not 0.0 < value < 1.0:
        raise click.BadParameter(f"expected a share between 0% and 100%, found {text!r}", param_hint="--stop")
    return value


def _share(text: str, option: str) -> float:
    """A share as a fraction; NaN for a quantity of another unit."""
    from riskd.measure.spec import Unit
    from riskd.policy.text.units import QuantityError, parse

    try:
        quantity = parse(text.removeprefix("+"))
    except QuantityError as error:
        raise click.BadParameter(f"{text!r}: {error}", param_hint=option) from error
    return quantity.value if quantity.unit is Unit.RATIO else math.nan


def _write(path: Path, drawn: str) -> None:
    try:
        path.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(path), hint=error.strerror) from error
