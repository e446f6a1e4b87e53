"""What two patterns of names have in common. ``*`` is any text, ``?`` any one character, everything else itself."""

from __future__ import annotations

import re
from functools import lru_cache


def is_plain(pattern: str) -> bool:
    """Whether a pattern is one name, without ``*`` and ``?``."""
    return "*" not in pattern and "?" not in pattern


@lru_cache(maxsize=16_384)
def is_within(inner: str, outer: str) -> bool:
    """Whether every text that matches ``inner`` certainly matches ``outer``.

    False does not mean that some text is outside: patterns such as ``a**`` within ``a*`` are seen through, others that
    would take a proof are not.
    """
    # The stars of `inner` stand for any text, so only stars of `outer` may take them up.
    expression = "".join({"*": ".*", "?": "[^*]"}.get(letter, re.escape(letter)) for letter in outer)
    return re.fullmatch(expression, inner, re.DOTALL) is not None


@lru_cache(maxsize=16_384)
def may_meet(first: str, second: str) -> bool:
    """Whether any text matches both patterns."""
    reached = _after_stars({0}, second)  # how much of `second` is used up when this much of `first` is
    for letter in first:
        if letter == "*":
            reached = set(range(min(reached), len(second) + 1)) if reached else reached
        else:
            reached = _after_stars(_steps(letter, reached, second), second)
    return len(second) in reached


def _steps(letter: str, reached: set[int], pattern: str) -> set[int]:
    """Where one letter of the other pattern leads."""
    led = set()
    for place in reached:
        if place == len(pattern):
            continue
        own = pattern[place]
        if own == "*":
            led.add(place)
        elif own == "?" or letter in ("?", own):
            led.add(place + 1)
    return led


def _after_stars(places: set[int], pattern: str) -> set[int]:
    """The places, and those behind stars that stand for nothing."""
    led = set(places)
    for place in sorted(places):
        here = place
        while here < len(pattern) and pattern[here] == "*":
            here += 1
            led.add(here)
    return led
