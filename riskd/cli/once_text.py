"""How one look is told: exposures, what is exceeded or unknown, and what riskd would do."""

from __future__ import annotations

import numpy as np

from riskd.adapters.safe_text import visible
from riskd.cli.account_rows import COLUMNS, account_rows
from riskd.cli.once_plan import proposal_lines, proposal_values
from riskd.cli.problem_text import counted
from riskd.daemon.once import Sight
from riskd.judge.explain import explain
from riskd.judge.reading import UNKNOWN, Reading
from riskd.model.alert import AlertKey, AlertState
from riskd.model.report import JsonValue
from riskd.model.snapshot import Quality, Snapshot
from riskd.policy.text.units import show
from riskd.policy.waiver_words import in_force_lines

_LEVELS = {-1: "UNKNOWN", 1: "WARN", 2: "BREACH", 3: "CRITICAL"}


def lines(sight: Sight, *, why: bool) -> list[str]:
    """The look as plain text; with ``why`` each finding is followed by the chain that led to it."""
    snapshot = sight.result.snapshot
    told = [
        (
            f"{sight.settings.mode} · {len(snapshot.desk.accounts)} accounts · {snapshot.taken_at:%Y-%m-%d %H:%M:%S} UTC · "
            f"policy {sight.result.rows.policy_hash[:12]} · nothing was sent"
        ),
        "",
        *_table([COLUMNS, *account_rows(sight.result)]),
        "",
        *_positions(sight),
    ]
    judged = [line for reading in sight.result.readings for line in _exceeded(sight, reading, why=why)]
    told += ["", *(judged or ["every rule that could be judged is kept"])]
    told += _waivers(sight)
    blind = _unseen(sight)
    if blind:
        told += ["", "could not be seen:", *(f"  {line}" for line in blind)]
    for proposal in sight.result.proposals:
        told += ["", *proposal_lines(proposal)]
    for missing in sight.result.unplanned:
        told += ["", f"{missing.account}: {missing.rule} asks for something, but {visible(missing.reason)}"]
    return told


def as_values(sight: Sight) -> dict[str, JsonValue]:
    """The look as JSON values. Unknown is null."""
    return {
        "taken_at": sight.result.snapshot.taken_at.isoformat(),
        "mode": sight.settings.mode,
        "policy_hash": sight.result.rows.policy_hash,
        "accounts": [
            dict(zip((name.lower() for name in COLUMNS), row, strict=True))
            for row in account_rows(sight.result)
        ],
        "verdicts": [
            {
                "rule": reading.rule.id,
                "subject": str(reading.subjects[row]),
                "level": _LEVELS.get(int(reading.levels[row]), "ok").lower(),
                "value": float(reading.values[row]) if np.isfinite(reading.values[row]) else None,
                "waiver": reading.waivers.get(row),
                "waived": reading.is_waived(row),
            }
            for reading in sight.result.readings
            for row in range(len(reading.levels))
        ],
        "unseen": list(_unseen(sight)),
        "plans": [proposal_values(proposal) for proposal in sight.result.proposals],
    }


def _waivers(sight: Sight) -> list[str]:
    """Which waivers hold, and what only they keep within its limits: counted apart from what is fine."""
    held = in_force_lines(sight.bundle, sight.result.snapshot.taken_at)
    if not held:
        return []
    waived = [line for reading in sight.result.readings for line in _waived(reading)]
    count = (
        f"{counted(len(held), 'waiver')} in force, {counted(len(waived), 'waived breach', 'waived breaches')}"
    )
    return ["", count, *(f"  {visible(line)}" for line in (*waived, *held))]


def _waived(reading: Reading) -> list[str]:
    return [
        f"WAIVED {excused.level.name.lower()}  {reading.rule.id}  {reading.subject(row)}: {_finding(reading, row)} "
        f"until {excused.waiver.until_at:%Y-%m-%d %H:%M} UTC"
        for row, excused in reading.excused.items()
        if reading.is_waived(row)
    ]


def _positions(sight: Sight) -> list[str]:
    count = len(sight.result.snapshot.positions)
    if not count:
        return ["no positions"]
    header = ("ACCOUNT", "POSITION", "QUANTITY", "NOTIONAL", "ENTRY", "MARK", "LIQUIDATION")
    return _table([header, *(_position(sight.result.snapshot, row) for row in range(count))])


def _position(snapshot: Snapshot, row: int) -> tuple[str, ...]:
    positions = snapshot.positions
    unconfirmed = "" if positions.confirmed[row] else " ?"
    return (
        snapshot.desk.accounts[positions.account[row]].id,
        f"{visible(snapshot.instruments[positions.instrument[row]].symbol)} {positions.side(row)}",
        f"{positions.quantity_exact[row]}{unconfirmed}",
        _number(positions.notional[row]),
        _number(positions.entry_price[row]),
        _number(positions.mark_price[row]),
        "none" if positions.cannot_be_liquidated[row] else _number(positions.liquidation_price[row]),
    )


def _exceeded(sight: Sight, reading: Reading, *, why: bool) -> list[str]:
    rule = reading.rule
    states = sight.result.advance.states
    told: list[str] = []
    for row in (int(each) for each in np.flatnonzero(reading.levels != 0)):
        subject = reading.subject(row)
        told.append(
            f"{_LEVELS[int(reading.levels[row])]:9}{rule.id}  {visible(str(subject))}: {_finding(reading, row)}"
        )
        if why:
            state = states.get(AlertKey(rule=rule.id, subject=subject), AlertState())
            told += [f"         {visible(line)}" for line in explain(reading, row, state)]
    return told


def _finding(reading: Reading, row: int) -> str:
    if reading.levels[row] == UNKNOWN:
        return visible(reading.why(row))
    unit = reading.rule.unit
    if np.isnan(reading.limits[row]):
        return f"{show(float(reading.values[row]), unit)}, no limit"
    return f"{show(float(reading.values[row]), unit)}, limit {show(float(reading.limits[row]), unit)}"


def _unseen(sight: Sight) -> tuple[str, ...]:
    return tuple(
        f"{state.account or state.venue} {state.surface.value}: {state.quality.value}, {visible(state.reason)}"
        for state in sight.result.snapshot.surfaces
        if state.quality is not Quality.OK and state.reason != "never read"
    )


def _number(value: float) -> str:
    return (
        f"{value:,.4g}"
        if np.isfinite(value) and abs(value) < 1
        else f"{value:,.2f}"
        if np.isfinite(value)
        else "?"
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
