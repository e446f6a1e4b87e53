"""`riskd demo`: the embedded paper desk, a crash, and a report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.markets import market_options

if TYPE_CHECKING:
    from riskd.daemon.demo.run import Answers

_REPORT = "demo-report.html"


@click.command()
@market_options
@click.option(
    "--fast", is_flag=True, help="As fast as the machine can, in virtual time. Recorded markets imply it."
)
@click.option("--seed", default=7, show_default=True, help="Decides the noise of the market and the bots.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Folder for ledger, journal and report."
)
@click.option("--picture", type=click.Path(path_type=Path), help="Also write the room chart as SVG.")
def demo(
    scenario: str,
    market: Path | None,
    event: str | None,
    fast: bool,  # noqa: FBT001 - click's flag
    seed: int,
    keep: Path | None,
    picture: Path | None,
) -> int:
    """Four strategies on a simulated venue go through a crash, with riskd and without. No keys, no network.

    Exit code 1 when riskd did not do better than nobody.
    """
    from riskd.cli.demo_screen import open_screen
    from riskd.cli.markets import chosen_market
    from riskd.daemon.demo.report import comparison, render
    from riskd.daemon.demo.report import picture as draw
    from riskd.daemon.demo.run import DemoPlan, Pace, run_demo
    from riskd.daemon.logs import silence_logs

    silence_logs()
    chosen = chosen_market(scenario, market, event, seed)
    folder = Path(mkdtemp(prefix="riskd-demo-")) if keep is None else keep
    if keep is not None and (keep / "journal.jsonl").exists():
        raise click.UsageError(
            f"{keep} holds an earlier run; name a new folder, so that no record is overwritten"
        )
    pace = Pace.FAST if fast or chosen.name != "demo" else Pace.LIVE
    with open_screen(sys.stdout, chosen) as screen:
        result = run_demo(
            DemoPlan(
                market=chosen,
                seed=seed,
                folder=folder,
                pace=pace,
                notifiers=screen.notifiers,
                listeners=screen.listeners,
                progress=screen.progress,
                answers=_answers(screen.progress) if pace is Pace.LIVE else None,
            )
        )
    hints = hints_of(folder)
    report = folder / _REPORT
    report.write_text(render(result, hints=hints), encoding="utf-8")
    if picture is not None:
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(draw(result, "swing") + "\n", encoding="utf-8")
    rows, total = comparison(result)
    screen.summary(result, rows, total)
    click.echo(f"\nReport: {report}\nTry:    " + "\n        ".join(hints))
    better = total.liquidated_watched < total.liquidated_bare or total.liquidated_bare == 0
    return Exit.FINE if better else Exit.FINDINGS


def hints_of(folder: Path) -> tuple[str, ...]:
    """What to try next on what a run has left in a folder."""
    return (
        f"riskd audit --state {folder} worst_hour",
        f"riskd audit --state {folder} why_order",
        f"riskd explain --config {folder / 'riskd.yaml'} --subject account=swing demo-desk/room",
        f'riskd sql --state {folder} "from orders_explained"',
        f"riskd verify --state {folder}",
    )


def _answers(show: Callable[[str], None]) -> Answers | None:
    """Whoever sits at the terminal; None where nobody does."""
    if not sys.stdin.isatty():
        return None
    from riskd.cli.demo_keys import KEYS_HINT, Keyboard

    show(f"when a plan waits, {KEYS_HINT}")
    return Keyboard(sys.stdin, show)
