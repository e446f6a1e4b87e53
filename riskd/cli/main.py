"""The `riskd` command: a thin table of sub-commands, each imported only when it is called."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from riskd import __version__
from riskd.cli.exit_codes import Exit
from riskd.cli.lazy_group import LazyGroup, Table
from riskd.cli.not_done import NotDone
from riskd.errors import CredentialError, PolicyError, RiskdError, SettingsError

COMMANDS: Table = {
    "demo": ("riskd.cli.demo", "demo", "Embedded paper desk: four strategies, a crash, a report. No keys."),
    "check": ("riskd.cli.check", "check", "Check policy files: syntax, units, measures, sense."),
    "test": ("riskd.cli.test", "test", "Run the tests inside policy files."),
    "policy": ("riskd.cli.policy", "policy", "Lint, coverage and schema of policies."),
    "once": ("riskd.cli.once", "once", "One cycle against the configured accounts; sends nothing."),
    "stress": ("riskd.cli.stress", "stress", "What moves of prices would do, and what room is left."),
    "run": ("riskd.cli.run", "run", "The daemon."),
    "status": ("riskd.cli.status", "status", "How the accounts stand, from the running daemon."),
    "alerts": ("riskd.cli.alerts", "alerts", "What fires, and who looks after it."),
    "ack": ("riskd.cli.ack", "ack", "Look after an alert."),
    "silence": ("riskd.cli.silence", "silence", "Mute messages for a while; never what riskd does."),
    "plan": ("riskd.cli.plan", "plan", "Plans that wait for people: list, show, approve, hold, reject."),
    "approve": ("riskd.cli.plan_decide", "approve", "Release a plan; the same as `plan approve`."),
    "reject": ("riskd.cli.plan_decide", "reject", "Refuse a plan; the same as `plan reject`."),
    "sql": ("riskd.cli.sql", "sql", "Ask the ledger, also while the daemon runs. Read-only."),
    "audit": ("riskd.cli.audit", "audit", "Ask the ledger a question that ships with riskd."),
    "explain": ("riskd.cli.explain", "explain", "What a measure, a rule or an alert means, and why."),
    "size": ("riskd.cli.size", "size", "Size of a trade for a fixed risk: leverage, liquidation, funding."),
    "halt": (
        "riskd.cli.halt",
        "halt",
        "Stop all orders now, or an account's; watching goes on.",
    ),
    "resume": ("riskd.cli.resume", "resume", "Lift a halt."),
    "flatten": ("riskd.cli.flatten", "flatten", "The plan that closes everything of an account."),
    "rearm": ("riskd.cli.rearm", "rearm", "Let riskd act again where it disarmed itself."),
    "slack": ("riskd.cli.slack", "slack", "Set Slack up, try it, see its messages."),
    "verify": ("riskd.cli.verify", "verify", "Verify the journal's hash chain."),
    "paper": ("riskd.cli.paper", "paper", "The simulated venue, for your own bot or your first steps."),
}


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="riskd")
def root() -> None:
    """Watch leveraged perpetual-futures accounts, hold them to written policies, reduce risk when they say so.

    Exit codes: 0 fine, 1 findings, 2 wrong use or invalid files, 3 failure.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code; a deliberate error is one message, never a traceback."""
    try:
        result = root.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(Exit.WRONG_USE)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.FAILURE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except (PolicyError, SettingsError) as error:
        _complain(str(error))
        click.echo(f"{len(error.problems)} error(s)", err=True)
        sys.exit(Exit.WRONG_USE)
    except CredentialError as error:
        _complain(f"error: {error}")
        sys.exit(Exit.WRONG_USE)
    except NotDone as error:
        _complain(f"not done: {error}")
        sys.exit(error.exit)
    except RiskdError as error:
        _complain(f"error: {error}")
        sys.exit(Exit.FAILURE)
    sys.exit(int(result) if isinstance(result, int) else Exit.FINE)


def _complain(text: str) -> None:
    """Print an error, line by line, with control characters made visible: it may quote a venue."""
    from riskd.adapters.safe_text import visible

    for line in text.splitlines():
        click.echo(visible(line), err=True)


if __name__ == "__main__":
    main()
