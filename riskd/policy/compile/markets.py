"""Compiles the markets of a snapshot test's instruments, and what backs its accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from riskd.measure.spec import Unit
from riskd.policy.book_rows import CollateralRow, InstrumentRow
from riskd.policy.compile.context import Context, Slot
from riskd.policy.compile.holdings import VENUE, Owners, Section, coins, money, said_once
from riskd.policy.compile.test_parts import quantity_at
from riskd.policy.text.problems import Code
from riskd.policy.text.yaml_text import MappingNode

_SPREAD = Slot(role="spread", unit=Unit.RATIO, low=0.0, high=0.019)  # its half leaves room within 1 %
_HAIRCUT = Slot(role="haircut", unit=Unit.RATIO, low=0.0, high=1.0)


def with_markets(
    context: Context, section: Section, rows: Sequence[InstrumentRow]
) -> tuple[InstrumentRow, ...]:
    """The instruments, with what the list says of their markets."""
    nodes = {(node.text("venue", VENUE), node.text("symbol")): node for node in section.nodes}
    return tuple(
        row if (node := nodes.get((row.venue, row.symbol))) is None else _with_market(context, node, row)
        for row in rows
    )


def collateral_of(owners: Owners, section: Section) -> tuple[CollateralRow, ...]:
    """What backs the accounts. At one venue an asset has one worth."""
    rows, names = list[CollateralRow](), list[tuple[MappingNode, str, str]]()
    worth: dict[tuple[str, str], tuple[float | None, float]] = {}
    for node in section.nodes:
        row = _collateral(owners, node)
        if row is None:
            continue
        names.append((node, "quantity", f"{row.account} {row.asset}"))
        venue = owners.accounts[row.account].profile.venue
        if worth.setdefault((venue, row.asset), (row.index, row.haircut)) != (row.index, row.haircut):
            what = f"{row.asset} has two worths at {venue} at one moment"
            owners.context.problems.add(node.mark, Code.BOOK, what, "write the same index and haircut")
        rows.append(row)
    said_once(owners.context, names)
    return tuple(rows)


def _with_market(context: Context, node: MappingNode, row: InstrumentRow) -> InstrumentRow:
    open_interest, spread = node.scalar("open_interest"), quantity_at(context, node, "spread", _SPREAD)
    held = None if open_interest is None else coins(context, open_interest, row.symbol.split("/")[0])
    depth = money(context, node, "depth", is_price=True)
    if (spread is None) != (depth is None):
        what = "an order book has both a spread and a depth"
        context.problems.add(node.mark, Code.BOOK, what, "write `spread` and `depth`, or neither")
    elif depth is not None and row.mark is None:
        what = "an order book lies around a mark price, and there is none"
        context.problems.add(node.mark, Code.BOOK, what, "add `mark`")
    return replace(
        row,
        volume=money(context, node, "volume"),
        open_interest=None if held is None else float(held),
        spread=None if spread is None else spread.value,
        depth=depth,
    )


def _collateral(owners: Owners, node: MappingNode) -> CollateralRow | None:
    owner, scalar = owners.of(node), node.scalar("quantity")
    quantity = None if scalar is None else coins(owners.context, scalar, "")
    if owner is None or scalar is None or quantity is None:
        return None
    haircut = quantity_at(owners.context, node, "haircut", _HAIRCUT)
    return CollateralRow(
        account=owner.profile.id,
        asset=scalar.text.split(" ")[1],
        quantity=quantity,
        index=money(owners.context, node, "index", is_price=True),
        haircut=0.0 if haircut is None else haircut.value,
    )
