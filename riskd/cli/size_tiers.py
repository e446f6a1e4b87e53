"""Reads a venue's margin table, which a person has copied from the venue's page, for `riskd size --brackets`."""

from __future__ import annotations

import math
from pathlib import Path

from riskd.cli.size_money import coins_in
from riskd.errors import Problem, SettingsError
from riskd.measure.sizing.tiers import MarginTier, MarginTiers, SizedBy
from riskd.measure.spec import Unit
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.units import QuantityError, parse
from riskd.policy.text.yaml_text import MappingNode, Node, ScalarNode, read_yaml

_KEYS = {"tiers", "for_each_coin"}
_TIER_KEYS = {"from", "maintenance", "leverage"}
_FORM = "write for example `tiers: [{from: 0 USD, maintenance: 0.4%, leverage: 125x}]`"


def read_tiers(path: Path) -> MarginTiers:
    """The table in a file.

    Raises:
        SettingsError: The file cannot be read, or lists every fault found in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = Problem(file=str(path), line=1, column=1, code="C001", what=str(error))
        raise SettingsError((fault,)) from error
    problems = Problems(file=str(path), text=text)
    root = read_yaml(text, problems)
    tiers = _Reader(problems).table(root) if root is not None else None
    if tiers is None or problems.found:
        raise SettingsError(problems.found)
    return tiers


class _Reader:
    """Makes a table of nodes, and notes what is wrong with them."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._counted: set[SizedBy] = set()

    def table(self, root: Node) -> MarginTiers | None:
        """The table; None, or a wrong one, where a fault was noted."""
        if not isinstance(root, MappingNode):
            self._problems.add(root.mark, Code.WRONG_KIND, "expected a mapping with `tiers`", _FORM)
            return None
        self._known_only(root, _KEYS)
        items = root.items("tiers")
        if not items:
            what = "tiers is missing, or is no list of tiers"
            self._problems.add(root.mark, Code.MISSING_KEY, what, _FORM)
            return None
        tiers = [tier for item in items if (tier := self._tier(item)) is not None]
        self._check_floors(root, tiers)
        if not tiers:
            return None
        return MarginTiers(
            tiers=tuple(tiers),
            sized_by=next(iter(self._counted), SizedBy.VALUE),
            rate_per_unit=self._number(root, "for_each_coin", Unit.RATIO, missing=0.0),
        )

    def _tier(self, node: Node) -> MarginTier | None:
        if not isinstance(node, MappingNode):
            self._problems.add(node.mark, Code.WRONG_KIND, "expected a tier", _FORM)
            return None
        self._known_only(node, _TIER_KEYS)
        floor, rate = self._floor(node), self._number(node, "maintenance", Unit.RATIO)
        if not (math.isnan(rate) or 0.0 < rate < 1.0):
            self._problems.add(node.mark, Code.RANGE, "maintenance must be between 0% and 100%")
        return MarginTier(
            floor=floor,
            rate=rate,
            leverage_max=self._number(node, "leverage", Unit.MULTIPLE, missing=math.nan),
        )

    def _floor(self, node: MappingNode) -> float:
        """Where a tier begins: an amount of dollars or coins, or a number of contracts."""
        scalar = self._scalar(node, "from")
        if scalar is None:
            return math.nan
        if scalar.text == "0":
            return 0.0  # nothing is nothing in every unit
        coins = coins_in(scalar.text)
        if coins is not None:
            self._counted.add(SizedBy.VALUE)
            return coins.amount
        value, unit = self._parsed(scalar)
        if unit not in {Unit.MONEY, Unit.COUNT}:
            cure = "write `300k USD`, `5 BTC`, or a number of contracts"
            self._problems.add(scalar.mark, Code.WRONG_UNIT_HERE, f"from: {scalar.text} is no size", cure)
        else:
            self._counted.add(SizedBy.VALUE if unit is Unit.MONEY else SizedBy.CONTRACTS)
        return value

    def _number(self, node: MappingNode, key: str, unit: Unit, *, missing: float | None = None) -> float:
        if missing is not None and node.get(key) is None:
            return missing
        scalar = self._scalar(node, key)
        if scalar is None:
            return math.nan
        value, found = self._parsed(scalar)
        if found is not unit:
            what = f"{key}: expected a {unit.value}, found {scalar.text}"
            self._problems.add(scalar.mark, Code.WRONG_UNIT_HERE, what, _FORM)
        return value

    def _parsed(self, scalar: ScalarNode) -> tuple[float, Unit | None]:
        try:
            quantity = parse(scalar.text)
        except QuantityError as error:
            self._problems.add(scalar.mark, Code.NOT_A_QUANTITY, error.what, error.cure)
            return math.nan, None
        return quantity.value, quantity.unit

    def _scalar(self, node: MappingNode, key: str) -> ScalarNode | None:
        scalar = node.scalar(key)
        if scalar is None:
            self._problems.add(node.mark, Code.MISSING_KEY, f"{key} is missing", _FORM)
        return scalar

    def _check_floors(self, root: MappingNode, tiers: list[MarginTier]) -> None:
        floors = [tier.floor for tier in tiers]
        if any(math.isnan(floor) for floor in floors):
            return
        if floors and (floors[0] != 0.0 or floors != sorted(set(floors))):
            what = "tiers must begin at 0 and rise"
            self._problems.add(root.mark, Code.LADDER, what, "order them by `from`, the first with 0")
        if len(self._counted) > 1:
            what = "`from` is an amount in one tier and a number of contracts in another"
            self._problems.add(root.mark, Code.LADDER, what, "write all in one unit")

    def _known_only(self, node: MappingNode, keys: set[str]) -> None:
        for name, _ in node.entries:
            if name.text not in keys:
                cure = f"there are {', '.join(sorted(keys))}"
                self._problems.add(name.mark, Code.UNKNOWN_KEY, f"unknown key {name.text}", cure)
