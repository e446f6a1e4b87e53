"""Verbs that touch money ask for the account's name, so that nobody says yes to another one than they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
T = TypeVar("T")


def yes_option(command: Callable[P, T]) -> Callable[P, T]:
    """Add ``--yes ACCOUNT``."""
    return click.option(
        "--yes", default="", metavar="ACCOUNT", help="Name the account instead of being asked."
    )(command)


def account_typed(account: str, yes: str, what: str) -> None:
    """Check that the person means this account.

    Args:
        account: What is about to be touched.
        yes: What ``--yes`` named; empty: they are asked.
        what: What is about to happen, for the question.

    Raises:
        click.UsageError: They named another one.
    """
    named = yes or click.prompt(f"type {account} to {what}", err=True, default="", show_default=False)
    if named != account:
        raise click.UsageError(f"expected {account}, found {named or 'nothing'}: nothing was done")
