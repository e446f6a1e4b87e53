"""Short names for episodes of alerts, for people to type: the same on every face, and across restarts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from riskd.model.alert import AlertKey

PREFIX = "inc_"
LEAST = 4
"""Letters by which an episode may be named at least, where they name one alone."""

# Without I, L, O and U: nothing can be read as something else (Crockford's base 32).
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_READ_AS = str.maketrans("ILO", "110")

_Value = TypeVar("_Value")


def incident_id(key: AlertKey, episode: int) -> str:
    """The name of one episode: a hash of rule, subject and episode; 40 bits, so that a desk never sees two of one name."""
    return PREFIX + short_name(f"{key.rule}\n{key.subject.grain.value}\n{key.subject}\n{episode}")


def short_name(text: str) -> str:
    """Eight letters for a text."""
    number = int.from_bytes(hashlib.blake2s(text.encode(), digest_size=5).digest())
    return "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def meant(typed: str, known: Mapping[str, _Value]) -> tuple[_Value, ...]:
    """What a typed name may mean: the one of that name, or all whose names begin so; none for less than four letters.

    Case does not matter, and neither do letters that are read as digits. The prefix may be left out.
    """
    asked = _plain(typed)
    if len(asked) < LEAST:
        return ()
    return tuple(_beginning_with(asked, known.items()))


def _beginning_with(asked: str, known: Iterable[tuple[str, _Value]]) -> Iterable[_Value]:
    return (value for name, value in known if _plain(name).startswith(asked))


def _plain(name: str) -> str:
    body = name.strip().upper()
    prefix, separator, rest = body.partition("_")
    return (rest if separator and prefix.isalpha() else body).translate(_READ_AS)
