"""What `riskd size` was asked, read from its options: a trade, the venue's terms, money and time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypedDict

import click

from riskd.cli.size_money import Money, money, quantity
from riskd.cli.size_tiers import read_tiers
from riskd.measure.sizing.outlook import Carry, Sizing, Terms
from riskd.measure.sizing.sizing import Trade
from riskd.measure.sizing.tiers import MarginTiers, one_rate
from riskd.measure.spec import Unit
from riskd.measure.venues.catalogue import MODELS
from riskd.measure.venues.contract import Contract
from riskd.measure.venues.model import ContractKind, MarginModel, MarginRule

_SECONDS_AN_HOUR = 3_600.0
_ASSUMED_MAINTENANCE = 0.005
_ONE_CONTRACT = Decimal(1)
_CROSS = "_cross"


class Words(TypedDict):
    """The options as they are written."""

    equity: str
    risk: str
    entry: float
    stop: float
    fee: str
    slippage: str
    funding: str | None
    horizon: str | None
    venue: str
    inverse: bool
    maintenance: str | None
    brackets: Path | None
    leverage: str | None
    leverage_max: str | None
    lot: str | None
    contract_size: str
    tick: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be answered.

    Attributes:
        sizing: The trade with everything behind it.
        lot: Smallest step of the size; None where it is not known.
        currency: What equity, loss and funding are amounts of.
        contract_size: Coins, or dollars of an inverse contract, in one contract.
        horizon: As it was written; empty where funding was not asked about.
        assumed_maintenance: Whether the maintenance rate is a guess because none was given.
    """

    sizing: Sizing
    lot: Decimal | None
    currency: str
    contract_size: Decimal
    horizon: str
    assumed_maintenance: bool

    @property
    def is_inverse(self) -> bool:
        """Whether the contract is settled in the coin."""
        return self.sizing.trade.contract.kind is ContractKind.INVERSE


def question(words: Words) -> Question:
    """The question that the options put.

    Raises:
        click.UsageError: An option cannot be used; says which and why.
        SettingsError: The file of tiers is not valid.
    """
    model = _model(words["venue"], is_cross=words["leverage"] is None)
    equity = money(words["equity"], "--equity")
    kind = _kind(model, equity, wants_inverse=words["inverse"])
    contract_size = _step(words["contract_size"], "--contract-size")
    fee = quantity(words["fee"], Unit.RATIO, "--fee")
    try:
        sizing = Sizing(
            trade=Trade(
                contract=Contract(kind=kind, multiplier=float(contract_size)),
                entry=words["entry"],
                stop=words["stop"],
                fee_rate=fee,
                slippage=quantity(words["slippage"], Unit.RATIO, "--slippage") * words["entry"],
            ),
            terms=_terms(words, model, fee),
            equity=equity.amount,
            risk=quantity(words["risk"], Unit.RATIO, "--risk"),
            carry=_carry(words["funding"], words["horizon"]),
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return Question(
        sizing=sizing,
        lot=_lot(words["lot"], kind),
        currency=equity.currency,
        contract_size=contract_size,
        horizon=words["horizon"] or "",
        assumed_maintenance=words["maintenance"] is None and words["brackets"] is None,
    )


def _model(name: str, *, is_cross: bool) -> MarginModel:
    """The model of the venue; where its cross accounts have one of their own, that of the margin mode."""
    # A venue is written `binanceusdm` in riskd.yaml and by ccxt.
    written = {known.replace("_", ""): known for known in MODELS}
    known = written.get(re.sub("[-_]", "", name.lower()))
    if known is None:
        raise click.UsageError(f"--venue: no venue {name!r}; there are {', '.join(MODELS)}")
    plain = known.removesuffix(_CROSS)
    return MODELS.get(plain + _CROSS, MODELS[plain]) if is_cross else MODELS[plain]


def _kind(model: MarginModel, equity: Money, *, wants_inverse: bool) -> ContractKind:
    """The kind of contract, which the currency of the equity must fit."""
    has_both = {ContractKind.LINEAR, ContractKind.INVERSE} <= set(model.contracts)
    inverse = wants_inverse if has_both else ContractKind.INVERSE in model.contracts
    if wants_inverse and not inverse:
        raise click.UsageError(f"--inverse: {model.title} has linear contracts only")
    if inverse and not equity.is_coin:
        raise click.UsageError(
            f"--equity: an inverse contract of {model.title} is settled in the coin; write for example 2 BTC"
        )
    if equity.is_coin and not inverse:
        other = "add --inverse for the contract that is settled in the coin, or " if has_both else ""
        raise click.UsageError(
            f"--equity: a linear contract of {model.title} is settled in dollars; {other}write for example 10k USD"
        )
    return ContractKind.INVERSE if inverse else ContractKind.LINEAR


def _terms(words: Words, model: MarginModel, fee: float) -> Terms:
    tick, highest = words["tick"], _multiple(words["leverage_max"], "--leverage-max")
    return Terms(
        model=model,
        tiers=_tiers(words, model),
        leverage=_multiple(words["leverage"], "--leverage"),
        leverage_max=math.nan if highest is None else highest,
        # Where a venue counts a closing fee, a lower fee of this account's own is not relied on.
        closing_fee_rate=max(model.fee_rate, fee),
        tick=None if tick is None else float(_step(tick, "--tick")),
    )


def _tiers(words: Words, model: MarginModel) -> MarginTiers:
    text, file = words["maintenance"], words["brackets"]
    if file is not None:
        if text is not None:
            raise click.UsageError("expected --maintenance or --brackets, found both")
        return read_tiers(file)
    if text is None and model.margin_rule is MarginRule.LINEAR_IN_SIZE:
        raise click.UsageError(
            f"--brackets: margin of {model.title} grows with every coin; name a file such as "
            "`{tiers: [{from: 0, maintenance: 1%}], for_each_coin: 0.005%}`"
        )
    rate = _ASSUMED_MAINTENANCE if text is None else quantity(text, Unit.RATIO, "--maintenance")
    if not 0.0 < rate < 1.0:
        raise click.UsageError(f"--maintenance: expected more than 0% and less than 100%, found {text}")
    return one_rate(rate)


def _carry(funding: str | None, horizon: str | None) -> Carry:
    if funding is None and horizon is None:
        return Carry()
    if funding is None or horizon is None:
        raise click.UsageError("--funding and --horizon belong together: a rate, and how long it is paid")
    seconds = quantity(horizon, Unit.DURATION, "--horizon")
    return Carry(rate_per_hour=quantity(funding, Unit.RATE, "--funding"), hours=seconds / _SECONDS_AN_HOUR)


def _lot(text: str | None, kind: ContractKind) -> Decimal | None:
    if text is not None:
        return _step(text, "--lot")
    return _ONE_CONTRACT if kind is ContractKind.INVERSE else None


def _multiple(text: str | None, option: str) -> float | None:
    return None if text is None else quantity(text, Unit.MULTIPLE, option)


def _step(text: str, option: str) -> Decimal:
    """A plain number above 0, kept exact."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise click.UsageError(f"{option}: expected a number such as 0.001, found {text}") from None
    if not (number.is_finite() and number > 0):
        raise click.UsageError(f"{option}: expected a number above 0, found {text}")
    return number
