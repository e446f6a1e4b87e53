"""A rule that is SQL beside one that is a measure: what the escape hatch costs in every cycle."""

from __future__ import annotations

from statistics import median
from timeit import default_timer

from benchmarks.rules_book import NOW, a_book
from riskd.adapters.sandbox import PATIENT, Sandbox
from riskd.daemon.queries import asking
from riskd.judge.answered import asked
from riskd.judge.evaluate import evaluate
from riskd.measure.book.book import Book
from riskd.policy.load import load
from riskd.policy.rule import Rule

POSITIONS = 1_000
ROUNDS = 60
_LEVERAGE = """select a.account as subject, sum(p.gross) / max(a.equity) as value
      from exposure.accounts a left join exposure.positions p using (account) group by a.account"""
_SHARE = "select position_id as subject, gross / equity as value from exposure.positions join exposure.accounts using (account)"
_BOOK = a_book(POSITIONS)
POLICY = f"""riskd: policy/v1
name: bench
title: A rule four times
owner: us
version: "1"
mode: observe
rules:
  - {{id: leverage, title: t, measure: leverage, per: account, max: 5x}}
  - {{id: share, title: t, measure: share_of_equity, per: position, max: 50%}}
  - id: leverage-by-sql
    title: t
    unit: multiple
    per: account
    max: 5x
    sql: |
      {_LEVERAGE}
  - id: share-by-sql
    title: t
    unit: ratio
    per: position
    max: 50%
    sql: {_SHARE}
"""


def main() -> None:
    """Prints the cost of each rule, and the ratio of SQL to its measure."""
    rules = {rule.id.partition("/")[2]: rule for rule in load([("bench.yaml", POLICY)]).rules}
    sandbox = Sandbox(PATIENT)
    try:
        costs = {name: _seconds(rule, sandbox) for name, rule in rules.items()}
    finally:
        sandbox.close()
    print(f"one rule over {POSITIONS:,} positions of a fresh book, median of {ROUNDS} cycles:")
    for name, seconds in costs.items():
        ratio = seconds / costs[name.removesuffix("-by-sql")]
        print(f"  {name:18} {seconds * 1e3:8.3f} ms   {ratio:6.1f}x its measure")


def _seconds(rule: Rule, sandbox: Sandbox) -> float:
    times = []
    for _ in range(ROUNDS):
        book = Book.of(*_BOOK)
        started = default_timer()
        (reading,) = evaluate([rule], book, now=NOW, answers=asked(asking(sandbox), book, [rule]))
        times.append(default_timer() - started)
        assert (reading.levels >= 0).all(), reading.unknown[0]
    return median(times)


if __name__ == "__main__":
    main()
