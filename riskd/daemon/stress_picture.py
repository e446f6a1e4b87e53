"""The curve of a shock as a picture: the margin that an account has and needs, and where limits are reached on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np

from riskd.daemon.drawing import (
    BLUE,
    BROWN,
    DIM,
    INK,
    NIGHT,
    PAPER,
    RED,
    RULE,
    VIOLET,
    Frame,
    Line,
    curve,
    legend,
    opened,
    ticks,
)
from riskd.daemon.stress import Stressed
from riskd.daemon.subject_owner import owners
from riskd.judge.first_crossing import Crossing, Fate
from riskd.judge.shock_curve import AccountCurve, account_curves
from riskd.model.arrays import floats
from riskd.model.verdict import Level

WIDTH, HEIGHT = 880, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 28, 128, 48
_STEPS = 100
# Beyond this share of the axis there is no room for a name.
_CROWDED = 0.6
_COLOURS = {Level.WARN: BROWN, Level.BREACH: VIOLET, Level.CRITICAL: RED}
_HALO = f'paint-order="stroke" stroke="{PAPER}" stroke-width="4" stroke-linejoin="round"'


def picture_of(found: Stressed, account: str | None) -> str:
    """The chart of one account as a file: the one that is named, else the one that is nearest to liquidation."""
    name = account or _nearest(found)
    low, high = (0.0, 1.5) if found.is_scenario else (-0.5, 0.5)
    moves = np.linspace(low, high, _STEPS + 1)
    curve_of = next(each for each in account_curves(found.path, moves.tolist()) if each.account == name)
    frame = _frame(curve_of, low, high)
    lines = [
        Line(name="margin balance", at=moves, values=floats(curve_of.balance), colour=BLUE),
        Line(
            name="maintenance margin", at=moves, values=floats(curve_of.maintenance), colour=RED, dashed="6 3"
        ),
    ]
    title = f"{name}: {found.scenario.title}"
    parts = [
        opened(WIDTH, HEIGHT, title),
        NIGHT,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        f'<text x="20" y="26" font-size="15" font-weight="600" fill="{INK}">{escape(title)}</text>',
        f'<text x="20" y="46" font-size="12" fill="{DIM}">{escape(_note(found))}</text>',
        *_axes(frame),
        *_posts(frame, found, name),
        *[curve(frame, line) for line in lines],
        *legend(frame, lines, y=26),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _nearest(found: Stressed) -> str:
    """The account that a move liquidates first; the first one where none is."""
    ends = found.curve.liquidations[: len(found.curve.accounts)]
    nearest = min(ends, key=lambda end: np.nanmin([end.backwards, end.forwards, np.inf]))
    return nearest.subject.part("account")


def _note(found: Stressed) -> str:
    of = "share of the scenario that is gone" if found.is_scenario else "move of prices"
    return f"Dollars over the {of}. Nobody trades; a post stands where the first rule reaches a level."


def _frame(drawn: AccountCurve, low: float, high: float) -> Frame:
    values = np.concatenate([drawn.balance, drawn.maintenance, [0.0]])
    finite = values[np.isfinite(values)]
    margin = float(finite.max() - finite.min()) * 0.05 or 1.0
    return Frame(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        at_min=low,
        at_max=high,
        low=float(finite.min()) - margin,
        high=float(finite.max()) + margin,
    )


def _axes(frame: Frame) -> Iterator[str]:
    for value in ticks(frame.low, frame.high):
        y = frame.y(value)
        yield (
            f'<path d="M{frame.left} {y:.1f}H{frame.end}" stroke="{RULE if value else DIM}"/>'
            f'<text x="{frame.left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{DIM}">{value:,.0f}</text>'
        )
    for at in ticks(frame.at_min, frame.at_max):
        x = frame.x(at)
        yield (
            f'<path d="M{x:.1f} {frame.top}V{frame.floor}" stroke="{RULE}"/>'
            f'<text x="{x:.1f}" y="{frame.floor + 16}" text-anchor="middle" fill="{DIM}">{_percent(at)}</text>'
        )


def _percent(at: float) -> str:
    return f"{at * 100:+.0f} %" if at else "0 %"


@dataclass(frozen=True, slots=True)
class _Post:
    """A place on the way that has a name."""

    at: float
    name: str
    colour: str


def _posts(frame: Frame, found: Stressed, account: str) -> Iterator[str]:
    """Upright lines with names, which stand outwards, or inwards near the end of the axis where there is no room.

    Of those that stand outwards the inner ones are higher, of the others the outer ones, so that few cross another's line.
    """
    places = [post for post in _places(found, account) if frame.at_min <= post.at <= frame.at_max]
    near_the_end = _CROWDED * frame.at_max
    for side in (-1.0, 1.0):
        there = [post for post in places if post.at * side > 0.0]
        inwards = sorted(
            (post for post in there if abs(post.at) > near_the_end), key=lambda post: -abs(post.at)
        )
        outwards = sorted(
            (post for post in there if abs(post.at) <= near_the_end), key=lambda post: abs(post.at)
        )
        for row, post in enumerate((*inwards, *outwards)):
            x, y = frame.x(post.at), 66 + 15 * row
            anchor, gap = ("start", 5) if (side > 0.0) != (row < len(inwards)) else ("end", -5)
            yield (
                f'<path d="M{x:.1f} {y}V{frame.floor}" stroke="{post.colour}" stroke-width="1.4" stroke-dasharray="5 4"/>'
                f'<text x="{x + gap:.1f}" y="{y + 9}" text-anchor="{anchor}" {_HALO} fill="{post.colour}">'
                f"{escape(post.name)}</text>"
            )


def _places(found: Stressed, account: str) -> Iterator[_Post]:
    """Where the account or an isolated position is liquidated, and where the first of all rules reaches each level, both ways."""
    for end in found.curve.liquidations:
        if end.subject.part("account") == account:
            of = f"{end.subject.part('symbol')} {end.subject.part('side')} liquidated"
            name = of if end.subject.part("symbol") else "liquidation"
            for at in (-end.backwards, end.forwards):
                if np.isfinite(at) and not (found.is_scenario and at < 0.0):
                    yield _Post(at, f"{name} {at * 100:+.1f} %", INK)
    first: dict[tuple[Level, bool], Crossing] = {}
    for reach in found.reaches:
        if reach.is_now or account not in owners(reach.subject, found.desk):
            continue
        for crossing in (reach.backwards, reach.forwards):
            if crossing.fate is Fate.REACHED:
                key = (crossing.level, crossing.place > 0.0)
                if key not in first or abs(crossing.place) < abs(first[key].place):
                    first[key] = crossing
    for (level, _), crossing in first.items():
        name = f"{level.name}: {crossing.rule.id.partition('/')[2]} {crossing.place * 100:+.1f} %"
        yield _Post(crossing.place, name, _COLOURS[level])
