"""The systemd units: accepted by systemd, closed as far as they are meant to be, and calling commands that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from riskd.cli.main import COMMANDS
from tests.endtoend.processes import ROOT

UNITS = ROOT / "systemd"
# Of ten; in tenths, as `--threshold` takes it. The safest long-running daemon of Debian 12 stands at 12.
EXPOSURE_MAX = 12


@pytest.fixture
def analyze(tmp_path: Path) -> Path:
    """A copy of the units whose commands exist on this machine; systemd looks for the programs that they name."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    for unit in UNITS.glob("*.service"):
        text = re.sub(r"(?m)^(Exec\w+=-?)/\S+.*$", r"\1/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    # A template is verified by an instance of it.
    shutil.copy(tmp_path / "riskd-failed@.service", tmp_path / "riskd-failed@riskd.service")
    return tmp_path


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("unit", ["riskd.service", "riskd-failed@riskd.service"])
def test_systemd_accepts_the_unit_without_a_word(unit: str, analyze: Path) -> None:
    done = run("verify", "--man=no", analyze / unit)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_exposure_of_the_daemon_stays_small(analyze: Path) -> None:
    done = run(
        "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", analyze / "riskd.service"
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    assert "Overall exposure level" in done.stdout


def test_the_daemons_unit_calls_commands_that_exist() -> None:
    text = (UNITS / "riskd.service").read_text(encoding="utf-8")
    called = re.findall(r"(?m)^Exec\w+=-?/opt/riskd/bin/riskd (\w+)", text)
    assert called.count("run") == 1
    assert set(called) <= set(COMMANDS)


def test_broken_policies_do_not_keep_the_daemon_from_watching_with_the_last_good_ones() -> None:
    text = (UNITS / "riskd.service").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^ExecStartPre=.*$", text) == [
        "ExecStartPre=-/opt/riskd/bin/riskd check --config /etc/riskd/riskd.yaml"
    ]


def test_bots_can_pass_to_the_pause_files_and_read_nothing_else() -> None:
    text = (UNITS / "riskd.service").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^(?:StateDirectoryMode|UMask)=.*$", text) == [
        "StateDirectoryMode=0711",
        "UMask=0077",
    ]


def test_a_daemon_that_gave_up_is_said_and_started_again() -> None:
    daemon = (UNITS / "riskd.service").read_text(encoding="utf-8")
    assert "OnFailure=riskd-failed@%N.service" in daemon
    assert (UNITS / "riskd-failed@.service").read_text(encoding="utf-8").rstrip().count(
        "/bin/systemctl start"
    ) == 1


def test_an_operator_finds_every_unit_in_the_manual() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [path.name for path in UNITS.iterdir() if path.name not in manual] == []
