"""Samples the truth of the venue during a pass: what the accounts really had, not what riskd believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from riskd.daemon.demo.result import Forced, Run, Track
from riskd.model.arrays import floats
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import AutoDeleveraged, Contract, Event, Liquidated, Position

_ROOM_MAX = 0.98  # a move that leaves nothing of the price is no room to speak of
_HALVINGS = 24  # 1e-7 of the price


@dataclass(slots=True)
class _Samples:
    at: list[float] = field(default_factory=list)
    equity: list[float] = field(default_factory=list)
    leverage: list[float] = field(default_factory=list)
    room: list[float] = field(default_factory=list)


class Recorder:
    """Looks at every account now and then. It is called like a bot and trades nothing.

    Args:
        accounts: Names, in the order of the report.
        every_ms: Simulated time between two samples.
    """

    name = "recorder"
    account = ""

    def __init__(self, accounts: tuple[str, ...], *, every_ms: int) -> None:
        self._samples = {account: _Samples() for account in accounts}
        self._marks: dict[str, list[float]] = {}
        self._marks_at: list[float] = []
        self._held: set[str] = set()
        self._every_ms = every_ms
        self._due_ms = 0

    def on_step(self, exchange: Exchange, now_ms: int) -> None:
        """Take a sample when one is due."""
        if now_ms < self._due_ms:
            return
        self._due_ms = now_ms - now_ms % self._every_ms + self._every_ms
        self._marks_at.append(now_ms / 1000)
        for contract in exchange.contracts:
            mark = float(exchange.quote(contract.symbol).mark)
            self._marks.setdefault(contract.symbol, []).append(mark)
        for account, samples in self._samples.items():
            self._sample(exchange, account, samples, now_ms)

    def run(self, events: tuple[Event, ...]) -> Run:
        """Everything sampled, with what the venue forced."""
        tracks = tuple(
            Track(
                account=account,
                at=floats(samples.at),
                equity=floats(samples.equity),
                leverage=floats(samples.leverage),
                room=floats(samples.room),
            )
            for account, samples in self._samples.items()
        )
        return Run(tracks=tracks, forced=tuple(_forced(event) for event in events if _is_forced(event)))

    def marks(self) -> tuple[tuple[str, list[float], list[float]], ...]:
        """``(symbol, seconds since the epoch, mark)`` of every contract that any account held."""
        return tuple(
            (symbol, self._marks_at, marks) for symbol, marks in self._marks.items() if symbol in self._held
        )

    def _sample(self, exchange: Exchange, account: str, samples: _Samples, now_ms: int) -> None:
        view = exchange.account(account)
        positions = exchange.positions(account)
        self._held.update(position.symbol for position in positions)
        spot = sum(
            (
                quantity * exchange.quote(f"{asset}USDT").index
                for asset, quantity in exchange.spot_balances(account).items()
                if quantity
            ),
            Decimal(0),
        )
        margin = float(view.margin_balance)
        gross = sum(abs(float(p.quantity * p.mark_price)) for p in positions)
        samples.at.append(now_ms / 1000)
        samples.equity.append(margin + float(spot))
        samples.leverage.append(gross / margin if margin > 0 else float("inf") if gross else 0.0)
        contracts = {contract.symbol: contract for contract in exchange.contracts}
        samples.room.append(room(margin, positions, contracts, now_ms))


def room(
    margin_balance: float, positions: tuple[Position, ...], contracts: dict[str, Contract], now_ms: int
) -> float:
    """Smallest common adverse move of all marks, up or down, at which equity meets maintenance; NaN: none does.

    By bisection on ``margin_balance + s * net notional = sum of maintenance at the moved marks``: the plain way, so
    that the report does not rest on the solver that riskd itself uses.
    """
    if not positions:
        return float("nan")
    rows = [(float(p.quantity * p.mark_price), contracts[p.symbol].brackets_at(now_ms)) for p in positions]

    def is_alive(move: float) -> bool:
        equity, maintenance = margin_balance, 0.0
        for notional, brackets in rows:
            moved = abs(notional) * (1.0 + move)
            bracket = next(b for b in reversed(brackets) if moved >= float(b.notional_floor))
            maintenance += moved * float(bracket.maintenance_margin_rate) - float(bracket.maintenance_amount)
            equity += notional * move
        return equity > maintenance

    if not is_alive(0.0):
        return 0.0
    found = [_first_death(is_alive, direction) for direction in (-1.0, 1.0)]
    known = [move for move in found if move is not None]
    return min(known) if known else float("nan")


def _first_death(is_alive: Callable[[float], bool], direction: float) -> float | None:
    if is_alive(direction * _ROOM_MAX):
        return None
    low, high = 0.0, _ROOM_MAX
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if is_alive(direction * middle):
            low = middle
        else:
            high = middle
    return high


def _is_forced(event: Event) -> bool:
    return isinstance(event, Liquidated | AutoDeleveraged)


def _forced(event: Event) -> Forced:
    assert isinstance(event, Liquidated | AutoDeleveraged)
    return Forced(
        at=datetime.fromtimestamp(event.at_ms / 1000, UTC),
        account=event.account,
        what="liquidated" if isinstance(event, Liquidated) else "auto-deleveraged",
        symbol=event.symbol,
        quantity=event.quantity,
        price=event.price,
    )
