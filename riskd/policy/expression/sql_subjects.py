"""Where the ledger keeps the subjects of each grain, and how positions, orders and trust belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from riskd.model.subject import Grain


class NotRecordedError(ValueError):
    """The ledger does not keep what would be needed; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The subjects of one grain in the ledger.

    Attributes:
        keys: Parts of a subject's name.
        members: SELECT of the rows that make up the subjects: the accounts of each, or its one row. Every row has
            ``snapshot_id`` and the keys.
        trusted_on: Join of ``trusted t`` to ``members m``.
        held_on: Which positions ``x`` belong to a member ``m``; None: none do.
        resting_on: The same of orders.
        is_sum: Whether a subject may have several members.
        needs_profiles: Whether the members go by the configuration.
        notes: What an auditor must know.
    """

    keys: tuple[str, ...]
    members: str
    trusted_on: str
    held_on: str | None = None
    resting_on: str | None = None
    is_sum: bool = False
    needs_profiles: bool = False
    notes: tuple[str, ...] = ()


PROFILES = """profiles as (  -- the desk as it was configured at each snapshot
    select s.snapshot_id, c.account, c.desk, c.book, c.labels
    from snapshots s
    asof join (select distinct journal_sequence, happened_at from accounts) l on s.taken_at >= l.happened_at
    join accounts c on c.journal_sequence = l.journal_sequence
)"""

ORDERS = """(
            select *, case when opens then remaining * coalesce(price, trigger_price) end as opening
            from (
                select
                    *,
                    not reduce_only and not close_position
                    and (position_side, direction) not in (('LONG', 'SELL'), ('SHORT', 'BUY')) as opens
                from resting_orders
            )
        )"""
"""Resting orders, with what those that may open a position would open; NULL for the others."""

_BY_ACCOUNT = "left join trusted t on t.snapshot_id = m.snapshot_id and t.account = m.account"
_BY_VENUE = "left join trusted t on t.snapshot_id = m.snapshot_id and t.venue = m.venue"
_OF_ACCOUNT = "x.account = m.account"

_POSITION = """
        select p.*, a.equity_usd, k.index_price, k.last_price, k.funding_rate, k.funding_interval_hours
        from positions p
        join account_snapshots a on a.snapshot_id = p.snapshot_id and a.account = p.account
        left join marks k on k.snapshot_id = p.snapshot_id and k.venue = p.venue and k.symbol = p.symbol
    """
_STRATEGY = """
        select a.snapshot_id, a.account, a.venue, a.equity_usd, n.strategy
        from account_snapshots a
        join (
            select snapshot_id, account, strategy from positions
            union select snapshot_id, account, strategy from resting_orders
            union select snapshot_id, account, 'unlabelled' from account_snapshots
        ) n on n.snapshot_id = a.snapshot_id and n.account = a.account
    """
_ASSET = """
        select a.snapshot_id, a.account, a.venue, a.equity_usd, n.asset, n.asset || '/' as symbol
        from account_snapshots a
        join (
            select snapshot_id, account, split_part(symbol, '/', 1) as asset from positions
            union select snapshot_id, account, asset from spot_balances
        ) n on n.snapshot_id = a.snapshot_id and n.account = a.account
    """
_DESK = """
        select a.*, pr.desk, pr.book, pr.labels
        from account_snapshots a
        join profiles pr on pr.snapshot_id = a.snapshot_id and pr.account = a.account
        where pr.desk <> ''
    """
_ASSETS_BY_SYMBOL = "An asset is what stands before the stroke in a symbol."

SUBJECTS: Mapping[Grain, Subjects] = {
    Grain.POSITION: Subjects(keys=("account", "symbol", "side"), members=_POSITION, trusted_on=_BY_ACCOUNT),
    Grain.ACCOUNT: Subjects(
        keys=("account",),
        members="select * from account_snapshots",
        trusted_on=_BY_ACCOUNT,
        held_on=_OF_ACCOUNT,
        resting_on=_OF_ACCOUNT,
    ),
    Grain.STRATEGY: Subjects(
        keys=("account", "strategy"),
        members=_STRATEGY,
        trusted_on=_BY_ACCOUNT,
        held_on="x.account = m.account and x.strategy = m.strategy",
        notes=("Strategies without a position or an order are not kept by the ledger, and missing here.",),
    ),
    Grain.ASSET: Subjects(
        keys=("account", "asset"),
        members=_ASSET,
        trusted_on=_BY_ACCOUNT,
        held_on="x.account = m.account and split_part(x.symbol, '/', 1) = m.asset",
        notes=(_ASSETS_BY_SYMBOL,),
    ),
    Grain.EXCHANGE: Subjects(
        keys=("venue",),
        members="select * from account_snapshots",
        trusted_on=_BY_ACCOUNT,
        held_on=_OF_ACCOUNT,
        resting_on=_OF_ACCOUNT,
        is_sum=True,
    ),
    Grain.DESK: Subjects(
        keys=("desk",),
        members=_DESK,
        trusted_on=_BY_ACCOUNT,
        held_on=_OF_ACCOUNT,
        resting_on=_OF_ACCOUNT,
        is_sum=True,
        needs_profiles=True,
    ),
    Grain.PORTFOLIO: Subjects(
        keys=(),
        members="select * from account_snapshots",
        trusted_on=_BY_ACCOUNT,
        held_on=_OF_ACCOUNT,
        resting_on=_OF_ACCOUNT,
        is_sum=True,
    ),
    Grain.INSTRUMENT: Subjects(
        keys=("venue", "symbol"),
        members="select * from marks",
        trusted_on=_BY_VENUE,
        held_on="x.venue = m.venue and x.symbol = m.symbol",
    ),
}
