"""Selectors as SQL tests of the rows that the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskd.policy.expression.sql_subjects import NotRecordedError
from riskd.policy.rule import Match, Selector

_LABEL = "labels."
_OF_PROFILE = ("desk", "book", "labels")


def needs_profiles(selector: Selector) -> bool:
    """Whether a selector goes by what the configuration says of an account, and not only by what was read."""
    return any(name.split(".")[0] in _OF_PROFILE for name, _ in selector.tests)


def tests_of(selector: Selector, alias: str, *, carried: Sequence[str] | None) -> list[str]:
    """The tests of a selector over the rows of ``alias``; what is configured of an account is in ``pr``.

    Args:
        selector: Of a rule.
        alias: Of a row of positions, orders or subjects.
        carried: Attributes that are tested, as ``select.CARRIED`` has them; None: all of them.

    Raises:
        NotRecordedError: A test goes by something that the ledger does not keep.
    """
    return [
        test
        for name, match in selector.tests
        if carried is None or name.split(".")[0] in carried
        for test in _test(match, _text(name, alias))
    ]


def quoted_text(text: str) -> str:
    """A text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _text(name: str, alias: str) -> str:
    if name in ("hedge", "grid"):
        raise NotRecordedError(f"the ledger does not keep which positions belong to which {name}")
    if name.startswith(_LABEL):
        path = quoted_text(f'$."{name.removeprefix(_LABEL)}"')
        return f"coalesce(json_extract_string(pr.labels, {path}), '')"
    if name in _OF_PROFILE:
        return f"coalesce(pr.{name}, '')"
    return f"split_part({alias}.symbol, '/', 1)" if name == "asset" else f"{alias}.{name}"


def _test(match: Match, text: str) -> Iterator[str]:
    """An empty text is an absent one: no pattern is like it, and so it is never among those that are refused."""
    if match.any_of:
        yield f"({' or '.join(_like(text, pattern) for pattern in match.any_of)})"
    if match.none_of:
        yield f"not ({' or '.join(_like(text, pattern) for pattern in match.none_of)})"


def _like(text: str, pattern: str) -> str:
    if not pattern.strip("*"):
        return f"{text} <> ''"
    if not any(letter in pattern for letter in "*?"):
        return f"{text} = {quoted_text(pattern)}"
    kept = "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in pattern)
    return f"{text} like {quoted_text(kept.replace('*', '%').replace('?', '_'))} escape '\\'"
