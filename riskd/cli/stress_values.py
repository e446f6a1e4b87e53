"""The answers of `riskd stress` as JSON values: every rule, subject and level, where the text tells the nearest. Unknown is null."""

from __future__ import annotations

import numpy as np

from riskd.daemon.stress import Stressed
from riskd.daemon.subject_owner import is_shown
from riskd.judge.first_crossing import Crossing, Fate
from riskd.judge.headroom import Room
from riskd.judge.larger import Binding, More
from riskd.judge.reverse_stress import Reach
from riskd.judge.shock_curve import AccountCurve
from riskd.model.report import JsonValue
from riskd.model.subject import Subject
from riskd.model.verdict import Level

_LEVELS = {-1: "unknown", 0: "ok", 1: "warn", 2: "breach", 3: "critical"}


def as_values(found: Stressed, account: str | None) -> dict[str, JsonValue]:
    """The answers, of all accounts or of one. What is infinite is the text ``inf``."""

    def shown(subject: Subject) -> bool:
        return is_shown(subject, account, found.desk)

    curves = [each for each in found.curve.accounts if account in (None, each.account)]
    return {
        "taken_at": found.path.snapshot.taken_at.isoformat(),
        "policy_hash": found.policy_hash,
        "scenario": found.scenario.name,
        "moves": list(found.curve.moves),
        "accounts": [_curve(each) for each in curves],
        "liquidations": [
            {"subject": str(end.subject), "fall": _number(end.backwards), "rise": _number(end.forwards)}
            if not found.is_scenario
            else {"subject": str(end.subject), "share": _number(end.forwards)}
            for end in found.curve.liquidations
            if shown(end.subject)
        ],
        "reached": [
            {
                "move": move,
                "rule": each.rule.id,
                "subject": str(each.subject),
                "level": _LEVELS[int(each.level)] if each.level else "unknown",
                "value": _number(each.value),
                "level_now": _LEVELS[each.now],
            }
            for number, move in enumerate(found.curve.moves)
            for each in (*found.curve.reached[number], *found.curve.unknown[number])
            if shown(each.subject)
        ],
        "resolution": found.resolution.absolute,
        "reverse": [_reach(each, found) for each in found.reaches if shown(each.subject)],
        "rooms": [_room(each) for each in found.rooms if shown(each.subject)],
        "more": [_more(each) for each in found.more if shown(each.growth.position)],
        "stop": _number(found.stop),
        "not_supposed": [
            {"account": each.account, "symbol": found.symbol, "side": each.side, "why": each.why}
            for each in found.unasked
            if account in (None, each.account)
        ],
    }


def _curve(curve: AccountCurve) -> dict[str, JsonValue]:
    return {
        "account": curve.account,
        "equity": [_number(each) for each in curve.equity.tolist()],
        "margin_balance": [_number(each) for each in curve.balance.tolist()],
        "maintenance": [_number(each) for each in curve.maintenance.tolist()],
        "margin_ratio": [_number(each) for each in curve.margin_ratio.tolist()],
        "leverage": [_number(each) for each in curve.leverage.tolist()],
    }


def _reach(reach: Reach, found: Stressed) -> dict[str, JsonValue]:
    ways: dict[str, JsonValue] = (
        {"share": _crossing(reach.forwards)}
        if found.is_scenario
        else {"fall": _crossing(reach.backwards), "rise": _crossing(reach.forwards)}
    )
    return {
        "rule": reach.rule.id,
        "subject": str(reach.subject),
        "level": _level(reach.level),
        "value": _number(reach.value),
        "reached_now": reach.is_now,
        **ways,
    }


def _crossing(crossing: Crossing) -> dict[str, JsonValue]:
    told: dict[str, JsonValue] = {"is": crossing.fate.value}
    if crossing.fate in (Fate.REACHED, Fate.UNKNOWN):
        told["at"] = crossing.place
    if crossing.why:
        told["why"] = crossing.why
    return told


def _room(room: Room) -> dict[str, JsonValue]:
    return {
        "rule": room.rule.id,
        "subject": str(room.subject),
        "unit": room.rule.unit.value,
        "value": _number(room.value),
        "level": _LEVELS[room.level],
        "next_level": None if room.next_level is None else _level(room.next_level),
        "limit": _number(room.limit),
        "used": _number(room.used),
        "room": _number(room.room),
        "why": room.why,
    }


def _more(more: More) -> dict[str, JsonValue]:
    growth = more.growth
    return {
        "position": str(growth.position),
        "notional": _number(growth.held),
        "mark_price": _number(growth.mark_price),
        "leverage": _number(growth.leverage),
        "margin": "isolated" if growth.isolated else "cross",
        "free_margin_pays_for": _number(growth.affordable),
        "venue_takes": _number(growth.accepted),
        "until": [_binding(binding) for binding in more.bindings],
        "not_counted": [
            {"rule": each.rule.id, "subject": str(each.subject), "why": each.why} for each in more.unclear
        ],
    }


def _binding(binding: Binding) -> dict[str, JsonValue]:
    first = binding.first
    return {
        "level": _level(binding.level),
        "notional": _number(binding.notional),
        "quantity": None if binding.quantity is None else f"{binding.quantity:f}",
        "may_be_less": bool(binding.unclear),
        "rule": None if first is None else first.rule.id,
        "subject": None if first is None else str(first.subject),
        "reached_now": _level(binding.now) if binding.now else None,
        "apart_from_this": None if binding.apart is None else _binding(binding.apart),
    }


def _level(level: Level) -> str:
    return level.name.lower()


def _number(value: float) -> JsonValue:
    if np.isnan(value):
        return None
    return value if np.isfinite(value) else "inf"
