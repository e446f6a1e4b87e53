"""The packs that riskd ships: they load, they explain themselves, and their own tests pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskd.daemon.queries import asking, patient_queries
from riskd.errors import PolicyError
from riskd.judge.mutate import mutate
from riskd.judge.rehearse import rehearse
from riskd.model.desk import Mode
from riskd.policy.bundle import Bundle, Policy
from riskd.policy.load import load
from riskd.policy.rule import ActionKind
from tests.shared_data import shared_path

PACKS = sorted((Path(__file__).resolve().parents[2] / "policies").glob("[!w]*.yaml"))  # not waivers.yaml
BASELINE = PACKS[0].parent / "institutional-baseline.yaml"
NAMES = {
    "beginner-low-leverage",
    "cross-hedging-desk",
    "demo",
    "funding-carry",
    "grid-trading",
    "institutional-baseline",
    "scalping-and-swing",
    "starter",
}
OURS = {"demo", "funding-carry", "starter"}  # the study has none of these

# Rules on measures that the study does not know.
ADDED = {
    "cross-hedging-desk": {"hedge-works", "hedge-leg-queue"},
    "grid-trading": {"grid-all-filled"},
    "institutional-baseline": {"exit-time", "stablecoin-peg"},
    "scalping-and-swing": {"scalp-streak", "scalp-fees", "swing-funding-ahead", "swing-give-back"},
}


def loaded(*files: Path) -> Bundle:
    return load([(file.name, file.read_text(encoding="utf-8")) for file in files])


def policy_in(file: Path) -> Policy:
    """A pack, loaded beside the house rules that it may refine."""
    (policy,) = (policy for policy in loaded(*{file, BASELINE}).policies if policy.file == file.name)
    return policy


@pytest.fixture(params=PACKS, ids=lambda file: file.stem)
def pack(request: pytest.FixtureRequest) -> Policy:
    file = request.param
    assert isinstance(file, Path)
    return policy_in(file)


def test_all_packs_load_together() -> None:
    assert {file.stem for file in PACKS} == NAMES
    bundle = loaded(*PACKS)
    assert len({rule.id for rule in bundle.rules}) == len(bundle.rules)


def test_a_pack_is_named_after_its_file() -> None:
    for file in PACKS:
        expected = "demo-desk" if file.stem == "demo" else file.stem
        assert policy_in(file).name == expected


@pytest.mark.parametrize(
    "name", ["beginner-low-leverage", "cross-hedging-desk", "scalping-and-swing"], ids=lambda name: name
)
def test_a_pack_that_refines_the_house_rules_is_refused_without_them(name: str) -> None:
    with pytest.raises(PolicyError) as caught:
        loaded(BASELINE.parent / f"{name}.yaml")
    [problem] = caught.value.problems
    assert problem.code == "P223"
    assert problem.cure.startswith("load both together: add institutional-baseline to the policies, or ")
    assert problem.cure.endswith(f"{name}.yaml institutional-baseline`")


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(NAMES - OURS))
def test_a_pack_refines_what_the_study_refines(name: str) -> None:
    study = shared_path(f"policies/{name}.yaml").read_text(encoding="utf-8")
    ours = (BASELINE.parent / f"{name}.yaml").read_text(encoding="utf-8")
    pattern = r"^    refines: (\S+)$"
    assert re.findall(pattern, ours, re.MULTILINE) == re.findall(pattern, study, re.MULTILINE)


def test_every_rule_has_a_reason_and_a_title_without_jargon(pack: Policy) -> None:
    for rule in pack.rules:
        assert len(rule.why) > 20, rule.id
        assert rule.title.strip()


def test_the_tests_of_a_pack_pass(pack: Policy) -> None:
    with patient_queries() as runner:
        results = rehearse(pack, ask=asking(runner))
    assert [str(problem) for result in results for problem in result.problems] == []


def test_nothing_of_a_pack_can_be_weakened_without_a_test_that_notices(pack: Policy) -> None:
    with patient_queries() as runner:
        found = mutate(pack, ask=asking(runner))
    assert found
    assert [f"{one.of}: {one.what}" for one in found if one.noticed_by is None] == []


def test_whatever_sends_orders_is_tested_in_any_mode(pack: Policy) -> None:
    tested = {rule for test in pack.tests for rule in test.rules}
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
@pytest.mark.parametrize("name", sorted(NAMES - OURS))
def test_a_pack_keeps_the_rule_ids_and_limits_of_the_study(name: str) -> None:
    """The project's edition is the study's, less what this version cannot do, and with a few rules more."""
    study = shared_path(f"policies/{name}.yaml").read_text(encoding="utf-8")
    ours = (PACKS[0].parent / f"{name}.yaml").read_text(encoding="utf-8")
    studied, own = limits_by_id(study), limits_by_id(ours)
    assert set(own) - set(studied) == ADDED.get(name, set())
    for rule in set(own) & set(studied):
        assert own[rule] == studied[rule], rule


def limits_by_id(text: str) -> dict[str, str]:
    rules = re.split(r"^  - id: ", text.split("\nrules:")[1].split("\ntests:")[0], flags=re.MULTILINE)[1:]
    found = {}
    for rule in rules:
        limit = re.search(r"^    (?:max|min|band):(.*?)(?=^    \w|\Z)", rule, re.MULTILINE | re.DOTALL)
        assert limit is not None
        body = "\n".join(line.split("#")[0] for line in limit.group(1).splitlines())
        found[rule.split("\n", 1)[0].strip()] = " ".join(body.split())
    return found
