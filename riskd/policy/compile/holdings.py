"""Compiles what the accounts of a snapshot test hold and have resting: accounts, positions, orders, instruments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.measure.spec import Unit
from riskd.model.desk import UNLABELLED, AccountProfile
from riskd.model.report import Surface
from riskd.model.snapshot import OrderKind
from riskd.policy.book_rows import AccountRow, InstrumentRow, OrderRow, PositionRow
from riskd.policy.compile.context import Context, Slot
from riskd.policy.compile.test_parts import quantity_at, yes_or_no
from riskd.policy.schema.tests_section import ALL_OF_IT
from riskd.policy.text.problems import Code
from riskd.policy.text.spelling import choose, quoted
from riskd.policy.text.yaml_text import MappingNode, ScalarNode

VENUE = "binanceusdm"
_MAINTENANCE_RATE = 0.005

Place = tuple[str, str]
"""Venue and unified symbol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One list of a test, and when it was written down: ages in it count from there.

    Attributes:
        at_seconds: After the start of the test.
    """

    nodes: tuple[MappingNode, ...] = ()
    at_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """The accounts of a book, to which its other rows belong."""

    context: Context
    accounts: Mapping[str, AccountRow]

    def of(self, node: MappingNode) -> AccountRow | None:
        """The account that a row names, or the only one; None when it cannot be told, which is noted."""
        scalar = node.scalar("account")
        if scalar is None and len(self.accounts) == 1:
            return next(iter(self.accounts.values()))
        if scalar is None:
            what = "this test has several accounts, and the row does not say which"
            cure = f"add `account`: {' or '.join(self.accounts)}"
            self.context.problems.add(node.mark, Code.BOOK, what, cure)
            return None
        if scalar.text not in self.accounts:
            what = f"there is no account {quoted(scalar.text)} in this test"
            self.context.problems.add(scalar.mark, Code.BOOK, what, choose(scalar.text, self.accounts))
        return self.accounts.get(scalar.text)


def accounts_of(context: Context, section: Section) -> tuple[AccountRow, ...]:
    """The accounts, in the order of the file."""
    rows = [(node, _account(context, node, section.at_seconds)) for node in section.nodes]
    said_once(context, ((node, "id", row.profile.id) for node, row in rows))
    return tuple({row.profile.id: row for _, row in rows}.values())


def marks_in(owners: Owners, instruments: Section, positions: Section) -> dict[Place, float]:
    """The mark prices that the lists of one moment say, at the instrument or at a position of it."""
    context, marks = owners.context, dict[Place, float]()
    said = [((node.text("venue", VENUE), node.text("symbol")), node) for node in instruments.nodes]
    for node in positions.nodes:
        owner = owners.of(node)
        if owner is not None:
            said.append(((owner.profile.venue, node.text("symbol")), node))
    for place, node in said:
        mark = money(context, node, "mark", is_price=True)
        if mark is None:
            continue
        if marks.setdefault(place, mark) != mark:
            what = f"{place[1]} has two mark prices at one moment"
            context.problems.add(node.mark, Code.BOOK, what, "say it once, at the instrument")
    return marks


def positions_of(owners: Owners, section: Section, marks: Mapping[Place, float]) -> tuple[PositionRow, ...]:
    """The positions, in the order of the file."""
    rows, names = list[PositionRow](), list[tuple[MappingNode, str, str]]()
    for node in section.nodes:
        owner = owners.of(node)
        held = None if owner is None else _held(owners.context, node, marks.get(_place(owner, node)))
        if owner is None or held is None:
            continue
        side = node.text("side")
        apart = f" {side}" if owner.hedge_mode else ""
        names.append((node, "symbol", f"{owner.profile.id} {node.text('symbol')}{apart}"))
        rows.append(_position(owners.context, node, owner, held if side == "long" else -held, section))
    said_once(owners.context, names)
    return tuple(rows)


def orders_of(owners: Owners, section: Section) -> tuple[OrderRow, ...]:
    """The resting orders, in the order of the file."""
    found = ((node, owners.of(node)) for node in section.nodes)
    return tuple(_order(owners.context, node, owner, section) for node, owner in found if owner is not None)


def instruments_of(
    context: Context, section: Section, marks: Mapping[Place, float], named: Iterable[Place]
) -> tuple[InstrumentRow, ...]:
    """Every perpetual that is described or named, by venue and symbol."""
    described = [((node.text("venue", VENUE), node.text("symbol")), node) for node in section.nodes]
    said_once(context, ((node, "symbol", " ".join(place)) for place, node in described))
    nodes: dict[Place, MappingNode | None] = {**dict.fromkeys(named), **dict(described)}
    return tuple(_instrument(context, place, nodes[place], marks.get(place)) for place in sorted(nodes))


# ---- what rows have in common --------------------------------------------------------------------------------------


def money(context: Context, node: MappingNode, key: str, *, is_price: bool = False) -> float | None:
    """USD at ``key``; None when the row does not say, or it has a fault. A price is not zero."""
    slot = Slot(role=key, unit=Unit.MONEY, low=0.0, is_positive=is_price)
    quantity = quantity_at(context, node, key, slot)
    return None if quantity is None else quantity.value


def seconds(context: Context, node: MappingNode, key: str) -> float | None:
    """Seconds at ``key``; None when the row does not say, or it has a fault."""
    quantity = quantity_at(context, node, key, Slot(role=key, unit=Unit.DURATION, low=0.0))
    return None if quantity is None else quantity.value


def coins(context: Context, scalar: ScalarNode, asset: str) -> Decimal | None:
    """The number of coins at ``scalar``, which must be more than none, and of ``asset`` unless that is empty."""
    number, coin = scalar.text.split(" ")
    if asset and coin != asset:
        what = f"{scalar.text} is a quantity of {coin}, but the symbol is of {asset}"
        context.problems.add(scalar.mark, Code.BOOK, what, f"write {number} {asset}")
        return None
    quantity = Decimal(number)
    if not quantity:
        context.problems.add(scalar.mark, Code.BOOK, "a quantity of nothing", "leave the row out")
        return None
    return quantity


def said_once(context: Context, names: Iterable[tuple[MappingNode, str, str]]) -> None:
    """Notes rows that say the same thing again: ``(row, key, name)``."""
    seen: set[str] = set()
    for node, key, name in names:
        if name in seen:
            scalar = node.scalar(key)
            mark = node.mark if scalar is None else scalar.mark
            context.problems.add(mark, Code.DUPLICATE, f"{quoted(name)} stands twice in this list")
        seen.add(name)


def labels_at(node: MappingNode) -> tuple[tuple[str, str], ...]:
    """Labels, sorted."""
    labels = node.mapping("labels")
    entries = labels.entries if labels is not None else ()
    return tuple(sorted((key.text, value.text) for key, value in entries if isinstance(value, ScalarNode)))


# ---- one row each --------------------------------------------------------------------------------------------------


def _account(context: Context, node: MappingNode, at: float) -> AccountRow:
    profile = AccountProfile(
        id=node.text("id"),
        venue=node.text("venue", VENUE),
        desk=node.text("desk"),
        book=node.text("book"),
        labels=labels_at(node),
    )
    unknown = {item.text for item in node.items("unknown") if isinstance(item, ScalarNode)}
    past = [
        (at - (seconds(context, item, "ago") or 0.0), money(context, item, "equity") or 0.0)
        for item in node.items("past")
        if isinstance(item, MappingNode)
    ]
    return AccountRow(
        profile=profile,
        equity=money(context, node, "equity"),
        wallet=money(context, node, "wallet"),
        maintenance_margin=money(context, node, "maintenance_margin"),
        available_balance=money(context, node, "available_balance"),
        hedge_mode=yes_or_no(node, "hedge_mode") or False,
        unknown=tuple(surface for surface in Surface if surface.value in unknown),
        data_age_seconds=seconds(context, node, "data_age") or 0.0,
        past=tuple(sorted(past)),
    )


def _held(context: Context, node: MappingNode, mark: float | None) -> Decimal | None:
    """Unsigned base units, as said or by worth; None when there is a fault."""
    scalar = node.scalar("quantity")
    if scalar is not None:
        return coins(context, scalar, node.text("symbol").split("/")[0])
    worth = quantity_at(
        context, node, "notional", Slot(role="notional", unit=Unit.MONEY, low=0.0, is_positive=True)
    )
    if worth is None:
        return None
    if mark is None:
        what = "a notional says how much is held only at a known mark price"
        context.problems.add(node.mark, Code.BOOK, what, "add `mark`, or write `quantity`")
        return None
    return worth.exact / Decimal(repr(mark))


def _position(
    context: Context, node: MappingNode, owner: AccountRow, quantity: Decimal, section: Section
) -> PositionRow:
    leverage = quantity_at(
        context, node, "leverage", Slot(role="leverage", unit=Unit.MULTIPLE, low=0.0, is_positive=True)
    )
    rank = quantity_at(context, node, "adl_rank", Slot(role="adl_rank", unit=Unit.COUNT, low=0.0, high=4.0))
    age = seconds(context, node, "age")
    return PositionRow(
        account=owner.profile.id,
        symbol=node.text("symbol"),
        strategy=node.text("strategy", UNLABELLED),
        quantity=quantity,
        entry=money(context, node, "entry", is_price=True),
        leverage=None if leverage is None else leverage.value,
        isolated_wallet=money(context, node, "isolated"),
        liquidation=money(context, node, "liquidation", is_price=True),
        adl_rank=None if rank is None else rank.value,
        opened_at=None if age is None else section.at_seconds - age,
        confirmed=yes_or_no(node, "confirmed") is not False,
    )


def _order(context: Context, node: MappingNode, owner: AccountRow, section: Section) -> OrderRow:
    amount = node.scalar("quantity")
    is_all = amount is None or amount.text == ALL_OF_IT
    asset = node.text("symbol").split("/")[0]
    trigger, age = money(context, node, "trigger", is_price=True), seconds(context, node, "age")
    kind = OrderKind(node.text("type", "limit" if node.get("trigger") is None else "stop"))
    if kind is OrderKind.LIMIT and node.get("trigger") is not None:
        context.problems.add(node.mark, Code.BOOK, "a limit order has no trigger", "write `type: stop`")
    if not any(node.get(key) for key in ("type", "price", "trigger")):
        what = "nothing says what kind of order this is"
        context.problems.add(node.mark, Code.BOOK, what, "add its `price`, its `trigger` or its `type`")
    return OrderRow(
        account=owner.profile.id,
        symbol=node.text("symbol"),
        strategy=node.text("strategy", UNLABELLED),
        kind=kind,
        direction=1 if node.text("side") == "buy" else -1,
        quantity=None if is_all or amount is None else coins(context, amount, asset),
        price=money(context, node, "price", is_price=True),
        trigger=trigger,
        reduce_only=yes_or_no(node, "reduce_only") or False,
        position_side=_position_side(context, node, owner),
        placed_at=None if age is None else section.at_seconds - age,
    )


def _position_side(context: Context, node: MappingNode, owner: AccountRow) -> str:
    scalar = node.scalar("position")
    if owner.hedge_mode and scalar is None:
        what = "in hedge mode an order belongs to the long or to the short position"
        context.problems.add(node.mark, Code.BOOK, what, "add `position: long` or `position: short`")
    if not owner.hedge_mode and scalar is not None:
        what = "outside hedge mode an order belongs to the one position of its symbol"
        context.problems.add(scalar.mark, Code.BOOK, what, "remove it")
    return "BOTH" if scalar is None else scalar.text.upper()


def _instrument(
    context: Context, place: Place, node: MappingNode | None, mark: float | None
) -> InstrumentRow:
    funding = rate = None
    if node is not None:
        funding = quantity_at(context, node, "funding", Slot(role="funding", unit=Unit.RATE))
        slot = Slot(role="maintenance", unit=Unit.RATIO, low=0.0, high=1.0, is_positive=True)
        rate = quantity_at(context, node, "maintenance", slot)
    return InstrumentRow(
        venue=place[0],
        symbol=place[1],
        mark=mark,
        index=money(context, node, "index", is_price=True) if node is not None else None,
        funding_rate=None if funding is None else funding.value,
        maintenance_rate=_MAINTENANCE_RATE if rate is None else rate.value,
    )


def _place(owner: AccountRow, node: MappingNode) -> Place:
    return owner.profile.venue, node.text("symbol")
