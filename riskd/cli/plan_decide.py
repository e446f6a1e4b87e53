"""`riskd plan approve`, `hold` and `reject`: what people say to a plan."""

from __future__ import annotations

from pathlib import Path

import click

from riskd.adapters.safe_text import visible
from riskd.cli.account_typed import account_typed, yes_option
from riskd.cli.daemon_client import Daemon, daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit
from riskd.cli.plan_text import plan_lines, standing_lines

_DONE = frozenset({"accepted", "counted"})


@click.command()
@click.argument("plan")
@yes_option
@with_json
def approve(plan: str, yes: str, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Release PLAN, as it is shown now: another version of it is another decision.

    Asks for the name of the account, or takes it from --yes. "Approved" is not "executed": positions are read again and
    the guard has its say before every order.

    Exit codes: 0 it counts, 1 somebody was first or its time is over, 2 wrong use or not allowed, 3 no daemon answers.
    """
    daemon = daemon_of(config, state)
    told = daemon.read("plan", {"id": plan})
    if not yes:
        click.echo("\n".join((*plan_lines(told), *standing_lines(told))), err=as_json)
    account_typed(told["account"], yes, f"release {told['id']}")
    return _say(daemon, plan, "approve", digest=told["digest"], as_json=as_json)


@click.command()
@click.argument("plan")
@with_json
def hold(plan: str, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Ask for five more minutes for PLAN; three times at most, whoever asks.

    Exit codes: 0 held, 1 as things stand not done, 2 wrong use or not allowed, 3 no daemon answers.
    """
    return _say(daemon_of(config, state), plan, "hold", digest="", as_json=as_json)


@click.command()
@click.argument("plan")
@with_json
def reject(plan: str, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Refuse PLAN: nothing of it is sent, and the same is not proposed again for this alert.

    Exit codes: 0 rejected, 1 somebody was first or its time is over, 2 wrong use or not allowed, 3 no daemon answers.
    """
    return _say(daemon_of(config, state), plan, "reject", digest="", as_json=as_json)


def _say(daemon: Daemon, plan: str, verb: str, *, digest: str, as_json: bool) -> Exit:
    told = daemon.control("decide", {"id": plan, "verb": verb, "digest": digest})
    counts = told["outcome"] in _DONE
    if as_json:
        print_json(told)
    else:
        click.echo(visible(f"{plan}: {told['text']}"), err=not counts)
    if counts:
        return Exit.FINE
    return Exit.WRONG_USE if told["outcome"] in {"not_allowed", "unknown"} else Exit.FINDINGS
