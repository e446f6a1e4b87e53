"""The parts of a policy that do not depend on the catalogue: selectors, calendars, guard, timing, actions."""

from __future__ import annotations

from riskd.measure.spec import Unit
from riskd.model.desk import Mode
from riskd.policy.rule import ActionKind, Approval, MissingThen, Objective, Urgency
from riskd.policy.schema.shape import (
    Amount,
    Either,
    Field,
    Items,
    Named,
    Record,
    Shape,
    Table,
    Text,
    Words,
    one_or_more,
    optional,
    required,
    words,
)

LEVEL_NAMES = ("warn", "breach", "critical")
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CONDITIONS = ("ok", "pending", "firing", "clearing")
# Attributes that a selector may name, as `policy.rule.Selector` has them.
ATTRIBUTES = ("account", "venue", "desk", "book", "strategy", "symbol", "asset", "hedge", "grid")
WHICH_ORDERS = ("all", "risk_increasing", "grid")

NAME = Text(pattern=r"[a-z][a-z0-9-]*", example="account-leverage", length_max=64)
RULE_ID = Text(
    pattern=r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*",
    example="institutional-baseline/account-leverage",
    length_max=129,
)
LINE = Text(pattern=r"[^\n\r\t]*\S[^\n\r\t]*", example="Account leverage cap", length_max=120)
PROSE = Text(length_max=2_000)
EXPRESSION = Text(example="(equity - initial_margin) / equity", length_max=1_000)
STATEMENT = Text(length_max=8_000)
DURATION = Amount(unit=Unit.DURATION)
RATIO = Amount(unit=Unit.RATIO)
MODES = words(*(mode.name.lower() for mode in Mode))


def by_level(value: Shape, meaning: str) -> dict[str, Field]:
    """A field for each level."""
    return {name: optional(value, f"{meaning} {name}") for name in LEVEL_NAMES}


# ---- selectors -----------------------------------------------------------------------------------------------------

_GLOB = Text(pattern=r"[^\[\]\n\r\t]+", example="scalp-*", length_max=120)
_GLOBS = one_or_more(_GLOB, "a pattern")
_MATCH = Named(
    name="match",
    shape=Either(
        scalar=_GLOB,
        sequence=Items(item=_GLOB, called="a pattern", least=1),
        mapping=Record(called="this test", fields={"not": required(_GLOBS, "none of these patterns")}),
    ),
)
_LABELS = Table(key=r"[a-z][a-z0-9_-]*", example="env", value=_MATCH, called="a label", least=1)
SELECTOR = Named(
    name="selector",
    shape=Record(
        called="a selector",
        fields={
            **{name: optional(_MATCH, f"{name} names; * and ? stand for anything") for name in ATTRIBUTES},
            "labels": optional(_LABELS, "labels of the account or the hedge"),
        },
        any_of=(*ATTRIBUTES, "labels"),
        otherwise="a label of your own? write labels: {{{}: ...}}",
    ),
)

# ---- variables, calendars, guard -----------------------------------------------------------------------------------

VARIABLES = Table(
    key=r"[a-z][a-z0-9_]*",
    example="max_leverage",
    value=Amount(is_literal=True),
    called="a variable",
    least=1,
)
_CLOCK = Text(
    pattern=r"(?:[01][0-9]|2[0-3]):[0-5][0-9]",
    example="13:30",
    cures={"24:00": "write 00:00; hours that end before they begin run past midnight"},
)
CALENDARS = Table(
    key=r"[a-z][a-z0-9_]*",
    example="weekend",
    called="a calendar",
    least=1,
    value=Record(
        called="a calendar",
        fields={
            "tz": required(Text(example="America/New_York", length_max=64), "an IANA time zone such as UTC"),
            "days": optional(
                Items(item=Words(words=DAY_NAMES, is_ordered=True), called="a day", least=1),
                "days of the week",
            ),
            "dates": optional(
                Items(
                    item=Text(pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}", example="2026-01-28"),
                    called="a date",
                    least=1,
                ),
                "calendar dates",
            ),
            "between": optional(
                Items(item=_CLOCK, called="a time", least=2, most=2), "local start and end: [13:30, 16:00]"
            ),
        },
        any_of=("days", "dates", "between"),
    ),
)
GUARD = Record(
    called="the guard",
    fields={
        "max_actions_per_hour": optional(Amount(unit=Unit.COUNT), "plans begun in any hour"),
        "max_notional_per_hour": optional(Amount(unit=Unit.MONEY), "reduced notional in any hour"),
        "max_positions_touched": optional(RATIO, "share of an account's positions that one plan may touch"),
        "cooldown": optional(DURATION, "rest between plans of one account"),
    },
)

# ---- actions and time ----------------------------------------------------------------------------------------------

_APPROVAL = words(*(approval.value for approval in Approval))
_WHO_SENDS = "whose word an order needs: nobody's (`auto`), a person's (`human`), or that of two different people (`four_eyes`)"
_URGENCY = optional(
    words(*(urgency.value for urgency in Urgency)),
    "whether orders may first wait to be taken (`calm`) or take at once (`urgent`); when left out, urgent at critical and "
    "near liquidation, else calm",
)
_ACTION_RECORDS = {
    ActionKind.CANCEL_ORDERS: Record(
        called="cancel_orders",
        fields={
            "which": optional(
                words(*WHICH_ORDERS), "which of the resting orders; risk_increasing when left out"
            ),
            "approval": optional(_APPROVAL, f"{_WHO_SENDS}; auto when left out"),
        },
    ),
    ActionKind.PLACE_STOP: Record(
        called="place_stop",
        fields={
            "distance": required(RATIO, "distance from mark: `distance: 3%`"),
            "approval": optional(_APPROVAL, f"{_WHO_SENDS}; human when left out"),
        },
    ),
    ActionKind.DELEVERAGE: Record(
        called="deleverage",
        fields={
            "to": optional(Amount(), "target of the rule's own measure; its clear level when left out"),
            "objective": optional(
                words(*(objective.value for objective in Objective)), "what the plan optimises"
            ),
            "max_step": optional(
                RATIO, "largest share of a position that one plan may close; 100% when left out"
            ),
            "urgency": _URGENCY,
            "approval": optional(_APPROVAL, f"{_WHO_SENDS}; human when left out"),
        },
    ),
    ActionKind.CLOSE: Record(
        called="close",
        fields={
            "max_step": optional(
                RATIO, "largest share of a position that one plan may close; 100% when left out"
            ),
            "urgency": _URGENCY,
            "approval": optional(_APPROVAL, f"{_WHO_SENDS}; human when left out"),
        },
    ),
}
_BARE_ACTIONS = words(*(kind.value for kind in ActionKind if kind is not ActionKind.PLACE_STOP))
_ACTION = Named(
    name="action",
    shape=Either(
        scalar=_BARE_ACTIONS,
        mapping=Record(
            called="an action",
            fields={kind.value: optional(record) for kind, record in _ACTION_RECORDS.items()},
            one_of=(tuple(kind.value for kind in _ACTION_RECORDS),),
        ),
    ),
)
TIMING = {
    "for": optional(
        Either(
            scalar=DURATION,
            mapping=Record(called="for", fields=by_level(DURATION, "for"), any_of=LEVEL_NAMES),
        ),
        "how long a level must be exceeded before it fires, one duration for all levels; 0s when left out",
    ),
    "clear": optional(
        Record(
            called="clear",
            fields={
                "margin": optional(
                    RATIO, "how far back inside the limit the value must come; 0% when left out"
                ),
                "for": optional(DURATION, "for how long; 0s when left out"),
            },
            any_of=("margin", "for"),
        ),
        "when a firing alert ends",
    ),
    "missing": optional(
        Record(
            called="missing",
            fields={
                "hold": optional(DURATION, "how long missing data keeps the last state; 2m when left out"),
                "then": optional(
                    words(*(then.value for then in MissingThen)),
                    "what it means after that; alert when left out",
                ),
            },
            any_of=("hold", "then"),
        ),
        "what missing data means",
    ),
    "then": optional(
        Record(
            called="then",
            fields=by_level(Items(item=_ACTION, called="an action"), "actions of"),
            any_of=LEVEL_NAMES,
        ),
        "what each level does; notify when left out",
    ),
}
DEFAULTS = Record(called="the defaults", fields=TIMING, any_of=tuple(TIMING))
