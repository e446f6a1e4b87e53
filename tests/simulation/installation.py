"""The files of one simulated installation: the same riskd.yaml and policy that a desk would write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

DATA_AGE_SECONDS = 15
"""Older positions, balances or marks count as missing."""

EVERY_SECONDS, NEAR_SECONDS = 10, 5

WEIGHT_SPARE = 700
"""Request weight in a minute that is just enough for one account when nothing fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """What the policy of one seed asks for.

    Attributes:
        leverage_max: Critical leverage; above it riskd deleverages.
        orders_per_hour_max: House bound, small enough in some seeds to be met.
        weight_per_minute: Of requests, for each account; small in some seeds.
        asks_people: Whether people decide on every reduction of leverage.
        cancels: Whether resting orders that add risk are to be cancelled.
        places_stops: Whether missing stops are to be placed.
    """

    leverage_max: float
    objective: str
    max_step: str
    closes_near_liquidation: bool
    orders_per_hour_max: int
    plans_per_rule_per_day_max: int
    weight_per_minute: int
    asks_people: bool
    cancels: bool
    places_stops: bool

    @classmethod
    def drawn(cls, random: Random) -> Strictness:
        tight = random.random() < 0.15
        return cls(
            leverage_max=random.choice([2.0, 3.0, 4.0]),
            objective=random.choice(["min_cost", "pro_rata"]),
            max_step=random.choice(["100%", "60%"]),
            closes_near_liquidation=random.random() < 0.5,
            orders_per_hour_max=3 if tight else 10_000,
            plans_per_rule_per_day_max=5 if tight else 10_000,
            weight_per_minute=random.choice([2400, 2400, WEIGHT_SPARE]),
            asks_people=random.random() < 0.1,
            cancels=random.random() < 0.4,
            places_stops=random.random() < 0.4,
        )

    @property
    def may_stay(self) -> bool:
        """Whether an account may stay beyond its limit: house bounds may stop riskd, or it has to ask people."""
        return self.orders_per_hour_max < 100 or self.asks_people

    @property
    def leverage_clear(self) -> float:
        """Far enough inside the first limit for an alert to end."""
        return self.leverage_max * 0.7 * 0.9


def install(
    folder: Path, accounts: tuple[str, ...], strictness: Strictness, understood: Callable[[str], str]
) -> Path:
    """Write the files and return the path of riskd.yaml.

    Args:
        understood: What becomes of the policy's text on its way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.yaml").write_text(understood(_policy(strictness)), encoding="utf-8")
    config = folder / "riskd.yaml"
    config.write_text(_config(accounts, strictness), encoding="utf-8")
    return config


def _config(accounts: tuple[str, ...], strictness: Strictness) -> str:
    listed = "\n".join(
        f"""  - id: {account}
    venue: binanceusdm
    credential: {account}-read
    trading_credential: {account}-trade
    mode: enforce"""
        for account in accounts
    )
    return f"""riskd: config/v1
mode: enforce
state: .
policies: [policy.yaml]
cycle: {{every: {EVERY_SECONDS}s, near_limits: {NEAR_SECONDS}s}}
freshness: {{positions: {DATA_AGE_SECONDS}s, marks: {DATA_AGE_SECONDS}s}}
orders:
  cooldown: 10s
  orders_per_hour_max: {strictness.orders_per_hour_max}
  orders_per_day_max: 10000
  plans_per_rule_per_day_max: {strictness.plans_per_rule_per_day_max}
  notional_per_order_max: 60k USD
  notional_per_hour_max: 500m USD
  notional_per_day_max: 900m USD
accounts:
{listed}
"""


def _asked(strictness: Strictness) -> tuple[str, str, str]:
    """What the rules on liquidation, room and stops ask for, where they ask for anything."""
    close = (
        "\n    then: {critical: [notify, {close: {approval: auto, max_step: 50%}}]}"
        if strictness.closes_near_liquidation
        else ""
    )
    cancel = (
        "\n    then: {breach: [notify, {cancel_orders: {which: risk_increasing}}]}"
        if strictness.cancels
        else ""
    )
    stop = (
        "\n    then: {warn: [notify, {place_stop: {distance: 4%, approval: auto}}]}"
        if strictness.places_stops
        else ""
    )
    return close, cancel, stop


def _tests(most: float) -> str:
    return f"""tests:
  - name: leverage beyond the limit is critical at once
    rule: leverage
    every: 10s
    series: {most * 0.5:g}x*2, {most * 1.1:g}x
    expect: [{{at: 20s, is: firing, level: critical}}]
    actions: [deleverage]
  - name: little room for one position is critical at once
    rule: liquidation
    every: 10s
    series: 20%*2, 3%
    expect: [{{at: 20s, is: firing, level: critical}}]
  - name: little room for a common fall is a breach at once
    rule: room
    every: 10s
    series: 20%*2, 5%
    expect: [{{at: 20s, is: firing, level: breach}}]
  - name: a position without a stop is warned of at once
    rule: stops
    every: 10s
    series: 100%*2, 0%
    expect: [{{at: 20s, is: firing, level: warn}}]
"""


def _policy(strictness: Strictness) -> str:
    most = strictness.leverage_max
    step = strictness.max_step
    close, cancel, stop = _asked(strictness)
    approval = "human" if strictness.asks_people else "auto"
    return f"""riskd: policy/v1
name: sim
title: Rules that fire often
owner: simulation
version: "1"
mode: enforce
defaults:
  for: 0s
  clear: {{margin: 5%, for: 30s}}
  missing: {{hold: 20s, then: alert}}
rules:
  - id: leverage
    title: Leverage of the account
    why: The account must survive.
    measure: leverage
    per: account
    max: {{warn: {most * 0.7:g}x, critical: {most:g}x}}
    then:
      critical:
        - notify
        - deleverage: {{to: {most * 0.8:g}x, objective: {strictness.objective}, max_step: {step}, approval: {approval}}}
  - id: room
    title: Room for a common fall
    why: Coins fall together.
    measure: account_shock
    per: account
    min: {{warn: 12%, breach: 8%}}{cancel}
  - id: liquidation
    title: Room of one position
    why: Seen beside the common fall.
    measure: liquidation_distance
    per: position
    min: {{warn: 10%, critical: 4%}}{close}
  - id: stops
    title: A stop for every position
    why: A position without a stop has no plan.
    measure: stop_coverage
    per: position
    min: {{warn: 100%}}{stop}
  - id: data
    title: The account is seen
    why: Silence is not safety.
    measure: data_age
    per: account
    max: {{warn: {DATA_AGE_SECONDS}s, breach: 60s}}
    missing: {{hold: 0s, then: breach}}
{_tests(most)}"""
