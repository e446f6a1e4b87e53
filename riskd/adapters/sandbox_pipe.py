"""One child process and the two pipes to it: requests and answers, one JSON object a line, each within a given time."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import riskd
from riskd.errors import RiskdError
from riskd.ports import Clock

Message = Mapping[
    str, Any
]  # JSON whose form the caller checks: what comes from the child is not to be trusted

MODULE = "riskd.adapters.sandbox_child"
_ANSWER_BYTES_MAX = 16 * 1024 * 1024
_CHUNK_BYTES = 1 << 16


class ChildSilent(RiskdError):
    """No answer came in time; the child may still be working."""


class ChildLost(RiskdError):
    """The child has ended, or answers what is no answer. It can only be replaced."""


class Child:
    """A process that answers requests, one at a time.

    Args:
        clock: Real time, whatever the rest of the daemon lives by: the child is real.
        opening: Its first line; it answers with another one once it is ready.
        module: What it runs; tests bring others.
    """

    def __init__(self, clock: Clock, opening: object, *, module: str = MODULE) -> None:
        self._clock = clock
        self._unread = bytearray()
        self._line_end = -1  # in what is unread
        self._process = subprocess.Popen(  # noqa: S603  # our own module; queries are data on its standard input
            [sys.executable, "-P", "-s", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # No secret of the daemon, and no setting of a user, gets into it. Other descriptors are closed by default.
            env={"PYTHONPATH": str(Path(riskd.__file__).resolve().parent.parent), "TZ": "UTC"},
            cwd="/",
            start_new_session=True,  # Ctrl-C at a terminal is for the daemon
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self.started_at = clock.monotonic()
        self.is_ready = False
        self._unsent = json.dumps(opening).encode() + b"\n"
        with suppress(ChildLost):  # whoever waits until it is ready is told
            self._write()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_until_ready(self, seconds: float) -> None:
        """Return once it has opened its database.

        Raises:
            ChildSilent: It has not yet.
            ChildLost: It has ended.
        """
        if not self.is_ready:
            self._exchange(self._clock.monotonic() + seconds)
            self.is_ready = True

    def ask(self, request: Mapping[str, object], seconds: float) -> Message:
        """The answer to a request.

        Raises:
            ChildSilent: None came in time. No other request may follow.
            ChildLost: It has ended.
        """
        self._unsent = json.dumps(request).encode() + b"\n"
        return self._exchange(self._clock.monotonic() + seconds)

    def kill(self) -> None:
        """End it at once, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # closing flushes what nobody reads any more
                    pipe.close()

    def _exchange(self, deadline: float) -> Message:
        while self._line_end < 0:
            waiting = deadline - self._clock.monotonic()
            if waiting <= 0:
                raise ChildSilent("no answer in time")
            readable, writable, _ = select.select(
                [self._from], [self._to] if self._unsent else [], [], waiting
            )
            if writable:
                self._write()
            if readable:
                self._read()
        line, self._unread = bytes(self._unread[: self._line_end]), self._unread[self._line_end + 1 :]
        self._line_end = self._unread.find(b"\n")
        return _message(line)

    def _write(self) -> None:
        try:
            sent = os.write(self._to, self._unsent[:_CHUNK_BYTES])
        except BlockingIOError:
            return
        except OSError as error:
            raise ChildLost(self._end()) from error
        self._unsent = self._unsent[sent:]

    def _read(self) -> None:
        try:
            some = os.read(self._from, _CHUNK_BYTES)
        except BlockingIOError:
            return
        if not some:
            raise ChildLost(self._end())
        if self._line_end < 0 and b"\n" in some:
            self._line_end = len(self._unread) + some.index(b"\n")
        self._unread += some
        if len(self._unread) > _ANSWER_BYTES_MAX:
            raise ChildLost(f"it said more than {_ANSWER_BYTES_MAX // 2**20} MiB")

    def _end(self) -> str:
        """How it ended, in words."""
        self._process.kill()  # its pipe is closed: nothing more can come of it
        code = self._process.wait()
        if code >= 0:
            return f"it ended with exit code {code}"
        return "its time was up" if -code in (signal.SIGALRM, signal.SIGXCPU) else f"signal {-code} ended it"


def _message(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ChildLost("its answer is not JSON") from error
    if not isinstance(message, dict):
        raise ChildLost("its answer has an unknown form")
    return message
