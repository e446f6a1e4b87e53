"""How `riskd stress` tells people how much more of a position may be held, or opened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskd.adapters.safe_text import visible
from riskd.cli.stress_words import Row, money, name_of, table
from riskd.daemon.stress import Stressed
from riskd.daemon.subject_owner import is_shown
from riskd.judge.first_crossing import Crossing
from riskd.judge.larger import Binding, More
from riskd.measure.supposed.growth import Growth
from riskd.model.verdict import Level

_LEVELS = (Level.WARN, Level.BREACH, Level.CRITICAL)
_ALREADY = {
    Level.WARN: "already beyond WARN",
    Level.BREACH: "already in breach",
    Level.CRITICAL: "already in breach, CRITICAL",
}


def more_lines(found: Stressed, account: str | None) -> list[str]:
    """How much more of each position may be held, and which rule says so."""
    mores = [each for each in found.more if is_shown(each.growth.position, account, found.desk)]
    if found.symbol:
        return [*_asked(found, mores), *_unasked(found, account), *_unclear(mores)]
    if not mores:
        return ["no position of a known size is held; --symbol for one that could be opened"]
    told = [
        "how much more may be held before the first rule reaches a level, at mark, taker fee paid, stops grown along:",
        *_overview(mores),
        *_unclear(mores),
    ]
    if found.largest_only:
        told.append(f"  the {len(found.more)} largest positions; --symbol for another")
    return told


# ---- the positions that are held, one a line ---------------------------------------------------------------------


def _overview(mores: Sequence[More]) -> list[str]:
    rows: list[Row] = [
        ("POSITION", "NOTIONAL", "MORE UNTIL WARN", "BREACH", "CRITICAL", "FREE MARGIN PAYS FOR")
    ]
    rows += [
        (
            visible(name_of(each.growth.position)),
            money(each.growth.held),
            *(_cell(_binding(each, level)) for level in _LEVELS),
            money(each.growth.affordable),
        )
        for each in mores
    ]
    return table(rows)


def _cell(binding: Binding) -> str:
    if binding.first is None:
        return _amount(binding)
    already = f", {_ALREADY[binding.now]}" if binding.now else ""
    return f"{_amount(binding)} ({binding.first.rule.id.partition('/')[2]}{already})"


# ---- one contract, a line for each level -------------------------------------------------------------------------


def _asked(found: Stressed, mores: Sequence[More]) -> list[str]:
    symbol = found.symbol
    if not mores:
        return [f"nobody can say how much of {visible(symbol)} may be held:"]
    rows: list[Row] = [("POSITION", "UNTIL", "NOTIONAL", "QUANTITY", "FIRST RULE", "")]
    for each in mores:
        for level in _LEVELS:
            position = visible(name_of(each.growth.position)) if level is _LEVELS[0] else ""
            rows.append((position, level.name, *_answer(each, _binding(each, level))))
    return [
        (
            f"how much {visible(symbol)} may be opened, or added, before the first rule reaches a level, in whole lots, at mark, "
            "taker fee paid:"
        ),
        *table(rows),
        *_supposed_with(found, mores),
    ]


def _answer(more: More, binding: Binding) -> Row:
    if binding.first is None:
        return _amount(binding), "", "", ""
    rule = visible(f"{binding.first.rule.id}  {name_of(binding.first.subject)}")
    return _amount(binding), _quantity(more, binding), rule, _note(more, binding)


def _note(more: More, binding: Binding) -> str:
    """Why there is no room at all, and how much there would be apart from what leaves none."""
    apart = binding.apart
    if apart is None:
        return ""
    why = _ALREADY[binding.now] if binding.now else "the smallest order reaches it"
    if apart.first is None and not apart.unclear:
        return why
    if apart.first is None:
        return f"{why}; apart from this {_amount(apart)}"
    rule = visible(apart.first.rule.id)
    return f"{why}; apart from this {_amount(apart)} = {_quantity(more, apart)} until {rule}"


def _supposed_with(found: Stressed, mores: Sequence[More]) -> list[str]:
    """The terms of each account, once where they are the same for both sides."""
    sides: dict[tuple[str, str], list[str]] = {}
    for each in mores:
        position = each.growth.position
        sides.setdefault((position.part("account"), _terms(found, each.growth)), []).append(
            position.part("side")
        )
    return [
        f"  {visible(account)} {' and '.join(there)}: {terms}" for (account, terms), there in sides.items()
    ]


def _terms(found: Stressed, growth: Growth) -> str:
    """What it is supposed with, and what the venue would say."""
    stop = "no stop" if np.isnan(found.stop) else f"a stop at {found.stop * 100:.4g} %"
    opened = (
        f"{money(growth.held)} is held, its stops grow along"
        if growth.held
        else f"none is held, a new one has {stop}"
    )
    leverage = "unknown leverage" if np.isnan(growth.leverage) else f"{growth.leverage:g}x"
    margin = "isolated" if growth.isolated else "cross"
    return (
        f"{opened}; mark {growth.mark_price:,.10g}, {leverage} {margin}; free margin pays for {money(growth.affordable)}, "
        f"the venue takes {money(growth.accepted)} at this leverage"
    )


def _unasked(found: Stressed, account: str | None) -> list[str]:
    return [
        f"  {visible(each.account)} {visible(found.symbol)} {each.side}: not supposed, {visible(each.why)}"
        for each in found.unasked
        if account in (None, each.account)
    ]


# ---- both --------------------------------------------------------------------------------------------------------


def _binding(more: More, level: Level) -> Binding:
    """What binds at a level; where no rule has it, nothing does."""
    none = Binding(level=level, quantity=None, notional=np.inf, first=None)
    return next((each for each in more.bindings if each.level == level), none)


def _amount(binding: Binding) -> str:
    at_most = "at most " if binding.unclear and binding.first is not None else ""
    return f"{at_most}{money(binding.notional)}"


def _quantity(more: More, binding: Binding) -> str:
    return "" if binding.quantity is None else f"{binding.quantity:,f} {visible(more.growth.instrument.base)}"


def _unclear(mores: Sequence[More]) -> list[str]:
    unclear: dict[str, Crossing] = {}
    for each in (each for more in mores for each in more.unclear):
        unclear.setdefault(each.rule.id, each)
    return [
        f"  not counted, as it is unknown: {rule}  {visible(name_of(each.subject))}: {visible(each.why)}"
        for rule, each in unclear.items()
    ]
