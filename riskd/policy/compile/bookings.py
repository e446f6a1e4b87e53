"""Compiles what a snapshot test says of closes in the past."""

from __future__ import annotations

from riskd.model.desk import UNLABELLED
from riskd.policy.book_rows import CloseRow
from riskd.policy.compile.holdings import Owners, Section, money, seconds


def closes_of(owners: Owners, section: Section) -> tuple[CloseRow, ...]:
    """The closes, in the order of the file."""
    found = ((node, owners.of(node)) for node in section.nodes)
    context = owners.context
    return tuple(
        CloseRow(
            account=owner.profile.id,
            symbol=node.text("symbol"),
            strategy=node.text("strategy", UNLABELLED),
            realized=(money(context, node, "gain") or 0.0) - (money(context, node, "loss") or 0.0),
            fee=money(context, node, "fee") or 0.0,
            at=section.at_seconds - (seconds(context, node, "ago") or 0.0),
        )
        for node, owner in found
        if owner is not None
    )
