"""What a page of the guide says in numbers: computed here from the real measures, or cited from a published source."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from docs.guide.figures.worked import Page

_LINK_TARGET = re.compile(r"\]\([^)]*\)")
_NOT_PROSE = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A fact that the project did not compute.

    Attributes:
        said: As the page says it.
        file: Of ../shared/docs, which holds what was found about it.
        found: What stands there.
    """

    said: str
    file: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Everything that a page says in numbers, outside its fences and measured tables.

    Attributes:
        computed: Makes the words of the page, with their numbers, from real measures.
        cited: What is from elsewhere.
        recorded: Words whose numbers come from recorded prices, with what makes them of ../shared/data.
    """

    computed: Callable[[Page], Sequence[str]]
    cited: Sequence[Cited] = ()
    recorded: Mapping[str, Callable[[], str]] = field(default_factory=dict)


def prose(page: Page, heading: str) -> str:
    """A section on one line, without fences, code, addresses and measured tables."""
    lines = page.section(heading).splitlines()
    text = " ".join(line for line in lines if not is_measured(line) and not line.startswith("!["))
    return " ".join(_NOT_PROSE.sub("", _LINK_TARGET.sub("]", text)).split())


def is_measured(line: str) -> bool:
    """Whether a line is a row of a table whose second cell is a measure: ``| words | `leverage` | account main | 2x |``."""
    return len(cells(line)) == 4 and re.fullmatch(r"`[a-z_]+(\{.*\})?`", cells(line)[1]) is not None


def cells(line: str) -> list[str]:
    """The cells of a row of a table; empty for other lines."""
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
