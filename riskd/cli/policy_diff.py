"""`riskd policy diff`: what a change of policies loosens, tightens, and lets riskd do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.state_options import chosen_places, state_options

if TYPE_CHECKING:
    from riskd.daemon.backtest import Backtest
    from riskd.policy.bundle import Bundle
    from riskd.policy.change.change import Change
    from riskd.policy.rule import Mark


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--fail-on-loosening", is_flag=True, help="Exit 1 when anything loosens or is unclear.")
@click.option("--fail-on-acting-more", is_flag=True, help="Exit 1 when riskd may send more orders.")
@click.option(
    "--history",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A ledger, whose snapshots both versions judge.",
)
@click.option("--last", "span", default="30d", show_default=True, help="How much of the history.")
@click.option("--every", help="Judge one snapshot in such a time, and leave out those between.")
@state_options
@json_option
def diff(
    old: str,
    new: str,
    fail_on_loosening: bool,  # noqa: FBT001 - click's flags are booleans
    fail_on_acting_more: bool,  # noqa: FBT001 - as above
    history: Path | None,
    span: str,
    every: str | None,
    config: Path,
    state: Path | None,
    as_json: bool,  # noqa: FBT001 - as above
) -> int:
    """Say in words what the policies NEW change against OLD: what loosens, tightens, acts more, is unclear.

    OLD and NEW are files, directories or packs as for `riskd check`, several of them joined by commas, or the hash (or
    its beginning) of policies that were in force; then the installation's journal is read. With --history both
    versions judge the recorded snapshots of a ledger, and alerts and orders that come or go are listed.

    Exit codes: 0 compared, 1 a --fail option found something, 2 a policy is not valid, 3 a record cannot be read.
    """
    from riskd.policy.change.change import LOOSE
    from riskd.policy.change.difference import differences, may_send_more

    before, after = _versions((old, new), config, state)
    changes = differences(before, after)
    backtest = None if history is None else _backtest(history, _Times(span, every), before, after)
    if as_json:
        report: dict[str, object] = {"old": before.hash, "new": after.hash, "changes": _listed(changes)}
        if backtest is not None:
            report["history"] = backtest.fields()
        click.echo(json.dumps(report, indent=2))
    else:
        for line in (*_lines(changes), *(() if backtest is None else backtest.lines())):
            click.echo(line)
    loosens = fail_on_loosening and any(change.effect in LOOSE for change in changes)
    acts = fail_on_acting_more and bool(may_send_more(before, after))
    return Exit.FINDINGS if loosens or acts else Exit.FINE


def _versions(names: tuple[str, str], config: Path, state: Path | None) -> tuple[Bundle, Bundle]:
    from riskd.daemon.policy_versions import looks_like_hash, version_of

    needs_journal = any(looks_like_hash(name) for name in names)
    journal = chosen_places(config, state).journal if needs_journal else None
    old, new = (version_of(name, journal) for name in names)
    return old, new


class _Times:
    """How much of a history is looked at.

    Raises:
        click.BadParameter: What an option says is not a duration.
    """

    def __init__(self, last: str, every: str | None) -> None:
        self.last = _length("--last", last)
        self.every = timedelta() if every is None else _length("--every", every)


def _backtest(ledger: Path, times: _Times, old: Bundle, new: Bundle) -> Backtest:
    """Both versions over the last part of what a ledger holds."""
    from riskd.adapters.duckdb_snapshots import open_snapshots
    from riskd.daemon.backtest import backtest
    from riskd.daemon.queries import asking, patient_queries
    from riskd.daemon.replay import replay

    with open_snapshots(ledger) as recorded, patient_queries() as queries:
        kept = recorded.span
        if kept is None:
            return backtest(old, new, ())
        first, last = kept
        seen = replay(recorded, since=max(first, last - times.last), until=last, every=times.every)
        return backtest(old, new, seen, ask=asking(queries))


def _length(option: str, text: str) -> timedelta:
    """The time that an option names."""
    from riskd.measure.spec import Unit
    from riskd.policy.text.units import QuantityError, parse

    try:
        quantity = parse(text)
    except QuantityError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
    if quantity.unit is not Unit.DURATION:
        raise click.BadParameter(f"{text} is no duration; write for example 30d", param_hint=option)
    return timedelta(seconds=quantity.value)


def _lines(changes: Sequence[Change]) -> list[str]:
    from riskd.policy.change.change import counted_effects

    if not changes:
        return ["nothing differs"]
    width = max(len(change.label) for change in changes)
    lines = [
        f"{change.label:{width}}  {change.about}: {change.what}"
        f"  ({_place(change.old)} -> {_place(change.new)})"
        for change in changes
    ]
    return [*lines, counted_effects(changes)]


def _listed(changes: Sequence[Change]) -> list[dict[str, object]]:
    from riskd.policy.change.change import Effect

    return [
        {
            "effect": change.effect.value,
            "acts_more": Effect.ACTS_MORE in change.effects,
            "about": change.about,
            "rules": list(change.rules),
            "what": change.what,
            "old": None if change.old is None else _fields(change.old),
            "new": None if change.new is None else _fields(change.new),
        }
        for change in changes
    ]


def _place(mark: Mark | None) -> str:
    return "none" if mark is None else f"{mark.file}:{mark.line}"


def _fields(mark: Mark) -> dict[str, object]:
    return {"file": mark.file, "line": mark.line, "column": mark.column}
