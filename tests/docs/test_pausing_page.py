"""docs/pausing.md: the checks that bots are told to use do what the page says, on what riskd really writes and posts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskd.adapters.credentials import Secret
from riskd.adapters.pause_file import PauseFiles
from riskd.adapters.webhook import (
    KEY_HEADER,
    SECRET_LENGTH_MIN,
    SIGNATURE_HEADER,
    TIMEOUT_SECONDS,
    TIMESTAMP_HEADER,
    signature,
)
from riskd.daemon.pause import Pause, pause_text
from riskd.daemon.settings_file import parse_settings
from riskd.daemon.webhook_queue import PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN
from tests.builders import BTC, ETH

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "pausing.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SECRET = "0123456789abcdef0123456789abcdef"


def shown(name: str) -> Callable[..., bool]:
    """A function as the page shows it."""
    (text,) = (code for code in CODE if f"def {name}(" in code)
    names: dict[str, Any] = {}
    exec(text, names)  # our own page
    found: Callable[..., bool] = names[name]
    return found


def paused(*symbols: str) -> Pause:
    return Pause(
        account="main",
        since=datetime(2026, 3, 2, 12, tzinfo=UTC),
        rules=("desk/cap",),
        subjects=("account=main",),
        symbols=symbols,
    )


def test_the_file_is_shown_as_riskd_writes_it() -> None:
    (example,) = re.findall(r"```json pause\n(.*?)```", PAGE, re.DOTALL)
    assert json.loads(example) == json.loads(pause_text(paused("*")))
    table = re.findall(r"^\| (`[a-z`, ]+`) \| ", PAGE.split("## The webhook")[0], re.MULTILINE)
    assert {key for cell in table for key in re.findall(r"`(\w+)`", cell)} == set(json.loads(example))


@pytest.mark.parametrize(
    ("symbols", "btc", "eth"),
    [(("*",), False, False), (("ETH/*",), True, False), ((BTC,), False, True), ((), True, True)],
    ids=["account", "coin", "contract", "nothing"],
)
def test_the_check_obeys_what_is_paused(
    tmp_path: Path, symbols: tuple[str, ...], btc: bool, eth: bool
) -> None:
    may_open, files = shown("may_open"), PauseFiles(tmp_path / "pause")
    files.read()
    files.write("main", pause_text(paused(*symbols)).encode())
    assert (may_open("main", BTC, files.directory), may_open("main", ETH, files.directory)) == (btc, eth)
    assert may_open("side", BTC, files.directory)
    files.remove("main")
    assert may_open("main", ETH, files.directory)


def test_what_cannot_be_read_is_taken_for_a_no(tmp_path: Path) -> None:
    may_open, folder = shown("may_open"), tmp_path / "pause"
    assert not may_open("main", BTC, folder), "riskd was never here"
    folder.mkdir()
    assert may_open("main", BTC, folder)
    for text in ("", "{", "{}", "[]", '{"symbols": 7}'):
        (folder / "main.json").write_text(text)
        assert not may_open("main", BTC, folder), text


def test_the_check_is_ten_lines() -> None:
    (code,) = (text for text in CODE if "def may_open(" in text)
    assert len(code.split("def may_open")[1].rstrip().splitlines()) <= 10


def test_the_check_of_a_signature_takes_ours_while_it_is_young_and_no_other() -> None:
    check, body = shown("comes_from_riskd"), b'{"paused": true}'
    ours = signature(Secret(SECRET), "1000", body)
    assert check(SECRET, "1000", ours, body, 1100.0)
    assert not check(SECRET, "1000", ours, body, 1301.0)
    assert not check(SECRET, "1001", ours, body, 1100.0)
    assert not check(SECRET, "1000", ours, body + b" ", 1100.0)
    assert not check("another", "1000", ours, body, 1100.0)
    assert not check(SECRET, "-1", signature(Secret(SECRET), "-1", body), body, 0.0)


def test_headers_and_numbers_are_those_of_the_code() -> None:
    headers = re.findall(r"^\| `([A-Z][\w-]+)` \|", PAGE, re.MULTILINE)
    assert headers == [TIMESTAMP_HEADER, SIGNATURE_HEADER, KEY_HEADER]
    assert f"a time-out after {TIMEOUT_SECONDS:g} seconds" in PAGE
    assert f"The secret needs {SECRET_LENGTH_MIN} characters or more" in PAGE
    assert (PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX) == (1.0, 60.0)


def test_the_configuration_shown_is_valid() -> None:
    (lines,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    text = (
        "riskd: config/v1\npolicies: [x.yaml]\n"
        "accounts: [{id: main, venue: binanceusdm, credential: main}]\n" + lines
    )
    (hook,) = parse_settings("riskd.yaml", text).notify.webhooks
    assert hook.credential == "bots"
