"""What may stand in a waiver file, and in the ``waivers`` section of a policy. ``json_schema`` exports it for editors."""

from __future__ import annotations

from riskd.model.subject import PARTS
from riskd.policy.schema.json_schema import Schema, json_schema_of
from riskd.policy.schema.parts import DURATION, LEVEL_NAMES, LINE, NAME, PROSE, RULE_ID, by_level
from riskd.policy.schema.shape import Amount, Either, Flag, Items, Record, Text, optional, required, words

FORMAT = "waivers/v1"
SCHEMA_ID = "waivers.v1.json"

_PERSON = Text(
    pattern=r"[A-Za-z0-9][A-Za-z0-9_.@:-]*(?:/[A-Za-z0-9][A-Za-z0-9_.@-]*)?",
    example="m.ito, or role:cro/a.lind for somebody in a role",
    length_max=120,
)
_ID = Text(pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*", example="W-2026-014", length_max=64)
_MOMENT = Text(example="2026-03-02T08:00:00Z", length_max=40)
_NUMBER = Amount(is_literal=True)
_EDGES = Items(item=_NUMBER, called="an edge", least=2, most=2)
_PARTS = tuple(dict.fromkeys(part for parts in PARTS.values() for part in parts))

WAIVER_TERMS = Record(
    called="the waivers section",
    fields={
        "max_duration": required(DURATION, "longest time from `from` to `until`: `max_duration: 14d`"),
        "approvers": required(
            Items(item=_PERSON, called="an approver", least=1),
            "who may approve; `role:cro` admits `role:cro/a.lind`",
        ),
        "four_eyes": optional(
            Flag(), "whether requester and approver must be different people; yes when left out"
        ),
        "never": optional(Items(item=NAME, called="a rule"), "ids of rules that cannot be waived"),
    },
)

_LEVEL = Either(scalar=_NUMBER, sequence=_EDGES)
TEST_WAIVER = Record(
    called="the waiver of a test",
    fields={
        **by_level(_LEVEL, "temporary limit of"),
        "suspend": optional(Flag(), "`suspend: true`: no limit at all"),
        "until": required(_MOMENT, "when it ends: `until: 2026-03-04T12:05:00Z`"),
    },
    any_of=(*LEVEL_NAMES, "suspend"),
)

_WAIVER = Record(
    called="a waiver",
    fields={
        "id": required(_ID, "unique, and never reused: `id: W-2026-014`"),
        "rule": required(RULE_ID, "exactly one: `rule: institutional-baseline/account-leverage`"),
        "subject": required(
            Record(
                called="a subject",
                fields={
                    part: optional(Text(length_max=120), f"the {part} of the one subject, no pattern")
                    for part in _PARTS
                },
            ),
            "exactly one: `subject: {account: main}`",
        ),
        "limit": optional(
            Either(
                scalar=_NUMBER,
                mapping=Record(
                    called="a limit",
                    fields=by_level(_LEVEL, "temporary limit of"),
                    any_of=LEVEL_NAMES,
                ),
            ),
            "the temporary limit, for each level that the rule has",
        ),
        "suspend": optional(Flag(), "`suspend: true`: no limit at all; a temporary limit is better"),
        "from": required(_MOMENT, "when it begins: `from: 2026-03-02T08:00:00Z`"),
        "until": required(_MOMENT, "when it ends: `until: 2026-03-09T08:00:00Z`"),
        "requested_by": required(_PERSON, "who asked for it"),
        "approved_by": required(_PERSON, "who allowed it; another person"),
        "reason": required(PROSE, "why the limit may be passed"),
        "ticket": required(LINE, "where it was discussed"),
    },
    one_of=(("limit", "suspend"),),
)

WAIVERS = Record(
    called="a waiver file",
    fields={
        "riskd": required(words(FORMAT), f"the format of this file: write `riskd: {FORMAT}`"),
        "waivers": required(
            Items(item=_WAIVER, called="a waiver"), "the waivers; an empty list when there are none"
        ),
    },
)


def waivers_json_schema() -> Schema:
    """JSON Schema (draft 2020-12) of a waiver file, for editors and other programs."""
    return json_schema_of(WAIVERS, title="riskd waivers", identifier=SCHEMA_ID)
