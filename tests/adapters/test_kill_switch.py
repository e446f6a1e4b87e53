"""The kill switch works by the mere existence of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.adapters.kill_switch import KillSwitch, KillSwitchError, Switches


def test_any_file_of_that_name_stops_and_its_removal_lifts(tmp_path: Path) -> None:
    switch = KillSwitch(tmp_path / "halt")
    assert not switch.is_pulled()
    (tmp_path / "halt").touch()
    assert switch.is_pulled()
    assert switch.release()
    assert not switch.is_pulled()
    assert not switch.release()


def test_a_dangling_link_and_a_directory_stop_too(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    assert KillSwitch(tmp_path / "link").is_pulled()
    assert KillSwitch(tmp_path / "folder").is_pulled()


def test_a_switch_that_cannot_be_looked_at_counts_as_pulled(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    assert KillSwitch(tmp_path / "file" / "halt").is_pulled()


def test_a_switch_that_cannot_be_moved_says_what_to_do_by_hand(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(KillSwitchError, match="by any means"):
        KillSwitch(tmp_path / "file" / "halt").pull("test")
    (tmp_path / "folder").mkdir()
    with pytest.raises(KillSwitchError, match="by hand"):
        KillSwitch(tmp_path / "folder").release()


def test_a_switch_of_which_only_the_words_are_missing_is_pulled(tmp_path: Path) -> None:
    switch = KillSwitch(tmp_path / "halt")
    (tmp_path / "halt").mkdir()
    switch.pull("cannot be written into a directory, as on a full disk into a file")
    assert switch.is_pulled()


def test_an_account_is_stopped_by_its_own_switch_and_by_that_of_the_installation(tmp_path: Path) -> None:
    switches = Switches(KillSwitch(tmp_path / "halt"), tmp_path / "halt.d")
    assert not switches.is_pulled("main")
    switches.of("main").pull("drill")
    assert switches.is_pulled("main")
    assert not switches.is_pulled("other")
    switches.house.pull("drill")
    assert switches.is_pulled("other")


def test_switches_that_cannot_be_looked_at_stop_every_account(tmp_path: Path) -> None:
    (tmp_path / "halt.d").write_text("not a directory")
    assert Switches(KillSwitch(tmp_path / "halt"), tmp_path / "halt.d").is_pulled("main")
