"""docs/operations.md names every word that an operator can meet, and its configuration is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskd.act.refusal import RefusalReason
from riskd.daemon.settings_file import parse_settings
from tests.endtoend.processes import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
EVENT = re.compile(r"""(?:_log|get_logger\("riskd"\))\.(?:info|warning|error|exception)\(\s*"(\w+)\"""")


def test_every_event_of_the_log_is_explained() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "riskd" / "daemon").rglob("*.py")]
    logged = {event for source in sources for event in EVENT.findall(source)}
    assert len(logged) > 10
    assert {event for event in logged if f"| `{event}` |" not in PAGE} == set()


def test_no_event_is_explained_that_is_not_logged() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "riskd" / "daemon").rglob("*.py"))
    explained = re.findall(r"^\| `(\w+)` \| (?:info|warning|error) \|", PAGE, flags=re.MULTILINE)
    assert set(explained) - set(EVENT.findall(sources)) == set()


@pytest.mark.parametrize("reason", RefusalReason)
def test_every_reason_not_to_act_is_explained(reason: RefusalReason) -> None:
    assert re.search(rf"^\| .*`{reason}`.* \| ", PAGE, flags=re.MULTILINE)


def test_the_configuration_of_the_page_is_one() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    settings = parse_settings("operations.md", text)
    assert settings.state == "/var/lib/riskd"
    for policy in settings.policies:
        assert (ROOT / Path(policy)).is_file()


def test_every_file_that_the_page_installs_is_there() -> None:
    installed = re.findall(r"(?m)^install .*? ((?:systemd|policies)/\S+)", PAGE)
    assert installed
    assert [name for name in installed if not (ROOT / name).is_file()] == []
