"""What somebody probably meant: cures for quantities that are misspelt, in the wrong unit, or out of all proportion."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from riskd.measure.spec import Unit
from riskd.policy.text.quantity import (
    MAGNITUDES,
    SECONDS,
    Quantity,
    duration_text,
    example,
    noun,
    plain,
    read,
)
from riskd.policy.text.synonyms import same_parts, same_word

_LONGEST_HINTED = 60  # a longer word is no typing mistake, and comparing it costs time
_MOST_LISTED = 16
_MISTAKABLE = 0.88  # likeness from which one name is taken for another
_DECIMAL_COMMA = r"(-?[0-9]+),([0-9]{1,2})(?![0-9,])"

NO_ARITHMETIC = "no arithmetic in limits; name a second variable"
"""The cure for a limit that computes something."""


def quoted(text: str) -> str:
    """Text of a file inside a message: on one line, printable, at most forty characters, in quotes."""
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    return "'" + "".join(letter if letter.isprintable() else "·" for letter in shown) + "'"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` is most likely a misspelling of; None when none is near."""
    if len(word) > _LONGEST_HINTED:
        return None
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def mistakable(name: str, known: Iterable[str]) -> str | None:
    """The known name that a different one can be mistaken for; None when it can be mistaken for none.

    Other digits are another thing, and not a slip: ``crash-40-corr-1`` is no ``crash-30-corr-1``, but ``crash-30-cor-1`` is.
    """
    ratios = {other: _likeness(name, other) for other in known if other != name}
    nearest_one = max(ratios, key=lambda other: ratios[other], default="")
    return nearest_one if ratios.get(nearest_one, 0.0) >= _MISTAKABLE else None


def _likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1; 0 where each has digits that the other has not."""
    numbers, others = re.findall("[0-9]+", one), re.findall("[0-9]+", other)
    if not (_is_within(numbers, others) or _is_within(others, numbers)):
        return 0.0
    return difflib.SequenceMatcher(None, one.replace("_", "-"), other.replace("_", "-")).ratio()


def _is_within(few: Sequence[str], many: Sequence[str]) -> bool:
    """Whether some are the others in their order, with gaps."""
    rest = iter(many)
    return all(each in rest for each in few)


def meant(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known words that an unknown one probably stands for, by its meaning or its letters; best first."""
    words = list(known)
    same = same_word(word, words)
    if same or len(word) > _LONGEST_HINTED:
        return same
    near = nearest(word, words) or nearest(word.casefold(), words)
    return (near,) if near else same_parts(word, words)


def did_you_mean(names: Sequence[str]) -> str:
    """The question: ``did you mean 'a', 'b' or 'c'?``."""
    *others, last = (f"'{name}'" for name in names)
    return f"did you mean {', '.join(others)} or {last}?" if others else f"did you mean {last}?"


def choose(word: str, known: Iterable[str]) -> str:
    """A cure for an unknown word: the ones that it probably stands for, else all of them in their order."""
    words = list(known)
    found = meant(word, words)
    if found:
        return did_you_mean(found)
    return f"known: {listed(words)}" if words else "none is defined"


def listed(names: Sequence[str]) -> str:
    """``a, b, c``; of very many only the first, and how many more there are."""
    if len(names) <= _MOST_LISTED:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_LISTED])} and {len(names) - _MOST_LISTED} more"


def explain(text: str) -> tuple[str, str]:
    """What is wrong with a text that is no quantity, and what to write."""
    spelled = respell(text)
    if spelled:
        return f"{quoted(text)} is not how a quantity is written", f"{_comma(text)}write {spelled}"
    if re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?", text):
        return f"{text}: a number needs a unit", _name_the_unit(Decimal(text))
    return f"{quoted(text)} is not a quantity", _what_a_quantity_is(text)


def _what_a_quantity_is(text: str) -> str:
    if re.fullmatch(r"[0-9][0-9.,]*[kmb]? ?[A-Z]{3,5}", text):
        return "money is USD, USDT or USDC"
    if re.search(r"[0-9a-z%] [-+*/] [0-9$]|\$[a-z]", text):
        return NO_ARITHMETIC
    return f"write for example {', '.join(example(unit) for unit in Unit)}"


def _comma(text: str) -> str:
    """What to say first of a text whose commas are what is wrong with it."""
    if re.match(_DECIMAL_COMMA, text):
        return "a decimal comma? "
    return "no commas: " if "," in text else ""


def respell(text: str) -> str | None:
    """The quantity that ``text`` nearly is (``2 percent`` -> ``2%``, ``$5M`` -> ``5m USD``); None when unclear."""
    if len(text) > _LONGEST_HINTED:
        return None
    tidy = _tidy(text)
    for attempt in (_as_suffixed, _as_per_time, _as_money, _as_duration):
        spelled = attempt(tidy)
        if spelled != text and read(spelled):
            return spelled
    return None


def with_unit(number: str, unit: Unit) -> str:
    """The literal of ``unit`` that a bare number probably is: ``0.05`` as a ratio is ``5%``, ``3.5`` of equity ``3.5x``."""
    value = Decimal(number)
    if unit is Unit.RATIO and value != value.to_integral_value() and abs(value) < 1:
        return f"{plain(value * 100)}%"
    written = f"{plain(value)}{_SUFFIXES.get(unit, 's' if unit is Unit.DURATION else '')}"
    quantity = read(written)
    return written if quantity is not None and quantity.unit is unit else example(unit)


def needs_unit(number: str, unit: Unit, measure: str) -> str:
    """The cure for a bare number where the measure is known: ``leverage is a multiple: write 3.5x``."""
    return f"{measure} is {noun(unit)}: write {with_unit(number, unit)}"


def rewrite(quantity: Quantity, unit: Unit) -> str:
    """The literal of ``unit`` that was probably meant by one of another unit: ``2x`` as a ratio is ``2%``."""
    if quantity.unit is Unit.RATIO and unit is Unit.MULTIPLE and quantity.exact >= 1:
        return f"{plain(quantity.exact)}x"  # 300% of equity is 3x
    if quantity.unit is Unit.MULTIPLE and unit is Unit.RATIO and _is_fraction_of_one(quantity.exact):
        return f"{plain(quantity.exact * 100)}%"  # 0.02x is 2%, and 1.05x of a hedge 105%
    if unit is Unit.MONEY and re.fullmatch(r"[0-9.]+[kmb]", quantity.text):
        return f"{quantity.text} USD"  # 5m was no time
    digits = re.match(r"-?[0-9]+(?:\.[0-9]+)?", quantity.text)
    if unit is Unit.DURATION:
        return f"{quantity.text}s" if quantity.unit is Unit.COUNT else example(unit)
    if digits is None:
        return example(unit)
    return f"{digits.group()}{_SUFFIXES[unit]}" if unit is not Unit.COUNT else digits.group().split(".")[0]


def _is_fraction_of_one(number: Decimal) -> bool:
    return abs(number) < 2 and number != number.to_integral_value()


def implausible(quantity: Quantity) -> tuple[str, str] | None:
    """What is wrong with a quantity that no sane policy holds, and what was meant; None when it is fine."""
    low, high, range_text = _PLAUSIBLE[quantity.unit]
    if low <= quantity.exact <= high:
        return None
    what = f"{quantity.text} is not plausible (a policy may say {range_text})"
    digits = re.match(r"-?[0-9]+(?:\.[0-9]+)?", quantity.text)
    if digits and quantity.unit in _PERCENT_SLIPS and low <= quantity.exact / 100 <= high:
        smaller = plain(Decimal(digits.group()) / 100) + quantity.text[digits.end() :]
        return what, f"write {smaller} if you mean that"
    return what, "check the number and its unit"


def _name_the_unit(number: Decimal) -> str:
    if abs(number) < 1:
        percent = plain(number * 100)
        return f"write {percent}% if you mean {_SPELLED.get(percent, percent)} percent"
    digits = plain(number)
    return f"write {digits}% or {digits}x, whichever you mean"


_SPELLED: Mapping[str, str] = {
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "10": "ten",
    "20": "twenty",
    "50": "fifty",
}

_SUFFIXES: Mapping[Unit, str] = {
    Unit.MULTIPLE: "x",
    Unit.RATIO: "%",
    Unit.RATE: "%/8h",
    Unit.FREQUENCY: "/1m",
    Unit.SIGMA: "sigma",
    Unit.MONEY: " USD",
}

# What no policy means even in jest. The highest leverage that venues offer is about 200x; a share of equity beyond
# 2,000 % would be 20x in one thing; funding beyond 8 % in eight hours would be 24 % a day.
_PLAUSIBLE: Mapping[Unit, tuple[Decimal, Decimal, str]] = {
    Unit.MULTIPLE: (Decimal(0), Decimal(200), "0x to 200x"),
    Unit.RATIO: (Decimal(-20), Decimal(20), "-2000% to 2000%"),
    Unit.RATE: (Decimal("-0.01"), Decimal("0.01"), "-8%/8h to 8%/8h"),
    Unit.DURATION: (Decimal(0), Decimal(400 * 86_400), "0s to 400d"),
    Unit.COUNT: (Decimal(0), Decimal(1_000_000), "0 to 1000000"),
    Unit.FREQUENCY: (Decimal(0), Decimal(10_000), "0/1s to 10000/1s"),
    Unit.SIGMA: (Decimal(0), Decimal(100), "0sigma to 100sigma"),
    Unit.MONEY: (Decimal(0), Decimal(1_000_000_000_000), "0 USD to 1000b USD"),
}
_PERCENT_SLIPS = frozenset({Unit.MULTIPLE, Unit.RATIO, Unit.RATE})

_SPELT_SUFFIXES: Mapping[str, str] = {
    **dict.fromkeys(("%", "percent", "per cent", "pct"), "%"),
    **dict.fromkeys(("bps", "bp", "bip", "bips", "basis points"), "bps"),
    **dict.fromkeys(("x", "×", "times"), "x"),
    **dict.fromkeys(("sigma", "sigmas", "σ", "sd"), "sigma"),
}

_SPELT_TIMES: Mapping[str, str] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
}


def _tidy(text: str) -> str:
    """Lower case, single spaces, digits without separators, sign or leading zeros that we do not write."""
    words = re.sub(r"(?<=\d)[,_](?=\d{3})", "", " ".join(text.lower().split()))
    words = re.sub(f"^{_DECIMAL_COMMA}", r"\1.\2", words)
    return re.sub(r"^(-?)\.(?=\d)", r"\g<1>0.", re.sub(r"^(-?)0+(?=\d)", r"\1", words.removeprefix("+")))


def _as_suffixed(text: str) -> str:
    match = re.fullmatch(r"(-?[0-9.]+) ?(\D+)", text)
    if not match or match.group(2) not in _SPELT_SUFFIXES:
        return ""
    return match.group(1) + _SPELT_SUFFIXES[match.group(2)]


def _as_per_time(text: str) -> str:
    match = re.fullmatch(r"(-?[0-9.]+) ?(%|percent|pct)? ?(?:/|per) ?([0-9]*) ?([a-z]+)", text)
    if not match or match.group(4) not in _SPELT_TIMES:
        return ""
    number, percent, count, word = match.groups()
    return f"{number}{'%' if percent else ''}/{count or 1}{_SPELT_TIMES[word]}"


def _as_money(text: str) -> str:
    dollars = re.sub(r"^\$ ?(.+)$", r"\1 usd", text)
    match = re.fullmatch(r"([0-9.]+) ?(k|thousand|m|mn|mio|million|b|bn|billion)? ?(usd[tc]?)", dollars)
    if not match:
        return ""
    number, magnitude, currency = match.groups()
    letter = "k" if magnitude == "thousand" else (magnitude or "")[:1]
    return f"{number if letter else _shortened(number)}{letter} {currency.upper()}"


def _shortened(number: str) -> str:
    """``2000000`` as ``2m``; what has no round number of thousands stays."""
    if not re.fullmatch(r"[1-9][0-9]*", number):
        return number
    letter = next((each for each in "bmk" if Decimal(number) % (MAGNITUDES[each] / 10) == 0), "")
    letter = letter if letter and Decimal(number) >= MAGNITUDES[letter] else ""
    return f"{plain(Decimal(number) / MAGNITUDES[letter])}{letter}"


def _as_duration(text: str) -> str:
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?) ?([a-z]+) ?", text)
    if not parts or "".join(number + word for number, word in parts) != text.replace(" ", ""):
        return ""
    if any(word not in _SPELT_TIMES and word != "ms" for _, word in parts):
        return ""
    lengths = {
        **{word: Decimal(SECONDS[letter]) for word, letter in _SPELT_TIMES.items()},
        "ms": _MILLISECOND,
    }
    return duration_text(sum((Decimal(number) * lengths[word] for number, word in parts), Decimal(0)))


_MILLISECOND = Decimal("0.001")
