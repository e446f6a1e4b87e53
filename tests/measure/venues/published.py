"""What our functions make of the inputs of a published worked example, by its kind and venue and never by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from riskd.measure.venues import (
    Holding,
    MarginModel,
    Position,
    Queued,
    Schedule,
    Standing,
    bankruptcy_price,
    flat,
    forced_fills,
    funding_payment,
    initial_margin,
    insurance_payment,
    inverse,
    lights,
    linear,
    liquidation_price,
    maintenance_margin,
    margin_cap,
    markout,
    overshoot,
    pnl,
    pool_drawdown,
    premium,
    queue,
    ranking_score,
    rate_from_premium,
    required_margin,
    settled_rate,
    value,
    venue_ratio,
)
from riskd.measure.venues.bitmex import SATOSHI, XBTUSD
from riskd.measure.venues.contract import entry_value, value_slope
from riskd.measure.venues.deleveraging import effective_leverage, profit_rate
from riskd.measure.venues.liquidation import Backing
from riskd.measure.venues.model import Basis, ClosingFee, ContractKind, MarginMode
from tests.measure.venues.other_venues import model_of
from tests.measure.venues.published_margin import first, margin, quanto, tier_amount, tier_integral

Inputs = dict[str, Any]
Computed = dict[str, Any]
Vector = dict[str, Any]


def computed(vector: Vector) -> Computed:
    """Every number that we have an answer for, under the names of the example."""
    return BY_KIND[vector["kind"]](model_of_vector(vector), vector["inputs"])


def model_of_vector(vector: Vector) -> MarginModel:
    """The venue's model, with the contract, the maintenance basis and the fee that the example itself states."""
    inputs = vector["inputs"]
    if vector["kind"] in WITHOUT_VENUE:
        return model_of("binance_usdm")
    model = model_of(vector["venue"])
    if vector["venue"].endswith("_inverse"):
        model = replace(model, contracts=(ContractKind.INVERSE,))
    if "mm_basis" in inputs:
        model = replace(model, maintenance_basis=Basis(inputs["mm_basis"]))
    if inputs.get("fee") and model.isolated_fee is model.cross_fee is ClosingFee.NONE:
        at = ClosingFee.AT_MARK if model.maintenance_basis is Basis.MARK else ClosingFee.AT_ENTRY
        model = replace(model, isolated_fee=at, cross_fee=at)
    return model


def position_of(i: Inputs) -> Position:
    """Signed by ``side`` where it is given; dollars make it inverse."""
    side = i.get("side", 1)
    if "usd" in i:
        return inverse(side * i["usd"], i["entry"])
    return linear(side * i.get("qty", i.get("size", 1.0)) * i.get("multiplier", 1.0), i["entry"])


def backing_of(i: Inputs, cash: float) -> Backing:
    others = (i.get("other_upnl", 0.0), i.get("other_mm", 0.0))
    mode = MarginMode.CROSS if any(others) else MarginMode.ISOLATED
    return Backing(mode=mode, cash=cash, others_pnl=others[0], others_required=others[1])


def liquidation(
    model: MarginModel,
    i: Inputs,
    position: Position,
    backing: Backing,
    schedule: Schedule,
    mark: float | None = None,
) -> Computed:
    """Liquidation and bankruptcy price."""
    holding = Holding(
        position=position, mark=first({"mark": mark} if mark else i, "mark", "entry"), maintenance=schedule
    )
    fee, tick = i.get("fee", 0.0), i.get("tick")
    return {
        "liq_price": liquidation_price(model, [holding], backing, fee_rate=fee, tick=tick),
        "bankruptcy_price": bankruptcy_price(model, holding, backing, fee_rate=fee, tick=tick),
    }


def liq(model: MarginModel, i: Inputs) -> Computed:
    """One position with what the account's others leave it."""
    position = position_of(i)
    cash = i["wallet"] if "wallet" in i else entry_value(position) / i["leverage"]
    schedule = flat(i["mmr"], i.get("maint_amount", 0.0))
    return liquidation(model, i, position, backing_of(i, cash), schedule)


def liq_quote(model: MarginModel, i: Inputs) -> Computed:
    """A position paid for out of a balance: equity is balance + size · price."""
    position, price = linear(i["size"], i["price"]), i["price"]
    equity = i["quote"] + i["size"] * price
    used = value(position, price) * i["imf"] if "imf" in i else float("nan")
    found = {
        "equity": equity,
        "leverage": value(position, price) / equity,
        "margin_usage": used / equity,
        "free_collateral": equity - used,
    }
    return found | liquidation(model, i, position, backing_of(i, equity), flat(i["mmf"]), price)


def liq_equity(model: MarginModel, i: Inputs) -> Computed:
    position, mark = linear(i["size"], i["mark"]), i["mark"]
    holding = Holding(position=position, mark=mark, maintenance=flat(i["mmr"]))
    return {
        "initial_margin": value(position, mark) * i["imr"] if "imr" in i else None,
        "maintenance_margin": maintenance_margin(model, holding),
        **liquidation(model, i, position, backing_of(i, i["equity"]), flat(i["mmr"]), mark),
    }


def liq_bybit_cross(model: MarginModel, i: Inputs) -> Computed:
    position = position_of(i)
    backing = Backing(mode=MarginMode.CROSS, cash=i["balance"])
    found = liquidation(model, i, position, backing, flat(i.get("mmr", 0.0)))
    exact = {name: i[name] for name in i if name != "tick"}
    return found | {
        "bankruptcy_price": liquidation(model, exact, position, backing, flat(0.0))["bankruptcy_price"]
    }


def liq_aax(model: MarginModel, i: Inputs) -> Computed:
    position = position_of(i)
    cash = initial_margin(position, i["entry"], i["leverage"])
    found = liquidation(model, i, position, backing_of(i, cash), flat(i["mmr"]))
    price = found["liq_price"]
    return found | {"upnl": pnl(position, price), "fee_btc": i["fee"] * value(position, price)}


def liq_unit_inverse(model: MarginModel, i: Inputs) -> Computed:
    """One dollar: the price does not depend on how many."""
    return liq(model, {**i, "usd": i.get("usd", 1.0)})


def liq_of_statement(model: MarginModel, i: Inputs) -> Computed:
    """From the amounts that KuCoin states of a position: maintenance is what is left of posMaint without posComm."""
    side = i.get("side", 1)
    position = linear(side * i["pos_cost"] / i["entry"], i["entry"])
    rate = (i["pos_maint"] - i["pos_comm"]) / i["pos_cost"]
    cash = i["pos_init"] + i["pos_cross"]
    gained = pnl(position, i["mark"])
    found = liquidation(model, {**i, "fee": 0.0}, position, backing_of(i, cash), flat(rate))
    return found | {"unrealized_pnl": gained, "maint_margin_balance": i["pos_margin"] + gained}


def liq_satoshi(model: MarginModel, i: Inputs) -> Computed:
    """Amounts in satoshi, from contracts and entry price alone."""
    position = Position(contract=XBTUSD, contracts=i["contracts"], entry=i["entry"])
    cost = round(entry_value(position) / SATOSHI)
    assert cost == i["pos_cost"]
    init = round(cost / i["leverage"])
    gained = value_slope(position) * (i["mark_value"] - cost)
    found = liquidation(model, i, position, backing_of(i, init * SATOSHI), flat(i["mmr"]))
    return found | {
        "pos_init": init,
        "pos_margin": init + i["pos_comm"],
        "pos_maint": round(cost * i["mmr"]) + i["pos_comm"],
        "unrealized_pnl": gained,
    }


def liq_okx(model: MarginModel, i: Inputs) -> Computed:
    """Equity from the stated liquidation price, then the ratio from equity."""
    position, fee = position_of(i), i["fee"]
    at_liquidation = Holding(position=position, mark=i["liq_px"], maintenance=flat(i["mmr"]))
    holding = replace(at_liquidation, mark=i["mark"])
    needed = required_margin(model, at_liquidation, MarginMode.ISOLATED, fee_rate=fee)
    equity = needed - pnl(position, i["liq_px"]) + pnl(position, i["mark"])
    now = required_margin(model, holding, MarginMode.ISOLATED, fee_rate=fee)
    opened = initial_margin(position, i["entry"], i["leverage"])
    return {
        "upl": pnl(position, i["mark"]),
        "upl_ratio": pnl(position, i["mark"]) / opened,
        "imr": initial_margin(position, i["mark"], i["leverage"]),
        "mmr_amt": maintenance_margin(model, holding),
        "mgn_ratio": venue_ratio(model.ratio, equity, now),
    }


def pnl_inverse(_: MarginModel, i: Inputs) -> Computed:
    position = position_of(i)
    return {
        "unrealized_pnl": pnl(position, i["mark"]),
        "initial_margin": initial_margin(position, i["entry"], i.get("leverage", 100.0)),
    }


def pnl_satoshi(_: MarginModel, i: Inputs) -> Computed:
    position = Position(contract=XBTUSD, contracts=i["contracts"], entry=i["entry"])
    gross = round(pnl(position, i["exit"]) / SATOSHI)
    return {"gross": gross, "wallet_change": gross + i["commission"] + sum(i["funding"])}


def hedge(_: MarginModel, i: Inputs) -> Computed:
    """Coin hedged by an inverse short of the same worth."""
    coin = i["btc"] + pnl(inverse(-i["usd"], i["entry"]), i["mark"])
    return {"btc_after": coin, "usd_value": coin * i["mark"]}


def bankruptcy(model: MarginModel, i: Inputs) -> Computed:
    """One unit at a leverage; inverse where the venue's name says so."""
    kind = inverse if model.contracts == (ContractKind.INVERSE,) else linear
    position = kind(i.get("side", 1), i["entry"])
    cash = initial_margin(position, i["entry"], i["leverage"])
    return liquidation(model, i, position, backing_of(i, cash), flat(0.0))


def funding(model: MarginModel, i: Inputs) -> Computed:
    """Whatever of a funding rule the inputs are about."""
    rule, found = model.funding, Computed()
    if "damper" in i:
        rule = replace(rule, band=i["damper"])
        found |= {"rate_8h": rate_from_premium(rule, i["premium"])}
        found |= {"rate_neg": rate_from_premium(rule, -i["premium"])}
        found |= {"rate_inside": rate_from_premium(rule, 0.8 * i["damper"])}
    if "imf" in i:
        found |= {"cap_8h": margin_cap(rule, initial_rate=i["imf"], maintenance_rate=i["mmf"])}
    if "impact_bid" in i:
        over = premium(
            impact_bid=i["impact_bid"], impact_ask=first(i, "impact_ask", "impact_bid"), index=i["oracle"]
        )
        rate = rate_from_premium(rule, over, i["interest"])
        paid = funding_payment(linear(i["size"], i["oracle"]), settled_rate(rule, rate), i["oracle"])
        found |= {"premium": over, "f8h": rate, "hourly_payment_long": paid}
    return found


def funding_sign(_: MarginModel, i: Inputs) -> Computed:
    """The price at which the rate makes what was received: of an inverse contract payment goes with 1/price."""
    position = inverse(i["usd"], 1.0)
    implied = [funding_payment(position, rate, 1.0) / (received * SATOSHI) for rate, received in i["events"]]
    return {"implied_mark": implied}


def adl_score(model: MarginModel, i: Inputs) -> Computed:
    if "account_value" in i:
        size = i["notional"] / i["mark"]
        standing = Standing(
            side=1.0,
            mark_value=i["notional"],
            entry_value=size * i["entry"],
            bankrupt_value=float("nan"),
            equity=i["account_value"],
        )
        return {"index": ranking_score(model.adl.score, standing)}
    standing = Standing(
        side=1.0,
        mark_value=i["mark_value"],
        entry_value=i["entry_value"],
        bankrupt_value=i["bankrupt_value"],
    )
    return {
        "pnl_pct": profit_rate(standing),
        "effective_leverage": effective_leverage(standing),
        "score": ranking_score(model.adl.score, standing),
    }


def adl_queue(_: MarginModel, i: Inputs) -> Computed:
    accounts = [
        Queued(account=str(name), quantity=quantity, score=score) for name, quantity, score in i["accounts"]
    ]
    return {
        "order": [int(queued.account) for queued in queue(accounts)],
        "fills": dict(forced_fills(accounts, i["liquidated_qty"])),
        "percentile": {name: 100 * share for name, share in lights(accounts).items()},
    }


def adl_trigger(_: MarginModel, i: Inputs) -> Computed:
    found = pool_drawdown(
        current_pnl=i["cur_pnl"],
        highest_pnl=i["max8h_pnl"],
        highest_balance=i["max_balance"],
        threshold=i["insurance_ratio"],
    )
    below = found.ratio < i["insurance_ratio"]
    return {
        "pnl_ratio": found.ratio,
        "triggered": found.triggered,
        "triggered_le": found.triggered,
        "triggered_lt": below,
        "adl_closes_usd": found.closes,
    }


def adl(model: MarginModel, i: Inputs) -> Computed:
    """A short that went bankrupt, closed at its bankruptcy price against a winner."""
    side = i.get("side", -1)
    position = linear(side * i["qty"], i["entry"])
    backing = Backing(mode=MarginMode.CROSS, cash=i["deposit"])
    holding = Holding(position=position, mark=i["mark"], maintenance=flat(0.0))
    price = bankruptcy_price(model, holding, backing)
    assert price is not None
    return {
        "short_equity": i["deposit"] + pnl(position, i["mark"]),
        "bankruptcy_price": price,
        "winner_profit": -pnl(position, price),
    }


def adl_paper(_: MarginModel, i: Inputs) -> Computed:
    if "prod" in i:
        return {"overshoot": [overshoot(taken, i["needed"]) for taken in i["prod"]]}
    return {"total": i["liq"] + i["adl"], "btc_share": i["btc"] * 1e6 / i["adl"]}


def adl_markout(_: MarginModel, i: Inputs) -> Computed:
    found = markout(quantity=i["q"], fill=i["exec"], mark=i["m0"], later_mark=i["mh"])
    return {"immediate": found.immediate, "opportunity": found.opportunity, "total": found.total}


def insurance(model: MarginModel, i: Inputs) -> Computed:
    position = linear(i.get("side", 1) * i["qty"], i["entry"])
    cash = first(i, "margin", "deposit")
    rate = first({"none": 0.0, **i}, "mmf", "mmr", "none")
    holding = Holding(position=position, mark=first(i, "mark", "entry"), maintenance=flat(rate))
    backing = Backing(mode=MarginMode.ISOLATED, cash=cash)
    pays = insurance_payment(position, cash, i["fill"])
    return {
        "mmr_at_entry": maintenance_margin(model, replace(holding, mark=i["entry"])),
        "pnl": pnl(position, holding.mark),
        "equity": cash + pnl(position, holding.mark),
        "fill_pnl": pnl(position, i["fill"]),
        "fund_pays": pays,
        "insurance_pays": pays,
        "bankruptcy_price": bankruptcy_price(model, holding, backing),
    }


# Examples of papers and of arithmetic that no venue's model enters into.
WITHOUT_VENUE = {"adl_paper", "adl_markout"}
BY_KIND: dict[str, Callable[[MarginModel, Inputs], Computed]] = {
    "liq_linear": liq,
    "liq_inverse": liq,
    "liq_inverse_entry_mm": liq_unit_inverse,
    "liq_inverse_aax": liq_aax,
    "liq_inverse_bybit_cross": liq_bybit_cross,
    "bankruptcy_inverse": liq_bybit_cross,
    "liq_linear_quote": liq_quote,
    "liq_equity": liq_equity,
    "liq_kucoin_real": liq_of_statement,
    "liq_bitmex_satoshi": liq_satoshi,
    "liq_okx": liq_okx,
    "pnl_inverse": pnl_inverse,
    "pnl_inverse_satoshi": pnl_satoshi,
    "pnl_quanto": quanto,
    "hedge_inverse": hedge,
    "bankruptcy": bankruptcy,
    "margin": margin,
    "note": margin,
    "tier_integral": tier_integral,
    "tiers": tier_amount,
    "funding": funding,
    "funding_inverse_sign": funding_sign,
    "adl_score": adl_score,
    "adl_queue": adl_queue,
    "adl_trigger": adl_trigger,
    "adl": adl,
    "adl_paper": adl_paper,
    "adl_markout": adl_markout,
    "insurance": insurance,
}
