"""Recognises people: by the user whom the kernel names at the other end of a socket, and by their id in Slack.

Users are looked up once, at the start: a directory service that hangs must not hold up the watch later.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from riskd.act.decision import Actor, Role
from riskd.daemon.control.peer import uid_of
from riskd.daemon.settings_people import PersonSettings

OVERFLOW_UID = 65534
"""Whom the kernel names for every user that a user namespace does not know: it is nobody in particular."""

LOCAL_ADMINISTRATOR = "the local administrator"
"""The one person that root and the user that runs riskd are, where nobody is configured."""

_EVERYTHING = frozenset({Role.OPERATOR.value, Role.APPROVER.value})
_READING = frozenset({Role.VIEWER.value})


class People:
    """Those of the configuration.

    Args:
        people: As configured; empty: root and the user that runs riskd may do everything, as one person.
        uid_of: Number of a user of this machine; None: there is no such user.
        own_uid: Number of the user that runs riskd.
    """

    def __init__(
        self, people: Sequence[PersonSettings], *, uid_of: Callable[[str], int | None], own_uid: int
    ) -> None:
        self._slack = {person.slack: person for person in people if person.slack is not None}
        self._unix: dict[int, PersonSettings] = {}
        missing: list[str] = []
        for person in people:
            uid = None if person.unix is None else uid_of(person.unix)
            if uid is not None and uid != OVERFLOW_UID:
                self._unix[uid] = person
            elif person.unix is not None:
                missing.append(person.unix)
        self._administrators = frozenset() if people else frozenset({0, own_uid})
        self._approvers = tuple(person.name for person in people if Role.APPROVER in person.roles)
        self.missing = tuple(missing)

    @property
    def approvers(self) -> tuple[str, ...]:
        """The different people who may decide plans."""
        return self._approvers or ((LOCAL_ADMINISTRATOR,) if self._administrators else ())

    def of_unix(self, uid: int) -> Actor:
        """Whoever speaks on a socket. Somebody who is not known may read."""
        via = f"socket uid {uid}"
        if uid in self._administrators:
            return Actor(name=LOCAL_ADMINISTRATOR, roles=_EVERYTHING, via=via)
        person = self._unix.get(uid)
        if person is None:
            return Actor(name=f"user {uid}", roles=_READING, via=via)
        return Actor(name=person.name, roles=_roles(person), via=via)

    def of_slack(self, member: str) -> Actor | None:
        """Whoever pressed a button in Slack; None: nobody who is known."""
        person = self._slack.get(member)
        if person is None:
            return None
        return Actor(name=person.name, roles=_roles(person), via=f"slack {member}")

    def shortage(self, people: int) -> str:
        """Why a plan that needs so many people can never be released; empty when it can."""
        if len(self.approvers) >= people:
            return ""
        have = len(self.approvers)
        return (
            f"a policy asks for {people} different approvers, and riskd.yaml has {have}: such a plan expires each time; "
            "add people with the role approver"
        )


def people_of(people: Sequence[PersonSettings]) -> People:
    """Those of a configuration on this machine. Its users are looked up now and never again."""
    return People(people, uid_of=uid_of, own_uid=os.getuid())


def _roles(person: PersonSettings) -> frozenset[str]:
    return frozenset(role.value for role in person.roles) | _READING
