"""What becomes of a rule when a number is missing: riskd and the policy engines on the same gaps.

Run: python -m benchmarks.gaps. A rule that passes because nothing is known is the failure that matters: nobody hears of it.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Callable

import numpy as np

from benchmarks.peers import PEERS, Peer, installed
from benchmarks.rules_book import a_book
from benchmarks.rules_by_objects import validated
from benchmarks.rules_limits import REFS, levels
from benchmarks.rules_prepared import ABSENT
from riskd.measure.book.book import Book
from riskd.measure.catalogue import select_all, take
from riskd.model.history import History
from riskd.model.snapshot import Snapshot

# What is missing, the rule that needs it, and the field of the prepared row. Of the first subject only.
GAPS = (
    ("equity", "leverage account", "equity"),
    ("quantity of its stop", "stop_coverage position", "closed"),
    ("equity at the day's start", "loss_today account", "start"),
)
_AS: tuple[tuple[str, object], ...] = (("NaN", math.nan), ("null", None), ("left out", ABSENT))


def main() -> None:
    """Prints the table."""
    logging.getLogger("pyfortis").setLevel(logging.CRITICAL)  # it tells of its errors twice
    snapshot, history = a_book(50)
    for what, rule, field in GAPS:
        print(f"\n{what} is not known; rule: {rule}")
        print(f"{'riskd':<34} {of_riskd(snapshot, history, rule)}")
        for name in PEERS:
            peer = installed(name, [rule])
            if peer is None:
                print(f"{name:<34} not installed")
            elif rule not in peer.says:
                print(f"{name:<34} cannot say the rule")
            else:
                print(name)
                for kind, missing in _AS:
                    answer = _of_peer(peer, (snapshot, history), rule, (field, missing))
                    print(f"{'':<4}{kind:<30} {answer}")


def of_riskd(snapshot: Snapshot, history: History, rule: str) -> str:
    """The value and the reason that riskd gives for the first subject of a rule, whose input is taken away."""
    ref, grain = next((ref, grain) for ref, grain in REFS if f"{ref.name} {grain}" == rule)
    book = Book.of(*_TAKEN_AWAY[rule](snapshot, history))
    measured = take(book, ref, grain, select_all(book))
    if not np.isnan(measured.values[0]):
        return _passing(int(levels(rule, measured.values)[0]))
    return f"unknown: {measured.unknown[0]}"


def _no_equity(snapshot: Snapshot, history: History) -> tuple[Snapshot, History]:
    equity = snapshot.accounts.equity.copy()
    equity[0] = np.nan
    accounts = dataclasses.replace(snapshot.accounts, equity=equity)
    return dataclasses.replace(snapshot, accounts=accounts), history


def _no_stop_quantity(snapshot: Snapshot, history: History) -> tuple[Snapshot, History]:
    orders, positions = snapshot.orders, snapshot.positions
    of_first = (orders.account == positions.account[0]) & (orders.instrument == positions.instrument[0])
    remaining = np.where(of_first, np.nan, orders.remaining)
    return dataclasses.replace(snapshot, orders=dataclasses.replace(orders, remaining=remaining)), history


def _no_start(snapshot: Snapshot, history: History) -> tuple[Snapshot, History]:
    return snapshot, dataclasses.replace(history, equity=(None, *history.equity[1:]))


_TAKEN_AWAY: dict[str, Callable[[Snapshot, History], tuple[Snapshot, History]]] = {
    "leverage account": _no_equity,
    "stop_coverage position": _no_stop_quantity,
    "loss_today account": _no_start,
}


def _of_peer(peer: Peer, book: tuple[Snapshot, History], rule: str, gap: tuple[str, object]) -> str:
    snapshot, history = book
    given = peer.prepare(validated(snapshot), snapshot, history)
    try:
        return _passing(peer.judge(peer.without(given, *gap))[rule][0])
    except Exception as error:  # noqa: BLE001  # whatever an engine raises is its answer
        return f"{type(error).__name__}: {' '.join(str(error).split())[:48]}"


def _passing(level: int) -> str:
    return "passes" if level == 0 else f"level {level}"


if __name__ == "__main__":
    main()
