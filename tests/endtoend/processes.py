"""`riskd run` as a process of its own: started, watched by what it writes, signalled, killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from tests.endtoend.waiting import until

ROOT = Path(__file__).resolve().parents[2]


class Running(Protocol):
    """A started process."""

    @property
    def pid(self) -> int:
        """Its id."""
        ...

    def exit_code(self) -> int | None:
        """Its exit code, minus a signal's number when that ended it; None while it runs."""
        ...


@dataclass(slots=True, kw_only=True)
class Life:
    """One run of the daemon.

    Attributes:
        out: Where its standard output goes.
        err: Where its log goes.
    """

    running: Running
    out: Path
    err: Path

    @property
    def pid(self) -> int:
        """The process."""
        return self.running.pid

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.running.exit_code() is not None

    def log(self) -> str:
        """What it has logged."""
        return self.err.read_text(encoding="utf-8", errors="replace") if self.err.exists() else ""

    def said(self) -> str:
        """What it has printed."""
        return self.out.read_text(encoding="utf-8", errors="replace") if self.out.exists() else ""

    def cycles(self) -> int:
        """How many cycles it has completed and recorded."""
        return self.log().count("event='cycle'")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing when it is over."""
        # It may have ended, and been waited for, between the two.
        with suppress(ProcessLookupError):
            if not self.ended:
                os.kill(self.pid, number)

    async def after_cycles(self, wanted: int) -> None:
        """Wait until it has completed so many cycles."""
        await until(lambda: self._alive() and self.cycles() >= wanted, f"{wanted} cycles of {self.err}")

    async def end(self, *, seconds: float = 20.0) -> int:
        """Wait for its end and return the exit code."""
        await until(lambda: self.ended, f"the end of process {self.pid}", seconds=seconds)
        code = self.running.exit_code()
        assert code is not None
        return code

    async def stop(self, *, seconds: float = 20.0) -> int:
        """SIGTERM, and its end."""
        self.signal(signal.SIGTERM)
        return await self.end(seconds=seconds)

    async def kill(self) -> None:
        """SIGKILL, and its end."""
        self.signal(signal.SIGKILL)
        await self.end()

    def _alive(self) -> bool:
        assert not self.ended, f"riskd ended with {self.running.exit_code()}:\n{self.log()[-3000:]}"
        return True


class Starter(Protocol):
    """Starts the command line."""

    def start(self, arguments: list[str], *, folder: Path, environment: Mapping[str, str]) -> Life:
        """Start `riskd` with arguments; output goes to numbered files in ``folder``."""
        ...


_numbers = count(1)


class _Popen:
    """A true process of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        return self._process.poll()


class Interpreter:
    """Starts `python -m riskd.cli.main`: everything is as in production, imports included."""

    def start(self, arguments: list[str], *, folder: Path, environment: Mapping[str, str]) -> Life:
        """See ``Starter``."""
        return self.start_program([sys.executable], arguments, folder=folder, environment=environment)

    def start_program(
        self, program: list[str], arguments: list[str], *, folder: Path, environment: Mapping[str, str]
    ) -> Life:
        """Start it by a program: the interpreter, perhaps with something before it."""
        out, err, _ = _files(folder)
        with out.open("ab") as o, err.open("ab") as e:
            process = subprocess.Popen(
                [*program, "-m", "riskd.cli.main", *arguments],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=o,
                stderr=e,
                start_new_session=True,
            )
        return Life(running=_Popen(process), out=out, err=err)


@dataclass(frozen=True, slots=True)
class _Forked:
    pid: int
    file: Path

    def exit_code(self) -> int | None:
        return int(self.file.read_text()) if self.file.exists() else None


class Zygote:
    """Starts forks of a process that has imported everything already (``zygote.py``)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.endtoend.zygote"],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._line() == "ready"

    def start(self, arguments: list[str], *, folder: Path, environment: Mapping[str, str]) -> Life:
        """See ``Starter``."""
        out, err, left = _files(folder)
        order = {
            "arguments": arguments,
            "environment": dict(environment),
            "directory": str(folder),
            "out": str(out),
            "err": str(err),
            "exit": str(left),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return Life(running=_Forked(int(self._line()), left), out=out, err=err)

    def close(self) -> None:
        """End it. Children that still run are the business of those who started them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)  # a busy machine takes its time to let go of all that was imported
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().strip()


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what a service manager may have put into it, and with something more."""
    hidden = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more}


def _files(folder: Path) -> tuple[Path, Path, Path]:
    number = next(_numbers)
    return folder / f"out-{number:04d}.txt", folder / f"err-{number:04d}.txt", folder / f"exit-{number:04d}"
