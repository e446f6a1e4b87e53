"""A process that has imported everything and forks for each order on its standard input.

``import ccxt`` takes one to three seconds, and a hundred kills need a hundred starts. A fork is a process of its own: it
has its own descriptors, locks and memory, and SIGKILL ends it as it ends any other. Nothing of riskd has run before the
fork; the child calls the command line's ``main`` as the console script does.

One JSON object a line: ``arguments``, ``environment``, ``directory``, ``out``, ``err``, ``exit``. The answer is one
line with the process id. When the child has ended its status is written to the file ``exit``: the exit code, or minus
the number of the signal.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

_IMPORTED = ("ccxt.async_support", "duckdb", "riskd.cli.run", "riskd.daemon.process")
_EXIT_FILES: dict[int, Path] = {}


def serve() -> None:
    """Fork for every line until standard input ends."""
    for name in _IMPORTED:
        importlib.import_module(name)
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _say("ready")
    orders = bytearray()
    while True:
        readable, _, _ = select.select([0, woken], [], [])
        if woken in readable:
            os.read(woken, 512)
            _reap()
        if 0 in readable:
            got = os.read(0, 65536)
            if not got:
                return
            orders += got
            while b"\n" in orders:
                line, _, rest = orders.partition(b"\n")
                orders = bytearray(rest)
                _start(json.loads(line))


def _start(order: dict[str, Any]) -> None:
    child = os.fork()
    if child == 0:
        _become(order)
    _EXIT_FILES[child] = Path(order["exit"])
    _say(str(child))


def _become(order: dict[str, Any]) -> None:
    """The child: files, directory and environment as ordered, then the command line; never returns."""
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for descriptor, path, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            (2, order["err"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        ):
            opened = os.open(path, flags, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)
        os.closerange(3, 64)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["directory"])
        code = _run(order["arguments"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(arguments: list[str]) -> int:
    from riskd.cli.main import main

    try:
        main(arguments)
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def _reap() -> None:
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if child == 0:
            return
        written = _EXIT_FILES.pop(child)
        fresh = written.with_suffix(".new")
        fresh.write_text(str(os.waitstatus_to_exitcode(status)))
        fresh.replace(written)


def _say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


if __name__ == "__main__":
    serve()
