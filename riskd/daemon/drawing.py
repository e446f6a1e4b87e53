"""Parts of charts as SVG text: no script, no font, no network. Gaps are drawn as gaps, never bridged.

Colours stand as attributes, so that a picture looks right where no style is read; ``NIGHT`` turns them for dark screens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from riskd.model.arrays import FloatArray

PAPER, INK, DIM, RULE = "#ffffff", "#1b1f24", "#57606a", "#e4e7eb"
BLUE, RED, GREEN, VIOLET, BROWN = "#0969da", "#b42318", "#1a7f37", "#8250df", "#b54708"

_AT_NIGHT = {
    PAPER: "#0d1117",
    INK: "#e6edf3",
    DIM: "#9aa4af",
    RULE: "#2b323b",
    BLUE: "#58a6ff",
    RED: "#ff7b72",
    GREEN: "#3fb950",
    VIOLET: "#bc8cff",
    BROWN: "#f0883e",
}
NIGHT = (
    "<style>@media (prefers-color-scheme: dark) {"
    + "".join(
        f'[fill="{day}"]{{fill:{night}}}[stroke="{day}"]{{stroke:{night}}}'
        for day, night in _AT_NIGHT.items()
    )
    + "}</style>"
)

_POINTS_MAX = 700


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One curve; NaN breaks it.

    Attributes:
        at: Where along the axis, rising: seconds, or whatever the axis counts.
        values: Heights, one for each.
        dashed: Dashes as SVG writes them; empty for an unbroken line.
    """

    name: str
    at: FloatArray
    values: FloatArray
    colour: str
    dashed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """From values to places on the picture: the axes' ends, and the margins around them in pixels."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    at_min: float
    at_max: float
    low: float
    high: float

    def x(self, at: float) -> float:
        """Place along the axis."""
        span = (self.at_max - self.at_min) or 1.0
        return self.left + (at - self.at_min) / span * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        """Height; what lies beyond an end is drawn at it."""
        span = max(self.high - self.low, 1e-12)
        inside = min(max(value, self.low), self.high)
        return self.height - self.bottom - (inside - self.low) / span * (self.height - self.top - self.bottom)

    @property
    def end(self) -> int:
        """Right end of the axis."""
        return self.width - self.right

    @property
    def floor(self) -> int:
        """Lower end of the axis."""
        return self.height - self.bottom


def opened(width: int, height: int, title: str) -> str:
    """The first tag of a picture; its title is said to screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}" font-family="ui-sans-serif, system-ui, sans-serif" '
        'font-size="11">'
    )


def ticks(low: float, high: float) -> list[float]:
    """Round values between two ends, about five: steps of 1, 2, 2.5 or 5 times a power of ten."""
    rough = max(high - low, 1e-12) / 5.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1.0, 2.0, 2.5, 5.0, 10.0) if each * power >= rough)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def curve(frame: Frame, line: Line) -> str:
    """A line as a path; of very many points some are left out."""
    step = max(1, line.at.size // _POINTS_MAX)
    path: list[str] = []
    drawing = False
    for at, value in zip(line.at[::step], line.values[::step], strict=True):
        if not np.isfinite(value):
            drawing = False
            continue
        path.append(f"{'L' if drawing else 'M'}{frame.x(float(at)):.1f} {frame.y(float(value)):.1f}")
        drawing = True
    return f'<path d="{"".join(path)}" fill="none" stroke="{line.colour}" stroke-width="1.8"{_dashes(line)}/>'


def legend(frame: Frame, lines: Sequence[Line], y: int = 16) -> list[str]:
    """Names of lines with a piece of each, flush with the right end; ``y`` is the base line of the text."""
    parts = []
    x = frame.end - sum(34 + 6 * len(line.name) for line in lines)
    for line in lines:
        parts.append(
            f'<path d="M{x} {y - 4}h18" stroke="{line.colour}" stroke-width="2"{_dashes(line)}/>'
            f'<text x="{x + 22}" y="{y}" fill="{INK}">{escape(line.name)}</text>'
        )
        x += 34 + 6 * len(line.name)
    return parts


def _dashes(line: Line) -> str:
    return f' stroke-dasharray="{line.dashed}"' if line.dashed else ""
