"""Compiles the whole book of a snapshot test at one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from riskd.measure.spec import Unit
from riskd.model.desk import UNLABELLED, GridDefinition, HedgeDefinition, HedgeLeg, LegKind
from riskd.policy.book_rows import BookRows, FundingRow, OrderRow, PlacedRow, PositionRow, SpotRow
from riskd.policy.compile.bookings import closes_of
from riskd.policy.compile.context import Context, Slot
from riskd.policy.compile.holdings import (
    Owners,
    Place,
    Section,
    accounts_of,
    coins,
    instruments_of,
    labels_at,
    marks_in,
    money,
    orders_of,
    positions_of,
    said_once,
    seconds,
)
from riskd.policy.compile.markets import collateral_of, with_markets
from riskd.policy.compile.test_parts import quantity_at
from riskd.policy.text.problems import Code
from riskd.policy.text.yaml_text import MappingNode, ScalarNode

LISTS = (
    "accounts",
    "instruments",
    "positions",
    "orders",
    "spot",
    "hedges",
    "grids",
    "funding",
    "closes",
    "placed",
    "collateral",
)
_RATIO = Slot(role="ratio", unit=Unit.RATIO, low=0.0, is_positive=True)
_ORDERS = Slot(role="orders", unit=Unit.COUNT, low=1.0, high=10_000.0)
_NOTHING = Section()


def compile_book(
    context: Context, sections: Mapping[str, Section], marks_before: Mapping[Place, float], new: set[str]
) -> tuple[BookRows, Mapping[Place, float]]:
    """The book of one moment, and the mark prices that it has.

    Args:
        context: Of the file. Takes the faults.
        sections: Every list as it stands at this moment.
        marks_before: Mark prices of the moment before, which hold unless this one says another.
        new: Names of the lists that this moment says itself.
    """

    def section(name: str) -> Section:
        return sections.get(name, _NOTHING)

    accounts = accounts_of(context, section("accounts"))
    owners = Owners(context=context, accounts={row.profile.id: row for row in accounts})
    said = [section(name) if name in new else _NOTHING for name in ("instruments", "positions")]
    marks = {**marks_before, **marks_in(owners, *said)}
    positions = positions_of(owners, section("positions"), marks)
    orders = orders_of(owners, section("orders"))
    hedges = _hedges(owners, section("hedges"))
    grids = _grids(owners, section("grids"))
    named = _named(owners, (*positions, *orders, *grids), hedges)
    instruments = instruments_of(context, section("instruments"), marks, named)
    book = BookRows(
        accounts=accounts,
        instruments=with_markets(context, section("instruments"), instruments),
        positions=positions,
        orders=orders,
        spot=_spot(owners, section("spot"), hedges),
        hedges=hedges,
        grids=grids,
        funding=_funding(owners, section("funding")),
        closes=closes_of(owners, section("closes")),
        placed=_placed(owners, section("placed")),
        collateral=collateral_of(owners, section("collateral")),
    )
    return book, marks


def _named(
    owners: Owners,
    rows: tuple[PositionRow | OrderRow | GridDefinition, ...],
    hedges: tuple[HedgeDefinition, ...],
) -> Iterator[Place]:
    """Every perpetual that the book names."""
    for row in rows:
        yield owners.accounts[row.account].profile.venue, row.symbol
    for leg in _legs(hedges, LegKind.PERPETUAL):
        yield owners.accounts[leg.account].profile.venue, leg.name


def _hedges(owners: Owners, section: Section) -> tuple[HedgeDefinition, ...]:
    said_once(owners.context, ((node, "id", node.text("id")) for node in section.nodes))
    return tuple(_hedge(owners, node) for node in section.nodes)


def _hedge(owners: Owners, node: MappingNode) -> HedgeDefinition:
    ratio = quantity_at(owners.context, node, "ratio", _RATIO)
    legs = []
    for item in node.items("legs"):
        owner = owners.of(item) if isinstance(item, MappingNode) else None
        if owner is None or not isinstance(item, MappingNode):
            continue
        kind, key = (LegKind.SPOT, "spot") if item.get("spot") is not None else (LegKind.PERPETUAL, "symbol")
        legs.append(HedgeLeg(account=owner.profile.id, kind=kind, name=item.text(key)))
    return HedgeDefinition(
        id=node.text("id"),
        legs=tuple(legs),
        ratio=Decimal(1) if ratio is None else ratio.exact,
        labels=labels_at(node),
    )


def _legs(hedges: tuple[HedgeDefinition, ...], kind: LegKind) -> Iterator[HedgeLeg]:
    return (leg for hedge in hedges for leg in hedge.legs if leg.kind is kind)


def _grids(owners: Owners, section: Section) -> tuple[GridDefinition, ...]:
    said_once(owners.context, ((node, "id", node.text("id")) for node in section.nodes))
    found = ((node, owners.of(node)) for node in section.nodes)
    return tuple(
        GridDefinition(
            id=node.text("id"),
            account=owner.profile.id,
            symbol=node.text("symbol"),
            lower=_bound(owners.context, node, "lower"),
            upper=_bound(owners.context, node, "upper"),
        )
        for node, owner in found
        if owner is not None
    )


def _bound(context: Context, node: MappingNode, key: str) -> Decimal | None:
    slot = Slot(role=key, unit=Unit.MONEY, low=0.0, is_positive=True)
    quantity = quantity_at(context, node, key, slot)
    return None if quantity is None else quantity.exact


def _spot(owners: Owners, section: Section, hedges: tuple[HedgeDefinition, ...]) -> tuple[SpotRow, ...]:
    """Coins of the legs that hedges name. Others are refused, since no measure would see them."""
    wanted = {(leg.account, leg.name) for leg in _legs(hedges, LegKind.SPOT)}
    rows, names = list[SpotRow](), list[tuple[MappingNode, str, str]]()
    for node in section.nodes:
        owner, scalar = owners.of(node), node.scalar("quantity")
        if owner is None or not isinstance(scalar, ScalarNode):
            continue
        asset, quantity = scalar.text.split(" ")[1], coins(owners.context, scalar, "")
        account = owner.profile.id
        if (account, asset) not in wanted:
            what = f"no hedge of this test has {asset} in {account} as a leg"
            owners.context.problems.add(scalar.mark, Code.BOOK, what, "name it in `hedges`, or remove it")
        elif quantity is not None:
            rows.append(SpotRow(account=account, asset=asset, quantity=quantity))
        names.append((node, "quantity", f"{account} {asset}"))
    said_once(owners.context, names)
    return tuple(rows)


def _funding(owners: Owners, section: Section) -> tuple[FundingRow, ...]:
    rows = []
    for node in section.nodes:
        owner, context = owners.of(node), owners.context
        if owner is None:
            continue
        paid, received = money(context, node, "paid"), money(context, node, "received")
        rows.append(
            FundingRow(
                account=owner.profile.id,
                symbol=node.text("symbol"),
                strategy=node.text("strategy", UNLABELLED),
                paid=(paid or 0.0) - (received or 0.0),
                at=section.at_seconds - (seconds(context, node, "ago") or 0.0),
            )
        )
    return tuple(rows)


def _placed(owners: Owners, section: Section) -> tuple[PlacedRow, ...]:
    rows = []
    for node in section.nodes:
        owner, context = owners.of(node), owners.context
        if owner is None:
            continue
        orders = quantity_at(context, node, "orders", _ORDERS)
        rows.append(
            PlacedRow(
                account=owner.profile.id,
                strategy=node.text("strategy", UNLABELLED),
                orders=0 if orders is None else int(orders.exact),
                at=section.at_seconds - (seconds(context, node, "ago") or 0.0),
            )
        )
    return tuple(rows)
