"""A plan as lines for people, from what the daemon told of it."""

from __future__ import annotations

from collections.abc import Iterator

from riskd.adapters.safe_text import visible
from riskd.cli.daemon_client import Value


def plan_lines(told: Value) -> Iterator[str]:
    """What a plan would send, what it mends, and what is left."""
    plan = told["plan"]
    yield f"{told['id']} · {told['action']} on {told['account']} · {visible(told['rule'])} · digest {told['digest'][:8]}"
    yield from step_lines(plan)
    for effect in plan["effects"]:
        mended = "mends" if effect["mended"] else "moves"
        yield visible(f"  {mended} {effect['rule']} on {effect['subject']}: {_pair(effect)}")
    yield from _money(plan)
    for what, reason in plan["untouched"]:
        yield visible(f"  leaves {what}: {reason}")
    for text in (*plan["remains"], *plan["advice"]):
        yield visible(f"  {text}")
    for hedge in plan["breaks_hedges"]:
        yield visible(f"  BREAKS the hedge {hedge}")


def step_lines(plan: Value) -> Iterator[str]:
    """Every order that a plan would cancel, send and place, in that order."""
    for step in plan["cancellations"]:
        yield visible(f"  cancel {step['symbol']} {step['what']}")
    for step in plan["reductions"]:
        verb = "buy" if step["held"].startswith("-") else "sell"
        held = step["held"].removeprefix("-")
        yield visible(
            f"  {verb} {step['quantity']} {step['symbol']} of {held} held, reduce-only, mark {step['mark_price']}"
        )
    for step in plan["stops"]:
        yield visible(f"  stop {step['symbol']} {step['quantity']} at {step['trigger_price']}")


def standing_lines(told: Value) -> Iterator[str]:
    """Where it stands with people."""
    for vote in told["votes"]:
        yield visible(f"{vote['at'][11:19]} UTC {vote['verb']} by {vote['by']} ({vote['via']})")
    if told["waits"]:
        yield visible(told["prospect"])
    else:
        yield visible(told["state"] + (f": {told['reason']}" if told["reason"] else ""))


def _money(plan: Value) -> Iterator[str]:
    told = [
        f"{words} {plan[name]:,.0f} USD"
        for name, words in (("frees_margin_usd", "frees margin of"), ("realizes_pnl_usd", "realizes"))
        if isinstance(plan[name], int | float)
    ]
    if told:
        yield f"  {', '.join(told)}"


def _pair(effect: Value) -> str:
    before, after = (_number(effect[name]) for name in ("before", "after"))
    return f"{before} → {after}"


def _number(value: Value) -> str:
    return "?" if value is None else f"{value:.6g}" if isinstance(value, int | float) else str(value)
