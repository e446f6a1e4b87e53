"""`riskd plan`: what riskd means to do, and what people say to it."""

from __future__ import annotations

import click

from riskd.cli.lazy_group import LazyGroup, Table

COMMANDS: Table = {
    "list": ("riskd.cli.plan_list", "list_plans", "The plans that wait for people."),
    "show": ("riskd.cli.plan_show", "show", "Everything that a plan would do, and what it is for."),
    "approve": ("riskd.cli.plan_decide", "approve", "Release it."),
    "hold": ("riskd.cli.plan_decide", "hold", "Ask for five more minutes."),
    "reject": ("riskd.cli.plan_decide", "reject", "Refuse it."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def plan() -> None:
    """Plans of riskd: what it would send and why, and the decisions of people.

    Exit codes: 0 fine, 1 as things stand not done, 2 wrong use or not allowed, 3 no daemon answers.
    """
