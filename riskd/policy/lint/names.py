"""Lint of names that only the configuration defines: scenarios of a desk's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from riskd.measure.spec import MeasureRef, MeasureSpec
from riskd.model.desk import Desk
from riskd.policy.lint.finding import Finding, Lint
from riskd.policy.rule import Rule
from riskd.policy.text.spelling import choose, quoted


def name_findings(rule: Rule, desk: Desk, catalogue: Mapping[str, MeasureSpec]) -> Iterator[Finding]:
    """Names in a rule's measures that neither riskd nor the desk knows."""
    for ref in _measures(rule):
        spec = catalogue.get(ref.name)
        for parameter in spec.parameters if spec is not None else ():
            if not parameter.defined_in:
                continue
            word, known = ref.word(parameter.name), (*_defined(desk, parameter.defined_in), *parameter.words)
            if word not in known:
                yield Finding(
                    lint=Lint.UNDEFINED,
                    mark=rule.place("measure"),
                    what=f"{rule.id}: no {parameter.name} {quoted(word)}, so that {ref.name} is unknown for ever",
                    cure=f"define it under `{parameter.defined_in}` in the configuration; {choose(word, known)}",
                )


def _measures(rule: Rule) -> Iterator[MeasureRef]:
    """The rule's own measure, and those by which its ladders choose their step."""
    yield rule.measure
    for limit in (rule.limit, *(limit for _, limit in rule.during)):
        if limit.by is not None:
            yield limit.by


def _defined(desk: Desk, key: str) -> tuple[str, ...]:
    """Names that the configuration has under a key."""
    return {"scenarios": tuple(scenario.name for scenario in desk.scenarios)}[key]
