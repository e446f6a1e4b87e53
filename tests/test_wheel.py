"""The wheel works by itself: installed into an empty environment, run from an empty directory, from nobody's checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from riskd import __version__

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment that holds the wheel, and an empty directory to work in."""

    environment: Path
    directory: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A program of the environment, as a person would start it."""
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return subprocess.run(
            [str(self.environment / "bin" / command[0]), *command[1:]],
            cwd=self.directory,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )


def finished(*command: str, directory: Path) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an empty environment.

    The dependencies are lent by the environment of the tests through a path file. Path files of that other directory
    are not followed, so its editable riskd stays unseen: riskd can only come from the wheel.
    """
    base = tmp_path_factory.mktemp("wheel")
    finished(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(base / "dist"), directory=ROOT
    )
    (wheel,) = (base / "dist").glob("riskd-*.whl")
    venv.create(base / "venv", with_pip=False, symlinks=True)
    python = str(base / "venv" / "bin" / "python")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    finished(*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel), directory=base)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(base / "venv")}))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (base / "empty").mkdir()
    return Installed(base / "venv", base / "empty")


def test_riskd_comes_from_the_wheel(installed: Installed) -> None:
    done = installed.run("python", "-c", "import riskd; print(riskd.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(installed.environment)
    assert installed.run("riskd", "--version").stdout == f"riskd, version {__version__}\n"


def test_the_shipped_packs_are_checked_and_their_tests_pass(installed: Installed) -> None:
    checked = installed.run("riskd", "check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert ": fine (" in checked.stdout
    assert installed.run("riskd", "check", "grid-trading").returncode == 0
    assert installed.run("riskd", "test").returncode == 0


def test_the_demo_runs_its_record_verifies_and_its_ledger_answers(installed: Installed) -> None:
    shown = installed.run("riskd", "demo", "--fast", "--keep", "demo")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert (installed.directory / "demo" / "demo-report.html").stat().st_size > 10_000
    verified = installed.run("riskd", "verify", "--state", "demo")
    assert (verified.returncode, verified.stderr) == (0, "")
    asked = installed.run("riskd", "sql", "--state", "demo", "--json", "from orders_explained")
    assert (asked.returncode, asked.stderr) == (0, "")
    orders = json.loads(asked.stdout)
    assert orders
    assert all(order["rule"] and order["alert_value"] is not None for order in orders)


def test_no_file_of_the_wheel_knows_where_it_was_built(installed: Installed) -> None:
    (package,) = installed.environment.glob("lib/python*/site-packages/riskd")
    texts = (path for path in package.rglob("*") if path.suffix in {".py", ".sql", ".yaml", ".json", ".j2"})
    assert [str(path) for path in texts if str(ROOT) in path.read_text(encoding="utf-8")] == []
