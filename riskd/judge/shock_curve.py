"""The curve of a shock: what is left of each account, and which limits are reached, after moves of one kind and many sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskd.judge.supposed import Scanned, Way
from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take, with_defaults
from riskd.measure.margin.first_liquidation import FirstLiquidations, first_liquidations
from riskd.measure.margin.margin import margin_of
from riskd.measure.spec import MeasureRef
from riskd.measure.supposed.suppose_prices import PricePath
from riskd.model.arrays import FloatArray
from riskd.model.subject import Grain, Subject, account_subject, position_subject
from riskd.model.verdict import Level
from riskd.policy.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCurve:
    """One account along the shock, one entry a move; NaN unknown.

    Attributes:
        equity: Of the whole account.
        balance: Margin balance as the margin ratio takes it: equity, without isolated positions where there are any.
        maintenance: Maintenance margin, likewise.
        margin_ratio: 1 is liquidation.
        leverage: Of the whole account.
    """

    account: str
    equity: FloatArray
    balance: FloatArray
    maintenance: FloatArray
    margin_ratio: FloatArray
    leverage: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLiquidation:
    """Where something is liquidated first: the cross positions of an account, or an isolated position.

    Attributes:
        backwards: Share of the way's scenario against it, unsigned; +inf: none; NaN unknown.
        forwards: Along it.
    """

    subject: Subject
    backwards: float
    forwards: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A rule that is at a level after a move; level 0 and value NaN: it is unknown.

    Attributes:
        now: Its level as the book is; -1 unknown.
    """

    rule: Rule
    subject: Subject
    level: Level
    value: float
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShockCurve:
    """What a shock does.

    Attributes:
        moves: Shares of the way's scenario.
        accounts: In the desk's order.
        liquidations: Accounts in the desk's order, then isolated positions.
        reached: For each move the rules that reach a level there, worst first.
        unknown: For each move the rules and subjects that nobody can judge there.
    """

    moves: tuple[float, ...]
    accounts: tuple[AccountCurve, ...]
    liquidations: tuple[FirstLiquidation, ...]
    reached: tuple[tuple[Reached, ...], ...]
    unknown: tuple[tuple[Reached, ...], ...]


def shock_curve(way: Way, path: PricePath, moves: Sequence[float], *, most: float) -> ShockCurve:
    """The curve over some moves.

    Args:
        way: Along the path; its rules are judged at every move.
        path: Of the prices.
        moves: Shares of its scenario.
        most: How far a liquidation is looked for where it cannot be solved for, in shares of the scenario.
    """
    places = np.array(moves)
    scanned = way.scan(places, range(len(way.rules)))
    judged = [_judged(way, scanned, number) for number in range(len(moves))]
    return ShockCurve(
        moves=tuple(moves),
        accounts=account_curves(path, moves),
        liquidations=_liquidations(path, most),
        reached=tuple(tuple(each for each in at if each.level) for at in judged),
        unknown=tuple(tuple(each for each in at if not each.level) for at in judged),
    )


def account_curves(path: PricePath, moves: Sequence[float]) -> tuple[AccountCurve, ...]:
    """What each account has and needs at some moves, shares of the scenario of the path."""
    book = Book.stack([Book.of(*path.at(move)) for move in moves])
    profiles = path.snapshot.desk.accounts

    def table(values: FloatArray) -> FloatArray:
        return values.reshape(len(moves), len(profiles))

    def measured(name: str) -> FloatArray:
        return table(take(book, with_defaults(MeasureRef(name)), Grain.ACCOUNT, select_all(book)).values)

    margin = book.once(margin_of)
    equity, balance, maintenance = table(book.equity), table(margin.balance), table(margin.needed)
    ratio, leverage = measured("margin_ratio"), measured("leverage")
    return tuple(
        AccountCurve(
            account=profile.id,
            equity=equity[:, number],
            balance=balance[:, number],
            maintenance=maintenance[:, number],
            margin_ratio=ratio[:, number],
            leverage=leverage[:, number],
        )
        for number, profile in enumerate(profiles)
    )


def _liquidations(path: PricePath, most: float) -> tuple[FirstLiquidation, ...]:
    back = first_liquidations(path, towards=-1.0, most=min(most, 1.0))
    ahead = first_liquidations(path, towards=1.0, most=most)
    return (*_of_accounts(path, back, ahead), *_of_positions(path, back, ahead))


def _of_accounts(
    path: PricePath, back: FirstLiquidations, ahead: FirstLiquidations
) -> list[FirstLiquidation]:
    pairs = zip(
        path.snapshot.desk.accounts, back.of_accounts.tolist(), ahead.of_accounts.tolist(), strict=True
    )
    return [
        FirstLiquidation(subject=account_subject(profile.id), backwards=behind, forwards=before)
        for profile, behind, before in pairs
    ]


def _of_positions(
    path: PricePath, back: FirstLiquidations, ahead: FirstLiquidations
) -> list[FirstLiquidation]:
    snapshot = path.snapshot
    positions = snapshot.positions
    return [
        FirstLiquidation(
            subject=position_subject(
                snapshot.desk.accounts[positions.account[row]].id,
                snapshot.instruments[positions.instrument[row]].symbol,
                positions.side(row),
            ),
            backwards=float(back.of_positions[row]),
            forwards=float(ahead.of_positions[row]),
        )
        for row in np.flatnonzero(positions.isolated).tolist()
    ]


def _judged(way: Way, scanned: Sequence[Scanned], place: int) -> list[Reached]:
    """What is not within its limits at one place, worst first; what is unknown last."""
    found = [
        Reached(
            rule=reading.rule,
            subject=reading.subject(row),
            level=Level(max(int(column.levels[place, row]), 0)),
            value=float(column.values[place, row]),
            now=int(reading.levels[row]),
        )
        for reading, column in zip(way.start, scanned, strict=True)
        for row in np.flatnonzero(column.levels[place] != Level.OK).tolist()
    ]
    return sorted(found, key=lambda each: -each.level)
