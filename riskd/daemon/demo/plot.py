"""Line charts as SVG text: no script, no font, no network. Gaps are drawn as gaps, never bridged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

import numpy as np

from riskd.model.arrays import FloatArray

WIDTH, HEIGHT = 880, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 16, 34, 26
_POINTS_MAX = 700


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One curve; NaN breaks it."""

    name: str
    at: FloatArray
    values: FloatArray
    colour: str
    dashed: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    at_min: float
    at_max: float
    low: float
    high: float

    def x(self, at: float) -> float:
        span = max(self.at_max - self.at_min, 1.0)
        return _LEFT + (at - self.at_min) / span * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        span = max(self.high - self.low, 1e-12)
        inside = min(max(value, self.low), self.high)
        return HEIGHT - _BOTTOM - (inside - self.low) / span * (HEIGHT - _TOP - _BOTTOM)


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
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(title, quote=True)}" font-family="ui-sans-serif, system-ui, sans-serif" '
            'font-size="11">'
        ),
        (
            '<defs><pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" '
            'patternTransform="rotate(45)"><path d="M0 0V6" stroke="#9a9a9a" stroke-width="2"/></pattern></defs>'
        ),
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="16" font-size="13" font-weight="600" fill="#1b1f24">{escape(title)}</text>',
        *_axes(frame, show),
        *[_gap(frame, gap) for gap in gaps],
        *[_tier(frame, tier, row) for row, tier in enumerate(tiers)],
        *[_line(frame, line) for line in lines],
        *[_marker(frame, marker) for marker in markers],
        *_legend(lines),
        "</svg>",
    ]
    return "\n".join(parts)


def _frame(lines: Sequence[Line], tiers: Sequence[Tier], low: float | None, high: float | None) -> _Frame:
    values = np.concatenate([line.values for line in lines] + [np.array([tier.value for tier in tiers])])
    finite = values[np.isfinite(values)]
    bottom = float(finite.min()) if finite.size else 0.0
    top = float(finite.max()) if finite.size else 1.0
    margin = (top - bottom) * 0.06 or abs(top) * 0.02 or 1.0
    return _Frame(
        at_min=min(float(line.at[0]) for line in lines if line.at.size),
        at_max=max(float(line.at[-1]) for line in lines if line.at.size),
        # What is never negative has no axis below zero.
        low=max(bottom - margin, 0.0 if bottom >= 0.0 else -np.inf) if low is None else low,
        high=top + margin if high is None else high,
    )


def _axes(frame: _Frame, show: Callable[[float], str]) -> list[str]:
    parts = []
    for value in _ticks(frame.low, frame.high):
        y = frame.y(value)
        parts.append(
            f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#e4e7eb"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#57606a">'
            f"{escape(show(value))}</text>"
        )
    span = frame.at_max - frame.at_min
    pattern = "%H:%M" if span < 36 * 3600 else "%m-%d %H:%M"
    for at in np.linspace(frame.at_min, frame.at_max, 7):
        text = datetime.fromtimestamp(float(at), UTC).strftime(pattern)
        anchor = "end" if at == frame.at_max else "middle"
        parts.append(
            f'<text x="{frame.x(float(at)):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}" '
            f'fill="#57606a">{text}</text>'
        )
    return parts


def _ticks(low: float, high: float) -> list[float]:
    """Round values between two ends, about five: steps of 1, 2, 2.5 or 5 times a power of ten."""
    rough = max(high - low, 1e-12) / 5.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1.0, 2.0, 2.5, 5.0, 10.0) if each * power >= rough)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _line(frame: _Frame, line: Line) -> str:
    step = max(1, line.at.size // _POINTS_MAX)
    path: list[str] = []
    drawing = False
    for at, value in zip(line.at[::step], line.values[::step], strict=True):
        if not np.isfinite(value):
            drawing = False
            continue
        path.append(f"{'L' if drawing else 'M'}{frame.x(float(at)):.1f} {frame.y(float(value)):.1f}")
        drawing = True
    dashes = f' stroke-dasharray="{line.dashed}"' if line.dashed else ""
    return f'<path d="{"".join(path)}" fill="none" stroke="{line.colour}" stroke-width="1.8"{dashes}/>'


def _tier(frame: _Frame, tier: Tier, row: int) -> str:
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


def _marker(frame: _Frame, marker: Marker) -> str:
    y = _TOP + 8 if marker.shape == "liquidated" else HEIGHT - _BOTTOM - 8
    return (
        f'<g transform="translate({frame.x(marker.at):.1f} {y})"><title>{escape(marker.name)}</title>'
        f'<path d="{_SHAPES[marker.shape]}" fill="{marker.colour}" stroke="{marker.colour}" '
        'stroke-width="2"/></g>'
    )


def _gap(frame: _Frame, gap: Gap) -> str:
    x, end = frame.x(gap.start), frame.x(gap.end)
    return (
        f'<rect x="{x:.1f}" y="{_TOP}" width="{max(end - x, 2):.1f}" height="{HEIGHT - _TOP - _BOTTOM}" '
        f'fill="url(#gap)" opacity="0.35"><title>{escape(gap.name)}</title></rect>'
    )


def _legend(lines: Sequence[Line]) -> list[str]:
    parts = []
    x = WIDTH - _RIGHT - sum(34 + 6 * len(line.name) for line in lines)
    for line in lines:
        dashes = f' stroke-dasharray="{line.dashed}"' if line.dashed else ""
        parts.append(
            f'<path d="M{x} 12h18" stroke="{line.colour}" stroke-width="2"{dashes}/>'
            f'<text x="{x + 22}" y="16" fill="#1b1f24">{escape(line.name)}</text>'
        )
        x += 34 + 6 * len(line.name)
    return parts
