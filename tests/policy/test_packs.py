"""The packs that riskd ships: they load, they explain themselves, and their own tests pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskd.judge.rehearse import rehearse
from riskd.model.desk import Mode
from riskd.policy.bundle import Bundle, Policy
from riskd.policy.load import load
from riskd.policy.rule import ActionKind
from tests.shared_data import shared_path

PACKS = sorted((Path(__file__).resolve().parents[2] / "policies").glob("*.yaml"))
NAMES = {
    "beginner-low-leverage",
    "cross-hedging-desk",
    "demo",
    "grid-trading",
    "institutional-baseline",
    "scalping-and-swing",
}


def loaded(*files: Path) -> Bundle:
    return load([(file.name, file.read_text(encoding="utf-8")) for file in files])


@pytest.fixture(params=PACKS, ids=lambda file: file.stem)
def pack(request: pytest.FixtureRequest) -> Policy:
    file = request.param
    assert isinstance(file, Path)
    return loaded(file).policies[0]


def test_all_packs_load_together() -> None:
    assert {file.stem for file in PACKS} == NAMES
    bundle = loaded(*PACKS)
    assert len({rule.id for rule in bundle.rules}) == len(bundle.rules)


def test_a_pack_is_named_after_its_file() -> None:
    for file in PACKS:
        expected = "demo-desk" if file.stem == "demo" else file.stem
        assert loaded(file).policies[0].name == expected


def test_every_rule_has_a_reason_and_a_title_without_jargon(pack: Policy) -> None:
    for rule in pack.rules:
        assert len(rule.why) > 20, rule.id
        assert rule.title.strip()


def test_the_tests_of_a_pack_pass(pack: Policy) -> None:
    assert [str(problem) for result in rehearse(pack) for problem in result.problems] == []


def test_whatever_sends_orders_is_tested_in_any_mode(pack: Policy) -> None:
    tested = {test.rule for test in pack.tests}
    kinds = {ActionKind.DELEVERAGE, ActionKind.CLOSE, ActionKind.PLACE_STOP, ActionKind.CANCEL_ORDERS}
    for rule in pack.rules:
        if any(action.kind in kinds for _, actions in rule.actions for action in actions):
            assert rule.id in tested, rule.id


def test_a_pack_that_enforces_has_a_guard(pack: Policy) -> None:
    trades = {ActionKind.DELEVERAGE, ActionKind.CLOSE}
    for rule in pack.rules:
        if rule.mode is Mode.ENFORCE and any(
            a.kind in trades for _, actions in rule.actions for a in actions
        ):
            assert rule.guard.actions_per_hour_max is not None, rule.id


@pytest.mark.parametrize("file", PACKS, ids=lambda file: file.stem)
def test_a_pack_opens_with_the_editors_modeline(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema/policy.v1.json"
    assert (file.parent / "schema" / "policy.v1.json").is_file()


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(NAMES - {"demo"}))
def test_a_pack_keeps_the_rule_ids_and_limits_of_the_study(name: str) -> None:
    """The project's edition is the study's, less what this version cannot do."""
    study = shared_path(f"policies/{name}.yaml").read_text(encoding="utf-8")
    ours = (PACKS[0].parent / f"{name}.yaml").read_text(encoding="utf-8")
    studied = limits_by_id(study)
    for rule, limit in limits_by_id(ours).items():
        assert studied[rule] == limit, rule


def limits_by_id(text: str) -> dict[str, str]:
    rules = re.split(r"^  - id: ", text.split("\nrules:")[1].split("\ntests:")[0], flags=re.MULTILINE)[1:]
    found = {}
    for rule in rules:
        limit = re.search(r"^    (?:max|min|band):(.*?)(?=^    \w|\Z)", rule, re.MULTILINE | re.DOTALL)
        assert limit is not None
        body = "\n".join(line.split("#")[0] for line in limit.group(1).splitlines())
        found[rule.split("\n", 1)[0].strip()] = " ".join(body.split())
    return found
