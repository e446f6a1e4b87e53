"""From inputs to verdict, as lines: what was measured and how, against which limit, what that means, what would end it."""

from __future__ import annotations

from dataclasses import replace

from riskd.judge.lifecycle import is_resting
from riskd.judge.reading import UNKNOWN, Reading
from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import Unit
from riskd.model.alert import AlertState, Condition
from riskd.model.verdict import Level
from riskd.policy.limits.chain import levels_text, limit_chain
from riskd.policy.limits.thresholds import inset
from riskd.policy.limits.words import beyond_words
from riskd.policy.rule import Bound, Rule, Thresholds
from riskd.policy.text.units import show


def explain(reading: Reading, row: int, state: AlertState) -> tuple[str, ...]:
    """The chain of one verdict, in the order in which it was reached.

    Args:
        reading: Of the rule.
        row: The subject.
        state: The alert as it stands after the reading; ``AlertState()`` when there is none.
    """
    rule = reading.rule
    return (
        f"subject   {reading.subject(row)}",
        f"rule      {rule.id}: {rule.title} ({rule.mark.file}:{rule.mark.line})",
        *_measured(reading, row),
        *_origin(reading, row),
        *_held(rule, reading.thresholds(row)),
        f"verdict   {_verdict(reading, row)}",
        *_standing(rule, state),
        *_ending(rule, reading.thresholds(row), state),
    )


def _measured(reading: Reading, row: int) -> list[str]:
    rule = reading.rule
    given = rule.measure.given()
    named = f"{rule.measure.name}({given})" if given else rule.measure.name
    if rule.formula is not None:
        named = rule.measure_words
    lines = [f"measure   {named} = {show(float(reading.values[row]), rule.unit)}"]
    spec = CATALOGUE.get(rule.measure.name)
    if rule.formula is not None:
        lines.append(f"formula   {rule.formula.text}")
        lines += [f"column    {each.name} = {each.value}: {each.source}" for each in reading.inputs(row)]
    elif spec is not None:
        lines += [f"formula   {spec.formula}", f"source    {spec.source}"]
    if reading.levels[row] == UNKNOWN:
        lines.append(f"missing   {reading.why(row)}")
    return lines


def _origin(reading: Reading, row: int) -> list[str]:
    """Where the limit comes from, when it is more than what the rule itself says at all hours."""
    rule, excused = reading.rule, reading.excused.get(row)
    if reading.judged_at is None or not (rule.during or rule.chain or rule.limit.by or excused):
        return []
    by_value = None if reading.by is None else float(reading.by[row])
    waiver = None if excused is None else excused.waiver
    lines = list(limit_chain(rule, now=reading.judged_at, by_value=by_value, waiver=waiver))
    if excused is not None:
        lines.append(f"normal    {levels_text(rule, excused.normal)}")
    return lines


def _held(rule: Rule, held: Thresholds | None) -> list[str]:
    if held is None:
        return ["limit     not known"]
    if not held.levels:
        return ["limit     none: the rule is suspended"]
    bound, unit = rule.limit.bound, rule.unit
    return [
        f"limit     {level.name.lower()} {beyond_words(bound, low, high, unit)}, held for {_time(rule.hold(level))}"
        for level, low, high in held.levels
    ]


def _verdict(reading: Reading, row: int) -> str:
    level = int(reading.levels[row])
    if level == UNKNOWN:
        return "unknown: the last state is kept"
    use = float(reading.utilisation[row])
    if reading.is_waived(row):
        normal = reading.excused[row].level.name.lower()
        return f"waived: {normal} by the normal limit, within that of the waiver"
    return Level(level).name.lower() + (f", {use:.0%} of the breach limit" if use == use else "")


def _standing(rule: Rule, state: AlertState) -> list[str]:
    if is_resting(replace(state, waiver="")):
        return ["alert     none"]
    level = f" {state.level.name.lower()}" if state.level > Level.OK else ""
    since = f" since {state.opened_at:%Y-%m-%d %H:%M:%S} UTC" if state.opened_at is not None else ""
    overlay = ", unknown" if state.unknown else ""
    lines = [f"alert     {state.condition.value}{level}{since}{overlay}, episode {state.episode}"]
    waiting = [
        f"pending   {level.name.lower()} exceeded since {at:%H:%M:%S} UTC, fires after {_time(rule.hold(level))}"
        for level, at in state.crossed_at
        if level > state.level
    ]
    return lines + waiting


def _ending(rule: Rule, held: Thresholds | None, state: AlertState) -> list[str]:
    """What would end a firing alert: being inside every limit by the margin, for long enough."""
    if held is None or not held.levels or state.condition not in {Condition.FIRING, Condition.CLEARING}:
        return []
    _, low, high = min(held.levels)
    inside = _inside(rule, *inset(rule.limit.bound, low, high, rule.clear_margin))
    return [f"clears    once it is {inside} for {_time(rule.clear_seconds)}"]


def _inside(rule: Rule, low: float, high: float) -> str:
    match rule.limit.bound:
        case Bound.MAX:
            return f"at most {show(high, rule.unit)}"
        case Bound.MIN:
            return f"at least {show(low, rule.unit)}"
        case Bound.BAND:
            return f"between {show(low, rule.unit)} and {show(high, rule.unit)}"


def _time(seconds: float) -> str:
    return show(seconds, Unit.DURATION)
