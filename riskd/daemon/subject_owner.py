"""Whose a subject is: the accounts that a position, a strategy, a hedge or a grid lies in."""

from __future__ import annotations

from riskd.model.desk import Desk
from riskd.model.subject import Subject


def owners(subject: Subject, desk: Desk) -> frozenset[str]:
    """The accounts that a subject lies in; none where it is of the venue, a desk or the portfolio."""
    account = subject.part("account")
    if account:
        return frozenset((account,))
    hedges = [leg.account for each in desk.hedges if each.id == subject.part("hedge") for leg in each.legs]
    return frozenset((*hedges, *(each.account for each in desk.grids if each.id == subject.part("grid"))))


def is_shown(subject: Subject, account: str | None, desk: Desk) -> bool:
    """Whether a subject is told of when one account is asked for: what is no account's own is everybody's."""
    of = owners(subject, desk)
    return account is None or not of or account in of
