"""The answer of `riskd size` in words: every number with what it means, and what is wrong before everything else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from riskd.cli.size_objections import objection_lines
from riskd.cli.size_question import Question
from riskd.cli.size_words import amount, coins_or_contracts, price
from riskd.measure.sizing.cure import Cure
from riskd.measure.sizing.outlook import STOP_SHARE_WARN, Outlook
from riskd.measure.sizing.sizing import Loss
from riskd.measure.spec import Unit
from riskd.model.report import JsonValue
from riskd.policy.text.units import show

Row = tuple[str, str, str]


def lines(asked: Question, contracts: Decimal, found: Outlook, better: Cure | None) -> list[str]:
    """The whole answer."""
    told = [_heading(asked, contracts), *objection_lines(asked, contracts, found, better)]
    if contracts:
        told += ["", *_table(_rows(asked, contracts, found)), "", *_notes(asked)]
    return told


def as_values(
    asked: Question, contracts: Decimal, found: Outlook, better: Cure | None
) -> dict[str, JsonValue]:
    """The answer as JSON values; unknown or without end is null. Amounts are in ``currency``, notional in dollars."""
    sizing, trade = asked.sizing, asked.sizing.trade
    break_even = found.break_even_price
    return {
        "side": _side(asked),
        "venue": sizing.terms.model.name,
        "contract": trade.contract.kind.value,
        "margin_mode": "cross" if sizing.terms.leverage is None else "isolated",
        "currency": asked.currency,
        "equity": sizing.equity,
        "risk": sizing.risk,
        "entry": trade.entry,
        "stop": trade.stop,
        "stop_fill": trade.fill,
        "contracts": str(contracts),
        "contract_size": str(asked.contract_size),
        "notional": found.notional,
        "value": found.value,
        "leverage": found.leverage,
        "leverage_setting": sizing.terms.leverage,
        "leverage_max": _known(found.leverage_max),
        "initial_margin": _known(found.initial_margin),
        "loss_at_stop": {
            "price": found.loss.by_price,
            "slippage": found.loss.by_slippage,
            "fees": found.loss.by_fees,
            "total": found.loss.total,
            "share_of_equity": found.loss.total / sizing.equity,
        },
        "stop_distance": abs(trade.entry - trade.stop) / trade.entry,
        "liquidation_price": found.liquidation_price,
        "room": _known(found.room),
        "stop_share_of_room": _known(found.stop_share),
        "funding": _funding_values(asked, found),
        "break_even_price": break_even,
        "break_even_move": None if break_even is None else trade.side * (break_even / trade.entry - 1.0),
        "objections": [objection.value for objection in found.objections],
        "refused": found.is_refused,
        "better": None
        if better is None
        else {"contracts": str(better.contracts), "leverage_setting": better.leverage},
    }


def _funding_values(asked: Question, found: Outlook) -> JsonValue:
    if not asked.horizon:
        return None
    return {
        "paid": found.funding_paid,
        "share_of_equity": found.funding_paid / asked.sizing.equity,
        "share_of_risk": _known(_ratio(found.funding_paid, found.loss.total)),
    }


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _side(asked: Question) -> str:
    return "long" if asked.sizing.trade.side > 0.0 else "short"


# ---- for people ------------------------------------------------------------------------------------------------------


def _heading(asked: Question, contracts: Decimal) -> str:
    trade = asked.sizing.trade
    does = "buy" if trade.side > 0.0 else "sell"
    size = coins_or_contracts(asked, contracts)
    return f"{_side(asked)}: {does} {size} at {price(trade.entry)}, stop at {price(trade.stop)}"


def _rows(asked: Question, contracts: Decimal, found: Outlook) -> Iterable[Row]:
    yield _size(asked, contracts, found)
    yield (
        "leverage",
        f"{found.leverage:.2f}x",
        f"notional over the equity of {amount(asked, asked.sizing.equity)}",
    )
    yield _margin(asked, found)
    yield _loss(asked, found.loss)
    yield _liquidation(asked, found)
    yield _stop(asked, found)
    if asked.horizon:
        yield _funding(asked, found)
    yield _break_even(asked, found)


def _size(asked: Question, contracts: Decimal, found: Outlook) -> Row:
    worth = f"{found.notional:,.2f} USD" if asked.is_inverse else amount(asked, found.notional)
    in_coin = f", {amount(asked, found.value)}" if asked.is_inverse else ""
    return "size", coins_or_contracts(asked, contracts), f"worth {worth}{in_coin} at the entry: the notional"


def _margin(asked: Question, found: Outlook) -> Row:
    setting, equity = asked.sizing.terms.leverage, amount(asked, asked.sizing.equity)
    if setting is not None:
        return (
            "margin",
            amount(asked, found.initial_margin),
            f"isolated at {setting:g}x: all that it can lose",
        )
    behind = f"all {equity} stand behind the position"
    if math.isnan(found.initial_margin):
        return "margin", "cross", behind
    return (
        "margin",
        amount(asked, found.initial_margin),
        f"needed at {found.leverage_max:g}x; cross: {behind}",
    )


def _loss(asked: Question, loss: Loss) -> Row:
    parts = [(loss.by_price, "by price"), (loss.by_slippage, "by slippage"), (loss.by_fees, "by fees")]
    split = ", ".join(f"{amount(asked, part)} {word}" for part, word in parts if part)
    share = f"{loss.total / asked.sizing.equity:.2%} of equity"
    trade = asked.sizing.trade
    dollars = f" ({loss.total * trade.fill:,.2f} USD at that price)" if asked.is_inverse else ""
    return "loss at the stop", amount(asked, loss.total), f"{share}{dollars}: {split}"


def _liquidation(asked: Question, found: Outlook) -> Row:
    model = asked.sizing.terms.model.title
    if found.liquidation_price is None:
        why = "even at zero" if asked.sizing.trade.side > 0.0 else "however far it rises"
        return "liquidation", "none", f"by the rules of {model} no price takes this position, {why}"
    if found.room <= 0.0:
        return "liquidation", "at once", "what stands behind it is less than the maintenance margin"
    where = f"{found.room:.2%} {_against(asked)} the entry"
    return "liquidation", price(found.liquidation_price), f"{where}: there {model} takes the position"


def _stop(asked: Question, found: Outlook) -> Row:
    trade = asked.sizing.trade
    where = f"{abs(trade.entry - trade.stop) / trade.entry:.2%} {_against(asked)} the entry"
    if math.isinf(found.room) or found.room <= 0.0:
        return "stop", price(trade.stop), where
    used = f"{found.stop_share:.0%} of the way to liquidation"
    return "stop", price(trade.stop), f"{where}: {used}; at most {STOP_SHARE_WARN:.0%} is advised"


def _against(asked: Question) -> str:
    """On which side of the entry a price hurts."""
    return "below" if asked.sizing.trade.side > 0.0 else "above"


def _funding(asked: Question, found: Outlook) -> Row:
    paid, carry = found.funding_paid, asked.sizing.carry
    word = "paid" if paid >= 0.0 else "received"
    shares = f"{abs(paid) / asked.sizing.equity:.2%} of equity, {abs(_ratio(paid, found.loss.total)):.1%} of the loss"
    rate = show(carry.rate_per_hour, Unit.RATE)
    return f"funding {word}", amount(asked, abs(paid)), f"in {asked.horizon} at {rate}: {shares}"


def _break_even(asked: Question, found: Outlook) -> Row:
    trade, at = asked.sizing.trade, found.break_even_price
    costs = "both fees and the funding" if asked.horizon else "both fees"
    if at is None:
        return "break-even", "never", f"no price pays for {costs}"
    move = trade.side * (at / trade.entry - 1.0)
    where = "above" if at > trade.entry else "below"
    if move == 0.0:
        return "break-even", price(at), "the entry itself: there are no costs"
    if move < 0.0:
        return (
            "break-even",
            price(at),
            f"{-move:.2%} {where} the entry: the funding pays for that and the fees",
        )
    return "break-even", price(at), f"{move:.2%} {where} the entry pays for {costs}"


def _notes(asked: Question) -> Iterable[str]:
    rate = asked.sizing.terms.tiers.tiers[0].rate
    if asked.assumed_maintenance:
        yield (
            f"Liquidation is reckoned with a maintenance margin of {rate:.2%}, which is a guess: "
            "your venue's table has the right one (--maintenance, --brackets)."
        )
    yield "A stop is an order and no promise: in a fast market it fills worse. --slippage reckons with that."
    if asked.is_inverse:
        yield (
            f"All losses are counted in {asked.currency}. The coins behind the position gain and lose dollars besides."
        )


def _table(rows: Iterable[Row]) -> list[str]:
    listed = list(rows)
    widths = [max(len(row[column]) for row in listed) for column in (0, 1)]
    return [
        f"{name:<{widths[0]}}  {value:<{widths[1]}}  {meaning}".rstrip() for name, value, meaning in listed
    ]
