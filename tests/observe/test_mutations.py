"""Whatever is spoilt in a payload, the snapshot is either right or says that it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.model.desk import Desk, HedgeDefinition, HedgeLeg, LegKind
from riskd.model.report import JsonValue, Surface
from riskd.model.snapshot import Snapshot
from tests.fakes.clock import NOON
from tests.observe.rows import a_fill, a_stop, an_entry, an_order
from tests.observe.world import ACCOUNT, BTC, DESK, Watch, World, not_ok, reports

Path = tuple[str | int, ...]

LATER = NOON + timedelta(seconds=10)
HEDGE = HedgeDefinition(
    id="carry",
    legs=(
        HedgeLeg(account=ACCOUNT, kind=LegKind.SPOT, name="BTC"),
        HedgeLeg(account=ACCOUNT, kind=LegKind.PERPETUAL, name=BTC),
    ),
)


def world_at(moment: Any) -> World:
    return World(
        at=moment,
        orders=[an_order()],
        conditional_orders=[a_stop(), a_stop("ETHUSDT", algoId=3359, side="BUY", triggerPrice="3300.00")],
        income=[an_entry("FUNDING_FEE", "-1.5", at=NOON - timedelta(hours=4), symbol="BTCUSDT")],
        trades={"BTCUSDT": [a_fill(1, "BUY", "0.500", at=NOON - timedelta(hours=2))]},
        spot={"BTC": "0.50000000"},
    )


def seen_once() -> Watch:
    watch = Watch(desk=Desk(accounts=DESK.accounts, hedges=(HEDGE,)))
    watch.see(reports(world_at(NOON).answers()))
    return watch


SEEN = seen_once()
RIGHT = Watch(desk=SEEN.desk, known=SEEN.known).see(reports(world_at(LATER).answers(), at=LATER))

SCALARS: dict[str, Callable[[JsonValue], JsonValue]] = {
    "null": lambda _: None,
    "empty text": lambda _: "",
    "NaN": lambda _: "NaN",
    "Infinity": lambda _: "-Infinity",
    "words": lambda _: "abc",
    "digits of another script": lambda _: "٣",
    "underscore": lambda _: "1_0",
    "true": lambda _: True,
    "list": lambda _: [],
    "object": lambda _: {},
    "huge": lambda value: f"{value}0000000000000000000000" if isinstance(value, str) else 10**25,
    "negative": lambda value: f"-{value}" if isinstance(value, str) else _negated(value),
}
NAMES = ("NaN", "Infinity", "words", "underscore", "negative", "huge")  # letters and digits, like any name
LISTS: dict[str, Callable[[list[JsonValue]], JsonValue]] = {
    "empty": lambda _: [],
    "without its last row": lambda rows: rows[:-1],
    "with its first row twice": lambda rows: [*rows, *rows[:1]],
    "with a row of nothing": lambda rows: [*rows, None],
    "an object": lambda _: {},
    "null": lambda _: None,
}
# Nothing in the venue's answers contradicts these, so no reader could tell: the sign of what may have either sign, a
# yes for a no, and another name in place of a free one.
UNDETECTABLE = {
    ("lastFundingRate", "negative"),
    ("availableBalance", "negative"),
    ("totalCrossWalletBalance", "negative"),
    ("reduceOnly", "true"),
}
FREE_NAMES = ("clientOrderId", "clientAlgoId")
# Lists that shrink by themselves.
SHRINKING = (Surface.ORDERS, Surface.CONDITIONAL_ORDERS)


# What is not listed has eight hours, no fills and no coins: only memory says that it was there.
WITHOUT_MEMORY = ("funding_intervals", "trades", "spot_balances")


def _negated(value: JsonValue) -> JsonValue:
    return -value if isinstance(value, int | float) else value


def paths(value: JsonValue, prefix: Path = ()) -> Iterator[Path]:
    """The way to every field, row and list of a payload, itself included."""
    yield prefix
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*prefix, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from paths(item, (*prefix, place))


def at_path(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[dict[Surface, JsonValue], str]:
    """All answers, one of them spoilt in one place, and what was done to it."""
    answers = world_at(LATER).answers()
    surface = draw(st.sampled_from(list(answers)))
    path = draw(st.sampled_from(list(paths(answers[surface]))))
    holder: Any = answers
    place: Any = surface
    if path:
        holder, place = at_path(answers[surface], path[:-1]), path[-1]
    value = holder[place]
    if isinstance(value, list):
        name = draw(st.sampled_from(sorted(LISTS)))
        holder[place] = LISTS[name](value)
    elif isinstance(holder, dict) and path and draw(st.booleans()):
        name = "missing"
        del holder[place]
    else:
        name = draw(st.sampled_from(sorted(SCALARS)))
        holder[place] = SCALARS[name](value)
    return answers, _told(surface, path, name)


def _told(surface: Surface, path: Path, name: str) -> str:
    """What was done; empty when it cannot be told from a change in the world."""
    last = path[-1] if path else ""
    shrunk = name in ("empty", "without its last row")
    cannot_be_told = (
        (last, name) in UNDETECTABLE
        or (last in FREE_NAMES and name in NAMES)
        or (surface in SHRINKING and not path and shrunk)
        # A shorter table is a table; one that ends below what is held is told.
        or (last == "brackets" and name == "without its last row")
    )
    return "" if cannot_be_told else f"{surface} {'.'.join(map(str, path))}: {name}"


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """Columns in which two snapshots differ."""
    return [
        f"{group}.{column.name}"
        for group in ("quotes", "accounts", "positions", "orders", "spot")
        for column in fields(getattr(one, group))
        if not _same(getattr(getattr(one, group), column.name), getattr(getattr(other, group), column.name))
    ]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    return bool(one == other)


@settings(max_examples=400, derandomize=True, deadline=None)
@given(spoilt())
def test_a_spoilt_payload_is_told_or_does_no_harm(case: tuple[dict[Surface, JsonValue], str]) -> None:
    answers, done = case
    watch = Watch(desk=SEEN.desk, known=SEEN.known)

    snapshot = watch.see(reports(answers, at=LATER))

    if done and not not_ok(snapshot):
        assert differences(snapshot, RIGHT) == [], done


def test_the_sound_payload_is_ok() -> None:
    assert not_ok(RIGHT) == {}


@settings(max_examples=150, derandomize=True, deadline=None)
@given(spoilt())
def test_a_spoilt_payload_at_the_very_start_is_told_or_does_no_harm(
    case: tuple[dict[Surface, JsonValue], str],
) -> None:
    answers, done = case
    fresh = Watch(desk=SEEN.desk)

    snapshot = fresh.see(reports(answers, at=LATER))

    right = Watch(desk=SEEN.desk).see(reports(world_at(LATER).answers(), at=LATER))
    if done and not done.startswith(WITHOUT_MEMORY) and not not_ok(snapshot):
        assert differences(snapshot, right) == [], done
