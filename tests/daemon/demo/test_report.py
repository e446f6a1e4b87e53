"""The report opens offline, says what the run gave, and escapes what venues say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import numpy as np
import pytest

from riskd.daemon.demo.plot import Gap, Line, Marker, Tier, chart
from riskd.daemon.demo.report import comparison, headline, picture, render
from riskd.daemon.demo.result import (
    CancelledOrder,
    Demo,
    Forced,
    MadePlan,
    Run,
    Said,
    SentOrder,
    Track,
)
from riskd.model.arrays import FloatArray, floats
from riskd.model.verdict import Level

START = datetime(2026, 10, 1, 15, 30, tzinfo=UTC)
AT = floats([START.timestamp() + 10 * step for step in range(5)])
HOSTILE = "<script>alert(1)</script> & <!channel>"


def a_track(account: str, equity: FloatArray, room: FloatArray) -> Track:
    return Track(account=account, at=AT, equity=equity, leverage=floats([1.0] * 5), room=room)


def forced(account: str, minutes: float) -> Forced:
    return Forced(
        at=START + timedelta(minutes=minutes),
        account=account,
        what="liquidated",
        symbol=HOSTILE,
        quantity=Decimal("1.5"),
        price=Decimal("100.10"),
    )


def a_demo() -> Demo:
    nan = float("nan")
    swing = a_track("swing", floats([100, 90, 80, 70, 75]), floats([0.2, 0.1, nan, 0.05, 0.3]))
    hedge = a_track("hedge", floats([200] * 5), floats([nan] * 5))
    dead = a_track("swing", floats([100, 60, 0, 0, 0]), floats([0.2, 0.01, nan, nan, nan]))
    order = SentOrder(
        intended_at=START,
        intent_sequence=17,
        booked_at=START + timedelta(seconds=1),
        account="swing",
        symbol="ETH/USDT:USDT",
        side="SELL",
        execution="immediate",
        trigger_price=None,
        quantity=Decimal("2.50"),
        filled=Decimal("2.50"),
        average_price=Decimal("1500.0"),
        status="filled",
        rule="demo-desk/room",
        client_order_id="0" * 32,
        reduce_only=True,
    )
    stop = replace(order, execution="stop", trigger_price=Decimal(1300), status="resting", filled=Decimal(0))
    return Demo(
        market="demo",
        seed=7,
        started_at=START,
        ended_at=START + timedelta(minutes=70),
        policy_hash="ab" * 32,
        version="0.1.0",
        watched=Run(tracks=(swing, hedge), forced=()),
        bare=Run(tracks=(dead, hedge), forced=(forced("swing", 41), forced("swing", 42))),
        plans=(
            MadePlan(
                id="pln-1",
                made_at=START,
                account="swing",
                rule="demo-desk/room",
                what=f"reduce 1k USD of {HOSTILE}",
                advice=("add 500 USDT",),
                state="done",
                reason="",
                ended_at=START + timedelta(minutes=3),
            ),
        ),
        orders=(order, stop),
        cancelled=(
            CancelledOrder(
                at=START, account="swing", symbol=HOSTILE, plan="pln-1", why=f"take-profit {HOSTILE}"
            ),
        ),
        restarts=1,
        repeated=0,
        said=(Said(at=START, level=Level.BREACH, account="swing", text=HOSTILE),),
        blind=(("swing", START, START + timedelta(seconds=20), HOSTILE),),
        cycles=420,
        journal_entries=99,
        marks=(("BTCUSDT", AT, floats([100, 99, 98, 97, 99])),),
        tiers=(("breach", 0.12),),
    )


def test_the_table_is_computed_from_the_samples_of_both_passes() -> None:
    rows, total = comparison(a_demo())
    assert (rows[0].start, rows[0].end_watched, rows[0].end_bare) == (100, 75, 0)
    assert (rows[0].room_watched, rows[0].room_bare) == (0.05, 0.01)
    assert (rows[0].liquidated_watched, rows[0].liquidated_bare) == ("", "10-01 16:11:00")
    assert np.isnan(rows[1].room_watched)
    assert (total.liquidated_watched, total.liquidated_bare) == (0, 1)
    assert headline(total, 2) == "0 of 2 accounts liquidated with riskd, 1 of 2 without"


def test_the_page_needs_no_network_and_runs_no_script() -> None:
    page = render(a_demo(), hints=("riskd sql --state demo 'select 1'",))
    assert "default-src 'none'" in page
    # The SVG namespace is a name, not an address that anything fetches.
    assert re.findall(r"https?://[^\"' ]+", page.replace("http://www.w3.org/2000/svg", "")) == []
    assert "<script" not in page


def test_text_from_venues_is_escaped_everywhere() -> None:
    page = render(a_demo(), hints=())
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_plans_stops_and_cancellations_are_told() -> None:
    page = render(a_demo(), hints=())
    assert "A person" not in page
    assert "add 500 USDT" in page
    assert "stop, sell ETH/USDT:USDT behind 1300" in page
    assert "Resting orders that riskd cancelled" in page
    assert "0 orders were repeated" in page


def test_a_stop_is_no_mark_on_a_chart() -> None:
    assert picture(a_demo(), "swing").count("<title>SELL") == 1


def test_an_account_that_cannot_be_liquidated_says_none_and_not_a_number() -> None:
    page = render(a_demo(), hints=())
    assert "none" in page
    assert "nan" not in page.lower().replace("nance", "")


def test_every_chart_is_well_formed_and_breaks_at_gaps() -> None:
    svg = picture(a_demo(), "swing")
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    curves = [path.get("d", "") for path in root.iter("{http://www.w3.org/2000/svg}path")]
    assert any(curve.count("M") == 2 for curve in curves)


def test_a_chart_of_one_flat_value_has_an_axis() -> None:
    svg = chart(
        HOSTILE,
        [Line(name=HOSTILE, at=AT, values=floats([1.0] * 5), colour="#000000")],
        show=str,
        tiers=[Tier(name=HOSTILE, value=1.0, colour="#000000")],
        markers=[Marker(at=AT[0], shape="order", name=HOSTILE, colour="#000000")],
        gaps=[Gap(start=float(AT[0]), end=float(AT[1]), name=HOSTILE)],
    )
    ElementTree.fromstring(svg)
    assert HOSTILE not in svg


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (-0.9, 0.5, ["-0.5", "0", "0.5"]),
        (0.0, 52_000.0, ["0", "20000", "40000"]),
        (199_727.0, 199_769.0, ["199730", "199740", "199750", "199760"]),
    ],
)
def test_an_axis_has_round_values_within_its_ends(low: float, high: float, ticks: list[str]) -> None:
    line = Line(name="x", at=floats([0.0, 1.0]), values=floats([low, high]), colour="#000000")
    svg = chart("title", [line], show=lambda value: f"{value:g}", low=low, high=high)
    assert re.findall(r'text-anchor="end" fill="#57606a">([^<]+)<', svg)[: len(ticks)] == ticks
