"""Charts of the guide: curves or bars over any axis, with limits, places and names, drawn from the parts of ``drawing``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from riskd.daemon.drawing import DIM, INK, NIGHT, PAPER, RULE, Frame, Line, curve, legend, opened, ticks

WIDTH = 880
_TOP, _RIGHT = 64, 28
# Names stay readable where they cross a line.
_HALO = f'paint-order="stroke" stroke="{PAPER}" stroke-width="4" stroke-linejoin="round"'
_TITLE, _NOTE = 'font-size="15" font-weight="600"', 'font-size="12"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis.

    Attributes:
        name: With its unit.
        show: Renders a value.
        places: Where it is marked; round values where not given.
    """

    name: str
    low: float
    high: float
    show: Callable[[float], str]
    places: Sequence[float] = ()

    def marks(self) -> Sequence[float]:
        """Where the axis is marked."""
        return self.places or ticks(min(self.low, self.high), max(self.low, self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A line across the chart at a value.

    Attributes:
        name_at: Where its name begins, as a share of the way from left to right; None: it ends at the right end.
    """

    value: float
    name: str
    colour: str
    name_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """An upright line at a place, named at its head.

    Attributes:
        row: Line of text that the name stands on, counted from the top, so that neighbours do not collide.
        before: Whether the name stands to the left of it.
    """

    at: float
    name: str
    colour: str = DIM
    row: int = 0
    before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A point with a name.

    Attributes:
        shape: ``dot`` or ``cross``: colour is never the only sign.
        dx: From the point to the name, pixels; the name ends there when it is negative.
        dy: The same, downward.
    """

    at: float
    value: float
    name: str
    colour: str
    shape: str = "dot"
    dx: float = 8.0
    dy: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of curves.

    Attributes:
        title: What it shows; also said to screen readers.
        note: The line below it: whose numbers they are.
    """

    title: str
    note: str
    across: Axis
    up: Axis
    lines: Sequence[Line]
    limits: Sequence[Limit] = ()
    posts: Sequence[Post] = ()
    spots: Sequence[Spot] = ()
    height: int = 380
    left: int = 78
    frame: Frame = field(init=False)

    def __post_init__(self) -> None:
        frame = Frame(
            width=WIDTH,
            height=self.height,
            left=self.left,
            right=_RIGHT,
            top=_TOP + 22,
            bottom=48,
            at_min=self.across.low,
            at_max=self.across.high,
            low=self.up.low,
            high=self.up.high,
        )
        object.__setattr__(self, "frame", frame)

    def svg(self) -> str:
        """The chart as a file."""
        return _file(
            self.title,
            self.note,
            self.height,
            [
                *_upright_axis(self.frame, self.up),
                *_level_axis(self.frame, self.across),
                *[_limit(self.frame, limit) for limit in self.limits],
                *[_post(self.frame, post) for post in self.posts],
                *[curve(self.frame, line) for line in self.lines],
                *[_spot(self.frame, spot) for spot in self.spots],
                *legend(self.frame, [line for line in self.lines if line.name], y=_TOP + 4),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row of a chart of bars.

    Attributes:
        start: Where the bar begins.
        end: Where it ends.
        said: Written behind its end.
        behind: Written behind this place, where it lies beyond the end.
    """

    name: str
    start: float
    end: float
    said: str
    colour: str
    behind: float = 0.0


def bars(
    title: str,
    note: str,
    across: Axis,
    rows: Sequence[Bar],
    *,
    posts: Sequence[Post] = (),
    left: int = 200,
    together: int = 1,
) -> str:
    """A chart of level bars, one below the other, as a file.

    Args:
        title: What it shows.
        note: The line below it.
        across: Where bars begin and end.
        rows: From the top.
        posts: Upright lines.
        left: Room for the names, pixels.
        together: How many bars stand close to each other before a gap.
    """
    pitch, gap = (30, 0) if together == 1 else (23, 14)
    tops = [_TOP + 30 + pitch * row + gap * (row // together) for row in range(len(rows))]
    height = tops[-1] + 30 + 52
    frame = Frame(
        width=WIDTH,
        height=height,
        left=left,
        right=_RIGHT + 110,
        top=_TOP + 22,
        bottom=48,
        at_min=across.low,
        at_max=across.high,
        low=0.0,
        high=1.0,
    )
    drawn = []
    for y, bar in zip(tops, rows, strict=True):
        x, end = sorted((frame.x(bar.start), frame.x(bar.end)))
        drawn.append(
            f'<text x="{left - 10}" y="{y + 16}" text-anchor="end" font-size="12" fill="{INK}">{escape(bar.name)}</text>'
            f'<rect x="{x:.1f}" y="{y + 3}" width="{max(end - x, 1.0):.1f}" height="18" rx="2" fill="{bar.colour}"/>'
            f'<text x="{max(end, frame.x(bar.behind)) + 7:.1f}" y="{y + 16}" font-size="12" fill="{INK}">{escape(bar.said)}</text>'
        )
    return _file(
        title,
        note,
        height,
        [*_level_axis(frame, across), *drawn, *[_post(frame, post) for post in posts]],
    )


def _file(title: str, note: str, height: int, parts: Sequence[str]) -> str:
    head = [
        opened(WIDTH, height, title),
        NIGHT,
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
        f'<text x="20" y="26" {_TITLE} fill="{INK}">{escape(title)}</text>',
        f'<text x="20" y="46" {_NOTE} fill="{DIM}">{escape(note)}</text>',
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def _upright_axis(frame: Frame, axis: Axis) -> list[str]:
    parts = [f'<text x="20" y="{frame.top - 12}" {_NOTE} fill="{DIM}">{escape(axis.name)}</text>']
    for value in axis.marks():
        y = frame.y(value)
        parts.append(
            f'<path d="M{frame.left} {y:.1f}H{frame.end}" stroke="{RULE}"/>'
            f'<text x="{frame.left - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{DIM}">{escape(axis.show(value))}</text>'
        )
    return parts


def _level_axis(frame: Frame, axis: Axis) -> list[str]:
    middle = (frame.left + frame.end) / 2
    parts = [
        (
            f'<text x="{middle:.0f}" y="{frame.height - 10}" text-anchor="middle" {_NOTE} fill="{DIM}">'
            f"{escape(axis.name)}</text>"
        )
    ]
    for value in axis.marks():
        x = frame.x(value)
        parts.append(
            f'<path d="M{x:.1f} {frame.top}V{frame.floor}" stroke="{RULE}"/>'
            f'<text x="{x:.1f}" y="{frame.floor + 16}" text-anchor="middle" fill="{DIM}">{escape(axis.show(value))}</text>'
        )
    return parts


def _limit(frame: Frame, limit: Limit) -> str:
    y, x, anchor = frame.y(limit.value), float(frame.end), "end"
    if limit.name_at is not None:
        x, anchor = frame.left + limit.name_at * (frame.end - frame.left), "start"
    return (
        f'<path d="M{frame.left} {y:.1f}H{frame.end}" stroke="{limit.colour}" stroke-width="1.4" stroke-dasharray="5 4"/>'
        f'<text x="{x:.0f}" y="{y - 5:.1f}" text-anchor="{anchor}" font-size="12" {_HALO} fill="{limit.colour}">'
        f"{escape(limit.name)}</text>"
    )


def _post(frame: Frame, post: Post) -> str:
    x = frame.x(post.at)
    anchor, gap = ("end", -6) if post.before else ("start", 6)
    return (
        f'<path d="M{x:.1f} {frame.top}V{frame.floor}" stroke="{post.colour}" stroke-width="1.4" stroke-dasharray="5 4"/>'
        f'<text x="{x + gap:.1f}" y="{frame.top + 12 + 16 * post.row}" text-anchor="{anchor}" font-size="12" '
        f'{_HALO} fill="{post.colour}">{escape(post.name)}</text>'
    )


_SHAPES = {"dot": "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0 -4.5 0Z", "cross": "M-6 -6L6 6M-6 6L6 -6"}


def _spot(frame: Frame, spot: Spot) -> str:
    x, y = frame.x(spot.at), frame.y(spot.value)
    anchor = "end" if spot.dx < 0.0 else "start"
    fill = spot.colour if spot.shape == "dot" else "none"
    return (
        f'<g transform="translate({x:.1f} {y:.1f})"><path d="{_SHAPES[spot.shape]}" fill="{fill}" '
        f'stroke="{spot.colour}" stroke-width="2.4"/><text x="{spot.dx:g}" y="{spot.dy:g}" text-anchor="{anchor}" '
        f'font-size="12" {_HALO} fill="{spot.colour}">{escape(spot.name)}</text></g>'
    )
