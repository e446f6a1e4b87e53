"""What a Binance USD-M account owns and owes: the totals of ``v3/account``, and the spot wallet.

Source: developers.binance.com, USDS-margined futures, Account Information V3; Spot, Account Information.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from riskd.model.collateral import PAR_CURRENCIES
from riskd.model.report import JsonValue
from riskd.observe.dialect import Listing
from riskd.observe.facts import Balances, HeldQuantity, Normalised, PositionKey, SpotBalances
from riskd.observe.fields import Fault, JsonObject, Plausibility, RowRefused, choice, number, text
from riskd.observe.json_text import Rubbish
from riskd.observe.venues.binance_rows import listed, object_of, read_rows

SIDES = frozenset({"BOTH", "LONG", "SHORT"})

_MAIN_POOL = "USDT"
_CENT = Decimal("0.01")
_RELATIVE = Decimal("0.001")
_ROUNDING = Decimal("1e-6")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pool:
    """One asset that can margin positions."""

    wallet_balance: Decimal
    cross_wallet_balance: Decimal
    unrealized_pnl: Decimal
    equity: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    open_order_margin: Decimal
    available_balance: Decimal
    updated_ms: int

    @property
    def in_use(self) -> bool:
        return bool(self.initial_margin or self.maintenance_margin or self.unrealized_pnl)


def balances(payload: JsonValue, listing: Listing, plausible: Plausibility) -> Normalised[Balances]:
    """The account's totals, which must agree with themselves.

    In single-asset mode the totals are those of USDT alone; when another currency is the only one in use, its row is
    the account, and when two are, no ratio of the account means anything: that is a fault.

    Raises:
        Rubbish: A total is missing or absurd, or equity is not wallet balance plus unrealized PnL.
    """
    row = object_of(payload)
    faults: list[Fault] = []
    try:
        totals = _totals(row, plausible)
    except RowRefused as refusal:
        raise Rubbish("guard:balances", str(refusal)) from refusal
    pools = read_rows(row.get("assets"), lambda asset: _pool(asset, plausible), faults)
    account = _account_of(totals, pools, faults)
    held = _held(row.get("positions"), listing, plausible, faults)
    if held is not None and account is totals:
        _check_maintenance(totals.maintenance_margin, held, faults)
    value = Balances(
        wallet_balance=account.wallet_balance,
        cross_wallet_balance=account.cross_wallet_balance,
        unrealized_pnl=account.unrealized_pnl,
        equity=account.equity,
        initial_margin=account.initial_margin,
        maintenance_margin=account.maintenance_margin,
        open_order_margin=account.open_order_margin,
        available_balance=account.available_balance,
        held=None if held is None else _quantities(held),
        updated_ms={asset: pool.updated_ms for asset, pool in pools.items()},
        collateral=_collateral(totals, pools, account),
    )
    return Normalised(value, tuple(faults))


def spot_balances(payload: JsonValue, plausible: Plausibility) -> Normalised[SpotBalances]:
    """Free and locked quantity of each asset in the spot wallet.

    Raises:
        Rubbish: No list of balances.
    """
    faults: list[Fault] = []
    found = read_rows(
        object_of(payload).get("balances"),
        lambda row: (
            text(row, "asset"),
            number(row, "free", plausible.amount) + number(row, "locked", plausible.amount),
        ),
        faults,
    )
    return Normalised(found, tuple(faults))


def _totals(row: JsonObject, plausible: Plausibility) -> _Pool:
    return _agreeing(
        _Pool(
            wallet_balance=number(row, "totalWalletBalance", plausible.money),
            cross_wallet_balance=number(row, "totalCrossWalletBalance", plausible.money),
            unrealized_pnl=number(row, "totalUnrealizedProfit", plausible.money),
            equity=number(row, "totalMarginBalance", plausible.money),
            initial_margin=number(row, "totalInitialMargin", plausible.amount),
            maintenance_margin=number(row, "totalMaintMargin", plausible.amount),
            open_order_margin=number(row, "totalOpenOrderInitialMargin", plausible.amount),
            available_balance=number(row, "availableBalance", plausible.money),
            updated_ms=0,
        )
    )


def _pool(row: JsonObject, plausible: Plausibility) -> tuple[str, _Pool]:
    return text(row, "asset"), _agreeing(
        _Pool(
            wallet_balance=number(row, "walletBalance", plausible.money),
            cross_wallet_balance=number(row, "crossWalletBalance", plausible.money),
            unrealized_pnl=number(row, "unrealizedProfit", plausible.money),
            equity=number(row, "marginBalance", plausible.money),
            initial_margin=number(row, "initialMargin", plausible.amount),
            maintenance_margin=number(row, "maintMargin", plausible.amount),
            open_order_margin=number(row, "openOrderInitialMargin", plausible.amount),
            available_balance=number(row, "availableBalance", plausible.money),
            updated_ms=int(number(row, "updateTime", plausible.amount)),
        )
    )


def _agreeing(pool: _Pool) -> _Pool:
    """The pool, if its own numbers agree but for rounding, in multi-assets mode that of conversions to dollars."""
    if abs(pool.wallet_balance + pool.unrealized_pnl - pool.equity) > _CENT + _ROUNDING * abs(pool.equity):
        raise RowRefused(
            f"margin balance {pool.equity} is not wallet {pool.wallet_balance} + PnL {pool.unrealized_pnl}"
        )
    return pool


def _account_of(totals: _Pool, pools: Mapping[str, _Pool], faults: list[Fault]) -> _Pool:
    others = {asset: pool for asset, pool in pools.items() if asset != _MAIN_POOL and pool.in_use}
    if not others or not _are_apart(totals, pools):
        return totals
    asset, pool = next(iter(others.items()))
    if len(others) == 1 and asset in PAR_CURRENCIES and not totals.in_use:
        return pool
    names = ", ".join([*([_MAIN_POOL] if totals.in_use else []), *others])
    faults.append(
        Fault("", f"positions are margined apart in {names}: one ratio for the account would mix them")
    )
    return totals


def _are_apart(totals: _Pool, pools: Mapping[str, _Pool]) -> bool:
    """Whether each currency margins its own positions (single-asset mode): then the totals are those of USDT alone."""
    main = pools.get(_MAIN_POOL)
    return totals.wallet_balance == (main.wallet_balance if main else _ZERO)


def _collateral(totals: _Pool, pools: Mapping[str, _Pool], account: _Pool) -> Mapping[str, Decimal]:
    """What backs the account: the one currency that it uses, or in multi-assets mode every asset that it holds or owes."""
    if not _are_apart(totals, pools):
        return {asset: pool.equity for asset, pool in pools.items() if pool.equity}
    own = next((asset for asset, pool in pools.items() if pool is account), _MAIN_POOL)
    return {own: account.equity}


@dataclass(frozen=True, slots=True)
class _HeldRow:
    quantity: Decimal
    updated_ms: int
    maintenance_margin: Decimal
    isolated: bool


def _held(
    rows: JsonValue, listing: Listing, plausible: Plausibility, faults: list[Fault]
) -> dict[PositionKey, _HeldRow] | None:
    """Positions as this answer lists them beside the totals; None when it has no such list."""
    if rows is None:
        faults.append(Fault("", "positions are missing beside the totals"))
        return None

    def read(row: JsonObject) -> tuple[PositionKey, _HeldRow]:
        key = PositionKey(listed(row, listing).symbol, choice(row, "positionSide", SIDES))
        return key, _HeldRow(
            number(row, "positionAmt", plausible.quantity),
            int(number(row, "updateTime", plausible.amount)),
            number(row, "maintMargin", plausible.amount),
            number(row, "isolatedWallet", plausible.money) != _ZERO,
        )

    return read_rows(rows, read, faults)


def _quantities(held: Mapping[PositionKey, _HeldRow]) -> Mapping[PositionKey, HeldQuantity]:
    return {key: HeldQuantity(row.quantity, row.updated_ms) for key, row in held.items() if row.quantity}


def _check_maintenance(total: Decimal, held: Mapping[PositionKey, _HeldRow], faults: list[Fault]) -> None:
    """The total must be the sum of the rows. In multi-assets mode it counts the cross ones only."""
    every = sum((row.maintenance_margin for row in held.values()), _ZERO)
    cross = sum((row.maintenance_margin for row in held.values() if not row.isolated), _ZERO)
    if min(abs(total - every), abs(total - cross)) > _CENT + _RELATIVE * total:
        faults.append(Fault("", f"maintenance margin {total} is not the sum of its positions, {every}"))
