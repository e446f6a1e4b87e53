"""Lint of stops: a stop that policies allow beyond the liquidation that they allow protects nothing.

Rules on stops, on room before liquidation and on leverage meet at the subjects that they have in common. They are
compared there: for the selector of each of them, with the tightest of all rules that certainly hold for what it picks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from riskd.measure.spec import Unit
from riskd.model.verdict import Level
from riskd.policy.compile.limit import all_thresholds
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.rule import ActionKind, Bound, Mark, Rule, Selector
from riskd.policy.scope.selectors import covers
from riskd.policy.text.units import show

_COMPARED_MAX = 20_000  # selectors times rules; a bundle that large is compared in part


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """What a rule allows of one number of a position.

    Attributes:
        value: The loosest breach limit, or the distance of a stop that the rule places.
        what: For messages.
        is_placed: True for a stop that a rule places: no other rule moves it.
    """

    value: float
    what: str
    where: Selector
    mark: Mark
    is_placed: bool = False


def stop_findings(rules: Sequence[Rule]) -> Iterator[Finding]:
    """Where stops may lie beyond liquidation, as far as limits of the same subjects show.

    A rule that limits the stop as a share of the way to liquidation, below 100 %, says all that is needed.
    """
    shares = list(_allowed(rules, "stop_to_liquidation", Bound.MAX))
    for share in shares:
        if share.value >= 1.0:
            what = f"{share.what} allows a stop at {show(share.value, Unit.RATIO)} of the way to liquidation"
            yield Finding(
                lint=Lint.STOP_BEYOND_LIQUIDATION,
                mark=share.mark,
                what=what,
                cure="write a breach well below 100%",
            )
    stops = [*_allowed(rules, "stop_distance", Bound.MAX), *_placed(rules)]
    rooms = list(_allowed(rules, "liquidation_distance", Bound.MIN))
    leverages = list(_allowed(rules, "position_leverage", Bound.MAX))
    told: set[tuple[Lint, Mark]] = set()
    for where in _meeting_places((*stops, *rooms, *leverages)):
        if any(share.value < 1.0 for share in _holding(shares, where)):
            continue
        for stop in _nearest_stops(stops, where):
            for finding in _compared(stop, _holding(rooms, where), _holding(leverages, where)):
                if (finding.lint, stop.mark) not in told:
                    told.add((finding.lint, stop.mark))
                    yield finding


def _compared(stop: _Limit, rooms: Sequence[_Limit], leverages: Sequence[_Limit]) -> Iterator[Finding]:
    """A stop against the most room, and the least leverage, that other rules ask for."""
    away = f"{stop.what} may be {show(stop.value, Unit.RATIO)} away"
    room = max(rooms, key=lambda each: each.value, default=None)
    if room is not None and stop.value > room.value:
        yield Finding(
            lint=Lint.STOP_BEYOND_LIQUIDATION,
            mark=stop.mark,
            what=f"{away}, and {room.what} allows liquidation {show(room.value, Unit.RATIO)} away",
            cure="allow less, or add a rule on stop_to_liquidation",
        )
    leverage = min(leverages, key=lambda each: each.value, default=None)
    if leverage is not None and stop.value * leverage.value > 1.0:
        allowed, safe = show(leverage.value, Unit.MULTIPLE), show(1 / stop.value, Unit.MULTIPLE)
        yield Finding(
            lint=Lint.STOP_BEYOND_LEVERAGE,
            mark=stop.mark,
            what=f"{away}, and {leverage.what} allows {allowed}: beyond {safe} the margin is gone first",
            cure="allow less of one, or add a rule on stop_to_liquidation",
        )


def _nearest_stops(stops: Sequence[_Limit], where: Selector) -> list[_Limit]:
    """The tightest rule on stop distance, and every stop that a rule would place."""
    holding = _holding(stops, where)
    nearest = min((stop for stop in holding if not stop.is_placed), key=lambda each: each.value, default=None)
    return [stop for stop in holding if stop.is_placed or stop is nearest]


def _allowed(rules: Iterable[Rule], measure: str, bound: Bound) -> Iterator[_Limit]:
    """What rules on a measure allow: the loosest breach of each."""
    for rule in rules:
        if rule.measure.name != measure or rule.limit.bound is not bound:
            continue
        edges = [
            low if bound is Bound.MIN else high
            for held in all_thresholds(rule.limit)
            for level, low, high in held.levels
            if level is Level.BREACH
        ]
        if edges:
            value = min(edges) if bound is Bound.MIN else max(edges)
            what = f"the stop of {rule.id}" if measure == "stop_distance" else rule.id
            yield _Limit(value=value, what=what, where=rule.where, mark=rule.place(bound.value))


def _placed(rules: Iterable[Rule]) -> Iterator[_Limit]:
    """The stops that rules would place."""
    for rule in rules:
        placed = {
            action.distance
            for _, actions in rule.actions
            for action in actions
            if action.kind is ActionKind.PLACE_STOP and action.distance is not None
        }
        for distance in sorted(placed):
            what = f"the stop that {rule.id} places"
            yield _Limit(value=distance, what=what, where=rule.where, mark=rule.place("then"), is_placed=True)


def _meeting_places(limits: Sequence[_Limit]) -> list[Selector]:
    places = list(dict.fromkeys(limit.where for limit in limits))
    return places[: _COMPARED_MAX // max(1, len(limits))]


def _holding(limits: Iterable[_Limit], where: Selector) -> list[_Limit]:
    """The limits that certainly hold for all that a selector picks."""
    return [limit for limit in limits if covers(limit.where, where)]
