"""`riskd explain` of expressions: told by their columns, printed as SQL that `riskd sql` answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from riskd.measure.columns.columns import COLUMNS
from riskd.model.subject import Grain
from tests.adapters.ledger_files import open_ledger
from tests.cli.conftest import Riskd
from tests.cli.small_files import write_policy
from tests.record.builder import a_cycle

TILT = (
    ("measure: leverage\n", "expr: abs(net) / gross\n    unit: ratio\n"),
    ("max: {warn: 3x, breach: 5x}", "max: {warn: 30%, breach: 50%}"),
)


def own_policy(directory: Path, *changes: tuple[str, str]) -> Path:
    path = write_policy(directory / "desk.yaml", *TILT, *changes)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("tests:")] if "tests:" in text else text, encoding="utf-8")
    return path


def test_a_rule_with_an_expression_is_told_by_its_columns(riskd: Riskd, tmp_path: Path) -> None:
    (told,) = riskd("explain", "desk/cap", "--policy", own_policy(tmp_path), "--json").json()
    assert told["measure"] == ["abs(net) / gross (written in the policy; a ratio)"]
    net, gross = COLUMNS[Grain.ACCOUNT]["net"], COLUMNS[Grain.ACCOUNT]["gross"]
    assert told["column"] == [
        f"net: {net.meaning} ({net.source})",
        f"gross: {gross.meaning} ({gross.source})",
    ]
    assert told["needs"] == ["positions"]


def test_the_sql_of_an_expression_is_answered_over_the_ledger(riskd: Riskd, tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    ledger.commit(a_cycle(1))
    ledger.commit(a_cycle(2))
    ledger.close()
    printed = riskd("explain", "desk/cap", "--policy", own_policy(tmp_path), "--sql").out
    assert printed.startswith("/* desk/cap: ")
    rows = json.loads(riskd("sql", "--state", tmp_path, "--json", printed).out)
    # Half a BTC at 60,000 and -10 ETH at 3,000: nothing net.
    assert [(row["snapshot_id"], row["account"]) for row in rows] == [(1, "main"), (2, "main")]
    assert [row["value"] for row in rows] == pytest.approx([0.0, 0.0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sql",), "name it"),
        (("desk/cab", "--sql"), "did you mean 'desk/cap'?"),
    ],
)
def test_sql_needs_a_rule(riskd: Riskd, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    ran = riskd("explain", *arguments, "--policy", own_policy(tmp_path))
    assert ran.code == 2
    assert words in ran.err


def test_a_measure_of_the_catalogue_has_no_sql(riskd: Riskd, tmp_path: Path) -> None:
    ran = riskd("explain", "desk/cap", "--sql", "--policy", write_policy(tmp_path / "desk.yaml"))
    assert ran.code == 2
    assert "leverage is a measure of the catalogue" in ran.err


def test_what_the_ledger_does_not_keep_is_said(riskd: Riskd, tmp_path: Path) -> None:
    path = own_policy(tmp_path, ("abs(net) / gross", "account_shock * 2"))
    ran = riskd("explain", "desk/cap", "--sql", "--policy", path)
    assert ran.code == 2
    assert "cannot be printed: the ledger does not keep account_shock per account" in ran.err


def test_a_column_is_told_for_every_kind_of_subject(riskd: Riskd) -> None:
    ran = riskd("explain", "opening_orders")
    assert ran.code == 0
    grains = [grain.value for grain in Grain if "opening_orders" in COLUMNS[grain]]
    assert [line for line in ran.out.splitlines() if line.startswith("opening_orders per ")] == [
        f"opening_orders per {grain}: worth of the resting orders that may open a position"
        for grain in grains
    ]
