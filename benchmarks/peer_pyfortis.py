"""pyfortis: a risk engine of its own, with limits on a book of positions. It knows no margin, stop, funding or desk.

Its limits have one bound each, so that a rule of three levels is three limits. One engine judges one account; the portfolio
is one more book. ``concentration`` nets what ``share_of_equity`` adds up: in a book without hedge mode they are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from benchmarks.rules_by_objects import Position, Rows, losses
from benchmarks.rules_limits import LIMITS
from benchmarks.rules_prepared import ABSENT
from riskd.model.history import History
from riskd.model.snapshot import Snapshot

# Which limit says which rule, and what its bound is called.
_OF_ACCOUNTS = {
    "leverage account": ("leverage", "max_gross_leverage"),
    "net_delta account": ("exposure", "max_net_pct_nav"),
    "share_of_equity position": ("concentration", "max_pct_nav"),
    "share_of_equity asset": ("concentration", "max_pct_nav"),
    "drawdown account": ("metric_limit", "max"),
}
_OF_PORTFOLIO = {"leverage portfolio": ("leverage", "max_gross_leverage")}


class NotJudgedError(Exception):
    """The engine's own word for an unknown verdict, which no rule over a complete book may have."""


@dataclass(frozen=True, slots=True)
class Books:
    """Contexts of pyfortis: one an account, and one of everything."""

    accounts: list[Any]
    portfolio: Any


class Pyfortis:
    """The rules that its limits can say, assessed account by account."""

    def __init__(self, rules: Iterable[str]) -> None:
        self._fortis = import_module("pyfortis")
        wanted = set(rules)
        self.says = tuple(rule for rule in (*_OF_ACCOUNTS, *_OF_PORTFOLIO) if rule in wanted)
        self._accounts = self._engine({r: _OF_ACCOUNTS[r] for r in self.says if r in _OF_ACCOUNTS})
        self._portfolio = self._engine({r: _OF_PORTFOLIO[r] for r in self.says if r in _OF_PORTFOLIO})

    def prepare(self, rows: Rows, snapshot: Snapshot, history: History) -> Books:
        """Positions of each account with its equity; the peak of each account is found for it."""
        held: dict[int, list[Position]] = defaultdict(list)
        for one in rows.positions:
            held[one.account].append(one)
        accounts = []
        for number, owner in enumerate(rows.accounts):
            peak, _ = losses(history, number, owner.equity, snapshot.taken_at.timestamp())
            accounts.append(self._context(snapshot, held[number], owner.equity, peak))
        equity = sum(owner.equity for owner in rows.accounts)
        return Books(accounts, self._context(snapshot, rows.positions, equity, equity))

    def judge(self, given: Books) -> dict[str, list[int]]:
        """Counts the limits that each subject is beyond."""
        found: dict[str, list[int]] = {rule: [] for rule in self.says}
        for context in given.accounts:
            self._add(self._accounts.assess(context), found)
        if _OF_PORTFOLIO.keys() & set(self.says):
            self._add(self._portfolio.assess(given.portfolio), found)
        return found

    def without(self, given: Books, _field: str, missing: object) -> Books:
        """The same books, equity of the first account missing; without a number there is no account."""
        account = None if missing is ABSENT else self._fortis.Account(nav=missing)
        return Books([replace(given.accounts[0], account=account), *given.accounts[1:]], given.portfolio)

    def _engine(self, rules: dict[str, tuple[str, str]]) -> Any:  # noqa: ANN401
        limits = [limit for rule, (kind, bound) in rules.items() for limit in _limits(rule, kind, bound)]
        manifest = {
            "api_version": "pyfortis.io/v1",
            "kind": "RiskPolicy",
            "metadata": {"name": "benchmark", "namespace": "riskd", "version": "1.0.0"},
            "spec": {
                "mode": "enforce",
                "base_currency": "USD",
                "metrics": [{"name": "fall", "type": "drawdown"}] if "drawdown account" in rules else [],
                "limits": limits,
            },
        }
        return self._fortis.RiskEngine.from_dict(manifest)

    def _context(self, snapshot: Snapshot, held: list[Position], equity: float, peak: float) -> Any:  # noqa: ANN401
        fortis = self._fortis
        return fortis.RiskContext(
            as_of=snapshot.taken_at,
            account=fortis.Account(nav=equity),
            positions=[
                fortis.Position(
                    symbol=f"{one.asset}/{one.account}", quantity=one.quantity, last_price=one.mark_price
                )
                for one in held
            ],
            pnl=fortis.PnlSnapshot(daily_pnl=0, peak_value=peak, current_value=equity),
        )

    def _add(self, report: Any, found: dict[str, list[int]]) -> None:  # noqa: ANN401
        beyond: dict[str, list[list[bool]]] = defaultdict(list)
        for check in report.checks:
            beyond[check.name.rpartition("_over_")[0].replace("_per_", " ")].append(list(_beyond(check)))
        for rule, by_level in beyond.items():
            found[rule] += [sum(levels) for levels in zip(*by_level, strict=True)]


def _limits(rule: str, kind: str, bound: str) -> Iterator[dict[str, object]]:
    for level, limit in zip(("warn", "breach", "critical"), LIMITS[rule], strict=True):
        params: dict[str, object] = {bound: limit}
        if kind == "metric_limit":
            params["metric"] = "fall"
        yield {
            "name": f"{rule.replace(' ', '_per_')}_over_{level}",
            "type": kind,
            "scope": "portfolio",
            "stage": "post_trade",
            "params": params,
            "severity": "CRITICAL",
        }


def _beyond(check: Any) -> Iterator[bool]:  # noqa: ANN401
    """Whether each subject of a limit is beyond it: of each symbol in rising order, or of the whole book.

    Raises:
        NotJudgedError: The engine says that it cannot judge the limit.
    """
    if check.code in ("DATA_UNAVAILABLE", "CHECK_ERROR"):
        raise NotJudgedError(f"{check.code}, {check.message}")
    if check.type == "concentration":
        yield from (not bound["passed"] for bound in check.details["bounds"])
    else:
        yield not check.passed
