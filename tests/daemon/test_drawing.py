"""Parts of charts: where things are drawn, what is left out, and that every colour has one for the night."""

from __future__ import annotations

import numpy as np
import pytest

from riskd.daemon import drawing
from riskd.daemon.drawing import NIGHT, Frame, Line, curve, opened, ticks

FRAME = Frame(
    width=200,
    height=120,
    left=20,
    right=10,
    top=10,
    bottom=20,
    at_min=0.0,
    at_max=10.0,
    low=0.0,
    high=1.0,
)


def test_a_frame_maps_its_ends_to_the_edges_and_keeps_what_lies_beyond_at_them() -> None:
    assert (FRAME.x(0.0), FRAME.x(10.0), FRAME.end) == (20.0, 190.0, 190)
    assert (FRAME.y(0.0), FRAME.y(1.0), FRAME.floor) == (100.0, 10.0, 100)
    assert (FRAME.y(-5.0), FRAME.y(7.0)) == (100.0, 10.0)


def test_an_axis_may_fall() -> None:
    falling = Frame(
        width=200, height=9, left=20, right=10, top=1, bottom=1, at_min=9.0, at_max=1.0, low=0.0, high=1.0
    )
    assert (falling.x(9.0), falling.x(1.0)) == (20.0, 190.0)


def test_a_gap_is_not_bridged() -> None:
    line = Line(
        name="a",
        at=np.array([0.0, 1.0, 2.0, 3.0]),
        values=np.array([0.0, 1.0, np.nan, 0.5]),
        colour=drawing.BLUE,
    )
    assert curve(FRAME, line).count("M") == 2


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), (0.3, 27.0, [10.0, 20.0]), (-3.0, 3.0, [-2.0, 0.0, 2.0])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_every_colour_has_one_for_the_night() -> None:
    names = ("PAPER", "INK", "DIM", "RULE", "BLUE", "RED", "GREEN", "VIOLET", "BROWN")
    for name in names:
        assert f'[stroke="{getattr(drawing, name)}"]{{stroke:' in NIGHT


def test_a_title_is_escaped() -> None:
    assert 'aria-label="&quot;&lt;b&gt;&quot;"' in opened(10, 10, '"<b>"')
