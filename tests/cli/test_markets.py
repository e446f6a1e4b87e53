"""The options by which `riskd demo` and `riskd paper serve` choose a market."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.cli.markets import SCENARIOS
from riskd.paper.market.presets import PRESETS
from tests.cli.conftest import Riskd


def test_the_scenarios_of_the_option_are_those_that_exist() -> None:
    assert set(SCENARIOS) == {"demo", *PRESETS}


@pytest.mark.parametrize("command", [("demo",), ("paper", "serve")])
def test_an_event_without_a_file_is_refused(riskd: Riskd, command: tuple[str, ...]) -> None:
    ran = riskd(*command, "--event", "2020-03-12")
    assert ran.code == 2
    assert "--event names an event of a --market file" in ran.err


@pytest.mark.parametrize("command", [("demo",), ("paper", "serve")])
def test_a_market_file_that_is_not_there_is_refused_by_name(
    riskd: Riskd, command: tuple[str, ...], tmp_path: Path
) -> None:
    ran = riskd(*command, "--market", tmp_path / "none.parquet")
    assert ran.code == 2
    assert "none.parquet" in ran.err
