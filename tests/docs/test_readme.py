"""What the README shows works as shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskd.daemon.settings_file import parse_settings
from riskd.judge.rehearse import rehearse
from riskd.model.desk import Mode
from riskd.policy.load import load

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def test_the_policy_loads_and_its_tests_pass() -> None:
    [text] = [block for block in BLOCKS if block.startswith("riskd: policy/v1")]
    [policy] = load([("README.md", text)]).policies
    assert [result.problems for result in rehearse(policy)] == [()] * len(policy.tests)
    assert policy.tests


def test_the_configuration_is_read_and_observes() -> None:
    [text] = [block for block in BLOCKS if block.startswith("riskd: config/v1")]
    settings = parse_settings("README.md", text)
    assert settings.ceiling is Mode.OBSERVE
    for name in settings.policies:
        assert (ROOT / name).is_file()


def test_every_make_target_shown_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make (\w+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize(
    "file", sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])
)
def test_every_link_leads_somewhere(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text):
        if not target.startswith(("http:", "https:")):
            assert (file.parent / target).exists(), f"{file.name}: {target}"
