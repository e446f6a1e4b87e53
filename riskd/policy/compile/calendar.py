"""Compiles calendars: days, dates and hours in a time zone."""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from riskd.policy.rule import Calendar
from riskd.policy.schema.parts import DAY_NAMES
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.spelling import nearest, quoted
from riskd.policy.text.yaml_text import MappingNode, ScalarNode


def compile_calendar(problems: Problems, name: str, node: MappingNode) -> Calendar | None:
    """The calendar at ``node``; None when it has a fault, which is noted."""
    zone = node.scalar("tz")
    if zone is None or not _is_zone(problems, zone):
        return None
    days = {item.text for item in node.items("days") if isinstance(item, ScalarNode)}
    dates = [_date(problems, item) for item in node.items("dates") if isinstance(item, ScalarNode)]
    known = sorted({one for one in dates if one is not None})
    if len(known) < len(set(dates)):
        return None
    return Calendar(
        name=name,
        tz=zone.text,
        weekdays=tuple(number for number, day in enumerate(DAY_NAMES) if day in days),
        dates=tuple(known),
        between=_between(problems, node),
    )


def _is_zone(problems: Problems, node: ScalarNode) -> bool:
    try:
        ZoneInfo(node.text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(node.text, _zone_names())
        cure = f"did you mean '{near}'?" if near else "write an IANA name such as UTC or America/New_York"
        problems.add(node.mark, Code.TIME, f"{quoted(node.text)} is no time zone", cure)
        return False
    return True


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())  # reads hundreds of files


def _date(problems: Problems, node: ScalarNode) -> str | None:
    try:
        return date.fromisoformat(node.text).isoformat()
    except ValueError:
        problems.add(node.mark, Code.TIME, f"there is no day {node.text}", "write a date such as 2026-01-28")
        return None


def _between(problems: Problems, node: MappingNode) -> tuple[time, time] | None:
    texts = [item.text for item in node.items("between") if isinstance(item, ScalarNode)]
    if not texts:
        return None
    start, end = (time.fromisoformat(text) for text in texts)
    if start == end:
        between = node.get("between")
        assert between is not None
        what = f"the hours from {texts[0]} to {texts[1]} are empty"
        problems.add(between.mark, Code.TIME, what, "leave `between` out for the whole day")
    return start, end
