"""A pool along a direction, as formulas in the size of the move: what the sweep walks through.

Value follows price (linear, quanto) or 1/price (inverse). In money the value of an inverse contract is constant and its
gain is a line in price, ``D · price/entry - D``, as a linear contract's is. Where the settlement asset has a price of its
own that moves, formulas are parabolas; where the margin rate of an inverse contract grows with its size in coin, a
hyperbola is in them.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from riskd.measure.account.book import Wallet
from riskd.measure.account.motion import Motion, end_of
from riskd.measure.account.pools import Margined, Pool
from riskd.measure.account.problem import Basis, Change, Curve, Event, Problem, Purse, Slice
from riskd.measure.account.roots import product


def problem_of(pool: Pool, motion: Motion) -> Problem:
    """The sweep's problem for a pool whose inputs and betas are all known."""
    basis = _basis(pool, motion)
    purse_of = {wallet.asset: number for number, wallet in enumerate(pool.wallets)}
    rows = [(row, purse_of[position.line.settle]) for row, position in enumerate(pool.positions)]
    moving = [at for at in rows if motion.of_positions[at[0]] != 0.0 or motion.of_wallets[at[1]] != 0.0]
    still = sorted(set(rows) - set(moving))
    along = [_along(pool, motion, basis, *at) for at in moving]
    return Problem(
        basis=basis,
        purses=tuple(_purse(pool, motion, basis, number) for number in purse_of.values()),
        start=(
            *(_cash(pool, motion, basis, number) for number in purse_of.values()),
            *_still(pool, motion, basis, still),
            *(line.start() for line in along),
        ),
        events=(
            *_cash_ends(pool, motion, basis),
            *(event for line in along for event in line.events()),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Alive:
    """Which prices are above zero."""

    price: bool
    settle: bool


_ALL, _NO_PRICE = _Alive(price=True, settle=True), _Alive(price=False, settle=True)


@dataclass(frozen=True, slots=True)
class _Step:
    """A value enters another tier: the one above at the floor itself, the one below just beyond it."""

    at: float
    left: int
    entered: int

    @property
    def order(self) -> int:
        return 0 if self.entered > self.left else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Along:
    """A position on its way.

    ``held`` is the number of its tier at the start; ``settle_price`` what a unit of its settlement asset counts there.
    """

    position: Margined
    row: int
    purse: int
    beta: float
    settle_beta: float
    settle_price: float
    basis: Basis
    held: int

    def start(self) -> Change:
        """Its formulas at first."""
        return Change(
            row=self.row,
            purse=self.purse,
            balance=(self._gain(_ALL),),
            required=(self._required(self.held, _ALL),),
        )

    def events(self) -> list[Event]:
        """Every place where its formulas change."""
        price_end, settle_end = end_of(self.beta), end_of(self.settle_beta)
        steps = [step for step in self._steps() if step.at < min(price_end, settle_end)]
        found = [self._enters(step) for step in steps]
        last, alive = steps[-1].entered if steps else self.held, _ALL
        if price_end <= settle_end and math.isfinite(price_end):
            # Worth nothing, a linear contract is in the lowest tier; an inverse one is worth all coins there are.
            lowest = last if self.position.line.is_inverse else 0
            found.append(
                self._event(
                    price_end,
                    (_minus(self._gain(_ALL)), self._gain(_NO_PRICE)),
                    (_minus(self._required(last, _ALL)), self._required(lowest, _NO_PRICE)),
                )
            )
            last, alive = lowest, _NO_PRICE
        # Of an inverse contract the money value is the same at any price of the coin that it settles in.
        if math.isfinite(settle_end) and not self.position.line.is_inverse:
            lost = (_minus(self._gain(alive)),), (_minus(self._required(last, alive)),)
            found.append(self._event(settle_end, *lost))
        return found

    def _gain(self, alive: _Alive) -> Curve:
        """What it has gained since entry."""
        side = self.position.side
        return self._curve(-side * self.position.entry_value, side, 0.0, alive)

    def _required(self, tier: int, alive: _Alive) -> Curve:
        """What it needs in a tier."""
        held = self.position.tiers[tier]
        return self._curve(-held.amount, held.rate, self.position.curvature, alive)

    def _steps(self) -> list[_Step]:
        """The tiers that its value enters, in order."""
        floors = [tier.floor for tier in self.position.tiers]
        rises = (self.beta < 0.0) if self.position.line.is_inverse else (self.beta > 0.0)
        if self.beta == 0.0 or self.position.value == 0.0:
            return []
        path = range(self.held, len(floors)) if rises else range(self.held, -1, -1)
        return [_Step(self._reaches(floors[max(pair)]), *pair) for pair in pairwise(path)]

    def _reaches(self, floor: float) -> float:
        """The move at which its value is a floor."""
        now = self.position.value
        if self.position.line.is_inverse:
            return (now - floor) / floor / self.beta
        return (floor - now) / now / self.beta

    def _enters(self, step: _Step) -> Event:
        return Event(
            at=step.at,
            order=step.order,
            row=self.row,
            purse=self.purse,
            required=(_minus(self._required(step.left, _ALL)), self._required(step.entered, _ALL)),
        )

    def _event(self, at: float, gain: tuple[Curve, ...], required: tuple[Curve, ...]) -> Event:
        return Event(at=at, order=1, row=self.row, purse=self.purse, balance=gain, required=required)

    def _curve(self, constant: float, rate: float, curvature: float, alive: _Alive) -> Curve:
        """``constant + rate · v + curvature · v²``, ``v`` its value along the way, at the price of its settlement asset."""
        worth = self.position.value
        if self.position.line.is_inverse:
            return self._inverse_curve(constant, rate * worth, curvature * worth * worth, alive)
        if alive.price:
            square = curvature * worth * worth
            powers = (
                constant + rate * worth + square,
                (rate * worth + 2.0 * square) * self.beta,
                square * self.beta * self.beta,
            )
        else:
            powers = (constant, 0.0, 0.0)
        settle = (self.settle_price, self.settle_price * self.settle_beta) if alive.settle else (0.0, 0.0)
        return self._padded(product(powers, settle))

    def _inverse_curve(self, constant: float, proportional: float, square: float, alive: _Alive) -> Curve:
        """Times the price of the coin, what is proportional to value is constant, and the square of value a hyperbola."""
        price = self.settle_price
        at_rest = price * (proportional + (constant if alive.price else 0.0))
        if self.beta == 0.0:
            return self._padded((at_rest + price * square,))
        slope = price * constant * self.beta if alive.price else 0.0
        return self._padded((at_rest, slope), price * square)

    def _padded(self, powers: Curve, pole: float = 0.0) -> Curve:
        size = self.basis.degree + 1
        poles = tuple(pole if growth == self.beta else 0.0 for growth in self.basis.poles)
        return (*powers[:size], *(0.0,) * (size - len(powers)), *poles)


def _along(pool: Pool, motion: Motion, basis: Basis, row: int, purse: int) -> _Along:
    position = pool.positions[row]
    floors = [tier.floor for tier in position.tiers]
    return _Along(
        position=position,
        row=row,
        purse=purse,
        beta=motion.of_positions[row],
        settle_beta=motion.of_wallets[purse],
        settle_price=motion.price_of_wallets[purse],
        basis=basis,
        held=max(bisect_right(floors, position.value) - 1, 0),
    )


def _still(pool: Pool, motion: Motion, basis: Basis, rows: Sequence[tuple[int, int]]) -> Iterator[Change]:
    """Positions whose coin and settlement asset stand still: one sum for each wallet."""
    for purse in sorted({purse for _, purse in rows}):
        held = [pool.positions[row] for row, of in rows if of == purse]
        price, rest = motion.price_of_wallets[purse], (0.0,) * (basis.size - 1)
        gain = price * math.fsum([position.gain_now for position in held])
        needed = price * math.fsum([position.required_now for position in held])
        yield Change(row=-1, purse=purse, balance=((gain, *rest),), required=((needed, *rest),))


def _basis(pool: Pool, motion: Motion) -> Basis:
    """The least in which every formula of the pool can be written."""
    settled = {position.line.settle for position in pool.positions if not position.line.is_inverse}
    settle_moves = any(
        beta != 0.0 and wallet.asset in settled
        for wallet, beta in zip(pool.wallets, motion.of_wallets, strict=True)
    )
    pairs = list(zip(pool.positions, motion.of_positions, strict=True))
    squares = any(p.curvature != 0.0 and beta != 0.0 and not p.line.is_inverse for p, beta in pairs)
    poles = {beta for p, beta in pairs if p.curvature != 0.0 and beta != 0.0 and p.line.is_inverse}
    return Basis((2 if squares else 1) + int(settle_moves), tuple(sorted(poles)))


def _purse(pool: Pool, motion: Motion, basis: Basis, number: int) -> Purse:
    return Purse(
        price=_price(motion, basis, number),
        worthless_from=end_of(motion.of_wallets[number]),
        slices=_slices(pool.wallets[number]) if pool.in_dollars else (),
    )


def _cash(pool: Pool, motion: Motion, basis: Basis, number: int) -> Change:
    cash = _times(pool.wallets[number].cash, _price(motion, basis, number))
    return Change(row=-1, purse=number, balance=(cash,))


def _price(motion: Motion, basis: Basis, number: int) -> Curve:
    price, beta = motion.price_of_wallets[number], motion.of_wallets[number]
    return (price, price * beta, *(0.0,) * (basis.size - 2))


def _slices(wallet: Wallet) -> tuple[Slice, ...]:
    """What counts of a positive balance; nothing where all of it does."""
    tiers = wallet.haircut.tiers
    if not any(tier.rate or tier.amount for tier in tiers):
        return ()
    return tuple(Slice(tier.floor, 1.0 - tier.rate, tier.amount) for tier in tiers)


def _cash_ends(pool: Pool, motion: Motion, basis: Basis) -> Iterator[Event]:
    """Cash of an asset that loses all its worth."""
    for number in range(len(pool.wallets)):
        end = end_of(motion.of_wallets[number])
        if math.isfinite(end):
            (held,) = _cash(pool, motion, basis, number).balance
            yield Event(at=end, order=1, row=-1, purse=number, balance=(_minus(held),))


def _times(by: float, curve: Curve) -> Curve:
    return tuple(by * term for term in curve)


def _minus(curve: Curve) -> Curve:
    return tuple(-term for term in curve)
