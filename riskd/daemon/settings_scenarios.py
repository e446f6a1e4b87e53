"""Crashes of a desk's own, as `riskd.yaml` defines them: how far each coin moves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from riskd.daemon.settings_fields import Name, Section, measured
from riskd.measure.market_risk.scenarios import SCENARIOS
from riskd.measure.spec import Unit
from riskd.model.scenario import Scenario, coin_of
from riskd.policy.text.spelling import mistakable

_RISE_MAX = 20.0
_CONTRACT = re.compile("[/:-]|.(USDT|USDC)$")


def _possible(move: float) -> float:
    if not -1.0 <= move <= _RISE_MAX:
        raise ValueError(
            f"{move * 100:g}% is no move of a price: it falls by 100% at most, and rises by 2000% here"
        )
    return move


Move = Annotated[float, measured(Unit.RATIO), AfterValidator(_possible)]


def _own_name(name: str) -> str:
    if name in SCENARIOS:
        raise ValueError(
            f"{name!r} is one of riskd's own scenarios, which nobody redefines; choose another id"
        )
    preset = mistakable(name, SCENARIOS)
    if preset is not None:
        raise ValueError(f"{name!r} can be mistaken for riskd's own {preset!r}; choose another id")
    return name


def _moves_of_coins(moves: dict[str, float]) -> dict[str, float]:
    """Moves by coin, each coin once however it is written."""
    written: dict[str, str] = {}
    for name in moves:
        coin = coin_of(name)
        if _CONTRACT.search(coin):
            raise ValueError(f"{name!r} is no coin; write BTC, and neither BTC/USDT nor BTCUSDT")
        if coin in written:
            raise ValueError(f"{written[coin]} and {name} are one coin")
        written[coin] = name
    return {coin: moves[name] for coin, name in sorted(written.items())}


class ScenarioSettings(Section):
    """One crash, or one rally."""

    id: Annotated[Name, AfterValidator(_own_name)]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    others: Move
    moves: Annotated[dict[str, Move], AfterValidator(_moves_of_coins)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something_moves(self) -> ScenarioSettings:
        if self.others == 0.0 and not any(self.moves.values()):
            raise ValueError("nothing moves in this scenario")
        return self


def _each_once(scenarios: tuple[ScenarioSettings, ...]) -> tuple[ScenarioSettings, ...]:
    ids = [scenario.id for scenario in scenarios]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"scenario id {twice[0]!r} is given twice")
    return scenarios


ScenarioList = Annotated[tuple[ScenarioSettings, ...], AfterValidator(_each_once)]


def scenarios_of(settings: tuple[ScenarioSettings, ...]) -> tuple[Scenario, ...]:
    """The scenarios as the stages know them, by name."""
    found = (
        Scenario(name=each.id, title=each.title, others=each.others, moves=_pairs(each.moves))
        for each in settings
    )
    return tuple(sorted(found, key=lambda scenario: scenario.name))


def _pairs(moves: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(moves.items()))
