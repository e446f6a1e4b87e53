"""A daemon's sockets beside the test: served by a loop in a thread of its own, so that commands can block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from riskd.daemon.control.server import Bounds
from riskd.daemon.control.sockets import Sockets
from tests.daemon.control.desk import ControlledDesk


@contextmanager
def served(desk: ControlledDesk) -> Iterator[Path]:
    """Serve a desk while the block runs; gives its state directory."""
    loop = asyncio.new_event_loop()
    sockets = Sockets(desk.means, desk.places, bounds=Bounds(requests_per_second=10_000))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(sockets.start(), loop).result(10)
    try:
        yield desk.folder
    finally:
        asyncio.run_coroutine_threadsafe(sockets.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
