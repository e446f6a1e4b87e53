"""Which subjects a rule is about, and which rows its measure counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.grains import account_labels
from riskd.measure.book.groups import Attributes
from riskd.measure.book.universe import Labels, Universe
from riskd.measure.spec import Selection
from riskd.model.arrays import BoolArray
from riskd.model.subject import Grain
from riskd.policy.rule import Match, Selector

_LABEL = "labels."
_OF_ACCOUNT = ("account", "venue", "desk", "book", "labels")

# What subjects of each grain carry, and so can be chosen by.
CARRIED: Mapping[Grain, tuple[str, ...]] = {
    Grain.POSITION: (*_OF_ACCOUNT, "symbol", "asset", "strategy", "hedge", "grid"),
    Grain.ACCOUNT: _OF_ACCOUNT,
    Grain.STRATEGY: (*_OF_ACCOUNT, "strategy"),
    Grain.ASSET: (*_OF_ACCOUNT, "asset"),
    Grain.HEDGE: (*_OF_ACCOUNT, "hedge"),  # of the primary leg's account; labels are the hedge's own
    Grain.GRID: (*_OF_ACCOUNT, "symbol", "asset", "grid"),
    Grain.INSTRUMENT: ("venue", "symbol", "asset"),
    Grain.EXCHANGE: ("venue",),
    Grain.DESK: ("desk",),
    Grain.CLUSTER: _OF_ACCOUNT,
    Grain.PORTFOLIO: (),
}


def subjects_selected(selector: Selector, universe: Universe) -> BoolArray:
    """Which subjects of a grain the selector picks.

    A test of something that subjects of this grain do not carry (the strategy of an account, a label that a hedge does
    not have) picks no subjects; it only narrows what is counted inside each of them, through ``selection``. So a
    subject never leaves a rule, and its alert never hangs, because its last position of a strategy was closed.

    Args:
        selector: Scope and ``where`` of a rule, joined.
        universe: The subjects.
    """
    carried = CARRIED[universe.grain]
    tests = [(name, match) for name, match in selector.tests if name.split(".")[0] in carried]
    passes = _passes_of_hedge if universe.grain is Grain.HEDGE else matches
    return _matching(tests, universe.attributes, universe.labels, universe.size, passes)


def selection(selector: Selector, book: Book) -> Selection:
    """Which position rows and which order rows the selector picks. Labels are those of the row's account."""
    if not selector.tests:
        return book.everything
    positions, orders = book.tables.positions, book.tables.orders
    position_labels = book.universe(Grain.POSITION).labels
    order_labels = account_labels(book.layout, book.layout.order_account)
    return Selection(
        positions=_matching(
            selector.tests, book.position_attributes(), position_labels, len(positions), matches
        ),
        orders=_matching(selector.tests, book.order_attributes(), order_labels, len(orders), matches),
    )


def matches(match: Match, text: str) -> bool:
    """Whether a text passes a test. An empty text is an absent one: it is like nothing, and so never *not* allowed."""
    if match.any_of and not any(_glob(pattern).fullmatch(text) for pattern in match.any_of if text):
        return False
    return not any(_glob(pattern).fullmatch(text) for pattern in match.none_of if text)


def _passes_of_hedge(match: Match, text: str) -> bool:
    """A hedge has labels of its own; one that it lacks says nothing about it."""
    return not text or matches(match, text)


def _matching(
    tests: Iterable[tuple[str, Match]],
    attributes: Attributes,
    labels: Labels,
    size: int,
    passes: Callable[[Match, str], bool],
) -> BoolArray:
    """The rows that pass all tests. Each text is tested once, however many rows have it."""
    chosen = np.ones(size, dtype=np.bool_)
    for name, match in tests:
        if name.startswith(_LABEL):
            key = name.removeprefix(_LABEL)
            texts, codes = [dict(owned).get(key, "") for owned in labels.sets], labels.codes
        else:
            coded = attributes.coded(name)
            texts, codes = list(coded.names), coded.codes
        texts.append("")  # for rows without a text, whose code is -1
        chosen &= np.array([passes(match, text) for text in texts], dtype=np.bool_)[codes]
    return chosen


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    """``*`` is any text, ``?`` any one character, everything else itself."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
