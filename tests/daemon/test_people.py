"""Who somebody is: by the kernel's word or Slack's, the same person on both; strangers read and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from riskd.act.decision import Role
from riskd.daemon.people import LOCAL_ADMINISTRATOR, OVERFLOW_UID, People
from riskd.daemon.people_check import most_asked, people_notes
from riskd.daemon.settings_file import parse_settings
from riskd.daemon.settings_people import PersonSettings
from riskd.errors import SettingsError
from riskd.policy.rule import Action, ActionKind, Approval
from tests.builders_rules import a_rule

USERS = {"alind": 1000, "bode": 1001, "nobody": OVERFLOW_UID}
ADA = PersonSettings(name="Ada", unix="alind", slack="U012AB3CD", roles=(Role.OPERATOR, Role.APPROVER))
BEN = PersonSettings(name="Ben", slack="U045EF6GH", roles=(Role.APPROVER,))
VIEWER = frozenset({"viewer"})
DESK = """\
riskd: config/v1
policies: [demo]
accounts: [{id: main, venue: binanceusdm, credential: main}]
people:
"""


def people(*configured: PersonSettings, own_uid: int = 990) -> People:
    return People(configured, uid_of=USERS.get, own_uid=own_uid)


def test_a_person_is_the_same_on_a_socket_and_in_slack() -> None:
    known = people(ADA, BEN)
    there, here = known.of_slack("U012AB3CD"), known.of_unix(1000)
    assert there is not None
    assert (
        (there.name, there.roles)
        == (here.name, here.roles)
        == (
            "Ada",
            frozenset({"operator", "approver", "viewer"}),
        )
    )
    assert (there.via, here.via) == ("slack U012AB3CD", "socket uid 1000")


def test_a_stranger_may_read_on_a_socket_and_nothing_in_slack() -> None:
    known = people(ADA)
    assert known.of_unix(1234).roles == VIEWER
    assert known.of_slack("U999") is None


def test_root_has_no_role_that_it_was_not_given() -> None:
    assert people(ADA).of_unix(0).roles == VIEWER


def test_where_nobody_is_configured_root_and_riskds_own_user_are_one_person() -> None:
    known = people(own_uid=990)
    for uid in (0, 990):
        actor = known.of_unix(uid)
        assert (actor.name, actor.roles) == (LOCAL_ADMINISTRATOR, frozenset({"operator", "approver"}))
    assert known.of_unix(1000).roles == VIEWER
    assert known.shortage(1) == ""
    assert "asks for 2 different approvers, and riskd.yaml has 1" in known.shortage(2)


def test_a_policy_that_asks_for_more_people_than_there_are_is_told() -> None:
    assert people(ADA, BEN).shortage(2) == ""
    viewer = PersonSettings(name="Cem", unix="bode", roles=(Role.VIEWER,))
    assert "riskd.yaml has 1" in people(ADA, viewer).shortage(2)


def test_nobody_in_particular_is_no_person_even_when_configured() -> None:
    nobody = PersonSettings(name="Nobody", unix="nobody", roles=(Role.APPROVER,))
    known = people(ADA, nobody)
    assert known.of_unix(OVERFLOW_UID).roles == VIEWER
    assert known.missing == ("nobody",)


def test_users_that_do_not_exist_are_told() -> None:
    assert people(PersonSettings(name="Dee", unix="dee", roles=(Role.OPERATOR,))).missing == ("dee",)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            "- {name: A, unix: a, roles: [approver]}\n- {name: A, unix: b, roles: [viewer]}",
            "name 'A' is given twice",
        ),
        (
            "- {name: A, unix: a, roles: [approver]}\n- {name: B, unix: a, roles: [viewer]}",
            "unix 'a' is given twice",
        ),
        (
            "- {name: A, slack: U11, roles: [viewer]}\n- {name: B, slack: U11, roles: [viewer]}",
            "slack 'U11' is given twice",
        ),
        ("- {name: A, roles: [approver]}", "A cannot be recognised: give unix, slack, or both"),
        ("- {name: A, unix: a, roles: []}", "at least 1 item"),
        ("- {name: A, unix: a, roles: [god]}", "'viewer', 'operator' or 'approver'"),
        ("- {name: A, unix: 'a b', roles: [viewer]}", "should match pattern"),
        ("- {name: A, slack: '<@U1>', roles: [viewer]}", "should match pattern"),
        ('- {name: " A", unix: a, roles: [viewer]}', "without spaces around it"),
    ],
)
def test_people_that_cannot_be_told_apart_are_refused(lines: str, fault: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings("riskd.yaml", DESK + lines)
    assert fault in str(caught.value)


def test_the_people_of_the_manual_are_valid() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    (example,) = re.findall(r"```yaml people\npeople:\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    settings = parse_settings("riskd.yaml", DESK + example)
    assert [person.name for person in settings.people] == ["Ada Lind", "Ben Ode"]


def test_a_person_has_a_role() -> None:
    with pytest.raises(ValidationError):
        PersonSettings(name="A", unix="a", roles=())


def test_what_people_should_know_before_anybody_is_asked() -> None:
    alone, one, two = (
        a_rule(actions={"critical": (Action(kind=ActionKind.CLOSE, approval=approval),)})
        for approval in Approval
    )
    assert [most_asked(rules) for rules in ((), (alone,), (alone, one), (two, one))] == [0, 0, 1, 2]
    assert people_notes(people(ADA, BEN), [two]) == ()
    [shortage] = people_notes(people(ADA), [two])
    assert "asks for 2 different approvers, and riskd.yaml has 1" in shortage
    stranger = PersonSettings(name="Dee", unix="dee", roles=(Role.OPERATOR,))
    [user] = people_notes(people(ADA, stranger), [one])
    assert "no user 'dee' can be recognised" in user
