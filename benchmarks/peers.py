"""Policy engines that people use for such rules, each in the form in which it was fastest here.

An engine is asked for the rules that it can say. What it cannot reckon by itself is prepared for it
(``benchmarks.rules_prepared``); pyfortis, which knows positions and equity, is in ``benchmarks.peer_pyfortis``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any, Protocol

from benchmarks.peer_pyfortis import Pyfortis
from benchmarks.rules_by_objects import Rows
from benchmarks.rules_prepared import (
    FORMULAS,
    Formula,
    Prepared,
    comparisons,
    infix,
    prepared,
    rules_of,
    without,
)
from riskd.model.history import History
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain

# The level of every subject, by rule; subjects in riskd's order.
Levels = dict[str, list[int]]


class Peer(Protocol):
    """One engine with its rules compiled.

    Attributes:
        says: The rules that it can express.
    """

    says: tuple[str, ...]

    # What an engine is given is its own affair.
    def prepare(self, rows: Rows, snapshot: Snapshot, history: History) -> Any:  # noqa: ANN401
        """What it is given, from validated rows."""
        ...

    def judge(self, given: Any) -> Levels:  # noqa: ANN401
        """The level of each subject of each rule that it can say."""
        ...

    def without(self, given: Any, field: str, missing: object) -> Any:  # noqa: ANN401
        """The same input with a field of the first subject missing: NaN, None, or ``ABSENT``."""
        ...


class _OfRows:
    """An engine that judges one prepared row at a time."""

    def __init__(self, rules: Iterable[str]) -> None:
        self.says = tuple(rules)
        self._by_grain = {grain: [rule for rule in rules_of(grain) if rule in self.says] for grain in Grain}

    def prepare(self, rows: Rows, snapshot: Snapshot, history: History) -> Prepared:
        return prepared(rows, snapshot, history)

    def judge(self, given: Prepared) -> Levels:
        found: Levels = {}
        for grain, rows in given.items():
            if rules := self._by_grain[grain]:
                levels = self._levels(grain, rows)
                found.update((rule, [int(one[n]) for one in levels]) for n, rule in enumerate(rules))
        return found

    def without(self, given: Prepared, field: str, missing: object) -> Prepared:
        return without(given, field, missing)

    def _levels(self, grain: Grain, rows: Sequence[dict[str, float]]) -> list[Sequence[int]]:
        """Levels of all rules of the grain, row by row."""
        raise NotImplementedError

    def _lists(self, level: Callable[[str], str]) -> dict[Grain, str]:
        """A list of levels as one expression a grain."""
        return {
            grain: f"[{', '.join(level(rule) for rule in rules)}]"
            for grain, rules in self._by_grain.items()
            if rules
        }


def _ladder(rule: str) -> str:
    """A rule as nested conditions, as C and many after it write them."""
    value = infix(FORMULAS[rule])
    operator, (warn, breach, critical) = comparisons(rule)
    return (
        f"({value} {operator} {critical!r} ? 3 : {value} {operator} {breach!r} ? 2 : "
        f"{value} {operator} {warn!r} ? 1 : 0)"
    )


class Cel(_OfRows):
    """Common Expression Language in Rust: one program a grain, executed once a row; a list of verdicts each."""

    def __init__(self, rules: Iterable[str]) -> None:
        super().__init__(rules)
        compiled = import_module("cel").compile
        self._programs = {grain: compiled(text) for grain, text in self._lists(_ladder).items()}

    def _levels(self, grain: Grain, rows: Sequence[dict[str, float]]) -> list[Sequence[int]]:
        execute = self._programs[grain].execute
        return [execute(row) for row in rows]


class RuleEngine(_OfRows):
    """rule-engine: one rule a grain, evaluated once a row; a list of verdicts each."""

    def __init__(self, rules: Iterable[str]) -> None:
        super().__init__(rules)
        compiled = import_module("rule_engine").Rule
        self._rules = {grain: compiled(text) for grain, text in self._lists(_ladder).items()}

    def _levels(self, grain: Grain, rows: Sequence[dict[str, float]]) -> list[Sequence[int]]:
        evaluate = self._rules[grain].evaluate
        return [evaluate(row) for row in rows]


class JsonLogic(_OfRows):
    """JSON Logic (panzi): a list of conditions a grain, applied once a row."""

    def __init__(self, rules: Iterable[str]) -> None:
        super().__init__(rules)
        self._apply = import_module("json_logic").jsonLogic
        self._logic = {grain: [_logic(rule) for rule in named] for grain, named in self._by_grain.items()}

    def _levels(self, grain: Grain, rows: Sequence[dict[str, float]]) -> list[Sequence[int]]:
        logic, apply = self._logic[grain], self._apply
        return [apply(logic, row) for row in rows]


def _logic(rule: str) -> dict[str, object]:
    def written(formula: Formula) -> object:
        if isinstance(formula, str):
            return {"var": formula}
        return formula if isinstance(formula, float) else {formula[0]: [written(one) for one in formula[1:]]}

    operator, (warn, breach, critical) = comparisons(rule)
    value = written(FORMULAS[rule])
    over = [{operator: [value, limit]} for limit in (critical, breach, warn)]
    return {"if": [over[0], 3, over[1], 2, over[2], 1, 0]}


class Regorus:
    """Rego in Rust: the whole book as input, for each limit the rows beyond it, as Rego's users write violations."""

    def __init__(self, rules: Iterable[str]) -> None:
        self.says = tuple(rules)
        self._engine = import_module("regorus").Engine()
        policy = ["package book", "import rego.v1"]
        for number, rule in enumerate(self.says):
            grain = rule.rpartition(" ")[2]
            value = infix(FORMULAS[rule], "row.{}".format)
            operator, limits = comparisons(rule)
            policy += [
                f"over_{number}_{level} := [i | some i, row in input.{grain}; {value} {operator} {limit!r}]"
                for level, limit in enumerate(limits)
            ]
        self._engine.add_policy("book.rego", "\n".join(policy))

    def prepare(self, rows: Rows, snapshot: Snapshot, history: History) -> Prepared:
        """The same rows as the others."""
        return prepared(rows, snapshot, history)

    def judge(self, given: Prepared) -> Levels:
        """Asks for the rows beyond each limit and counts the limits of each row."""
        self._engine.set_input({str(grain): rows for grain, rows in given.items()})
        found: Levels = {}
        for number, rule in enumerate(self.says):
            levels = [0] * len(given[Grain(rule.rpartition(" ")[2])])
            for level in range(3):
                for row in self._engine.eval_rule(f"data.book.over_{number}_{level}"):
                    levels[row] += 1
            found[rule] = levels
        return found

    def without(self, given: Prepared, field: str, missing: object) -> Prepared:
        """The same rows with a gap."""
        return without(given, field, missing)


# Name of the distribution and the engine; the order is that of the tables.
PEERS: dict[str, Callable[[Iterable[str]], Peer]] = {
    "common-expression-language": Cel,
    "gordon-to-regorus": Regorus,
    "rule-engine": RuleEngine,
    "panzi-json-logic": JsonLogic,
    "pyfortis": Pyfortis,
}


def installed(name: str, rules: Iterable[str] = tuple(FORMULAS)) -> Peer | None:
    """The engine, with those of the rules that it can say; None where it is not installed."""
    try:
        return PEERS[name](rules)
    except ModuleNotFoundError:
        return None


def titled(name: str) -> str:
    """Name and version."""
    return f"{name} {version(name)}"
