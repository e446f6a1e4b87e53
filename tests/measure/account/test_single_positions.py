"""One position of any venue has the liquidation price that ``riskd.measure.venues`` gives it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskd.measure.account import (
    AccountBook,
    Line,
    Wallet,
    liquidation_prices,
    shock_to_liquidation,
    together,
)
from riskd.measure.venues import (
    MODELS,
    Backing,
    Contract,
    Holding,
    MarginMode,
    MarginModel,
    Position,
    Schedule,
    liquidation_price,
    marginal,
    value,
)
from riskd.measure.venues.model import ContractKind
from riskd.measure.venues.schedule import Tier
from tests.measure.venues.pinned import PINNED, Pinned

KINDS = [(model, kind) for model in MODELS.values() for kind in model.contracts]
STEPS = st.lists(st.tuples(st.floats(0.2, 5.0), st.floats(0.001, 0.1)), max_size=3)


def asset_and_wallet(kind: ContractKind) -> tuple[str, str]:
    return {ContractKind.LINEAR: ("BTC", "USDT"), ContractKind.INVERSE: ("BTC", "BTC")}.get(
        kind, ("ETH", "BTC")
    )


def an_account(model: MarginModel, holding: Holding, backing: Backing) -> AccountBook:
    asset, settle = asset_and_wallet(holding.position.contract.kind)
    isolated = backing.mode is MarginMode.ISOLATED
    line = Line(
        symbol="X",
        asset=asset,
        settle=settle,
        model=model,
        holding=holding,
        margin=backing.cash if isolated else None,
    )
    return AccountBook(lines=(line,), wallets=(Wallet(asset=settle, cash=0.0 if isolated else backing.cash),))


def nearest(model: MarginModel, holding: Holding, backing: Backing) -> float | None:
    (found,) = liquidation_prices(an_account(model, holding, backing))
    assert found.missing == ()
    # A move in its favour may liquidate a position whose table is unsound, and then the other function says nothing.
    return found.below if holding.position.side > 0.0 else found.above


def table(steps: list[tuple[float, float]], worth: float, *, jumps: bool) -> Schedule:
    floors = [0.0, *sorted(worth * floor for floor, _ in steps)]
    rates = [0.004]
    for _, rate in steps:
        rates.append(rates[-1] + rate)
    if jumps:
        return Schedule(tiers=tuple(Tier(floor=f, rate=r) for f, r in zip(floors, rates, strict=True)))
    return marginal(list(zip(floors, rates, strict=True)))


@pytest.mark.parametrize("mode", list(MarginMode))
@pytest.mark.parametrize(("model", "kind"), KINDS, ids=lambda x: getattr(x, "name", str(x)))
@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    side=st.sampled_from((1.0, -1.0)),
    drift=st.floats(0.8, 1.25),
    leverage=st.floats(1.1, 30.0),
    steps=STEPS,
    jumps=st.booleans(),
)
def test_one_position_alone(
    model: MarginModel,
    kind: ContractKind,
    mode: MarginMode,
    side: float,
    drift: float,
    leverage: float,
    steps: list[tuple[float, float]],
    jumps: bool,
) -> None:
    contracts = {ContractKind.LINEAR: 0.5, ContractKind.INVERSE: 10_000.0}.get(kind, 1e-3)
    position = Position(contract=Contract(kind=kind), contracts=side * contracts, entry=20_000.0)
    worth = value(position, position.entry)
    schedule = table(steps, worth, jumps=jumps)
    if model.name == "deribit":
        # Of margin that grows with size the other function draws tangents, which a table that jumps does not have.
        schedule = replace(table(steps, worth, jumps=False), rate_per_unit=0.001)
    holding = Holding(position=position, mark=20_000.0 * drift, maintenance=schedule)
    backing = Backing(mode=mode, cash=worth / leverage)
    expected = liquidation_price(model, [holding], backing)
    is_overdue = expected is not None and side * (expected - holding.mark) >= 0.0
    found = nearest(model, holding, backing)
    assume(not is_overdue)
    assert (found is None) == (expected is None)
    if found is not None:
        assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("pinned", [p for p in PINNED if p.liquidation], ids=lambda pinned: pinned.source)
def test_published_prices_are_met(pinned: Pinned) -> None:
    """The published numbers of a wallet's other positions are cash that is there, and margin that is not."""
    model = replace(MODELS[pinned.model])
    holding = Holding(position=pinned.position, mark=pinned.position.entry, maintenance=pinned.maintenance)
    mode = MarginMode.CROSS if pinned.is_cross else MarginMode.ISOLATED
    cash = pinned.cash + pinned.others[0] - pinned.others[1]
    account = an_account(model, holding, Backing(mode=mode, cash=cash))
    line = replace(account.lines[0], fee_rate=pinned.fee_rate)
    (found,) = liquidation_prices(replace(account, lines=(line,)))
    price = found.below if pinned.position.side > 0.0 else found.above
    # Prices on a grid are pinned to their step.
    assert price == pytest.approx(
        pinned.liquidation, abs=pinned.within if pinned.tick is None else pinned.tick
    )


def test_a_position_that_is_overdue_is_due_at_the_mark_of_today() -> None:
    model = MODELS["binance_usdm"]
    position = Position(contract=Contract(kind=ContractKind.LINEAR), contracts=1.0, entry=100.0)
    holding = Holding(position=position, mark=80.0, maintenance=marginal([(0.0, 0.01)]))
    account = an_account(model, holding, Backing(mode=MarginMode.CROSS, cash=10.0))
    assert shock_to_liquidation(account, together(-1.0)).shock == 0.0
    (found,) = liquidation_prices(account)
    assert (found.below, found.above) == (80.0, 80.0)
