"""The life of one alert: a pure step from state and value to state and transitions.

    ok -> pending -> firing(level) <-> clearing -> ok          overlay: unknown

Live judging, replay of history and the tests inside policies all run this one function. Nothing here reads a clock:
``at`` is an argument, and time without data does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from riskd.judge.crossing import is_known, level_of, limit_of
from riskd.judge.transition import Reason, Transition
from riskd.model.alert import AlertState, Condition, EventKind
from riskd.model.verdict import Level
from riskd.policy.rule import Bound, MissingThen, Rule, Thresholds

MAX_GAP_SECONDS = 180.0
"""A longer silence between two values is a gap in the data, such as downtime, and not time that was observed."""


Stepped = tuple[AlertState, tuple[Transition, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A waiver that holds for one subject.

    Attributes:
        waiver: Its id.
        normal: The limits that would hold without it.
    """

    waiver: str
    normal: Thresholds


def step(
    state: AlertState,
    *,
    at: datetime,
    value: float | None,
    thresholds: Thresholds | None,
    rule: Rule,
    waived: Waived | None = None,
    max_gap_seconds: float = MAX_GAP_SECONDS,
) -> Stepped:
    """What the alert becomes when ``value`` is seen at ``at``.

    Args:
        state: The alert as it was after the step before, or ``AlertState()``.
        at: Aware UTC, the time of the snapshot that the value was measured on.
        value: In the measure's unit; None, NaN and -inf are missing data. +inf is a value: beyond every maximum.
        thresholds: The limits in force for this subject now; None when they cannot be known, which makes any
            value missing data.
        rule: Says how long, by what margin, and what missing data means.
        waived: The waiver that ``thresholds`` come from; None: they are the rule's own.
        max_gap_seconds: A longer time since the last value does not count towards any timer.

    Returns:
        The new state, and what changed in the order in which it did; usually nothing.
    """
    if value is None or thresholds is None or not is_known(value):
        return _without_data(state, at=at, rule=rule)
    state, returned = _resume(state, at=at, value=value, max_gap_seconds=max_gap_seconds)
    sight = _Sight(at=at, value=value, bound=rule.limit.bound, thresholds=thresholds)
    ended = waived is None and state.waiver != ""
    state, excused = _waive(state, sight, waived)
    state = replace(state, crossed_at=_crossings(state.crossed_at, sight), last_good_at=at)
    due = _level_due(state, at=at, rule=rule)
    if due > state.level:
        state, changed = _rise(state, sight, due, Reason.WAIVER_ENDED if ended else Reason.HELD)
    elif state.level > Level.OK:
        state, changed = _fall(state, sight, rule)
    else:
        state, changed = _wait(state, sight)
    return state, returned + excused + changed


def gone(state: AlertState, *, at: datetime, reason: Reason) -> Stepped:
    """The end of an alert whose subject is proven closed, or whose rule no longer exists.

    Episode and version are kept, so that neither is ever used twice.
    """
    ended = AlertState(last_good_at=at, episode=state.episode, version=state.version)
    if state.level > Level.OK:
        kind = EventKind.RESOLVED
    elif state.condition is Condition.PENDING:
        kind = EventKind.LAPSED
    elif state.unknown:
        kind = EventKind.KNOWN_AGAIN
    else:
        return ended, ()
    return _turn(state, ended, kind, reason, at=at)


def is_resting(state: AlertState) -> bool:
    """Whether nothing is going on, so that a healthy value changes nothing and the state need not be stepped."""
    return (
        state.condition is Condition.OK
        and state.missing_since is None
        and not state.unknown
        and not state.crossed_at
        and not state.waiver
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What was seen in one step: a usable value and the limits it is held against."""

    at: datetime
    value: float
    bound: Bound
    thresholds: Thresholds

    def level(self, margin: float = 0.0) -> Level:
        return level_of(self.bound, self.thresholds, self.value, margin=margin)

    def limit(self, level: Level) -> float | None:
        return limit_of(self.bound, self.thresholds, level, self.value)


def _without_data(state: AlertState, *, at: datetime, rule: Rule) -> Stepped:
    """Keep state and level, run no timer, and say so once the data has been missing for too long."""
    since = state.missing_since
    if since is None or at < since:  # a wall clock set back would otherwise silence this for as long
        since = at
    state = replace(state, missing_since=since)
    too_long = _seconds(since, at) >= rule.missing_hold_seconds
    if state.unknown or not too_long or rule.missing_then is MissingThen.IGNORE:
        return state, ()
    unknown = replace(state, unknown=True)
    if rule.missing_then is MissingThen.BREACH and state.level < Level.BREACH:
        kind, raised = _raised(unknown, at=at, level=Level.BREACH)
        return _turn(state, raised, kind, Reason.MISSING_DATA, at=at)
    return _turn(state, unknown, EventKind.UNKNOWN, Reason.MISSING_DATA, at=at)


def _resume(state: AlertState, *, at: datetime, value: float, max_gap_seconds: float) -> Stepped:
    """Data is there. After a gap the timers go on from where they stood, and clearing starts anew.

    A wall clock that was set back is a gap of negative length: the timers move back with it.
    """
    if state.last_good_at is not None:
        gap = at - state.last_good_at
        if state.missing_since is not None or not 0 <= gap.total_seconds() <= max_gap_seconds:
            state = _skip(state, gap)
    if state.missing_since is not None:
        state = replace(state, missing_since=None)
    if not state.unknown:
        return state, ()
    known = replace(state, unknown=False)
    return _turn(state, known, EventKind.KNOWN_AGAIN, Reason.DATA_RETURNED, at=at, value=value)


def _skip(state: AlertState, gap: timedelta) -> AlertState:
    return replace(
        state,
        crossed_at=_moved(state.crossed_at, gap),
        normal_crossed_at=_moved(state.normal_crossed_at, gap),
        clearing_since=None,
        inside_since=None,
    )


def _moved(
    crossed_at: tuple[tuple[Level, datetime], ...], gap: timedelta
) -> tuple[tuple[Level, datetime], ...]:
    return tuple((level, crossed + gap) for level, crossed in crossed_at)


def _crossings(
    before: tuple[tuple[Level, datetime], ...], sight: _Sight
) -> tuple[tuple[Level, datetime], ...]:
    """Since when each level is exceeded: kept while it is, forgotten when it is not."""
    reached = sight.level()
    if reached is Level.OK:
        return ()
    known = dict(before)
    return tuple(
        (level, known.get(level, sight.at)) for level, _, _ in sight.thresholds.levels if level <= reached
    )


def _level_due(state: AlertState, *, at: datetime, rule: Rule) -> Level:
    """The worst level that has been exceeded for as long as the rule asks of it."""
    return max(
        (level for level, crossed in state.crossed_at if _seconds(crossed, at) >= rule.hold(level)),
        default=Level.OK,
    )


# ---- waivers ---------------------------------------------------------------------------------------------------------


def _waive(state: AlertState, sight: _Sight, waived: Waived | None) -> Stepped:
    """Let a waiver begin, hold or end.

    While it holds, the timers of the normal limit go on beside those of the temporary one. At its end they are the
    timers again, so what has been beyond the normal limit for long enough fires in that very step.
    """
    if waived is None:
        if state.waiver == "":
            return state, ()
        return replace(state, waiver="", crossed_at=state.normal_crossed_at, normal_crossed_at=()), ()
    normal = replace(sight, thresholds=waived.normal)
    known = state.crossed_at if state.waiver == "" else state.normal_crossed_at
    begins = state.waiver != waived.waiver
    state = replace(state, waiver=waived.waiver, normal_crossed_at=_crossings(known, normal))
    return _excuse(state, sight) if begins else (state, ())


def _excuse(state: AlertState, sight: _Sight) -> Stepped:
    """The first step under a waiver: what is within its limit is over at once, without waiting to clear."""
    left = sight.level()
    if left is Level.OK and state.condition is Condition.PENDING:
        return _seen(
            state, replace(state, condition=Condition.OK), EventKind.LAPSED, Reason.WAIVED, sight, Level.OK
        )
    if left >= state.level:
        return state, ()
    excused = replace(state, level=left, clearing_since=None, inside_since=None)
    if left is Level.OK:
        excused = replace(excused, condition=Condition.OK, opened_at=None)
        return _seen(state, excused, EventKind.RESOLVED, Reason.WAIVED, sight, state.level)
    excused = replace(excused, condition=Condition.FIRING)
    return _seen(state, excused, EventKind.DEESCALATED, Reason.WAIVED, sight, state.level)


# ---- rising and falling ----------------------------------------------------------------------------------------------


def _rise(state: AlertState, sight: _Sight, level: Level, reason: Reason) -> Stepped:
    kind, raised = _raised(state, at=sight.at, level=level)
    return _seen(state, raised, kind, reason, sight, level)


def _raised(state: AlertState, *, at: datetime, level: Level) -> tuple[EventKind, AlertState]:
    """The state firing at a higher level: a new episode when nothing fired before, else an escalation."""
    firing = replace(state, condition=Condition.FIRING, level=level, clearing_since=None, inside_since=None)
    if state.level is Level.OK:
        return EventKind.FIRED, replace(firing, episode=state.episode + 1, opened_at=at)
    return EventKind.ESCALATED, firing


def _fall(state: AlertState, sight: _Sight, rule: Rule) -> Stepped:
    """Firing, and nothing higher is due: stay, clear, de-escalate or resolve.

    De-escalation asks that the value was inside the limit of its own level for ``clear.for``; resolution, that it
    was inside the limits of all levels for that long. One good value at the end of the wait does not end an alert.
    """
    still = sight.level(rule.clear_margin)
    if still >= state.level:
        return _stay(state, sight)
    clearing = replace(
        state,
        condition=Condition.CLEARING,
        clearing_since=state.clearing_since or sight.at,
        inside_since=(state.inside_since or sight.at) if still is Level.OK else None,
    )
    since = clearing.inside_since if still is Level.OK else clearing.clearing_since
    if since is not None and _seconds(since, sight.at) >= rule.clear_seconds:
        return _settle(state, sight, still)
    if state.condition is Condition.CLEARING:
        return clearing, ()
    return _seen(state, clearing, EventKind.CLEARING, Reason.INSIDE, sight, state.level)


def _stay(state: AlertState, sight: _Sight) -> Stepped:
    """Still beyond the limit of its own level, or not yet back inside by the margin."""
    if state.condition is Condition.FIRING:
        return state, ()
    firing = replace(state, condition=Condition.FIRING, clearing_since=None, inside_since=None)
    return _seen(state, firing, EventKind.RELAPSED, Reason.CROSSED_AGAIN, sight, state.level)


def _settle(state: AlertState, sight: _Sight, still: Level) -> Stepped:
    """It has been inside for long enough: fall to the level that is still exceeded, or end."""
    settled = replace(state, level=still, clearing_since=None, inside_since=None)
    if still is Level.OK:
        settled = replace(settled, condition=Condition.OK, opened_at=None)
        return _seen(state, settled, EventKind.RESOLVED, Reason.CLEARED, sight, state.level)
    settled = replace(settled, condition=Condition.FIRING)
    return _seen(state, settled, EventKind.DEESCALATED, Reason.CLEARED, sight, state.level)


def _wait(state: AlertState, sight: _Sight) -> Stepped:
    """Nothing fires and nothing is due: pending while a limit is exceeded, else ok."""
    condition = Condition.PENDING if state.crossed_at else Condition.OK
    if condition is state.condition:
        return state, ()
    waiting = replace(state, condition=condition)
    if condition is Condition.OK:
        return _seen(state, waiting, EventKind.LAPSED, Reason.NOT_HELD, sight, Level.OK)
    return _seen(state, waiting, EventKind.PENDING, Reason.CROSSED, sight, sight.level())


def _seen(
    before: AlertState, after: AlertState, kind: EventKind, reason: Reason, sight: _Sight, level: Level
) -> Stepped:
    """A turn caused by a value, told with the limit of ``level``."""
    return _turn(before, after, kind, reason, at=sight.at, value=sight.value, limit=sight.limit(level))


def _turn(
    before: AlertState,
    after: AlertState,
    kind: EventKind,
    reason: Reason,
    *,
    at: datetime,
    value: float | None = None,
    limit: float | None = None,
) -> Stepped:
    """The new state under the next version, and the transition that leads to it."""
    after = replace(after, version=before.version + 1)
    transition = Transition(
        kind=kind,
        at=at,
        level_before=before.level,
        level_after=after.level,
        condition_after=after.condition,
        reason=reason,
        value=value,
        limit=limit,
        episode=after.episode,
        version=after.version,
    )
    return after, (transition,)


def _seconds(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds()
