"""A bot of the demo opens nothing where a pause file says so, as docs/pausing.md tells bots to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from riskd.daemon.demo.obey import PauseFolder


def paused(folder: Path, symbols: list[str]) -> PauseFolder:
    (folder / "grid.json").write_text(json.dumps({"riskd": "pause/v1", "symbols": symbols}), encoding="utf-8")
    return PauseFolder(folder)


def test_nobody_is_paused_before_riskd_has_said_anything(tmp_path: Path) -> None:
    assert not PauseFolder(tmp_path / "pause")("grid", "BTCUSDT")


@pytest.mark.parametrize(
    ("symbols", "is_paused"), [(["*"], True), (["BTC/USDT:USDT"], True), (["ETH/*"], False)]
)
def test_a_file_pauses_the_symbols_that_it_names(tmp_path: Path, symbols: list[str], is_paused: bool) -> None:
    pause = paused(tmp_path, symbols)
    assert pause("grid", "BTCUSDT") is is_paused
    assert not pause("swing", "BTCUSDT")


@pytest.mark.parametrize("text", ["", "[]", "{}", "{not json"])
def test_what_cannot_be_read_is_a_pause(tmp_path: Path, text: str) -> None:
    (tmp_path / "grid.json").write_text(text, encoding="utf-8")
    assert PauseFolder(tmp_path)("grid", "BTCUSDT")
