"""What may stand in a policy file: keys, words and forms. ``json_schema`` exports it for editors.

The shape is said once, here; ``shape_check`` reads it to refuse files and ``shape_json`` to export it.
"""

from __future__ import annotations

from collections.abc import Mapping

from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import MeasureSpec, Parameter, Unit
from riskd.model.subject import Grain
from riskd.policy.schema.json_schema import Schema, json_schema_of
from riskd.policy.schema.parts import (
    CALENDARS,
    DEFAULTS,
    EXPRESSION,
    GUARD,
    LEVEL_NAMES,
    LINE,
    MODES,
    NAME,
    PROSE,
    RULE_ID,
    SELECTOR,
    STATEMENT,
    TIMING,
    VARIABLES,
    by_level,
)
from riskd.policy.schema.shape import (
    Amount,
    Depending,
    Either,
    Field,
    Items,
    Later,
    Named,
    Record,
    Shape,
    Table,
    Words,
    optional,
    required,
    words,
)
from riskd.policy.schema.tests_section import TEST
from riskd.policy.schema.waiver_file import WAIVER_TERMS

FORMAT = "policy/v1"
SCHEMA_ID = "policy.v1.json"


def policy_shape(catalogue: Mapping[str, MeasureSpec]) -> Record:
    """The shape of a policy file whose rules use the measures of ``catalogue``."""
    return Record(
        called="a policy",
        fields={
            "riskd": required(words(FORMAT), f"the format of this file: write `riskd: {FORMAT}`"),
            "name": required(NAME, "short name, in rule ids and file names: `name: my-desk`"),
            "title": required(LINE, "one line for people"),
            "owner": required(LINE, "who answers for it"),
            "version": required(LINE, 'in quotes, such as `version: "1.0.0"`'),
            "mode": required(
                MODES,
                "observe (record and say), propose (ask people, send what they approve) or enforce (send)",
            ),
            "scope": optional(
                SELECTOR, "which part of the book the rules are about; all of it when left out"
            ),
            "vars": optional(VARIABLES, "quantities by name, used as `$name`"),
            "calendars": optional(CALENDARS, "days and hours by name, used in `during`"),
            "defaults": optional(DEFAULTS, "what a rule gets where it says nothing itself"),
            "guard": optional(GUARD, "if riskd would do more than this, it stops and calls a person"),
            "waivers": optional(WAIVER_TERMS, "what waivers of its rules may be; none when left out"),
            "rules": required(Items(item=_rule(catalogue), called="a rule", least=1), "the rules"),
            "tests": optional(Items(item=TEST, called="a test"), "tests of the rules"),
        },
    )


def json_schema(catalogue: Mapping[str, MeasureSpec] = CATALOGUE) -> Schema:
    """JSON Schema (draft 2020-12) of a policy file, for editors and other programs.

    It knows the shape: keys, words, how quantities are written, the measures and their parameters. Units of measures,
    order of levels and whatever else takes knowledge of the whole file is checked by ``load`` only.
    """
    return json_schema_of(policy_shape(catalogue), title="riskd policy", identifier=SCHEMA_ID)


# ---- limits --------------------------------------------------------------------------------------------------------


_EVERY_MEASURE = "`riskd explain` lists all"
_LIMIT_LEVELS = by_level(Amount(), "limit of")
_THRESHOLDS = Record(called="a limit", fields=_LIMIT_LEVELS, any_of=LEVEL_NAMES)
_EDGES = Items(item=Amount(), called="an edge", least=2, most=2)
_BAND = Named(
    name="band", shape=Record(called="a band", fields=by_level(_EDGES, "edges of"), any_of=LEVEL_NAMES)
)
_STEP = Record(
    called="a step",
    fields={
        "upto": optional(Amount(), "the step holds up to this value of `by`"),
        "above": optional(Amount(), "the last step holds above this value of `by`"),
        **_LIMIT_LEVELS,
    },
    one_of=(("upto", "above"),),
    any_of=LEVEL_NAMES,
)


def _measure(catalogue: Mapping[str, MeasureSpec]) -> Named:
    """A measure by its name, or by its name with parameters: ``{drawdown: {window: 30d}}``."""
    with_parameters = {
        name: optional(
            Record(
                called=f"the measure {name}",
                fields={
                    parameter.name: Field(
                        shape=_parameter(parameter),
                        meaning=parameter.meaning,
                        is_required=parameter.default is None,
                    )
                    for parameter in spec.parameters
                },
            ),
            spec.meaning,
        )
        for name, spec in catalogue.items()
    }
    mapping = Record(
        called="a measure",
        fields=with_parameters,
        one_of=(tuple(with_parameters),),
        noun="measure",
        every=_EVERY_MEASURE,
    )
    scalar = Words(words=tuple(sorted(catalogue)), noun="measure", every=_EVERY_MEASURE)
    return Named(name="measure", shape=Either(scalar=scalar, mapping=mapping))


def _parameter(parameter: Parameter) -> Shape:
    if parameter.unit is None:
        return Words(words=parameter.words, defined_in=parameter.defined_in, noun=parameter.name)
    return Amount(unit=parameter.unit)


def _limit(measure: Named) -> Named:
    ladder = Record(
        called="a ladder",
        fields={
            "by": required(measure, "the measure that chooses the step"),
            "steps": required(
                Items(item=_STEP, called="a step", least=2), "rising steps, the last with `above`"
            ),
        },
    )
    by_keys = Depending(keys=("by", "steps"), present=ladder, absent=_THRESHOLDS)
    return Named(name="limit", shape=Either(scalar=Amount(), mapping=by_keys))


def _bounds(measure: Named) -> dict[str, Field]:
    limit = _limit(measure)
    return {
        "max": optional(limit, "bad above"),
        "min": optional(limit, "bad below"),
        "band": optional(_BAND, "bad outside"),
    }


# ---- rules ---------------------------------------------------------------------------------------------------------


def _rule(catalogue: Mapping[str, MeasureSpec]) -> Record:
    measure = _measure(catalogue)
    bounds = _bounds(measure)
    during = Table(
        key=r"[a-z][a-z0-9_]*",
        example="weekend",
        called="a calendar",
        least=1,
        value=Record(called="during", fields=bounds, one_of=(tuple(bounds),)),
    )
    return Record(
        called="a rule",
        fields={
            "id": required(NAME, "stable identity of the rule: `id: account-leverage`"),
            "title": required(LINE, "what the risk officer reads"),
            "why": optional(PROSE, "the reason, shown with the alert"),
            "measure": optional(measure, "the number that is compared with the limit"),
            "per": required(words(*(grain.value for grain in Grain)), "the kind of subject: `per: account`"),
            "where": optional(SELECTOR, "narrows the scope of the policy; the whole scope when left out"),
            **bounds,
            "during": optional(during, "a calendar's tighter limit"),
            **TIMING,
            "mode": optional(
                MODES, "weaker than the policy's mode, never stronger; the policy's when left out"
            ),
            "refines": optional(
                RULE_ID, "policy/rule that this one tightens, for other subjects or by narrower limits"
            ),
            "expr": optional(
                EXPRESSION, "in place of a measure: arithmetic over named columns, such as `net / equity`"
            ),
            "sql": optional(
                STATEMENT, "in place of a measure: one SELECT that gives every subject and its value"
            ),
            "unit": optional(
                words(*(unit.value for unit in Unit)),
                "the unit of the value of `expr` or `sql`: `unit: ratio`",
            ),
        },
        one_of=(("measure", "expr", "sql"), tuple(bounds)),
        beside={"unit": ("expr", "sql")},
        later={"tags": Later(cure="remove it")},
    )
