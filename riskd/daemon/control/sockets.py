"""Both sockets of the daemon, opened and closed together. One that cannot be opened is said, and the watch goes on."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from riskd.daemon.control.handlers import Handlers
from riskd.daemon.control.means import Means
from riskd.daemon.control.server import Bounds, ControlError, ControlServer
from riskd.daemon.messages import system_message
from riskd.daemon.places import Places
from riskd.model.message import Message
from riskd.model.verdict import Level
from riskd.ports import Clock


class Sockets:
    """Where people and programs of this machine talk to the daemon.

    Args:
        means: What they reach of it.
        places: Where the sockets are.
        bounds: What is borne from clients.
    """

    def __init__(self, means: Means, places: Places, *, bounds: Bounds | None = None) -> None:
        handlers = Handlers(means)
        self._say: Callable[[Message], None] = means.say
        self._clock: Clock = means.clock
        self._servers = (
            ControlServer(places.read_socket, handlers.read, means.clock, bounds=bounds),
            ControlServer(places.control_socket, handlers.control, means.clock, bounds=bounds),
        )
        self._log = structlog.get_logger("riskd")

    async def start(self) -> None:
        """Listen on both. A failure is logged and said: nobody can decide plans then, and the kill switch is a file."""
        for server in self._servers:
            try:
                await server.start()
            except ControlError as error:
                self._log.error("socket_not_opened", socket=server.path.name, fault=str(error))
                self._say(
                    system_message(
                        word=f"socket {server.path.name}",
                        headline="riskd cannot be spoken to on this machine: watching goes on, plans cannot be decided here",
                        level=Level.WARN,
                        body=(str(error),),
                        at=self._clock.now(),
                    )
                )

    async def close(self) -> None:
        """Stop listening and let go of everybody."""
        for server in self._servers:
            await server.close()
