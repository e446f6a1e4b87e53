"""What is wrong with a size, in words that nobody overlooks, and what would do instead."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from riskd.cli.size_question import Question
from riskd.cli.size_words import amount, coins_or_contracts, price
from riskd.measure.sizing.cure import Cure
from riskd.measure.sizing.outlook import STOP_SHARE_WARN, Objection, Outlook
from riskd.measure.sizing.sizing import loss_at_stop

_ALARM = "!" * 72


def objection_lines(asked: Question, contracts: Decimal, found: Outlook, better: Cure | None) -> list[str]:
    """Every objection with its reason, and the cure; empty where nothing is wrong."""
    told: list[str] = []
    for objection in found.objections:
        told += ["", *_WORDS[objection](asked, found)]
    if found.is_refused or better not in {None, _as_asked(asked, contracts)}:
        told += list(_cure(asked, contracts, found, better))
    return told


def _liquidation_first(asked: Question, found: Outlook) -> Iterator[str]:
    trade, setting = asked.sizing.trade, asked.sizing.terms.leverage
    yield _ALARM
    yield "LIQUIDATION COMES FIRST: the stop of this position would never be reached."
    if found.liquidation_price is None or found.room <= 0.0:
        yield "The venue would take it at once: what stands behind it is less than the maintenance margin."
    else:
        yield f"The venue takes it at {price(found.liquidation_price)}; the stop fills at {price(trade.fill)}."
    lost, of = (asked.sizing.equity, "equity") if setting is None else (found.initial_margin, "margin")
    planned = amount(asked, found.loss.total)
    yield f"The loss would be up to {amount(asked, lost)}, all of the {of}, and not the planned {planned}."
    yield _ALARM


def _leverage_above_max(asked: Question, found: Outlook) -> Iterator[str]:
    setting = asked.sizing.terms.leverage
    asks = (
        f"this risk with this stop asks for {found.leverage:.2f}x"
        if setting is None or setting < found.leverage
        else f"the setting is {setting:g}x"
    )
    yield f"TOO MUCH LEVERAGE: {asks}; the highest leverage is {found.leverage_max:g}x."


def _margin_above_equity(asked: Question, found: Outlook) -> Iterator[str]:
    fee = asked.sizing.trade.fee_rate * found.value
    yield (
        f"NOT ENOUGH EQUITY: opening takes a margin of {amount(asked, found.initial_margin)} and a fee of "
        f"{amount(asked, fee)}; there are {amount(asked, asked.sizing.equity)}."
    )


def _below_one_lot(asked: Question, _: Outlook) -> Iterator[str]:
    sizing = asked.sizing
    assert asked.lot is not None  # without a lot no size is rounded to nothing
    lost = loss_at_stop(sizing.trade, float(asked.lot)).total
    yield (
        f"TOO SMALL TO TRADE: the smallest size, {coins_or_contracts(asked, asked.lot)}, loses {amount(asked, lost)} "
        f"at the stop; the risk is {amount(asked, sizing.equity * sizing.risk)}."
    )
    yield f"It takes a risk of {math.ceil(lost / sizing.equity * 1e4) / 1e4:.2%}, or a nearer stop."


def _stop_near_liquidation(_: Question, found: Outlook) -> Iterator[str]:
    yield (
        f"WARNING: the stop lies at {found.stop_share:.0%} of the way to liquidation; at most {STOP_SHARE_WARN:.0%} is "
        "advised, for in a fast market the two come together."
    )


def _funding_heavy(_: Question, found: Outlook) -> Iterator[str]:
    share = found.funding_paid / found.loss.total
    yield f"WARNING: until the horizon funding takes {share:.0%} of what the stop would lose."


_WORDS = {
    Objection.BELOW_ONE_LOT: _below_one_lot,
    Objection.LIQUIDATION_FIRST: _liquidation_first,
    Objection.LEVERAGE_ABOVE_MAX: _leverage_above_max,
    Objection.MARGIN_ABOVE_EQUITY: _margin_above_equity,
    Objection.STOP_NEAR_LIQUIDATION: _stop_near_liquidation,
    Objection.FUNDING_HEAVY: _funding_heavy,
}


def _as_asked(asked: Question, contracts: Decimal) -> Cure:
    return Cure(contracts=contracts, leverage=asked.sizing.terms.leverage)


def _cure(asked: Question, contracts: Decimal, found: Outlook, better: Cure | None) -> Iterator[str]:
    if not contracts:
        return
    if better is None:
        too_far = {Objection.LIQUIDATION_FIRST, Objection.STOP_NEAR_LIQUIDATION} & set(found.objections)
        why = "the stop lies too far away for its margin" if too_far else "not even the smallest"
        yield f"No size and no setting would do: {why}."
        return
    words = []
    if better.contracts != contracts:
        loss = loss_at_stop(asked.sizing.trade, float(better.contracts)).total
        share = f"{loss / asked.sizing.equity:.2%}"
        words.append(f"{coins_or_contracts(asked, better.contracts)} at most, which risks {share}")
    if better.leverage != asked.sizing.terms.leverage:
        words.append(f"--leverage {better.leverage:g}x")
    yield f"What would do: {', with '.join(words)}."
