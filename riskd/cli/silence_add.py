"""`riskd silence add`: mute messages about some alerts, for a time."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.cli.daemon_client import daemon_of, print_json, seconds_of, with_json
from riskd.cli.exit_codes import Exit


@click.command("add")
@click.option(
    "--rule", default="*", show_default=True, help="Pattern of policy/rule: * any text, ? any character."
)
@click.option(
    "--subject", "parts", multiple=True, help="A part of the subject, such as account=grid-*; repeatable."
)
@click.option("--for", "lasts", required=True, help="How long, such as 2h; at most 24h.")
@click.option("--reason", required=True, help="Why; everybody reads it.")
@with_json
def add(
    rule: str,
    parts: tuple[str, ...],
    lasts: str,
    reason: str,
    config: Path,
    state: Path | None,
    as_json: bool,  # noqa: FBT001 - click's flags
) -> int:
    """Mute messages about the alerts that a rule and all given parts of a subject match.

    Nothing else changes: the alerts are judged, recorded and shown, and orders go out as the policy says. What is critical,
    and what cannot be seen, is said all the same.

    Exit codes: 0 done, 1 as things stand not done, 2 wrong use or not allowed, 3 no daemon answers.
    """
    subject = dict(_part(text) for text in parts)
    asked = {"rule": rule, "subject": subject, "seconds": seconds_of(lasts, "--for"), "reason": reason}
    done = daemon_of(config, state).control("silence", asked)
    if as_json:
        print_json(done)
    else:
        until = done["until"][:16].replace("T", " ")
        click.echo(f"{done['id']} holds until {until} UTC; it mutes {done['covers_now']} that fire now")
    return Exit.FINE


def _part(text: str) -> tuple[str, str]:
    name, separator, pattern = text.partition("=")
    if not (name and separator and pattern):
        raise click.UsageError(f"--subject: expected key=pattern such as account=main, found {text!r}")
    return name, pattern
