"""All benchmarks, one after the other: ratios measured in one run, not timed tests."""

from __future__ import annotations

from benchmarks import commit, cycle, engine, gaps, plans, queries, rules

for part in (rules, gaps, queries, plans, cycle, commit, engine):
    print(f"\n== {part.__name__.partition('.')[2]}: {(part.__doc__ or '').splitlines()[0]}")
    part.main()
