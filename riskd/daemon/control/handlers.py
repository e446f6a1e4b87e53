"""Which verbs each socket knows, and which role each takes. Whoever can connect may read; nobody is asked for a password."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from riskd.act.decision import Actor, Role
from riskd.adapters.kill_switch import KillSwitchError
from riskd.daemon.control.doing import Doing
from riskd.daemon.control.means import Means
from riskd.daemon.control.peer import Peer
from riskd.daemon.control.protocol import Arguments, Fault, Refused, Request
from riskd.daemon.control.telling import Telling
from riskd.daemon.people import OVERFLOW_UID
from riskd.model.report import JsonValue


@dataclass(frozen=True, slots=True)
class _Verb:
    role: Role
    do: Callable[[Arguments, Actor], JsonValue]


class Handlers:
    """Both sockets: ``read`` and ``control`` are what ``ControlServer`` calls."""

    def __init__(self, means: Means) -> None:
        self._people = means.people
        telling, doing = Telling(means), Doing(means)
        self._reading: Mapping[str, _Verb] = {
            "status": _told(telling.status),
            "health": _told(telling.health),
            "alerts": _told(telling.alerts),
            "silences": _told(telling.silences),
            "plans": _told(telling.plans),
            "plan": _told(telling.plan),
        }
        self._doing: Mapping[str, _Verb] = {
            **self._reading,
            # Whether they may decide is part of the answer: it tells them whom to ask.
            "decide": _Verb(Role.VIEWER, doing.decide),
            "ack": _Verb(Role.OPERATOR, doing.acknowledge),
            "silence": _Verb(Role.OPERATOR, doing.silence),
            "unsilence": _Verb(Role.OPERATOR, doing.unsilence),
            "halt": _Verb(Role.OPERATOR, doing.halt),
            "resume": _Verb(Role.OPERATOR, doing.resume),
            "flatten": _Verb(Role.OPERATOR, doing.flatten),
            "rearm": _Verb(Role.OPERATOR, doing.rearm),
        }

    def read(self, request: Request, peer: Peer) -> JsonValue:
        """Answer on the socket that only tells.

        Raises:
            Refused: It is not done.
        """
        return self._do(self._reading, request, peer)

    def control(self, request: Request, peer: Peer) -> JsonValue:
        """Answer on the socket that takes orders.

        Raises:
            Refused: It is not done.
        """
        return self._do(self._doing, request, peer)

    def _do(self, verbs: Mapping[str, _Verb], request: Request, peer: Peer) -> JsonValue:
        verb = verbs.get(request.verb)
        if verb is None:
            elsewhere = " on this socket; it stands on control.sock" if request.verb in self._doing else ""
            raise Refused(Fault.UNKNOWN_VERB, f"no verb {ascii(request.verb)[:40]}{elsewhere}")
        actor = self._people.of_unix(peer.uid)
        if verb.role is not Role.VIEWER and verb.role.value not in actor.roles:
            raise Refused(Fault.NOT_ALLOWED, _not_allowed(actor, verb.role, peer))
        try:
            return verb.do(request.arguments, actor)
        except KillSwitchError as error:
            raise Refused(Fault.FAILED, str(error)) from error


def _told(tell: Callable[[Arguments], JsonValue]) -> _Verb:
    return _Verb(Role.VIEWER, lambda arguments, _actor: tell(arguments))


def _not_allowed(actor: Actor, role: Role, peer: Peer) -> str:
    if peer.uid == OVERFLOW_UID:
        return (
            "riskd cannot see who you are: it runs in a user namespace of its own (PrivateUsers=yes), where everybody but "
            "root and its own user is nobody"
        )
    return f"{actor.name} may not do this: it takes the role {role.value}, which `people` in riskd.yaml gives"
