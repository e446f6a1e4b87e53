"""Where the ledger keeps each named column; what it does not keep is refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from riskd.measure.columns.capital import OF_ACCOUNTS
from riskd.measure.columns.columns import COLUMNS
from riskd.measure.columns.held import INSIDE_ACCOUNTS, SUMMED
from riskd.model.subject import Grain
from riskd.policy.expression.sql_subjects import SUBJECTS, NotRecordedError


class Place(Enum):
    """Where a column comes from."""

    OWN = "own"  # of the member's own row
    HELD = "held"  # summed over positions
    RESTING = "resting"  # summed over orders
    MADE = "made"  # of other columns


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlColumn:
    """A column as SQL: over ``m`` (a member), over ``x`` (a position or an order), or over other columns.

    Attributes:
        inputs: The columns that a MADE one is made of.
    """

    place: Place
    sql: str
    inputs: tuple[str, ...] = ()


def sql_column(grain: Grain, name: str) -> SqlColumn:
    """How a column is printed.

    Raises:
        NotRecordedError: The ledger does not keep it.
    """
    found = PRINTED.get((grain, name))
    if found is None:
        kept = (
            ""
            if name in COLUMNS[grain]
            else "; where a rule takes it as its `measure`, verdicts has its values"
        )
        raise NotRecordedError(f"the ledger does not keep {name} per {grain.value}{kept}")
    return found


def _own(sql: str) -> SqlColumn:
    return SqlColumn(place=Place.OWN, sql=f"m.{sql}")


def _held(sql: str) -> SqlColumn:
    """A sum that is unknown when one of its terms is, and 0 over nothing. ``x.symbol`` is NULL where nothing joined."""
    summed = f"case when count(x.symbol) = count({sql}) then coalesce(sum({sql}), 0) end"
    return SqlColumn(place=Place.HELD, sql=summed)


def _over_equity(exposure: str, equity: str) -> str:
    """As ``measure.capital.over_equity``, but unknown where that is infinite."""
    return (
        f"case when {equity} > 0 then {exposure} / {equity} when {equity} <= 0 and {exposure} = 0 then 0 end"
    )


def _known(sql: str) -> SqlColumn:
    """A recorded measure, which may be infinite."""
    return SqlColumn(place=Place.OWN, sql=f"case when isfinite(m.{sql}) then m.{sql} end")


_COMMITTED = (
    "case when m.margin_mode = 'isolated' then m.isolated_wallet_usd + m.unrealized_pnl_usd "
    "else coalesce(m.initial_margin_usd, abs(m.notional_usd) / nullif(m.leverage_setting, 0)) end"
)

_POSITION: Mapping[str, SqlColumn] = {
    "notional": _own("notional_usd"),
    "gross": SqlColumn(place=Place.OWN, sql="abs(m.notional_usd)"),
    "quantity": _own("quantity"),
    "mark_price": _own("mark_price"),
    "entry_price": _own("entry_price"),
    "liquidation_price": _own("liquidation_price"),
    "index_price": _own("index_price"),
    "last_price": _own("last_price"),
    "unrealized_pnl": _own("unrealized_pnl_usd"),
    "initial_margin": _own("initial_margin_usd"),
    "maintenance_margin": _own("maintenance_margin_usd"),
    "isolated_wallet": _own("isolated_wallet_usd"),
    "leverage_setting": _own("leverage_setting"),
    "equity": _own("equity_usd"),
    "adl_rank": _own("adl_rank"),
    "holding_time": SqlColumn(
        place=Place.OWN,
        sql="case when m.opened_at is not null then greatest(epoch(m.taken_at - m.opened_at), 0) end",
    ),
    "funding_rate": SqlColumn(
        place=Place.OWN, sql="sign(m.quantity) * m.funding_rate / nullif(m.funding_interval_hours, 0)"
    ),
    "share_of_equity": SqlColumn(place=Place.OWN, sql=_over_equity("abs(m.notional_usd)", "m.equity_usd")),
    "position_leverage": SqlColumn(
        place=Place.OWN, sql=_over_equity("abs(m.notional_usd)", f"({_COMMITTED})")
    ),
}
_INSTRUMENT: Mapping[str, SqlColumn] = {
    "mark_price": _own("mark_price"),
    "index_price": _own("index_price"),
    "last_price": _own("last_price"),
    "funding_rate": SqlColumn(place=Place.OWN, sql="m.funding_rate / nullif(m.funding_interval_hours, 0)"),
    "funding_interval": SqlColumn(place=Place.OWN, sql="m.funding_interval_hours * 3600"),
}
_SUMS: Mapping[str, SqlColumn] = {
    "gross": _held("abs(x.notional_usd)"),
    "net": _held("x.notional_usd"),
    "unrealized_pnl": _held("x.unrealized_pnl_usd"),
    "positions": SqlColumn(place=Place.HELD, sql="count(x.symbol)"),
}
_CAPITAL: Mapping[str, SqlColumn] = {
    **{
        name: _own(f"{name}_usd")
        for name in (
            "equity",
            "wallet_balance",
            "cross_wallet_balance",
            "available_balance",
            "initial_margin",
            "maintenance_margin",
        )
    },
    "orders": SqlColumn(place=Place.RESTING, sql="count(x.symbol)"),
    "opening_orders": SqlColumn(
        place=Place.RESTING,
        sql="case when count(*) filter (x.opens) = count(x.opening) then coalesce(sum(x.opening), 0) end",
    ),
}
_LEVERAGE = SqlColumn(place=Place.MADE, sql=_over_equity("gross", "equity"), inputs=("gross", "equity"))
_OF_ACCOUNT_PART: Mapping[str, SqlColumn] = {
    "equity": _own("equity_usd"),
    "initial_margin": _held("x.initial_margin_usd"),
    "maintenance_margin": _held("x.maintenance_margin_usd"),
    "share_of_equity": _LEVERAGE,
    "account_gross": SqlColumn(
        place=Place.OWN,
        sql=(
            "(select case when count(*) = count(g.notional_usd) then coalesce(sum(abs(g.notional_usd)), 0) end "
            "from positions g where g.snapshot_id = m.snapshot_id and g.account = m.account)"
        ),
    ),
    "share_of_gross": SqlColumn(
        place=Place.MADE,
        sql="case when account_gross = 0 then 0 else gross / account_gross end",
        inputs=("gross", "account_gross"),
    ),
}
_ACCOUNT: Mapping[str, SqlColumn] = {
    "margin_ratio": _known("margin_ratio"),
    "liquidation_distance": _known("liquidation_distance_min"),
    "unlabelled": SqlColumn(place=Place.HELD, sql="count(x.symbol) filter (x.strategy = 'unlabelled')"),
}


def _printed(grain: Grain) -> dict[str, SqlColumn]:
    """The columns of one grain that the ledger keeps."""
    found: dict[str, SqlColumn] = {}
    if grain not in SUBJECTS:
        return {}
    if grain in SUMMED:
        found.update(_SUMS)
    if grain in OF_ACCOUNTS:
        found.update(_CAPITAL)
    if grain in INSIDE_ACCOUNTS:
        found.update(_OF_ACCOUNT_PART)
    if grain in (Grain.ACCOUNT, Grain.STRATEGY, Grain.DESK, Grain.PORTFOLIO):
        found["leverage"] = _LEVERAGE
    special = {Grain.POSITION: _POSITION, Grain.INSTRUMENT: _INSTRUMENT, Grain.ACCOUNT: _ACCOUNT}
    return {**found, **special.get(grain, {})}


PRINTED: Mapping[tuple[Grain, str], SqlColumn] = {
    (grain, name): each for grain in Grain for name, each in _printed(grain).items()
}
"""Every column that can be printed, by grain and name."""
