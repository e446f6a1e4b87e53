"""Reads the subjects that people write: ``account=main,symbol=BTC/USDT:USDT``, or as messages and the ledger print them."""

from __future__ import annotations

import re

from riskd.model.subject import PARTS, Grain, Subject
from riskd.policy.text.spelling import choose, quoted

_MAY_BE_LEFT_OUT = frozenset({"side"})  # of a position: most accounts hold one side only


class SubjectError(ValueError):
    """A text names no subject; the message says what is wrong and what to write."""


def parse_subject(text: str) -> Subject:
    """The subject that a text names. The side of a position may be left out, and is then not part of the result.

    Args:
        text: ``key=value`` pairs, with commas or blanks between them, in any order; ``portfolio`` alone.

    Raises:
        SubjectError: A part is not ``key=value``, a key is unknown or stands twice, or no kind of subject has these parts.
    """
    words = [word for word in re.split(r"[,\s]+", text.strip()) if word]
    if words == [Grain.PORTFOLIO.value]:
        return Subject(Grain.PORTFOLIO, ())
    parts: dict[str, str] = {}
    known = tuple(dict.fromkeys(part for names in PARTS.values() for part in names))
    for word in words:
        key, separator, value = word.partition("=")
        if not separator or not value:
            raise SubjectError(f"expected key=value, found {quoted(word)}; for example account=main")
        if key not in known:
            raise SubjectError(f"subjects have no {quoted(key)}; {choose(key, known)}")
        if key in parts:
            raise SubjectError(f"{key} stands twice")
        parts[key] = value
    for grain, names in PARTS.items():
        if parts and set(parts) <= set(names) and set(names) - set(parts) <= _MAY_BE_LEFT_OUT:
            return Subject(grain, tuple((name, parts[name]) for name in names if name in parts))
    kinds = "; ".join(", ".join(names) for names in PARTS.values() if names)
    raise SubjectError(f"no kind of subject has just {', '.join(parts) or 'nothing'}; kinds have: {kinds}")
