"""Line charts over time as SVG text: no script, no font, no network. Gaps are drawn as gaps, never bridged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

import numpy as np

from riskd.daemon.drawing import DIM, INK, PAPER, RULE, Frame, Line, curve, legend, opened, ticks

__all__ = ["Gap", "Line", "Marker", "Tier", "chart"]

WIDTH, HEIGHT = 880, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 16, 34, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A horizontal line at a limit."""

    name: str
    value: float
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A moment: shape tells the kind, so that colour is never the only sign."""

    at: float
    shape: str  # "order" (triangle), "liquidated" (cross), "alert" (dot)
    name: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A spell without data, hatched."""

    start: float
    end: float
    name: str


def chart(
    title: str,
    lines: Sequence[Line],
    *,
    show: Callable[[float], str],
    tiers: Sequence[Tier] = (),
    markers: Sequence[Marker] = (),
    gaps: Sequence[Gap] = (),
    low: float | None = None,
    high: float | None = None,
) -> str:
    """An SVG chart over time in UTC.

    Args:
        title: Said above the chart and to screen readers.
        show: Renders a value for the axis.
        low: Bottom of the axis; from the data when None. Values beyond an end are drawn at it.
        high: Top of the axis; likewise.
    """
    frame = _frame(lines, tiers, low, high)
    parts = [
        opened(WIDTH, HEIGHT, title),
        (
            '<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><path d="M0 0V6" stroke="#9a9a9a" stroke-width="2"/></pattern></defs>'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        f'<text x="{_LEFT}" y="16" font-size="13" font-weight="600" fill="{INK}">{escape(title)}</text>',
        *_axes(frame, show),
        *[_gap(frame, gap) for gap in gaps],
        *[_tier(frame, tier, row) for row, tier in enumerate(tiers)],
        *[curve(frame, line) for line in lines],
        *[_marker(frame, marker) for marker in markers],
        *legend(frame, lines),
        "</svg>",
    ]
    return "\n".join(parts)


def _frame(lines: Sequence[Line], tiers: Sequence[Tier], low: float | None, high: float | None) -> Frame:
    values = np.concatenate([line.values for line in lines] + [np.array([tier.value for tier in tiers])])
    finite = values[np.isfinite(values)]
    bottom = float(finite.min()) if finite.size else 0.0
    top = float(finite.max()) if finite.size else 1.0
    margin = (top - bottom) * 0.06 or abs(top) * 0.02 or 1.0
    return Frame(
        width=WIDTH,
        height=HEIGHT,
        left=_LEFT,
        right=_RIGHT,
        top=_TOP,
        bottom=_BOTTOM,
        at_min=min(float(line.at[0]) for line in lines if line.at.size),
        at_max=max(float(line.at[-1]) for line in lines if line.at.size),
        # What is never negative has no axis below zero.
        low=max(bottom - margin, 0.0 if bottom >= 0.0 else -np.inf) if low is None else low,
        high=top + margin if high is None else high,
    )


def _axes(frame: Frame, show: Callable[[float], str]) -> list[str]:
    parts = []
    for value in ticks(frame.low, frame.high):
        y = frame.y(value)
        parts.append(
            f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="{RULE}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{DIM}">'
            f"{escape(show(value))}</text>"
        )
    span = frame.at_max - frame.at_min
    pattern = "%H:%M" if span < 36 * 3600 else "%m-%d %H:%M"
    for at in np.linspace(frame.at_min, frame.at_max, 7):
        text = datetime.fromtimestamp(float(at), UTC).strftime(pattern)
        anchor = "end" if at == frame.at_max else "middle"
        parts.append(
            f'<text x="{frame.x(float(at)):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}" '
            f'fill="{DIM}">{text}</text>'
        )
    return parts


def _tier(frame: Frame, tier: Tier, row: int) -> str:
    """A limit's line; names stand beside each other, so that limits close together stay readable."""
    y = frame.y(tier.value)
    x = WIDTH - _RIGHT - 56 * row
    return (
        f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="{tier.colour}" stroke-dasharray="2 3"/>'
        f'<text x="{x}" y="{y - 3:.1f}" text-anchor="end" fill="{tier.colour}">'
        f"{escape(tier.name)}</text>"
    )


_SHAPES = {
    "order": "M-5 5H5L0 -5Z",
    "liquidated": "M-5 -5L5 5M-5 5L5 -5",
    "alert": "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
}


def _marker(frame: Frame, marker: Marker) -> str:
    y = _TOP + 8 if marker.shape == "liquidated" else HEIGHT - _BOTTOM - 8
    return (
        f'<g transform="translate({frame.x(marker.at):.1f} {y})"><title>{escape(marker.name)}</title>'
        f'<path d="{_SHAPES[marker.shape]}" fill="{marker.colour}" stroke="{marker.colour}" '
        'stroke-width="2"/></g>'
    )


def _gap(frame: Frame, gap: Gap) -> str:
    x, end = frame.x(gap.start), frame.x(gap.end)
    return (
        f'<rect x="{x:.1f}" y="{_TOP}" width="{max(end - x, 2):.1f}" height="{HEIGHT - _TOP - _BOTTOM}" '
        f'fill="url(#gap)" opacity="0.35"><title>{escape(gap.name)}</title></rect>'
    )
