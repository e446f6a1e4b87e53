"""One cycle without the network: 1,000 accounts x 10 positions, from the venue's payloads to the durable commit.

The first cycle reads everything; the others, which are timed, what the daemon reads in every cycle: marks, balances and
positions. The payloads are those of one paper account, given to every account. The baseline is parsing the same payloads as JSON once: the
least that anybody must do with them. All figures of one line come from one run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from timeit import default_timer

import numpy as np

from riskd.adapters.binance_reader import BinanceReader
from riskd.adapters.duckdb_ledger import DuckdbLedger
from riskd.adapters.duckdb_migrate import read_migrations
from riskd.adapters.journal_file import JournalFile
from riskd.adapters.package_files import storage_directory
from riskd.adapters.virtual_time import VirtualClock, VirtualLoop
from riskd.cycle import CycleInput, CycleResult, run_cycle
from riskd.daemon.history import HistoryKeeper
from riskd.daemon.intake import take_in
from riskd.daemon.memory import Memory
from riskd.model.desk import AccountProfile, Desk, Mode, StrategyMatch
from riskd.model.history import History
from riskd.model.report import MARKET_SURFACES, Report, Surface
from riskd.model.snapshot import Snapshot
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from riskd.paper.dialect.http import ApiKey
from riskd.paper.engine.exchange import Exchange
from riskd.paper.engine.types import OrderRequest, OrderType, Side
from riskd.paper.faults import FaultPlan
from riskd.paper.market.contracts import generic
from riskd.paper.market.track import FundingStep, Track, TrackMarket
from riskd.paper.transport import InProcessTransport
from riskd.paper.venue import Venue
from riskd.policy.load import load

ACCOUNTS, POSITIONS, CYCLES = 1_000, 10, 12
EVERY_CYCLE = frozenset({Surface.MARKS, Surface.BALANCES, Surface.POSITIONS})
STARTED_AT = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
# A desk on an ordinary day: nearly every subject keeps every rule.
POLICY = """\
riskd: policy/v1
name: benchmark
title: A desk on an ordinary day
owner: nobody
version: "1.0.0"
mode: observe
rules:
  - {id: leverage, title: t, why: w, measure: leverage, per: account, max: {warn: 3x, breach: 4x, critical: 5x}}
  - {id: margin, title: t, why: w, measure: margin_ratio, per: account, max: {warn: 40%, breach: 60%, critical: 80%}}
  - {id: room, title: t, why: w, measure: account_shock, per: account, min: {warn: 20%, breach: 12%, critical: 6%}}
  - {id: delta, title: t, why: w, measure: net_delta, per: account, max: {warn: 200%, breach: 300%}}
  - {id: today, title: t, why: w, measure: loss_today, per: account, max: {warn: 2%, breach: 3%, critical: 5%}}
  - {id: drawdown, title: t, why: w, measure: {drawdown: {window: 30d}}, per: account, max: {warn: 8%, breach: 12%}}
  - {id: age, title: t, why: w, measure: data_age, per: account, max: {warn: 45s, breach: 90s, critical: 5m}}
  - {id: slider, title: t, why: w, measure: position_leverage, per: position, max: {warn: 25x, breach: 30x}}
  - {id: size, title: t, why: w, measure: share_of_equity, per: position, max: {warn: 25%, breach: 40%}}
  - {id: distance, title: t, why: w, measure: liquidation_distance, per: position, min: {warn: 20%, breach: 12%}}
  - {id: funding, title: t, why: w, measure: funding_rate, per: position, max: {warn: 0.03%/8h, breach: 0.10%/8h}}
  - {id: adl, title: t, why: w, measure: adl_rank, per: position, max: {breach: 4}}
  - {id: asset, title: t, why: w, measure: share_of_gross, per: asset, max: {warn: 35%, breach: 40%}}
  - {id: coin, title: t, why: w, measure: share_of_equity, per: asset, max: {warn: 35%, breach: 40%}}
  - {id: venue, title: t, why: w, measure: equity_at_venue, per: exchange, max: {breach: 100%}}
"""
_KEY = ApiKey(account="a", key="k", secret="s")


def main() -> None:
    """Prints the parts of a cycle and their ratio to parsing the payloads."""
    market, account = _payloads()
    desk = Desk(
        accounts=tuple(
            AccountProfile(
                id=f"a{number:04}",
                venue="binanceusdm",
                labels=(("env", "prod"),),
                strategies=(StrategyMatch(symbols=("*",), strategy="swing"),),
            )
            for number in range(ACCOUNTS)
        )
    )
    reports = (*market, *(replace(r, account=p.id) for p in desk.accounts for r in account))
    texts = [json.dumps(report.payload) for report in reports if report.surface in EVERY_CYCLE]
    parsing = _seconds(lambda: [json.loads(text) for text in texts])
    with TemporaryDirectory() as folder:
        judging, journaling, committing = _cycles(desk, reports, Path(folder))
    print(
        f"cycle of {ACCOUNTS} accounts x {POSITIONS} positions, payload to durable commit, {CYCLES} cycles:"
    )
    whole = [sum(parts) for parts in zip(judging, journaling, committing, strict=True)]
    for name, seconds in (
        ("whole", whole),
        ("observe, measure, judge, rows", judging),
        ("journal", journaling),
        ("ledger", committing),
    ):
        p50, p99 = np.percentile(seconds, 50), np.percentile(seconds, 99)
        print(
            f"  {name:30} p50 {p50 * 1e3:8.1f} ms   p99 {p99 * 1e3:8.1f} ms   {p50 / parsing:6.1f}x parsing"
        )
    print(f"  {'parsing the payloads as JSON':30} p50 {parsing * 1e3:8.1f} ms")


def _cycles(
    desk: Desk, reports: tuple[Report, ...], folder: Path
) -> tuple[list[float], list[float], list[float]]:
    bundle = load([("benchmark.yaml", POLICY)])
    keeper = HistoryKeeper(desk)
    journal = JournalFile.open(folder / "journal.jsonl", holder="benchmark")
    memory = Memory(journal, channels=[], now=STARTED_AT)
    ledger = DuckdbLedger.open(
        folder / "hot.duckdb", read_migrations(storage_directory() / "migrations"), now=STARTED_AT
    )

    def remember(snapshot: Snapshot, known: Known) -> History:
        take_in(keeper, snapshot, known)
        return keeper.history(snapshot.taken_at)

    moving = tuple(report for report in reports if report.surface in EVERY_CYCLE)
    known = Known()
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    for number in range(CYCLES + 1):
        given = CycleInput(
            snapshot_id=number + 1,
            now=STARTED_AT,
            reports=reports if number == 0 else moving,
            known=known,
            desk=desk,
            freshness=Freshness(),
            bundle=bundle,
            states=memory.states,
            remember=remember,
            attempts={},
            ceiling=Mode.OBSERVE,
            duration_seconds=0.0,
        )
        results: list[CycleResult] = []
        judged = _seconds(partial(_judge, given, results))
        [result] = results
        known = result.known
        journalled = _seconds(partial(memory.cycle, result, STARTED_AT))
        committed = _seconds(partial(ledger.commit, result.rows, memory.unrecorded))
        memory.recorded()
        if number:  # the first cycle fires every alert and fills every cache
            for column, seconds in zip(times, (judged, journalled, committed), strict=True):
                column.append(seconds)
    ledger.close()
    journal.close()
    return times


def _judge(given: CycleInput, results: list[CycleResult]) -> None:
    results.append(run_cycle(given))


def _payloads() -> tuple[list[Report], list[Report]]:
    """What the keyless reader and one account's reader bring."""
    started_ms = int(STARTED_AT.timestamp() * 1000)
    market = TrackMarket(
        name="still",
        tracks=tuple(_track(number, started_ms) for number in range(POSITIONS)),
        known_from_ms=started_ms,
        started_at_ms=started_ms,
        ends_at_ms=started_ms + 3_600_000,
        step_ms=1_000,
    )
    exchange = Exchange(
        market.contracts, now_ms=started_ms, quotes=market.quotes(started_ms), insurance_fund=Decimal(0)
    )
    exchange.open_account("a")
    exchange.deposit("a", Decimal(100_000))
    for contract in market.contracts:
        exchange.place(
            "a",
            OrderRequest(
                symbol=contract.symbol,
                side=Side.BUY,
                type=OrderType.MARKET,
                quantity=Decimal(100),
                client_order_id=f"open-{contract.symbol}",
            ),
        )
    venue = Venue(exchange, market, [_KEY], faults=FaultPlan(Random(7)))
    loop = VirtualLoop()
    clock = VirtualClock(loop, started_at=STARTED_AT)

    async def read() -> tuple[list[Report], list[Report]]:
        own = [
            s
            for s in Surface
            if s not in MARKET_SURFACES and s not in (Surface.TRADES, Surface.SPOT_BALANCES)
        ]
        public = BinanceReader(InProcessTransport(venue, clock), account="", clock=clock)
        private = BinanceReader(InProcessTransport(venue, clock, key=_KEY), account="a", clock=clock)
        return list(await public.read(sorted(MARKET_SURFACES))), list(await private.read(own))

    try:
        return loop.run_until_complete(read())
    finally:
        loop.close()


def _track(number: int, started_ms: int) -> Track:
    price = 50.0 + number
    return Track(
        contract=generic(f"S{number}USDT", price=price),
        at_ms=[started_ms],
        last=[price],
        mark=[price],
        index=[price],
        spread_rate=[0.0002],
        depth_usd=[10_000_000.0],
        funding=(FundingStep(from_ms=started_ms, rate=0.0001),),
    )


def _seconds(work: Callable[[], object]) -> float:
    started = default_timer()
    work()
    return default_timer() - started


if __name__ == "__main__":
    main()
