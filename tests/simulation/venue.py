"""The venue of one seed, with everybody who trades there."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from riskd.daemon.demo.world import paper_key
from riskd.paper.dialect.http import Rights
from riskd.paper.engine.exchange import Exchange
from tests.simulation.faults import WatchedPlan
from tests.simulation.human import Human, Temper
from tests.simulation.market import Mood, WildMarket
from tests.simulation.script import Script
from tests.simulation.truth import Truth, WatchedVenue
from tests.simulation.weather import Forecast

_INSURANCE_FUND = Decimal(50_000)


def build_venue(
    seed: int,
    draw: Random,
    script: Script,
    *,
    accounts: Sequence[str],
    forecast: Forecast,
    truth: Truth,
    exchange: type[Exchange],
    started_at_ms: int,
    healed_at_ms: int,
    ends_at_ms: int,
) -> WatchedVenue:
    """Market, accounts with their first positions, faults.

    Args:
        draw: Decides the shape of this world.
        script: Notes what happens, and leaves out what shall not.
        forecast: When the venue is closed for maintenance.
        truth: Sees every step.
        exchange: The venue's engine.
        healed_at_ms: When faults end, people rest and prices stand still.
    """
    market = WildMarket(
        Random(f"{seed} market"),
        symbols=draw.randint(2, 4),
        mood=Mood.drawn(draw),
        started_at_ms=started_at_ms,
        calm_from_ms=healed_at_ms,
        ends_at_ms=ends_at_ms,
    )
    engine = exchange(
        market.contracts,
        now_ms=started_at_ms,
        quotes=market.quotes(started_at_ms),
        insurance_fund=_INSURANCE_FUND,
    )
    humans = []
    for account in accounts:
        engine.open_account(account, hedge_mode=draw.random() < 0.4)
        engine.deposit(account, Decimal(draw.choice([20_000, 100_000])))
        human = Human(account, seed, Temper.drawn(draw), script, rests_from_ms=healed_at_ms)
        human.settle_in(engine)
        humans.append(human)
    plan = WatchedPlan(
        seed,
        draw,
        script,
        accounts=accounts,
        symbols=[contract.symbol for contract in market.contracts],
        until_ms=healed_at_ms,
    )
    for begin, end in forecast.windows["maintenance"]:
        plan.closed_between(started_at_ms + round(begin * 1000), started_at_ms + round(end * 1000))
    venue = WatchedVenue(
        engine,
        market,
        [paper_key(account, rights) for account in accounts for rights in Rights],
        faults=plan,
        actors=[*humans, truth],
    )
    venue.truth, venue.plan = truth, plan
    truth.look(engine, started_at_ms)
    return venue
