"""Random accounts, in plain numbers and as the solver takes them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from riskd.measure.account import AccountBook, Collateral, Direction, Line, Wallet, along
from riskd.measure.venues import MODELS, Contract, Holding, MarginMode, MarginModel, Position, marginal
from riskd.measure.venues.model import ClosingFee, ContractKind
from riskd.measure.venues.schedule import Schedule, Tier
from tests.measure.account.reference import Leg, Pocket, Spec
from tests.measure.venues.other_venues import OTHER_MODELS

MARKS = {"BTC": 30_000.0, "ETH": 1_500.0, "SOL": 20.0}
FEE_AT_ENTRY = replace(
    MODELS["okx"], name="fee_at_entry", isolated_fee=ClosingFee.AT_ENTRY, cross_fee=ClosingFee.AT_ENTRY
)
# A fee at a shared bankruptcy price has no answer; tests of their own have it.
DRAWN = tuple(
    model
    for model in (*MODELS.values(), *OTHER_MODELS.values(), FEE_AT_ENTRY)
    if model.cross_fee is not ClosingFee.AT_BANKRUPTCY
)


def a_random_spec(seed: int) -> tuple[Spec, dict[str, MarginModel]]:
    """An account with a direction, and the model of each symbol."""
    r = random.Random(seed)
    pooled = r.random() < 0.5
    models: dict[str, MarginModel] = {}
    legs: list[Leg] = []
    for number in range(r.choice([0, 1, 1, 2, 3, 4, 6, 8])):
        legs += _market(r, number, models)
    pockets = _pockets(r, legs, pooled)
    return Spec(legs=tuple(legs), pockets=tuple(pockets), pooled=pooled, betas=_betas(r)), models


def _market(r: random.Random, number: int, models: dict[str, MarginModel]) -> list[Leg]:
    """One position, or a long and a short of hedge mode."""
    model = r.choice(DRAWN)
    kind, asset = r.choice(model.contracts), r.choice(list(MARKS))
    symbol = f"{asset}-{kind}-{number}"
    models[symbol] = model
    mark = MARKS[asset] * r.uniform(0.9, 1.1)
    settle = {ContractKind.LINEAR: r.choice(["USDT", "USDT", "USDC"]), ContractKind.INVERSE: asset}.get(
        kind, "BTC"
    )
    dollars = 10.0 ** r.uniform(2.0, 6.0)
    size = {ContractKind.LINEAR: dollars / mark, ContractKind.INVERSE: dollars}.get(
        kind, dollars / MARKS["BTC"] / mark
    )
    worth = (
        dollars
        if kind is ContractKind.LINEAR
        else dollars / MARKS[asset if kind is ContractKind.INVERSE else "BTC"]
    )
    isolated = r.random() < 0.25
    side = r.choice([1.0, -1.0])
    sides = [side, -side] if r.random() < 0.3 else [side]
    return [
        Leg(
            symbol=symbol,
            asset=asset,
            settle=settle,
            kind=kind,
            size=size * way * (1.0 if way == side else r.choice([1.0, r.uniform(0.2, 2.0)])),
            entry=mark * r.choice([1.0, r.uniform(0.7, 1.4)]),
            mark=mark,
            tiers=tiers,
            per_unit=r.uniform(0.0, 0.02) / max(size if kind is ContractKind.LINEAR else worth, 1e-9)
            if model.name == "deribit"
            else 0.0,
            basis=model.maintenance_basis,
            fee_at=model.closing_fee(MarginMode.ISOLATED if isolated else MarginMode.CROSS),
            fee_rate=model.fee_rate,
            margin=worth * r.uniform(0.0, 0.6) if isolated else None,
            pair=model.hedge_margin,
        )
        for way, tiers in zip(sides, _two_tables(r, worth), strict=False)
    ]


def _two_tables(r: random.Random, worth: float) -> list[tuple[tuple[float, float, float], ...]]:
    table = _tiers(r, worth)
    return [table, table]


def _tiers(r: random.Random, worth: float) -> tuple[tuple[float, float, float], ...]:
    """Sound tables of slices, one rate on the whole, and tables that no venue should have."""
    spread = r.choice([0.1, 0.7])
    floors = [
        0.0,
        *sorted(worth * 10.0 ** r.uniform(-spread, spread) for _ in range(r.choice([0, 1, 2, 3, 5]))),
    ]
    rates = [r.uniform(0.002, 0.02)]
    steepest = r.choice([0.05, 0.3])
    for _ in floors[1:]:
        rates.append(min(rates[-1] + r.uniform(0.001, steepest), 0.9))
    way = r.random()
    if way < 0.45:
        sound = marginal(list(zip(floors, rates, strict=True))).tiers
        return tuple((tier.floor, tier.rate, tier.amount) for tier in sound)
    if way < 0.75:
        return tuple((floor, rate, 0.0) for floor, rate in zip(floors, rates, strict=True))
    r.shuffle(rates)
    return tuple(
        (floor, rate, 0.5 * floor * rate * r.choice([0.0, r.random()]))
        for floor, rate in zip(floors, rates, strict=True)
    )


def _pockets(r: random.Random, legs: Sequence[Leg], pooled: bool) -> list[Pocket]:
    """Enough money for most of the positions, and sometimes a debt."""
    at_risk: dict[str, float] = {}
    for leg in legs:
        coins = abs(leg.size) / leg.mark if leg.kind == "inverse" else abs(leg.size) * leg.mark
        at_risk[leg.settle] = at_risk.get(leg.settle, 0.0) + coins
    if pooled:
        for asset in r.sample(["USDT", "USDC", "BTC", "ETH"], r.randrange(3)):
            at_risk.setdefault(asset, 1e5 / MARKS.get(asset, 1.0))
    prices = {asset: MARKS[asset] * r.uniform(0.95, 1.05) if asset in MARKS else 1.0 for asset in at_risk}
    return [
        Pocket(
            asset=asset,
            cash=coins
            * r.choice([r.uniform(0.02, 0.3), r.uniform(0.1, 1.2), -r.uniform(0.0, 0.1) if pooled else 0.3]),
            price=prices[asset],
            haircut=_haircut(r, coins) if pooled else (),
        )
        for asset, coins in at_risk.items()
    ]


def _haircut(r: random.Random, coins: float) -> tuple[tuple[float, float], ...]:
    way = r.random()
    if way < 0.4:
        return ()
    if way < 0.7:
        return ((0.0, r.uniform(0.0, 0.4)),)
    return ((0.0, 0.02), (coins * r.uniform(0.05, 0.5), r.uniform(0.02, 0.3)), (coins, 1.0))


def _betas(r: random.Random) -> dict[str, float]:
    way = r.random()
    if way < 0.3:
        return dict.fromkeys(MARKS, -1.0)
    if way < 0.5:
        return dict.fromkeys(MARKS, 1.0)
    if way < 0.65:
        return {r.choice(list(MARKS)): r.choice([-1.0, 1.0])}
    if way < 0.85:
        market = r.choice([-1.0, 1.0])
        return {"BTC": market, "ETH": 1.4 * market, "SOL": r.uniform(-0.5, 2.0) * market}
    return {asset: r.uniform(-1.5, 1.5) for asset in MARKS} | {"USDT": r.choice([0.0, -0.2])}


def account_of(spec: Spec, models: dict[str, MarginModel]) -> AccountBook:
    """The account as the solver takes it."""
    return AccountBook(
        lines=tuple(_line(leg, models[leg.symbol]) for leg in spec.legs),
        wallets=tuple(_wallet(pocket) for pocket in spec.pockets),
        collateral=Collateral.POOLED if spec.pooled else Collateral.SEPARATE,
    )


def direction_of(spec: Spec) -> Direction:
    """The direction as the solver takes it."""
    return along(spec.betas)


def _line(leg: Leg, model: MarginModel) -> Line:
    contract = Contract(kind=ContractKind(leg.kind))
    table = Schedule(
        tiers=tuple(Tier(floor=floor, rate=rate, amount=amount) for floor, rate, amount in leg.tiers),
        rate_per_unit=leg.per_unit,
    )
    position = Position(contract=contract, contracts=leg.size, entry=leg.entry)
    return Line(
        symbol=leg.symbol,
        asset=leg.asset,
        settle=leg.settle,
        model=model,
        holding=Holding(position=position, mark=leg.mark, maintenance=table),
        margin=leg.margin,
    )


def _wallet(pocket: Pocket) -> Wallet:
    wallet = Wallet(asset=pocket.asset, cash=pocket.cash, price=pocket.price)
    return replace(wallet, haircut=marginal(pocket.haircut)) if pocket.haircut else wallet
