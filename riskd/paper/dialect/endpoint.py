"""What an endpoint is: where it answers, what it costs, whom it lets in, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskd.model.report import JsonValue
from riskd.paper.dialect import errors
from riskd.paper.dialect.auth import Security
from riskd.paper.dialect.http import ApiKey
from riskd.paper.dialect.limits import Budget, LimitRules
from riskd.paper.dialect.memory import MarketMemory
from riskd.paper.dialect.parameters import Parameters
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import Contract

Weight = Callable[[Parameters], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated request, ready to be answered.

    Attributes:
        exchange: The simulated exchange.
        memory: Candles and funding.
        limits: The venue's request limits.
        parameters: What is asked.
        key: Who asks; None on public endpoints.
        now_ms: Time of the server.
    """

    exchange: Exchange
    memory: MarketMemory
    limits: LimitRules
    parameters: Parameters
    key: ApiKey | None
    now_ms: int

    @property
    def account(self) -> str:
        """The account whose key signed the request."""
        if self.key is None:
            raise errors.key_format()
        return self.key.account

    def contract(self) -> Contract:
        """The contract named by ``symbol``.

        Raises:
            Rejection: -1102, not sent; -1121, unknown.
        """
        return self.exchange.contract(self.parameters.required_text("symbol"))

    def contract_or_all(self) -> Contract | None:
        """The contract named by ``symbol``; None when every contract is meant.

        Raises:
            Rejection: -1121, unknown.
        """
        symbol = self.parameters.text("symbol")
        return None if symbol is None else self.exchange.contract(symbol)

    def contracts(self) -> tuple[Contract, ...]:
        """The contract named by ``symbol``, or every one.

        Raises:
            Rejection: -1121, unknown.
        """
        named = self.contract_or_all()
        return self.exchange.contracts if named is None else (named,)


Handler = Callable[[Call], JsonValue]


def costs(weight: int) -> Weight:
    """The same weight for every request."""
    return lambda _: weight


def costs_by_symbol(one: int, *, every: int) -> Weight:
    """One weight for one symbol, another for all of them."""
    return lambda parameters: one if "symbol" in parameters else every


def costs_by_limit(default: int, *steps: tuple[int, int]) -> Weight:
    """A weight that grows with ``limit``: pairs of (largest limit, weight), ascending; the last holds above it too."""

    def weight(parameters: Parameters) -> int:
        sent = parameters.text("limit") or ""
        if not sent.isdecimal():
            return default
        return next((cost for most, cost in steps if int(sent) <= most), steps[-1][1])

    return weight


def no_orders(_: Parameters) -> int:
    """This request places no order."""
    return 0


def one_order(_: Parameters) -> int:
    """This request places one order, for the count of orders."""
    return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method and path.

    Attributes:
        method: Upper case.
        path: Full path.
        security: Whom it lets in.
        weight: Request weight. Source of every number: the endpoint's own page of the Binance documentation,
            "Request Weight"; where that says 0 (new orders), the order count limits it instead.
        handler: Answers; raises ``Rejection``.
        orders: How many new orders the request is.
        budget: Which weight limit it draws on.
    """

    method: str
    path: str
    security: Security
    weight: Weight
    handler: Handler
    orders: Weight = no_orders
    budget: Budget = Budget.FUTURES
