"""One HTML file that opens offline: what happened with riskd, and what would have happened without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from riskd.daemon.demo.plot import Gap, Line, Marker, Tier, chart
from riskd.daemon.demo.result import Demo, Forced, Track
from riskd.daemon.demo.setup import COUNTDOWN_SECONDS
from riskd.model.order import Execution
from riskd.model.verdict import Level

_WATCHED, _BARE = "#0969da", "#b42318"
_PRICES = ("#0969da", "#8250df", "#1a7f37", "#b54708", "#57606a", "#b42318")
_TIERS = {"warn": "#9a6700", "breach": "#bc4c00", "critical": "#b42318"}
# Beyond this the account is far from trouble and the curve would only flatten the part that matters.
_ROOM_SHOWN_MAX = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One account's line in the with/without table."""

    account: str
    start: float
    end_watched: float
    end_bare: float
    room_watched: float
    room_bare: float
    liquidated_watched: str
    liquidated_bare: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum line."""

    start: float
    end_watched: float
    end_bare: float
    liquidated_watched: int
    liquidated_bare: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCharts:
    """The two charts of one account, as SVG."""

    account: str
    room: Markup
    equity: Markup


def comparison(demo: Demo) -> tuple[tuple[Row, ...], Total]:
    """The with/without table, from the samples that the venue itself gave."""
    watched, bare = demo.watched.liquidated(), demo.bare.liquidated()
    rows = tuple(
        Row(
            account=track.account,
            start=float(track.equity[0]),
            end_watched=float(track.equity[-1]),
            end_bare=float(other.equity[-1]),
            room_watched=_worst(track),
            room_bare=_worst(other),
            liquidated_watched=_clock(watched.get(track.account)),
            liquidated_bare=_clock(bare.get(track.account)),
        )
        for track, other in zip(demo.watched.tracks, demo.bare.tracks, strict=True)
    )
    total = Total(
        start=sum(row.start for row in rows),
        end_watched=sum(row.end_watched for row in rows),
        end_bare=sum(row.end_bare for row in rows),
        liquidated_watched=len(watched),
        liquidated_bare=len(bare),
    )
    return rows, total


def headline(total: Total, accounts: int) -> str:
    """The result in one sentence, whatever it is."""
    return (
        f"{total.liquidated_watched} of {accounts} accounts liquidated with riskd, "
        f"{total.liquidated_bare} of {accounts} without"
    )


def render(demo: Demo, *, hints: tuple[str, ...]) -> str:
    """The report as HTML text.

    Args:
        hints: Commands to try, shown as they are.
    """
    environment = Environment(
        loader=PackageLoader("riskd.daemon.demo", "."), autoescape=True, undefined=StrictUndefined
    )
    environment.filters.update(
        usd=_usd, percent=_percent, price=_price, utc=_utc, clock=_clock, level=_level, colour=_colour
    )
    rows, total = comparison(demo)
    return environment.get_template("report.html.j2").render(
        demo=demo,
        rows=rows,
        total=total,
        headline=headline(total, len(rows)),
        countdown=COUNTDOWN_SECONDS,
        price_chart=Markup(_price_chart(demo)),  # noqa: S704 - built by plot.py, which escapes
        charts=[_charts(demo, index) for index in range(len(demo.watched.tracks))],
        forced=_forced(demo),
        all_reduce_only=all(order.reduce_only for order in demo.orders),
        all_intended_before=all(
            order.booked_at is None or order.intended_at <= order.booked_at for order in demo.orders
        ),
        hints=hints,
    )


def picture(demo: Demo, account: str) -> str:
    """The chart of an account's room to liquidation, as a file of its own for the README."""
    index = next(i for i, track in enumerate(demo.watched.tracks) if track.account == account)
    return _room_chart(demo, index)


def _charts(demo: Demo, index: int) -> AccountCharts:
    track, bare = demo.watched.tracks[index], demo.bare.tracks[index]
    equity = chart(
        f"{track.account}: equity, USD",
        [
            Line(name="with riskd", at=track.at, values=track.equity, colour=_WATCHED),
            Line(name="without", at=bare.at, values=bare.equity, colour=_BARE, dashed="5 3"),
        ],
        show=_usd,
        markers=_markers(demo, track.account),
    )
    return AccountCharts(
        account=track.account,
        room=Markup(_room_chart(demo, index)),  # noqa: S704 - built by plot.py, which escapes
        equity=Markup(equity),  # noqa: S704 - likewise
    )


def _room_chart(demo: Demo, index: int) -> str:
    track, bare = demo.watched.tracks[index], demo.bare.tracks[index]
    return chart(
        f"{track.account}: room before liquidation (common adverse move)",
        [
            Line(
                name="with riskd",
                at=track.at,
                values=np.minimum(track.room, _ROOM_SHOWN_MAX),
                colour=_WATCHED,
            ),
            Line(
                name="without",
                at=bare.at,
                values=np.minimum(bare.room, _ROOM_SHOWN_MAX),
                colour=_BARE,
                dashed="5 3",
            ),
        ],
        show=_percent,
        tiers=[Tier(name=name, value=value, colour=_TIERS[name]) for name, value in demo.tiers],
        markers=_markers(demo, track.account),
        gaps=[
            Gap(start=start.timestamp(), end=end.timestamp(), name=reason)
            for account, start, end, reason in demo.blind
            if account == track.account
        ],
        low=0.0,
    )


def _price_chart(demo: Demo) -> str:
    lines = [
        Line(name=symbol, at=at, values=mark / mark[0] - 1.0, colour=_PRICES[index % len(_PRICES)])
        for index, (symbol, at, mark) in enumerate(demo.marks)
    ]
    return chart("Mark prices since the start", lines, show=_percent)


def _markers(demo: Demo, account: str) -> list[Marker]:
    orders = [
        Marker(
            at=order.intended_at.timestamp(),
            shape="order",
            name=f"{order.side} {order.filled} of {order.quantity} {order.symbol}",
            colour=_WATCHED,
        )
        for order in demo.orders
        if order.account == account and order.execution != Execution.STOP
    ]
    forced = [
        Marker(at=event.at.timestamp(), shape="liquidated", name=f"{which}: {event.what}", colour=colour)
        for which, colour, run in (("with", _WATCHED, demo.watched), ("without", _BARE, demo.bare))
        for event in run.forced
        if event.account == account
    ]
    return orders + forced


def _forced(demo: Demo) -> list[tuple[str, Forced]]:
    both = [("with riskd", event) for event in demo.watched.forced]
    both += [("without", event) for event in demo.bare.forced]
    return sorted(both, key=lambda pair: (pair[1].at, pair[0]))


def _worst(track: Track) -> float:
    finite = track.room[np.isfinite(track.room)]
    return float(finite.min()) if finite.size else float("nan")


def _usd(value: float) -> str:
    if not np.isfinite(value):
        return "?"
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{value * 100:.1f} %" if np.isfinite(value) else "none"


def _price(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _clock(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(UTC).strftime("%m-%d %H:%M:%S")


def _level(level: Level) -> str:
    return "info" if level is Level.OK else level.name.lower()


def _colour(level: Level) -> str:
    return {Level.OK: "soft", Level.WARN: "warn", Level.BREACH: "bad", Level.CRITICAL: "bad"}[level]
