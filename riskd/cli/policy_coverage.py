"""`riskd policy coverage`: which rules cover what, every exception, and what no rule looks at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from riskd.cli.exit_codes import Exit
from riskd.cli.options import json_option
from riskd.cli.policy_options import policy_files_argument
from riskd.cli.state_options import state_options

if TYPE_CHECKING:
    from riskd.model.desk import Desk
    from riskd.policy.rule import Rule
    from riskd.policy.scope.coverage import Covered, Covering, Survey
    from riskd.policy.scope.roster import Entry
    from riskd.policy.waiver import Waiver


@click.command()
@policy_files_argument
@state_options
@json_option
def coverage(files: tuple[str, ...], config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Which rules cover each account, strategy, hedge and grid of the configuration, and what nothing looks at.

    FILES as for `riskd check`; without FILES the policies of the configuration. Positions are only known once a venue is
    read: they stand by account and strategy, and a rule that asks for a symbol is said to depend on it. With --state the
    positions of the last recorded cycle are listed too.

    Exit codes: 0 everything has a rule, 1 something has none, 2 a file or the configuration is not valid, 3 there is no
    ledger or it cannot be read.
    """
    from riskd.adapters.system_clock import SystemClock
    from riskd.cli.chosen_policies import chosen_policies
    from riskd.measure.catalogue import FAMILIES
    from riskd.policy.scope.coverage import survey

    chosen = chosen_policies(files, config)
    assert chosen.desk is not None, "a configuration has a desk"
    held = _held(config, state, chosen.desk) if state is not None else ()
    found = survey(chosen.bundle, chosen.desk, FAMILIES, held, now=SystemClock().now())
    click.echo(json.dumps(_values(found), indent=2) if as_json else "\n".join(_lines(found)))
    missing = any(subject.is_missing for subject in found.subjects)
    return Exit.FINDINGS if missing else Exit.FINE


_POSITIONS = """
select account, symbol, side, strategy from positions
where snapshot_id = (select max(snapshot_id) from snapshots)
order by account, symbol, side
"""


def _held(config: Path, state: Path, desk: Desk) -> tuple[Entry, ...]:
    """The positions of the last recorded cycle."""
    from riskd.adapters.duckdb_query import run_query
    from riskd.cli.answers import existing_ledger
    from riskd.policy.scope.roster import held_position

    rows = run_query(existing_ledger(config, state), _POSITIONS).rows
    entries = (held_position(desk, *(str(cell) for cell in row)) for row in rows)
    return tuple(entry for entry in entries if entry is not None)


# ---- text ----------------------------------------------------------------------------------------------------------


def _lines(found: Survey) -> Iterator[str]:
    for subject in found.subjects:
        if subject.rules or subject.carve_outs or subject.is_missing:
            yield from _subject_lines(subject)
    yield ""
    for rule in found.idle:
        yield f"covers nothing of this desk: {rule.id}"
    for account, families in found.unwatched:
        if families:
            yield f"no rule looks at, in account={account}: {', '.join(families)}"
    missing = [subject_words(subject.entry) for subject in found.subjects if subject.is_missing]
    yield from (f"NO RULE is about {words}" for words in missing)
    if not missing:
        yield "every account, strategy, hedge and grid has a rule"


def _subject_lines(subject: Covered) -> Iterator[str]:
    yield subject_words(subject.entry)
    for policy, names in _grouped((each.rule.policy, each.rule) for each in subject.rules):
        yield f"  {policy}: {names}"
    depending = ((each.depends_on, each.rule) for each in subject.rules if each.depends_on)
    for tests, names in _grouped(depending):
        yield f"  only where {'; '.join(tests)}: {names}"
    counting = ((each.counts_only, each.rule) for each in subject.rules if each.counts_only)
    for tests, names in _grouped(counting):
        yield f"  counts only {'; '.join(tests)}: {names}"
    for tests, names in _grouped((each.by, each.rule) for each in subject.carve_outs):
        yield f"  left out by {'; '.join(tests)}: {names}"
    for waiver in subject.waivers:
        yield f"  waived: {_waiver_words(waiver, subject)}"
    if subject.outside:
        yield f"  outside the scope of {', '.join(subject.outside)}"
    if not subject.rules:
        yield "  no rule"


def _waiver_words(waiver: Waiver, subject: Covered) -> str:
    """Such as ``house/cap until 2026-03-09 08:00 UTC (W-1, RISK-311): breach 6x``."""
    from riskd.policy.limits.chain import levels_text

    rule = next(covering.rule for covering in subject.rules if covering.rule.id == waiver.rule)
    limit = "suspended" if waiver.limit is None else levels_text(rule, waiver.limit)
    of = "" if str(waiver.subject) == str(subject.entry) else f" for {waiver.subject}"
    until = f"until {waiver.until_at:%Y-%m-%d %H:%M} UTC"
    return f"{waiver.rule}{of} {until} ({waiver.id}, {waiver.ticket}): {limit}"


def subject_words(entry: Entry) -> str:
    """An entry for people: positions that are not seen yet are a group."""
    is_group = entry.grain.value == "position" and "symbol" not in entry.texts
    return f"positions of {entry}" if is_group else str(entry)


K = TypeVar("K")


def _grouped(pairs: Iterable[tuple[K, Rule]]) -> Iterator[tuple[K, str]]:
    """Rules that have something in common, by their names within their policies."""
    names: dict[K, list[str]] = {}
    for key, rule in pairs:
        names.setdefault(key, []).append(rule.id.removeprefix(f"{rule.policy}/"))
    return ((key, ", ".join(listed)) for key, listed in names.items())


# ---- JSON ----------------------------------------------------------------------------------------------------------


def _values(found: Survey) -> dict[str, object]:
    return {
        "subjects": [
            {
                "grain": subject.entry.grain.value,
                "subject": str(subject.entry),
                "rules": [_covering_values(covering) for covering in subject.rules],
                "left_out_by": [
                    {"rule": carve_out.rule.id, "tests": list(carve_out.by)}
                    for carve_out in subject.carve_outs
                ],
                "outside": list(subject.outside),
                "waivers": [
                    {"id": waiver.id, "rule": waiver.rule, "until": waiver.until_at.isoformat()}
                    for waiver in subject.waivers
                ],
                "is_missing": subject.is_missing,
            }
            for subject in found.subjects
        ],
        "unwatched": {account: list(families) for account, families in found.unwatched},
        "idle_rules": [rule.id for rule in found.idle],
    }


def _covering_values(covering: Covering) -> dict[str, object]:
    return {
        "rule": covering.rule.id,
        "depends_on": list(covering.depends_on),
        "counts_only": list(covering.counts_only),
    }
