"""How the answers of `riskd stress` are told to people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from riskd.adapters.safe_text import visible
from riskd.cli.problem_text import counted
from riskd.cli.stress_more import more_lines
from riskd.cli.stress_words import Row, money, name_of, table
from riskd.daemon.stress import Stressed
from riskd.daemon.subject_owner import is_shown, owners
from riskd.judge.first_crossing import Crossing, Fate
from riskd.judge.headroom import Room
from riskd.judge.reading import UNKNOWN
from riskd.judge.reverse_stress import Reach
from riskd.judge.shock_curve import AccountCurve, FirstLiquidation, Reached
from riskd.model.subject import Subject
from riskd.model.verdict import Level
from riskd.policy.text.units import show

_SHOWN_RULES = 8


def lines(found: Stressed, account: str | None) -> list[str]:
    """The answers as plain text, of all accounts or of one."""
    snapshot = found.path.snapshot
    told = [
        (
            f"{counted(len(snapshot.desk.accounts), 'account')} · {snapshot.taken_at:%Y-%m-%d %H:%M:%S} UTC · "
            f"policy {found.policy_hash[:12]} · nothing was sent"
        ),
        f"{visible(found.scenario.title)}; nobody trades, stops and other orders rest, funding stays as it is",
    ]
    for curve in found.curve.accounts:
        if account in (None, curve.account):
            told += ["", *_curve(found, curve)]
    told += ["", *_rules_on_the_way(found, account)]
    told += ["", *_reverse(found, account)]
    told += ["", *_rooms(found, account)]
    told += ["", *more_lines(found, account)]
    return told


# ---- the curve -----------------------------------------------------------------------------------------------------


def _curve(found: Stressed, curve: AccountCurve) -> list[str]:
    ends = [each for each in found.curve.liquidations if each.subject.part("account") == curve.account]
    header = (
        "SHARE" if found.is_scenario else "MOVE",
        "EQUITY",
        "MAINTENANCE",
        "MARGIN RATIO",
        "LEVERAGE",
        "WARN",
        "BREACH",
        "CRITICAL",
        "UNKNOWN",
        "",
    )
    rows: list[Row] = [header]
    for number, move in enumerate(found.curve.moves):
        levels = [
            each for each in found.curve.reached[number] if curve.account in owners(each.subject, found.desk)
        ]
        blind = [
            each for each in found.curve.unknown[number] if curve.account in owners(each.subject, found.desk)
        ]
        gone = [visible(_held(end.subject)) for end in ends if _is_gone(end, move)]
        rows.append(
            (
                _move(found, move),
                money(float(curve.equity[number])),
                money(float(curve.maintenance[number])),
                _share(float(curve.margin_ratio[number])),
                _multiple(float(curve.leverage[number])),
                *(str(sum(each.level == level for each in levels)) for level in _LEVELS),
                str(len(blind)),
                f"liquidated: {', '.join(gone)}" if gone else "",
            )
        )
    return [f"account {visible(curve.account)}", *table(rows), *(_end(found, end) for end in ends)]


def _holds(found: Stressed, account: str) -> bool:
    snapshot = found.path.snapshot
    return account in {snapshot.desk.accounts[code].id for code in snapshot.positions.account.tolist()}


_LEVELS = (Level.WARN, Level.BREACH, Level.CRITICAL)


def _is_gone(end: FirstLiquidation, move: float) -> bool:
    return move >= end.forwards if move > 0.0 else move < 0.0 and -move >= end.backwards


def _end(found: Stressed, end: FirstLiquidation) -> str:
    name = visible(_held(end.subject))
    if found.is_scenario:
        return f"  {name} is liquidated at {_distance(end.forwards, '')} of the scenario"
    return f"  {name} is liquidated by {_distance(end.backwards, 'a fall of ')} and by {_distance(end.forwards, 'a rise of ')}"


def _distance(move: float, words: str) -> str:
    if np.isnan(move):
        return "nobody can tell which share" if not words else f"{words}nobody knows how much"
    return (
        ("no share" if not words else f"no {words.split()[1]}")
        if np.isinf(move)
        else f"{words}{_percent(move)}"
    )


def _held(subject: Subject) -> str:
    side = f"{subject.part('symbol')} {subject.part('side')} (isolated)"
    return side if subject.part("symbol") else "the account"


def _rules_on_the_way(found: Stressed, account: str | None) -> list[str]:
    """For each move the rules that are worse there than now, the worst of each."""
    told = ["rules that a move makes worse:"]
    for move, reached in zip(found.curve.moves, found.curve.reached, strict=True):
        worst: dict[str, Reached] = {}
        for each in reached:
            if each.level > each.now and is_shown(each.subject, account, found.desk):
                worst.setdefault(each.rule.id, each)
        if worst:
            names = [f"{rule} {each.level.name}" for rule, each in worst.items()]
            more = f", and {len(names) - _SHOWN_RULES} more" if len(names) > _SHOWN_RULES else ""
            told.append(f"  {_move(found, move):>6}  {', '.join(names[:_SHOWN_RULES])}{more}")
    return told if len(told) > 1 else ["no rule gets worse by these moves"]


# ---- reverse stress ------------------------------------------------------------------------------------------------


def _reverse(found: Stressed, account: str | None) -> list[str]:
    """The nearest subject of each rule and level; what is reached now, unmoved or unknown is told in one line each."""
    reaches = [each for each in found.reaches if is_shown(each.subject, account, found.desk)]
    by_level: dict[tuple[str, Level], list[Reach]] = {}
    for each in reaches:
        by_level.setdefault((each.rule.id, each.level), []).append(each)
    backwards, forwards = ("FALL", "RISE") if not found.is_scenario else ("", "SHARE OF IT")
    header: Row = ("RULE", "LEVEL", backwards, "", forwards, "")
    rows = [header]
    for (rule, level), there in by_level.items():
        behind = _nearest([each.backwards for each in there if not each.is_now])
        before = _nearest([each.forwards for each in there if not each.is_now])
        if any(each is not None and each.fate is Fate.REACHED for each in (behind, before)):
            rows.append((rule, level.name, *_crossing(behind), *_crossing(before)))
    told = [f"smallest move that reaches each limit, told to {_percent(found.resolution.absolute)}:"]
    told += _without_empty_columns(rows) if len(rows) > 1 else ["  none within the moves that were looked at"]
    told += _named("reached now", (each for each in reaches if each.is_now))
    moved = {each.rule.id for each in reaches if not each.is_unmoved or each.is_now or each.unknown}
    told += _named("not by these prices", (each for each in reaches if each.rule.id not in moved))
    told += _unclear(found, reaches)
    return told


def _nearest(crossings: Sequence[Crossing]) -> Crossing | None:
    there = [each for each in crossings if each.fate is Fate.REACHED]
    return min(there, key=lambda each: abs(each.place), default=None)


def _crossing(crossing: Crossing | None) -> tuple[str, str]:
    if crossing is None:
        return "none", ""
    return _percent(abs(crossing.place)), visible(name_of(crossing.subject))


def _named(title: str, reaches: Iterable[Reach]) -> list[str]:
    names = dict.fromkeys(each.rule.id for each in reaches)
    return [f"  {title}: {', '.join(names)}"] if names else []


def _unclear(found: Stressed, reaches: Sequence[Reach]) -> list[str]:
    """Of each rule the first subject that cannot be judged, now or from some move on."""
    first: dict[str, tuple[Reach, Crossing]] = {}
    for each in reaches:
        for crossing in (each.backwards, each.forwards):
            if crossing.fate is Fate.UNKNOWN and not each.is_now:
                first.setdefault(each.rule.id, (each, crossing))
    return [
        f"  unknown{'' if crossing.place == 0.0 else f' from {_move(found, crossing.place)} on'}: {rule}  "
        f"{visible(name_of(crossing.subject))}: {visible(crossing.why)}"
        for rule, (_, crossing) in first.items()
    ]


# ---- room ------------------------------------------------------------------------------------------------------


def _rooms(found: Stressed, account: str | None) -> list[str]:
    """Of each rule the subject with the least room."""
    tightest: dict[str, Room] = {}
    for room in found.rooms:
        if is_shown(room.subject, account, found.desk) and room.level != UNKNOWN:
            known = tightest.get(room.rule.id)
            if known is None or _used(room) > _used(known):
                tightest[room.rule.id] = room
    rows = [("RULE", "NEAREST TO ITS LIMIT", "VALUE", "LIMIT", "USED", "ROOM")]
    rows += [
        (
            room.rule.id,
            visible(name_of(room.subject)),
            show(room.value, room.rule.unit),
            "none" if np.isnan(room.limit) else show(room.limit, room.rule.unit),
            "?" if np.isnan(room.used) else _percent(room.used),
            _room(room),
        )
        for room in tightest.values()
    ]
    return ["room left, as the book is:", *(table(rows) if len(rows) > 1 else ["  no rule can be judged"])]


def _used(room: Room) -> float:
    """What makes one subject tighter than another: the level reached, then the use of the limit."""
    return 1e9 * max(room.level, 0) + (0.0 if np.isnan(room.used) else min(room.used, 1e8))


def _room(room: Room) -> str:
    if room.next_level is None:
        return f"none, {Level(room.level).name}"
    now = f", {Level(room.level).name} now" if room.level > 0 else ""
    return f"{show(room.room, room.rule.unit)} to {room.next_level.name}{now}"


# ---- words ---------------------------------------------------------------------------------------------------------


def _move(found: Stressed, move: float) -> str:
    sign = "+" if move > 0.0 and not found.is_scenario else ""
    return f"{sign}{move * 100:.4g} %"


def _percent(share: float) -> str:
    return "none" if np.isinf(share) else f"{share * 100:.4g} %"


def _share(value: float) -> str:
    return "?" if np.isnan(value) else "no equity" if np.isinf(value) else f"{value * 100:,.2f} %"


def _multiple(value: float) -> str:
    return "?" if np.isnan(value) else "no equity" if np.isinf(value) else f"{value:,.2f}x"


def _without_empty_columns(rows: Sequence[Row]) -> list[str]:
    kept = [column for column in range(len(rows[0])) if any(row[column] not in ("", "none") for row in rows)]
    return table([tuple(row[column] for column in kept) for row in rows])
