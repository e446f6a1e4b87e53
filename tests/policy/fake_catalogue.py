"""A small fixed catalogue, so that tests of the language do not move when the real one grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from riskd.measure.spec import Counts, MeasureSpec, Parameter, Remedy, Unit
from riskd.model.subject import Grain


def _never(*_: object) -> NoReturn:
    raise AssertionError("the language takes no measure")


def _spec(
    name: str,
    unit: Unit,
    *grains: Grain,
    remedy: Remedy = Remedy.REDUCE,
    counts: Counts = Counts.SELECTED_POSITIONS,
    parameters: tuple[Parameter, ...] = (),
) -> MeasureSpec:
    return MeasureSpec(
        name=name,
        unit=unit,
        grains=frozenset(grains),
        parameters=parameters,
        meaning=f"the {name.replace('_', ' ')}",
        formula="",
        source="",
        unknown_when="",
        infinite_when="",
        remedy=remedy,
        needs=frozenset(),
        counts=counts,
        function=_never,
    )


_WINDOW = Parameter(name="window", unit=Unit.DURATION, meaning="how far back")
_SCENARIO = Parameter(
    name="scenario",
    unit=None,
    meaning="which crash",
    words=("crash-30-corr-1", "covid-2020-03-12"),
    defined_in="scenarios",
)
_CONFIDENCE = Parameter(name="confidence", unit=Unit.RATIO, meaning="share of moves", high=0.9999)
_BEYOND = Parameter(name="beyond", unit=Unit.RATIO, meaning="how far past the edge", default=0.1)

CATALOGUE: Mapping[str, MeasureSpec] = {
    spec.name: spec
    for spec in (
        _spec("leverage", Unit.MULTIPLE, Grain.ACCOUNT, Grain.STRATEGY, Grain.PORTFOLIO),
        _spec("position_leverage", Unit.MULTIPLE, Grain.POSITION),
        _spec("share_of_equity", Unit.RATIO, Grain.POSITION, Grain.ASSET, Grain.STRATEGY),
        _spec("risk_per_trade", Unit.RATIO, Grain.POSITION, remedy=Remedy.PLACE_STOP),
        _spec("stop_coverage", Unit.RATIO, Grain.POSITION, remedy=Remedy.PLACE_STOP),
        _spec("liquidation_distance", Unit.RATIO, Grain.POSITION, counts=Counts.WHOLE_ACCOUNT),
        _spec("margin_ratio", Unit.RATIO, Grain.ACCOUNT, counts=Counts.WHOLE_ACCOUNT),
        _spec("loss_today", Unit.RATIO, Grain.ACCOUNT, counts=Counts.WHOLE_ACCOUNT),
        _spec("drawdown", Unit.RATIO, Grain.ACCOUNT, counts=Counts.WHOLE_ACCOUNT, parameters=(_WINDOW,)),
        _spec("funding_rate", Unit.RATE, Grain.POSITION),
        _spec("hedge_ratio", Unit.RATIO, Grain.HEDGE, counts=Counts.WHOLE_ACCOUNT),
        _spec("net_delta", Unit.RATIO, Grain.ACCOUNT, Grain.HEDGE, Grain.PORTFOLIO),
        _spec(
            "grid_worst_loss",
            Unit.RATIO,
            Grain.GRID,
            remedy=Remedy.CANCEL,
            counts=Counts.WHOLE_ACCOUNT,
            parameters=(_BEYOND,),
        ),
        _spec("order_rate", Unit.FREQUENCY, Grain.STRATEGY, remedy=Remedy.CANCEL, parameters=(_WINDOW,)),
        _spec("holding_time", Unit.DURATION, Grain.POSITION),
        _spec(
            "data_age",
            Unit.DURATION,
            Grain.ACCOUNT,
            Grain.EXCHANGE,
            remedy=Remedy.NONE,
            counts=Counts.WHOLE_ACCOUNT,
        ),
        _spec("stress_loss", Unit.RATIO, Grain.ACCOUNT, Grain.PORTFOLIO, parameters=(_SCENARIO,)),
        _spec("var", Unit.RATIO, Grain.ACCOUNT, Grain.PORTFOLIO, parameters=(_CONFIDENCE,)),
        _spec("unlabelled", Unit.COUNT, Grain.ACCOUNT, remedy=Remedy.NONE),
    )
}
