"""The subjects that a configuration alone shows, and which rules cover them: what can be said before any venue is read.

Positions, assets and instruments are only seen at the venue. They stand here as what they will be found in: positions
by account and strategy, assets by account, instruments by venue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase

from riskd.model.desk import UNLABELLED, AccountProfile, Desk, GridDefinition, HedgeDefinition, LegKind
from riskd.model.subject import Grain
from riskd.policy.rule import Selector
from riskd.policy.scope.select import CARRIED, matches

ANYTHING = "*"
"""Stands for a text that only the venue knows."""


# Accounts first, then what is inside them, then what spans them.
_ORDER = sorted(Grain, key=lambda grain: grain is not Grain.ACCOUNT)


class Cover(IntEnum):
    """Whether a rule covers a subject. PARTLY: it depends on what only the venue shows, such as the symbol."""

    NO = 0
    PARTLY = 1
    YES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One subject, or one group of subjects to come.

    Attributes:
        parts: As in the subject's name; ``ANYTHING`` where only the venue knows.
        texts: What selectors may ask of it, by attribute; labels as ``labels.key``. An attribute that is left out is
            one that only the venue shows, unless it is a label: a label that is left out is not there.
    """

    grain: Grain
    parts: tuple[tuple[str, str], ...]
    texts: Mapping[str, str]

    def __str__(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.parts) or self.grain.value


def roster(desk: Desk) -> tuple[Entry, ...]:
    """Everything that rules can be about, by grain, as far as the configuration shows it."""
    return tuple(entry for grain in _ORDER for entry in _entries(desk, grain))


def held_position(desk: Desk, account: str, symbol: str, side: str, strategy: str) -> Entry | None:
    """A position that was seen, of which nothing is left open; None when its account is not configured any more."""
    profile = next((each for each in desk.accounts if each.id == account), None)
    if profile is None:
        return None
    legs = ((hedge.id, leg) for hedge in desk.hedges for leg in hedge.legs if leg.kind is LegKind.PERPETUAL)
    texts = {
        **_of_account(profile),
        "symbol": symbol,
        "asset": symbol.split("/")[0],
        "strategy": strategy,
        "hedge": next((name for name, leg in legs if (leg.account, leg.name) == (account, symbol)), ""),
        "grid": next(
            (grid.id for grid in desk.grids if (grid.account, grid.symbol) == (account, symbol)), ""
        ),
    }
    parts = (("account", account), ("symbol", symbol), ("side", side))
    return Entry(grain=Grain.POSITION, parts=parts, texts=texts)


def coverage(selector: Selector, entry: Entry) -> Cover:
    """Whether a selector picks an entry.

    A test of something that subjects of this kind do not carry picks no subjects, as in ``select.subjects_selected``.
    """
    found = Cover.YES
    for name, match in selector.tests:
        if name.split(".")[0] not in CARRIED[entry.grain]:
            continue
        text = entry.texts.get(name, "")
        if not name.startswith("labels.") and name not in entry.texts:
            found = Cover.PARTLY
        elif not matches(match, text) and not (entry.grain is Grain.HEDGE and not text):
            return Cover.NO
    return found


def known_texts(desk: Desk) -> Mapping[str, frozenset[str]]:
    """What the configuration knows of each attribute that it decides alone. Symbols and assets are not among them."""
    known: dict[str, set[str]] = {
        name: set() for name in ("account", "venue", "desk", "book", "strategy", "hedge", "grid")
    }
    for account in desk.accounts:
        for name, text in _of_account(account).items():
            known.setdefault(name, set()).add(text)
        known["strategy"].update(strategies_of(account))
    for hedge in desk.hedges:
        known["hedge"].add(hedge.id)
        for key, value in hedge.labels:
            known.setdefault(f"labels.{key}", set()).add(value)
    known["grid"].update(grid.id for grid in desk.grids)
    return {name: frozenset(texts - {""}) for name, texts in known.items()}


def strategies_of(account: AccountProfile) -> tuple[str, ...]:
    """The strategies that positions of an account can have, in the order in which they are tried."""
    names: list[str] = []
    for line in account.strategies:
        if line.strategy not in names:
            names.append(line.strategy)
        if "*" in line.symbols and not line.client_id_prefix:
            return tuple(names)  # nothing is left for the lines below
    return (*names, *(() if UNLABELLED in names else (UNLABELLED,)))


def strategies_for(account: AccountProfile, symbol: str) -> tuple[str, ...]:
    """The strategies that a position in one symbol can have. Several where its orders decide, by their client ids."""
    names: list[str] = []
    for line in account.strategies:
        if any(fnmatchcase(symbol, pattern) for pattern in line.symbols):
            names.append(line.strategy)
            if not line.client_id_prefix:
                return tuple(dict.fromkeys(names))
    return tuple(dict.fromkeys((*names, UNLABELLED)))


def _entries(desk: Desk, grain: Grain) -> Iterator[Entry]:
    match grain:
        case Grain.HEDGE:
            yield from (_hedge(hedge, desk) for hedge in desk.hedges)
        case Grain.GRID:
            yield from (_grid(grid, desk) for grid in desk.grids)
        case Grain.EXCHANGE | Grain.INSTRUMENT:
            for venue in _distinct(account.venue for account in desk.accounts):
                own = (("symbol", ANYTHING),) if grain is Grain.INSTRUMENT else ()
                yield Entry(grain=grain, parts=(("venue", venue), *own), texts={"venue": venue})
        case Grain.DESK:
            for name in _distinct(account.desk for account in desk.accounts if account.desk):
                yield Entry(grain=grain, parts=(("desk", name),), texts={"desk": name})
        case Grain.PORTFOLIO:
            yield Entry(grain=grain, parts=(), texts={})
        case _:
            for account in desk.accounts:
                yield from _inside(account, grain)


def _inside(account: AccountProfile, grain: Grain) -> Iterator[Entry]:
    """The account itself, or what is found in it."""
    own, name = _of_account(account), ("account", account.id)
    if grain is Grain.ACCOUNT:
        yield Entry(grain=grain, parts=(name,), texts=own)
    elif grain in (Grain.STRATEGY, Grain.POSITION):
        for strategy in strategies_of(account):
            yield Entry(
                grain=grain, parts=(name, ("strategy", strategy)), texts={**own, "strategy": strategy}
            )
    else:
        yield Entry(grain=grain, parts=(name, (grain.value, ANYTHING)), texts=own)


def _of_account(account: AccountProfile) -> dict[str, str]:
    return {
        "account": account.id,
        "venue": account.venue,
        "desk": account.desk,
        "book": account.book,
        **{f"labels.{key}": value for key, value in account.labels},
    }


def _hedge(hedge: HedgeDefinition, desk: Desk) -> Entry:
    first = _of_account(_account(desk, hedge.legs[0].account))
    labels = {f"labels.{key}": value for key, value in hedge.labels}
    own = {name: text for name, text in first.items() if not name.startswith("labels.")}
    return Entry(grain=Grain.HEDGE, parts=(("hedge", hedge.id),), texts={**own, **labels, "hedge": hedge.id})


def _grid(grid: GridDefinition, desk: Desk) -> Entry:
    own = _of_account(_account(desk, grid.account))
    texts = {**own, "symbol": grid.symbol, "asset": grid.symbol.split("/")[0], "grid": grid.id}
    return Entry(grain=Grain.GRID, parts=(("grid", grid.id),), texts=texts)


def _account(desk: Desk, name: str) -> AccountProfile:
    return next(account for account in desk.accounts if account.id == name)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
