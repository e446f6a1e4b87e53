"""`riskd status`: how the accounts stand, from the running daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from riskd.adapters.safe_text import visible
from riskd.cli.daemon_client import Value, daemon_of, print_json, with_json
from riskd.cli.exit_codes import Exit
from riskd.cli.plain_table import plain_table

_COLUMNS = ("STATE", "ACCOUNT", "EQUITY", "LEV", "LIQ ROOM", "TODAY", "HEAT", "TIGHTEST LIMIT", "DATA")
_WORDS = {"ok": "ok", "warn": "WARN", "breach": "BREACH", "critical": "CRITICAL", "blind": "BLIND"}
# An answer from a cycle that is so old is no answer: the daemon stands still.
_OLD_SECONDS = 120.0


@click.command()
@click.argument("account", default="")
@with_json
def status(account: str, config: Path, state: Path | None, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """How riskd and the accounts stand: state, equity, leverage, room, and what needs somebody.

    With ACCOUNT only that one. Exit codes: 0 all is well, 1 something is not, 2 wrong use, 3 no daemon answers.
    """
    told = daemon_of(config, state).read("status", {"account": account})
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(_lines(told)))
    return Exit.FINE if _is_well(told) else Exit.FINDINGS


def _is_well(told: Value) -> bool:
    fine = all(each["state"] == "ok" and not each["halted"] for each in told["accounts"])
    waiting = told["plans"] or told["disarmed"] or told["faults"] or told["halted"] or told["needs_you"]
    return fine and not waiting and told["age_seconds"] is not None and told["age_seconds"] <= _OLD_SECONDS


def _lines(told: Value) -> Iterator[str]:
    yield _headline(told)
    if told["accounts"]:
        yield from plain_table([_COLUMNS, *(_row(each) for each in told["accounts"])], left=(0, 1, 7))
    if told["halted"]:
        yield "HALTED: nothing is sent → riskd resume"
    for each in told["accounts"]:
        if each["blind"]:
            yield f"{each['id']} cannot be seen: {visible(each['blind'])}"
        if each["halted"]:
            yield f"{each['id']} is halted: nothing of it is sent → riskd resume {each['id']}"
    for each in told["disarmed"]:
        yield f"{each['part']} {each['name']} is disarmed: {visible(each['reason'])} → riskd rearm {each['name']}"
    for store, fault in told["faults"].items():
        yield f"{store}: {visible(fault)}"
    for each in told["plans"]:
        yield f"plan {each['id']} of {each['account']} {each['prospect']} → riskd plan show {each['id']}"
    waiting = told["needs_you"]
    if waiting:
        count = "1 alert needs" if len(waiting) == 1 else f"{len(waiting)} alerts need"
        yield f"{count} you: {', '.join(waiting[:5])}{' …' if len(waiting) > 5 else ''} → riskd alerts"


def _headline(told: Value) -> str:
    age = told["age_seconds"]
    seen = "no cycle is complete yet" if age is None else f"cycle {told['cycle']}, {age:.1f} s ago"
    parts = [
        told["mode"],
        f"{len(told['accounts'])} accounts",
        f"${_number(told['equity_usd'], '{:,.0f}')}",
        seen,
    ]
    if told["policy_hash"]:
        parts.append(f"policy {told['policy_hash'][:12]}")
    if age is not None and age > _OLD_SECONDS:
        parts.append("THE WATCH STANDS STILL")
    return " · ".join(parts)


def _row(each: Value) -> tuple[str, ...]:
    use, rule = each["tightest_use"], each["tightest_rule"].partition("/")[2]
    return (
        _WORDS.get(each["state"], each["state"]),
        each["id"],
        _number(each["equity_usd"], "{:,.0f}"),
        _number(each["leverage"], "{:.1f}x"),
        _share(each["room"], "{:.1f} %"),
        _share(each["today"], "{:+.1f} %"),
        _share(each["heat"], "{:.1f} %"),
        f"{_share(use, '{:4.0f} %')} {visible(rule)}" if rule else "none",
        _number(each["data_age_seconds"], "{:.0f} s"),
    )


def _share(value: Value, form: str) -> str:
    return _number(value * 100 if isinstance(value, int | float) else value, form)


def _number(value: Value, form: str) -> str:
    """A known number; a question mark for one that is not known, ``none`` for one that is infinite."""
    if value is None:
        return "?"
    return "none" if isinstance(value, str) else form.format(value)
