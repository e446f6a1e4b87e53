"""Published examples about margin: whatever follows from the inputs that an example gives."""

from __future__ import annotations

from typing import Any

from riskd.measure.venues import (
    Contract,
    Holding,
    MarginModel,
    Position,
    Schedule,
    bankruptcy_price,
    flat,
    initial_margin,
    inverse,
    isolated,
    linear,
    linear_in_size,
    liquidation_price,
    maintenance_margin,
    margin_ratio,
    marginal,
    next_tier,
    pnl,
    required_margin,
    scheduled_margin,
    value,
    venue_ratio,
)
from riskd.measure.venues.contract import entry_value
from riskd.measure.venues.margin import basis_price
from riskd.measure.venues.model import ContractKind, Direction, MarginMode
from riskd.measure.venues.schedule import Tier

Inputs = dict[str, Any]
Computed = dict[str, Any]


def first(i: Inputs, *names: str) -> Any:
    """The first of these inputs that an example gives."""
    return next(i[name] for name in names if name in i)


def margin(model: MarginModel, i: Inputs) -> Computed:
    if "equity0" in i:
        return _level_of_a_coin_short(model, i)
    if "mm" in i:
        balance = i["wallet"] + i["upnl"]
        return {"margin_balance": balance, "margin_ratio": margin_ratio(balance, i["mm"])}
    position, mark = _position(model, i), first(i, "mark", "price", "entry")
    if "im_base" in i:
        return {
            "initial_margin": scheduled_margin(position, mark, _by_size(i, "im_base")),
            "maintenance_margin": scheduled_margin(position, mark, _by_size(i, "mm_base")),
        }
    schedule = flat(i.get("mmr", 0.0), i.get("maint_amount", 0.0))
    holding = Holding(position=position, mark=mark, maintenance=schedule)
    found = {
        "notional": value(position, mark),
        "value": value(position, mark),
        "position_value": entry_value(position),
        "unrealized_pnl": pnl(position, mark),
        "upnl": pnl(position, mark),
        "maintenance_margin": maintenance_margin(model, holding),
    }
    return found | _initial(model, i, holding) | _by_cash(model, i, holding)


def _position(model: MarginModel, i: Inputs) -> Position:
    entry = first(i, "entry", "price")
    if "usd" in i:
        return inverse(i.get("side", 1) * i["usd"], entry)
    if "contracts" in i:
        contract = Contract(kind=ContractKind.LINEAR, multiplier=i["multiplier"])
        return Position(contract=contract, contracts=i["contracts"], entry=entry)
    # Toobit's example is a short and says so in its text only.
    side = i.get("side", -1 if model.name == "toobit" else 1)
    return linear(side * i["qty"], entry)


def _by_size(i: Inputs, base: str) -> Schedule:
    return linear_in_size(i[base] / 100.0, i["step"] / 100.0)


def _initial(model: MarginModel, i: Inputs, holding: Holding) -> Computed:
    price = basis_price(model.initial_basis, holding)
    if "imr" in i:
        return {"initial_margin": value(holding.position, price) * i["imr"]}
    if "leverage" in i:
        opened = initial_margin(holding.position, price, i["leverage"])
        return {"initial_margin": opened} | _isolated_prices(model, i, holding)
    return {}


def _isolated_prices(model: MarginModel, i: Inputs, holding: Holding) -> Computed:
    """Of both sides, where an example leaves the side open."""
    if "usd" not in i or "mmr" not in i:
        return {}
    prices = {}
    for name, side in (("liq_long", 1.0), ("liq_short", -1.0)):
        position = inverse(side * i["usd"], i["entry"])
        cash = initial_margin(position, i["entry"], i["leverage"])
        turned = Holding(position=position, mark=i["entry"], maintenance=holding.maintenance)
        prices[name] = liquidation_price(model, [turned], isolated(cash), fee_rate=0.0)
    return prices


def _by_cash(model: MarginModel, i: Inputs, holding: Holding) -> Computed:
    """What follows from the cash behind a position."""
    if "margin" not in i and "wallet" not in i:
        return {}
    cash = first(i, "margin", "wallet")
    fee = i.get("fee", 0.0)
    needed = required_margin(model, holding, MarginMode.ISOLATED, fee_rate=fee)
    ratio = margin_ratio(cash + pnl(holding.position, holding.mark), needed)
    price = liquidation_price(model, [holding], isolated(cash), fee_rate=fee)
    return {
        "margin_ratio": ratio,
        "margin_ratio_pct": 100.0 * ratio,
        "available": cash - value(holding.position, holding.position.entry) * i.get("imr", 0.0),
        "bankruptcy_price": bankruptcy_price(model, holding, isolated(cash), fee_rate=0.0),
        "liq_long": price,
    }


def _level_of_a_coin_short(model: MarginModel, i: Inputs) -> Computed:
    """A short whose margin is in the coin it has borrowed, so that the margin grows with price."""
    short = linear(-i["usd"] / i["entry"], i["entry"])
    used = initial_margin(short, i["entry"], i["leverage"]), initial_margin(short, i["mark"], i["leverage"])
    gained = pnl(short, i["mark"])
    equity = i["equity0"] + gained
    assert model.ratio.direction is Direction.FALLING
    # The level is stated against all of the margin and liquidates at 40 % of it.
    at = model.ratio.liquidates_at
    return {
        "used_btc": used[0] / i["entry"],
        "level0": 100.0 * venue_ratio(model.ratio, i["equity0"], used[0] * at),
        "upnl": gained,
        "equity": equity,
        "used_usd": used[1],
        "level": 100.0 * venue_ratio(model.ratio, equity, used[1] * at),
    }


def quanto(_: MarginModel, i: Inputs) -> Computed:
    contract = Contract(kind=ContractKind.QUANTO, multiplier=i["multiplier"])
    position = Position(contract=contract, contracts=i["contracts"], entry=i["price"])
    worth = value(position, i["price"])
    return {"xbt_value": worth, "initial_margin": worth * i["imr"]}


def tier_integral(_: MarginModel, i: Inputs) -> Computed:
    schedule = marginal([(floor, rate) for floor, rate in i["brackets"]])
    tier = schedule.tier(i["notional"])
    return {
        "maintenance_margin": schedule.required(i["notional"], 0.0),
        "mmr": tier.rate,
        "maint_amount": tier.amount,
    }


# Binance COIN-M, BTC, the later of the two tables that copies of its page have.
COINM_BTC_LATER = ((0, 0.004), (5, 0.005), (10, 0.01), (20, 0.025), (50, 0.05), (100, 0.1), (200, 0.125))


def tier_amount(_: MarginModel, i: Inputs) -> Computed:
    """The deduction of a tier from the one below it; without inputs, of 300 BTC by the later table."""
    if "floor" in i:
        before = Tier(floor=0.0, rate=i["prev_mmr"], amount=i["prev_amount"])
        return {"maint_amount": next_tier(before, i["floor"], i["mmr"]).amount}
    if "l5" in i:
        fifth = Tier(floor=50.0, rate=0.05, amount=i["l5"])
        return {"maint_amount": next_tier(next_tier(fifth, 100.0, 0.1), 200.0, 0.125).amount}
    return {"maint_amount": marginal(COINM_BTC_LATER).tier(300.0).amount}
