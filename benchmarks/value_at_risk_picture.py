"""The picture of docs/value-at-risk.md: a bitcoin's daily losses against two values at risk, as SVG text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from benchmarks.value_at_risk_days import DAY, Days
from riskd.measure.past.moves import Method
from riskd.model.arrays import FloatArray, IntArray

LEVEL = 0.99
PANELS = ((30, Method.HISTORICAL), (250, Method.FILTERED))
_WIDTH, _PANEL, _LEFT, _RIGHT, _TOP = 880, 210, 48, 16, 54
_HEIGHT = _TOP + len(PANELS) * _PANEL
_LOSS_MAX = 0.20
_LOSSES, _LIMIT, _EXCEEDED, _INK, _GREY = "#7d8793", "#0969da", "#c4320a", "#1b1f24", "#57606a"


def picture(days: Iterable[Days]) -> str:
    """The losses of a long bitcoin above zero, a value at risk as a line, and a cross wherever it was exceeded."""
    long = [one for one in days if one.book.name == "BTC" and one.side > 0]
    chosen = [next(one for one in long if (one.window_days, one.method) == panel) for panel in PANELS]
    # The days that both know.
    since = max(int(one.begins[0]) for one in chosen)
    title = "BTC held for a day: losses (grey) and the 99 % value at risk reckoned before them (blue)"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}" '
            'font-family="ui-sans-serif, system-ui, sans-serif" font-size="11">'
        ),
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="18" font-size="14" font-weight="600" fill="{_INK}">{title}</text>',
        f'<text x="{_LEFT}" y="36" fill="{_GREY}">a cross: the loss was larger; one day in a hundred is promised</text>',
    ]
    for place, one in enumerate(chosen):
        parts += _panel(one, since, _TOP + place * _PANEL)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(one: Days, since: int, top: int) -> list[str]:
    kept = one.begins >= since
    loss, limit = one.loss[kept], one.value_at_risk[LEVEL][kept]
    x, tested = _across(one.begins[kept]), one.tested(LEVEL, since=since)
    base, exceeded = top + _PANEL - 26, loss > limit

    def y(values: FloatArray) -> FloatArray:
        return base - np.clip(values, 0.0, _LOSS_MAX) / _LOSS_MAX * (base - top - 22)

    bars = "".join(f"M{a:.1f} {base}V{b:.1f}" for a, b in zip(x[loss > 0], y(loss[loss > 0]), strict=True))
    line = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y(limit), strict=True))
    crosses = "".join(
        f"M{a - 3.5:.1f} {b - 3.5:.1f}l7 7m0 -7l-7 7"
        for a, b in zip(x[exceeded], y(loss[exceeded]), strict=True)
    )
    said = (
        f"window {one.window_days} days, {one.method.value}: exceeded on {tested.exceedances} of {tested.days:,} days, "
        f"{tested.expected:.0f} promised"
    )
    return [
        *_levels(base, top),
        *_years(one.begins[kept], base, top),
        f'<path d="{bars}" stroke="{_LOSSES}" stroke-width="0.8"/>',
        f'<path d="M{line}" fill="none" stroke="{_LIMIT}" stroke-width="1.4"/>',
        f'<path d="{crosses}" fill="none" stroke="{_EXCEEDED}" stroke-width="1.6"/>',
        f'<text x="{_LEFT}" y="{top + 12}" font-size="12" font-weight="600" fill="{_INK}">{said}</text>',
    ]


def _levels(base: int, top: int) -> list[str]:
    """Lines at round losses."""
    found = []
    for level in (0.0, 0.05, 0.10, 0.15, 0.20):
        y = base - level / _LOSS_MAX * (base - top - 22)
        found.append(
            f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#e4e7eb"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{_GREY}">{level:.0%}</text>'
        )
    return found


def _years(begins: IntArray, base: int, top: int) -> list[str]:
    """The first day of each year."""
    x, found = _across(begins), []
    for at, hour in zip(x.tolist(), begins.tolist(), strict=True):
        day = datetime.fromtimestamp(hour * 3600.0, UTC)
        if (day.month, day.day) == (1, 1):
            found.append(
                f'<path d="M{at:.1f} {top + 22}V{base}" stroke="#d0d7de" stroke-dasharray="2 4"/>'
                f'<text x="{at:.1f}" y="{base + 14}" text-anchor="middle" fill="{_GREY}">{day.year}</text>'
            )
    return found


def _across(begins: IntArray) -> FloatArray:
    """Where each day stands on the way from the first to the last."""
    share: FloatArray = (begins - begins[0]) / max(int(begins[-1] - begins[0]), DAY)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)
