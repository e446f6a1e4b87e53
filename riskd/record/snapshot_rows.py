"""A snapshot as ledger rows: accounts, positions, resting orders, spot balances, marks, surfaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from riskd.model.arrays import FloatArray, IntArray
from riskd.model.snapshot import Quality, Snapshot
from riskd.record.block import (
    Block,
    NumberColumn,
    Vocabulary,
    block,
    repeat_stamp,
    stamps,
    stamps_of_seconds,
)

_FROM_BEST_TO_WORST = tuple(Quality)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    """Measures of each account of the desk, in its order, as the catalogue takes them. NaN unknown.

    Attributes:
        exposure_gross: Sum of the absolute notionals.
        exposure_net: Sum of the signed notionals.
        leverage_gross: Gross exposure over equity.
        margin_ratio: Maintenance margin over equity.
        liquidation_distance_min: Smallest over the account's positions, a fraction of the mark.
    """

    exposure_gross: FloatArray
    exposure_net: FloatArray
    leverage_gross: FloatArray
    margin_ratio: FloatArray
    liquidation_distance_min: FloatArray


def snapshot_blocks(snapshot: Snapshot, figures: AccountFigures) -> tuple[Block, ...]:
    """The rows of a snapshot, one block a table."""
    return (
        _accounts(snapshot, figures),
        _positions(snapshot),
        _resting_orders(snapshot),
        _spot_balances(snapshot),
        _marks(snapshot),
        _surfaces(snapshot),
    )


def worst_quality(qualities: tuple[Quality, ...]) -> Quality:
    """The worst of them; BLIND when there is none, because then nothing was read."""
    return max(qualities, key=_FROM_BEST_TO_WORST.index, default=Quality.BLIND)


def same_for_all(snapshot_id: int, taken_at: datetime, rows: int) -> dict[str, NumberColumn]:
    """The two columns with which every row of a cycle begins."""
    return {
        "snapshot_id": np.full(rows, snapshot_id, dtype=np.int64),
        "taken_at": repeat_stamp(taken_at, rows),
    }


def _stamped(snapshot: Snapshot, rows: int) -> dict[str, NumberColumn]:
    return same_for_all(snapshot.id, snapshot.taken_at, rows)


def _accounts(snapshot: Snapshot, figures: AccountFigures) -> Block:
    profiles, columns, words = snapshot.desk.accounts, snapshot.accounts, Vocabulary()
    seen: dict[str, list[Quality]] = {profile.id: [] for profile in profiles}
    for state in snapshot.surfaces:
        if state.account:
            seen[state.account].append(state.quality)
    qualities = (worst_quality(tuple(seen[profile.id])) for profile in profiles)
    numbers = {
        "positions": np.bincount(snapshot.positions.account, minlength=len(profiles)).astype(np.int64),
        "equity_usd": columns.equity,
        "wallet_balance_usd": columns.wallet_balance,
        "cross_wallet_balance_usd": columns.cross_wallet_balance,
        "available_balance_usd": columns.available_balance,
        "initial_margin_usd": columns.initial_margin,
        "maintenance_margin_usd": columns.maintenance_margin,
        "margin_ratio": figures.margin_ratio,
        "exposure_gross_usd": figures.exposure_gross,
        "exposure_net_usd": figures.exposure_net,
        "leverage_gross": figures.leverage_gross,
        "liquidation_distance_min": figures.liquidation_distance_min,
        "hedge_mode": columns.hedge_mode,
    }
    texts = {
        "account": words.codes(profile.id for profile in profiles),
        "venue": words.codes(profile.venue for profile in profiles),
        "quality": words.codes(qualities),
        "equity_basis": words.codes(basis or None for basis in columns.basis or ("",) * len(profiles)),
    }
    return block("account_snapshots", words, _stamped(snapshot, len(profiles)) | numbers, texts)


def _positions(snapshot: Snapshot) -> Block:
    columns, words = snapshot.positions, Vocabulary()
    numbers = {
        "quantity": columns.quantity,
        "entry_price": columns.entry_price,
        "mark_price": columns.mark_price,
        "notional_usd": columns.notional,
        "unrealized_pnl_usd": columns.unrealized_pnl,
        "leverage_setting": columns.leverage_setting,
        "isolated_wallet_usd": columns.isolated_wallet,
        "initial_margin_usd": columns.initial_margin,
        "maintenance_margin_usd": columns.maintenance_margin,
        "liquidation_price": columns.liquidation_price,
        "cannot_be_liquidated": columns.cannot_be_liquidated,
        "adl_rank": columns.adl_rank,
        "opened_at": stamps_of_seconds(columns.opened_at),
        "confirmed": columns.confirmed,
    }
    texts = {
        **_held_in(snapshot, words, columns.account, columns.instrument),
        "side": words.codes(columns.side(row) for row in range(len(columns))),
        "position_side": words.codes(columns.position_side),
        "strategy": words.spread(snapshot.strategies, columns.strategy),
        "quantity_exact": words.codes(str(quantity) for quantity in columns.quantity_exact),
        "margin_mode": words.spread(("cross", "isolated"), columns.isolated.astype(np.int32)),
    }
    return block("positions", words, _stamped(snapshot, len(columns)) | numbers, texts)


def _resting_orders(snapshot: Snapshot) -> Block:
    columns, words = snapshot.orders, Vocabulary()
    numbers = {
        "price": columns.price,
        "trigger_price": columns.trigger_price,
        "remaining": columns.remaining,
        "reduce_only": columns.reduce_only,
        "close_position": columns.close_position,
        "conditional": columns.conditional,
        "placed_at": stamps_of_seconds(columns.placed_at),
    }
    texts = {
        **_held_in(snapshot, words, columns.account, columns.instrument),
        "strategy": words.spread(snapshot.strategies, columns.strategy),
        "order_id": words.codes(columns.order_id),
        "client_order_id": words.codes(columns.client_order_id),
        "kind": words.codes(columns.kind),
        "direction": words.spread(("SELL", "BUY"), (columns.direction > 0).astype(np.int32)),
        "position_side": words.codes(columns.position_side),
        "remaining_exact": words.codes(str(quantity) for quantity in columns.remaining_exact),
    }
    return block("resting_orders", words, _stamped(snapshot, len(columns)) | numbers, texts)


def _spot_balances(snapshot: Snapshot) -> Block:
    columns, words = snapshot.spot, Vocabulary()
    texts = {
        "account": words.spread(_account_ids(snapshot), columns.account),
        "asset": words.codes(columns.asset),
    }
    numbers = {"quantity": columns.quantity, "price": columns.price}
    return block("spot_balances", words, _stamped(snapshot, len(columns.asset)) | numbers, texts)


def _marks(snapshot: Snapshot) -> Block:
    quotes, words = snapshot.quotes, Vocabulary()
    numbers = {
        "mark_price": quotes.mark_price,
        "index_price": quotes.index_price,
        "last_price": quotes.last_price,
        "funding_rate": quotes.funding_rate,
        "funding_interval_hours": quotes.funding_interval_hours,
        "next_funding_at": stamps_of_seconds(quotes.next_funding_at),
        "quoted_at": stamps_of_seconds(quotes.quoted_at),
    }
    texts = {
        "venue": words.codes(instrument.venue for instrument in snapshot.instruments),
        "symbol": words.codes(instrument.symbol for instrument in snapshot.instruments),
    }
    return block("marks", words, _stamped(snapshot, len(snapshot.instruments)) | numbers, texts)


def _surfaces(snapshot: Snapshot) -> Block:
    states, words = snapshot.surfaces, Vocabulary()
    ages = [
        np.nan if state.observed_at is None else (snapshot.taken_at - state.observed_at).total_seconds()
        for state in states
    ]
    numbers = {
        "observed_at": stamps(state.observed_at for state in states),
        "age_seconds": np.array(ages, dtype=np.float64),
    }
    texts = {
        "venue": words.codes(state.venue for state in states),
        "account": words.codes(state.account for state in states),
        "surface": words.codes(state.surface for state in states),
        "quality": words.codes(state.quality for state in states),
        "reason": words.codes(state.reason for state in states),
    }
    return block("surfaces", words, _stamped(snapshot, len(states)) | numbers, texts)


def _held_in(
    snapshot: Snapshot, words: Vocabulary, account: IntArray, instrument: IntArray
) -> dict[str, IntArray]:
    instruments = snapshot.instruments
    return {
        "account": words.spread(_account_ids(snapshot), account),
        "venue": words.spread(tuple(item.venue for item in instruments), instrument),
        "symbol": words.spread(tuple(item.symbol for item in instruments), instrument),
    }


def _account_ids(snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(profile.id for profile in snapshot.desk.accounts)
