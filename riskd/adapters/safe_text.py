"""Text that came from outside, made harmless to look at: no control characters, no hidden or reversing ones."""

from __future__ import annotations

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LINE_BREAKS = frozenset("\n\r\t\v\f\x85\u2028\u2029")


def visible(text: str) -> str:
    """``text`` on one line, with everything that is not seen as itself replaced.

    Control characters (terminal escapes begin with one), format characters (which reverse or hide text), lone
    surrogates and private-use characters become a replacement character; line breaks become spaces.
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in _LINE_BREAKS:
        return " "
    return REPLACEMENT if unicodedata.category(character).startswith("C") else character
