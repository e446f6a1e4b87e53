"""`riskd halt` stops the daemon that is meant, or says that it stops nobody."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Riskd


def test_halt_and_resume_move_the_switch_of_a_state_directory(riskd: Riskd, tmp_path: Path) -> None:
    done = riskd("halt", "--state", tmp_path, "--reason", "too many alerts")
    assert done.code == 0
    assert f"nothing is sent while {tmp_path / 'halt'} exists" in done.out
    assert (tmp_path / "halt").read_text() == "too many alerts\n"
    assert riskd("resume", "--state", tmp_path).code == 0
    assert not (tmp_path / "halt").exists()
    assert riskd("resume", "--state", tmp_path).code == 1


def test_a_halt_that_would_stop_nobody_is_refused(riskd: Riskd, tmp_path: Path) -> None:
    done = riskd("halt", "--state", tmp_path / "elsewhere")
    assert done.code == 3
    assert "no riskd has run with this state directory" in done.err
    assert not (tmp_path / "elsewhere").exists()
