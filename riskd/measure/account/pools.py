"""The margin accounts within an account: what is liquidated together, as plain numbers.

A pool is the cross positions of one settlement asset, or of all assets where they are pooled, or one isolated
position. What happens to one pool does not touch another: an isolated position that is liquidated loses its own margin,
and the cross account goes on as if it had never been.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from riskd.measure.account.book import AccountBook, Collateral, Line, Wallet
from riskd.measure.account.missing import (
    fee_rate,
    is_known,
    missing_of_line,
    missing_of_pooled,
    missing_of_wallet,
)
from riskd.measure.venues.contract import base_amount, entry_value, value, value_slope
from riskd.measure.venues.hedge_mode import margined_by
from riskd.measure.venues.liquidation import Backing, bankruptcy_price
from riskd.measure.venues.margin import closing_fee, scheduled_margin
from riskd.measure.venues.model import Basis, ClosingFee, ContractKind, HedgeMargin, MarginMode
from riskd.measure.venues.schedule import Schedule, Tier

POOLED_NAME = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Margined:
    """A position as numbers in its settlement currency: what is required is ``rate · v - amount + curvature · v²``.

    Attributes:
        line: Which.
        value: Unsigned, at mark.
        entry_value: Unsigned, at entry.
        side: What a gain of value of 1 adds to equity: +1 or -1.
        tiers: By value at mark; what does not depend on value is an amount below zero.
        curvature: Of margin that grows with size, where size is value.
        gain_now: At mark.
        required_now: At mark.
    """

    line: Line
    value: float
    entry_value: float
    side: float
    tiers: tuple[Tier, ...]
    curvature: float
    gain_now: float = 0.0
    required_now: float = 0.0

    def gain(self, worth: float) -> float:
        """What it has gained since entry when it is worth so much."""
        return self.side * (worth - self.entry_value)

    def required(self, worth: float) -> float:
        """Maintenance margin and closing fee when it is worth so much."""
        return Schedule(tiers=self.tiers, rate_per_unit=self.curvature).required(worth, worth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What is liquidated together.

    Attributes:
        name: The settlement asset, ``account`` for the pool of all, or the name of an isolated position.
        mode: Cross or isolated.
        lines: The positions with a size.
        positions: The same as numbers; empty where something is missing.
        wallets: What stands behind them; one, unless assets are pooled.
        in_dollars: Whether equity is the sum of wallets in dollars; else it is in the one wallet's asset.
        missing: What is unknown, by name.
    """

    name: str
    mode: MarginMode
    lines: tuple[Line, ...]
    positions: tuple[Margined, ...]
    wallets: tuple[Wallet, ...]
    in_dollars: bool
    missing: tuple[str, ...]


def pools_of(account: AccountBook) -> tuple[Pool, ...]:
    """All pools with a position in them: cross first, then isolated positions in the account's order.

    A position of size zero is not held.
    """
    held = [line for line in account.lines if line.holding.position.contracts != 0.0]
    cross = [line for line in held if line.margin is None]
    return (*_cross_pools(account, cross), *(_isolated(line) for line in held if line.margin is not None))


def _cross_pools(account: AccountBook, lines: Sequence[Line]) -> list[Pool]:
    if not lines:
        return []
    wallets = {wallet.asset: wallet for wallet in account.wallets}
    settled = list(dict.fromkeys(line.settle for line in lines))
    if account.collateral is Collateral.SEPARATE:
        return [_separate(asset, wallets, [x for x in lines if x.settle == asset]) for asset in settled]
    empty = [_wallet(asset, wallets) for asset in settled if asset not in wallets]
    backing = [w for w in wallets.values() if w.cash != 0.0 or w.asset in settled]
    missing = [reason for wallet in backing for reason in missing_of_pooled(wallet)]
    missing += [f"the {wallet.asset} wallet" for wallet in empty]
    fees_there = [x for x in lines if x.model.closing_fee(MarginMode.CROSS) is ClosingFee.AT_BANKRUPTCY]
    missing += [f"{_NO_COMMON_PRICE} {line.symbol}" for line in fees_there]
    pool = _pool(POOLED_NAME, MarginMode.CROSS, lines, (*backing, *empty), missing)
    return [replace(pool, in_dollars=True)]


def _separate(asset: str, wallets: dict[str, Wallet], lines: Sequence[Line]) -> Pool:
    wallet = _wallet(asset, wallets)
    missing = list(missing_of_wallet(wallet)) if asset in wallets else [f"the {asset} wallet"]
    fees_there = [x for x in lines if x.model.closing_fee(MarginMode.CROSS) is ClosingFee.AT_BANKRUPTCY]
    if len(lines) > 1:
        missing += [f"{_NO_COMMON_PRICE} {line.symbol}" for line in fees_there]
    return _pool(asset, MarginMode.CROSS, lines, (wallet,), missing)


def _isolated(line: Line) -> Pool:
    margin = math.nan if line.margin is None else line.margin
    return _pool(line.name, MarginMode.ISOLATED, [line], (Wallet(asset=line.settle, cash=margin),), [])


# Positions of one wallet have their bankruptcy in common: it is no price of one of them.
_NO_COMMON_PRICE = "the bankruptcy price, shared with other positions, at which the closing fee is taken of"


def _wallet(asset: str, wallets: dict[str, Wallet]) -> Wallet:
    return wallets.get(asset, Wallet(asset=asset, cash=math.nan))


def _pool(
    name: str, mode: MarginMode, lines: Sequence[Line], wallets: tuple[Wallet, ...], missing: list[str]
) -> Pool:
    missing += [reason for line in lines for reason in missing_of_line(line)]
    positions: list[Margined] = []
    if not missing:
        schedules = _schedules(mode, lines)
        positions = [_margined(line, mode, schedules[n], wallets[0].cash) for n, line in enumerate(lines)]
        numbers = ((p.value, p.entry_value, p.curvature * p.value * p.value) for p in positions)
        missing += [
            f"value of {line.name}: too large to reckon with"
            for line, found in zip(lines, numbers, strict=True)
            if not all(map(is_known, found))
        ]
    return Pool(
        name=name,
        mode=mode,
        lines=tuple(lines),
        positions=() if missing else tuple(positions),
        wallets=wallets,
        in_dollars=False,
        missing=tuple(dict.fromkeys(missing)),
    )


def _schedules(mode: MarginMode, lines: Sequence[Line]) -> list[Schedule | None]:
    """By what each line is margined: its own table, or by the venue's rule for a pair of hedge mode."""
    found: list[Schedule | None] = [line.holding.maintenance for line in lines]
    if mode is MarginMode.ISOLATED:
        return found
    markets: dict[tuple[str, str], list[int]] = {}
    for number, line in enumerate(lines):
        markets.setdefault((line.symbol, line.settle), []).append(number)
    for numbers in markets.values():
        rule = lines[numbers[0]].model.hedge_margin
        if rule is not HedgeMargin.EACH_SIDE:
            together = margined_by(rule, [lines[number].holding for number in numbers])
            for number, schedule in zip(numbers, together, strict=True):
                found[number] = schedule
    return found


def _margined(line: Line, mode: MarginMode, schedule: Schedule | None, cash: float) -> Margined:
    position = line.holding.position
    # Along a move the rounded value of a contract would be a staircase: it is rounded at entry only.
    unrounded = replace(position, contract=replace(position.contract, value_step=0.0))
    tiers, curvature = (_NOTHING, 0.0) if schedule is None else _requirement(line, mode, schedule, cash)
    worth = value(unrounded, line.holding.mark)
    found = Margined(
        line=line,
        value=worth,
        entry_value=entry_value(position),
        side=value_slope(position),
        tiers=tiers,
        curvature=curvature,
    )
    return replace(found, gain_now=found.gain(worth), required_now=found.required(worth))


_NOTHING = (Tier(floor=0.0, rate=0.0),)


def _requirement(
    line: Line, mode: MarginMode, schedule: Schedule, cash: float
) -> tuple[tuple[Tier, ...], float]:
    """What is required, by value at mark, and how it curves: maintenance by the venue's basis and the closing fee."""
    holding, position = line.holding, line.holding.position
    at_mark = fee_rate(line) if line.model.closing_fee(mode) is ClosingFee.AT_MARK else 0.0
    constant = _constant_fee(line, mode, cash)
    if line.model.maintenance_basis is Basis.ENTRY:
        constant += scheduled_margin(position, position.entry, schedule)
        return (Tier(floor=0.0, rate=at_mark, amount=-constant),), 0.0
    is_linear = position.contract.kind is ContractKind.LINEAR
    by_size = schedule.rate_per_unit * base_amount(position, holding.mark) if is_linear else 0.0
    tiers = tuple(
        Tier(floor=tier.floor, rate=tier.rate + by_size + at_mark, amount=tier.amount - constant)
        for tier in schedule.tiers
        if math.isfinite(tier.floor)
    )
    return tiers, 0.0 if is_linear else schedule.rate_per_unit


def _constant_fee(line: Line, mode: MarginMode, cash: float) -> float:
    """The closing fee where it does not depend on the mark of the moment."""
    fee, rate = line.model.closing_fee(mode), fee_rate(line)
    if fee is ClosingFee.AT_ENTRY:
        return closing_fee(fee, line.holding, fee_rate=rate)
    if fee is not ClosingFee.AT_BANKRUPTCY:
        return 0.0
    bankrupt = bankruptcy_price(line.model, line.holding, Backing(mode=mode, cash=cash), fee_rate=rate)
    # A bankruptcy that no price reaches closes nothing, and takes no fee.
    return (
        0.0 if bankrupt is None else closing_fee(fee, line.holding, fee_rate=rate, bankruptcy_price=bankrupt)
    )
