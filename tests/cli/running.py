"""What came of a run of the command line, in this process or in one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from riskd.cli.main import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A finished run."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


def run_here(arguments: Sequence[str | Path], capsys: pytest.CaptureFixture[str]) -> Ran:
    """Run inside this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return Ran(code=int(left.value.code or 0), out=printed.out, err=printed.err)


def run_process(*arguments: str | Path, directory: Path, typed: str = "") -> Ran:
    """Run as a process, with ``typed`` as its standard input."""
    command = [sys.executable, "-m", "riskd.cli.main", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=directory, input=typed, capture_output=True, text=True, timeout=60, check=False
    )
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def modules_after(*arguments: str, directory: Path) -> frozenset[str]:
    """Top-level modules that a run of the command line has imported."""
    program = (
        "import contextlib, io, sys\n"
        "from riskd.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        f"    main({list(arguments)!r})\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=directory, capture_output=True, text=True, timeout=60, check=True
    )
    return frozenset(done.stdout.split())
