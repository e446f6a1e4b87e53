"""A cycle as column blocks: every value in its column, unknown as missing, hostile text as text."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from riskd.measure.spec import MeasureRef
from riskd.model.flow import IncomeKind
from riskd.model.report import Surface
from riskd.model.snapshot import Quality
from riskd.model.subject import position_subject
from riskd.record.block import Block, Vocabulary, block, stamps_of_seconds
from riskd.record.digest import digest
from riskd.record.rows import summary_block
from riskd.record.snapshot_rows import worst_quality
from riskd.record.verdict_rows import measure_text, verdict_block
from tests.builders import BTC, ETH, NOW, a_position, a_snapshot, a_stop, a_surface, an_account
from tests.builders_rules import a_rule
from tests.record.builder import a_cycle, a_reading, a_universe, an_income


def named(blocks: tuple[Block, ...], table: str) -> Block:
    return next(block for block in blocks if block.table == table)


def numbers(block: Block, column: str) -> list[object]:
    return list(dict(block.numbers)[column].tolist())


def test_every_table_of_a_cycle_has_a_block_and_every_row_names_the_snapshot() -> None:
    rows = a_cycle(7)

    assert {block.table for block in rows.blocks} == {
        "account_snapshots",
        "positions",
        "resting_orders",
        "spot_balances",
        "marks",
        "surfaces",
        "verdicts",
    }
    for table in rows.blocks:
        assert set(numbers(table, "snapshot_id")) <= {7}
        assert len({len(column) for _, column in (*table.numbers, *table.texts)}) == 1


def test_a_position_is_recorded_with_its_exact_quantity_and_its_names() -> None:
    positions = named(a_cycle().blocks, "positions")

    assert positions.words("symbol") == (BTC, ETH)
    assert positions.words("side") == ("long", "short")
    assert positions.words("quantity_exact") == ("0.5", "-10")
    assert positions.words("margin_mode") == ("cross", "cross")
    assert numbers(positions, "quantity") == [0.5, -10.0]


def test_a_resting_order_says_which_way_it_goes() -> None:
    orders = named(a_cycle().blocks, "resting_orders")

    assert orders.words("direction") == ("SELL",)
    assert orders.words("kind") == ("stop",)
    assert numbers(orders, "trigger_price") == [50_000.0]
    assert math.isnan(float(str(numbers(orders, "price")[0])))


def test_an_account_has_the_worst_quality_of_its_own_surfaces() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("one"), an_account("two")],
        surfaces=[a_surface(Surface.POSITIONS, "two", quality=Quality.STALE, reason="19 s old")],
    )

    rows = a_cycle(snapshot=snapshot)

    assert named(rows.blocks, "account_snapshots").words("quality") == ("OK", "STALE")
    assert rows.quality_worst is Quality.STALE


def test_where_nothing_was_read_the_quality_is_blind() -> None:
    assert worst_quality(()) is Quality.BLIND
    assert worst_quality((Quality.OK, Quality.BLIND, Quality.PARTIAL)) is Quality.BLIND


def test_a_surface_never_seen_has_no_age() -> None:
    snapshot = a_snapshot(surfaces=[a_surface(Surface.INCOME, quality=Quality.BLIND, age_seconds=None)])

    surfaces = named(a_cycle(snapshot=snapshot).blocks, "surfaces")
    ages = dict(zip(surfaces.words("surface"), numbers(surfaces, "age_seconds"), strict=True))

    assert ages["balances"] == 2.0
    assert math.isnan(float(str(ages["income"])))


def test_a_verdict_says_what_was_measured_and_an_unknown_one_says_why() -> None:
    verdicts = named(a_cycle(values=(6.0, math.nan)).blocks, "verdicts")

    assert verdicts.words("outcome") == ("breach", "unknown")
    assert verdicts.words("unknown_reason") == ("", "equity")
    assert verdicts.words("subject") == (
        "account=main symbol=BTC/USDT:USDT side=long",
        "account=main symbol=ETH/USDT:USDT side=short",
    )
    assert verdicts.words("account") == ("main", "main")
    assert numbers(verdicts, "value")[0] == 6.0
    assert np.isnan(dict(verdicts.numbers)["value"][1])


def test_a_verdict_under_a_waiver_names_it_and_is_counted_apart_when_only_the_waiver_keeps_it_ok() -> None:
    universe = a_universe([position_subject("main", BTC, side) for side in ("a", "b", "c", "d")])
    reading = a_reading(universe, [4.0, 4.0, 6.0, math.nan])
    waived = replace(reading, waivers={1: "W-1", 2: "W-2", 3: "W-3"})

    verdicts = verdict_block(1, NOW, [waived])

    assert verdicts.words("outcome") == ("ok", "waived", "breach", "unknown")
    assert verdicts.words("waiver") == (None, "W-1", "W-2", "W-3")
    assert digest([verdict_block(1, NOW, [waived])]) != digest([verdict_block(1, NOW, [reading])])


def test_what_is_waived_is_always_recorded() -> None:
    universe = a_universe([position_subject("main", BTC, str(row)) for row in range(5)])
    reading = replace(a_reading(universe, [0.1, 0.2, 0.3, 0.4, 0.5]), waivers={1: "W-1"})

    verdicts = verdict_block(1, NOW, [reading], whole_max=2)

    assert [subject[-1] for subject in verdicts.words("subject") if subject] == ["1", "4"]


def test_rules_that_share_a_universe_or_have_another_of_the_same_grain_each_name_their_own_subjects() -> None:
    first = a_universe([position_subject("a", BTC, "long"), position_subject("b", BTC, "long")])
    second = a_universe([position_subject("c", ETH, "short")])

    verdicts = verdict_block(
        1, NOW, [a_reading(first, [1, 2]), a_reading(second, [3]), a_reading(first, [4])]
    )

    assert verdicts.words("account") == ("a", "b", "c", "a")


def test_a_measure_is_written_with_its_parameters() -> None:
    assert measure_text(MeasureRef("leverage")) == "leverage"
    assert measure_text(MeasureRef("drawdown", (("window", 2_592_000.0),))) == "drawdown(window=2592000)"


def test_a_cycle_without_positions_orders_or_rules_is_a_cycle_all_the_same() -> None:
    rows = a_cycle(snapshot=a_snapshot(), values=())

    assert rows.positions == 0
    assert rows.verdicts_recorded == 0
    assert len(named(rows.blocks, "account_snapshots")) == 1


def test_funding_and_transfers_have_their_own_tables_and_other_income_none() -> None:
    incomes = [
        ("main", an_income("1", IncomeKind.FUNDING, "-1.25")),
        ("main", an_income("2", IncomeKind.TRANSFER, "1000")),
        ("main", an_income("3", IncomeKind.COMMISSION, "-0.1")),
    ]

    rows = a_cycle(incomes=incomes)

    assert numbers(named(rows.incomes, "funding_income"), "amount_usd") == [-1.25]
    assert named(rows.incomes, "transfers").words("income_id") == ("2",)


def test_the_summary_counts_what_was_recorded() -> None:
    rows = a_cycle(3)

    summary = summary_block(rows)

    assert numbers(summary, "positions") == [2]
    assert numbers(summary, "verdicts_judged") == [2]
    assert numbers(summary, "duration_ms") == [125.0]
    assert summary.words("digest") == (rows.digest,)


def test_hostile_text_is_kept_as_text() -> None:
    hostile = "'; drop table positions; --\u202e<!channel>\x00"
    stop = a_stop(BTC, "SELL", "0.5", trigger=1, client_order_id=hostile)

    rows = a_cycle(snapshot=a_snapshot(positions=[a_position(BTC), a_position(ETH, -1)], orders=[stop]))

    assert named(rows.blocks, "resting_orders").words("client_order_id") == (hostile,)


def test_half_a_character_that_no_file_can_hold_becomes_a_question_mark() -> None:
    words = Vocabulary()

    assert words.codes(["a\ud800b", None, "a?b", "é"]).tolist() == [1, 0, 1, 2]
    assert words.words == ("a?b", "é")


def test_seconds_become_times_and_unknown_seconds_none() -> None:
    column = stamps_of_seconds(np.array([1_700_000_000.123456, np.nan, np.inf]))

    assert column[0].item() == datetime.fromtimestamp(1_700_000_000.123456, UTC).replace(tzinfo=None)
    assert np.isnat(column[1])
    assert np.isnat(column[2])


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length for marks"):
        block("marks", Vocabulary(), {"a": np.zeros(2), "b": np.zeros(3)}, {})


def test_a_reading_covers_only_the_rows_it_names() -> None:
    universe = a_universe([position_subject(name, BTC, "long") for name in "abc"])
    reading = a_reading(universe, [1.0], rule=a_rule(id="p/only-first"))

    assert verdict_block(1, NOW, [reading]).words("account") == ("a",)


def test_of_very_many_verdicts_those_near_a_limit_and_the_worst_of_each_rule_are_recorded() -> None:
    universe = a_universe([position_subject(f"a{row}", BTC, "long") for row in range(6)])
    calm = a_reading(universe, [1.0, 1.5, 2.0, 0.5, 1.0, 1.0], rule=a_rule(id="p/calm"))
    lively = a_reading(universe, [6.0, math.nan, 1.0, 2.5, 2.4, 4.9], rule=a_rule(id="p/lively"))

    whole = verdict_block(1, NOW, [calm, lively], whole_max=12)
    thinned = verdict_block(1, NOW, [calm, lively], whole_max=11)

    assert len(whole) == 12
    assert list(
        zip(thinned.words("rule"), thinned.words("account"), thinned.words("outcome"), strict=True)
    ) == [
        ("p/calm", "a2", "ok"),
        ("p/lively", "a0", "breach"),
        ("p/lively", "a1", "unknown"),
        ("p/lively", "a3", "ok"),
        ("p/lively", "a5", "ok"),
    ]


def test_a_verdict_without_a_limit_to_be_near_to_is_always_recorded() -> None:
    universe = a_universe([position_subject(name, BTC, "long") for name in "ab"])
    reading = replace(a_reading(universe, [1.0, 2.0]), utilisation=np.array([math.nan, math.nan]))

    assert len(verdict_block(1, NOW, [reading], whole_max=0)) == 2
