"""What the README shows works as shown."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from riskd.cli.main import root
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
    assert settings.policies == ("limits.yaml",)


def test_the_first_policy_can_be_written_as_the_steps_say(tmp_path: Path) -> None:
    (tmp_path / "policies").symlink_to(ROOT / "policies")
    steps = README.split("## Your first policy in five minutes\n")[1].split("\n## Practise")[0]
    ran = 0
    for language, block in re.findall(r"```(\w+)\n(.*?)```", steps, re.DOTALL):
        if language == "console":
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                assert _run(command, tmp_path) == _timeless(expected), command
                ran += 1
        elif block.startswith("riskd: config/v1"):
            (tmp_path / "desk" / "riskd.yaml").write_text(block, encoding="utf-8")
        else:
            for line in block.splitlines():
                _put(line, tmp_path / "desk" / "limits.yaml")
    assert ran == 10


def test_the_packs_are_listed_and_those_that_refine_are_named() -> None:
    packs = {file.stem for file in (ROOT / "policies").glob("*.yaml")} - {"demo", "waivers"}
    listed = re.findall(r"^\| \[([a-z-]+)\]\(policies/\1\.yaml\) \| .+ \|$", README, re.MULTILINE)
    assert set(listed) == packs
    assert len(listed) == len(packs)
    [sentence] = re.findall(r"^(.*) tighten rules of `institutional-baseline`", README, re.MULTILINE)
    refining = {name for name in packs if "refines: institutional-baseline/" in _pack(name)}
    assert set(re.findall(r"`([a-z-]+)`", sentence)) == refining


def test_every_command_of_the_table_exists() -> None:
    table = README.split("## Question and command\n")[1].split("\n## ")[0]
    for command in re.findall(r"`riskd ([^`]+)`", table):
        words = re.split(r" (?:-|[A-Z]|\")", command)[0].split()
        ran = CliRunner().invoke(root, [*words, "--help"])
        assert (ran.exit_code, ran.output.split()[:1]) == (0, ["Usage:"]), command
        for option in re.findall(r"--[a-z-]+", command):
            assert option in ran.output, command


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


def _run(command: str, directory: Path) -> str:
    """What a command of the README prints, on both streams."""
    riskd = f'riskd() {{ {shlex.quote(sys.executable)} -m riskd.cli.main "$@"; }}'
    done = subprocess.run(
        ["bash", "-c", f"{riskd}; {command}"],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return _timeless(done.stdout)


def _timeless(text: str) -> str:
    return re.sub(r"\(\d+ ms\)", "(some ms)", text)


def _put(line: str, file: Path) -> None:
    """Put a line in the place of the one that it is about."""
    [about] = re.findall(r"^name:|\b(?:id|rule): \w+", line)[:1]
    lines = file.read_text(encoding="utf-8").splitlines()
    [place] = [number for number, old in enumerate(lines) if re.search(rf"(?:^|\b){about}", old)][:1]
    lines[place] = line
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _pack(name: str) -> str:
    return (ROOT / "policies" / f"{name}.yaml").read_text(encoding="utf-8")
