"""The demo's world: a market, the paper desk trading on it, and the venue that both live in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from riskd.paper.dialect.auth import Timing
from riskd.paper.dialect.http import ApiKey, Rights
from riskd.paper.engine.exchange import Exchange
from riskd.paper.faults import Fault, FaultPlan
from riskd.paper.market.track import TrackMarket
from riskd.paper.strategies.actor import Actor, Paused, nobody_is_paused
from riskd.paper.strategies.desk import Desk as PaperDesk
from riskd.paper.strategies.desk import demo_desk
from riskd.paper.venue import Venue

# Small on purpose: a large fund would pay for every bankruptcy and nobody would ever be auto-deleveraged.
_INSURANCE_FUND = Decimal(2_000)


ACCOUNTS = ("hedge", "swing", "grid", "scalp")
"""The accounts of the paper desk, in the order of reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that exists before riskd looks at it.

    Attributes:
        market: Prices.
        desk: The four accounts and their bots.
        venue: Where they trade.
    """

    market: TrackMarket
    desk: PaperDesk
    venue: Venue

    def key(self, account: str, rights: Rights) -> ApiKey:
        """The paper key of an account. It opens nothing but this simulation."""
        return next(key for key in self.venue.keys if key.account == account and key.rights is rights)


def build_world(
    market: TrackMarket,
    *,
    seed: int,
    faults: Iterable[Fault] = (),
    others: Sequence[Actor] = (),
    own_account: tuple[str, Decimal] | None = None,
    timing: Timing = Timing.STRICT,
    paused: Paused = nobody_is_paused,
) -> World:
    """A fresh world at the market's start. The same arguments give the same world.

    Args:
        seed: Decides the bots' choices and the faults that strike by chance.
        faults: What goes wrong, in virtual time.
        others: Called after the bots at each step: accidents, and whoever watches the venue from inside.
        own_account: Name and USDT of one more account, which no bot trades.
        timing: How strictly time stamps of requests are looked at.
        paused: Tells the bots where nothing new may be opened.
    """
    desk = demo_desk(market, seed=seed, paused=paused)
    exchange = Exchange(
        market.contracts,
        now_ms=market.started_at_ms,
        quotes=market.quotes(market.started_at_ms),
        insurance_fund=_INSURANCE_FUND,
    )
    desk.open(exchange)
    names = [account.name for account in desk.accounts]
    if own_account is not None:
        name, deposit = own_account
        exchange.open_account(name)
        exchange.deposit(name, deposit)
        names.append(name)
    plan = FaultPlan(Random(seed))  # noqa: S311 - a simulation, no secret
    plan.add(faults)
    venue = Venue(
        exchange,
        market,
        [paper_key(name, rights) for name in names for rights in Rights],
        faults=plan,
        actors=[*(account.actor for account in desk.accounts), *others],
        remembered_from_ms=market.known_from_ms,
        timing=timing,
    )
    # The bots take their first positions before anybody watches, as on any desk that riskd comes to.
    desk.on_step(exchange, market.started_at_ms)
    return World(market=market, desk=desk, venue=venue)


def paper_key(account: str, rights: Rights) -> ApiKey:
    """A key of the paper venue, told to everybody: it guards simulated money only."""
    name = f"paper-{account}-{rights.value}"
    return ApiKey(account=account, key=name, secret=f"{name}-secret", rights=rights)
