"""What may stand in the tests of a policy: series of values, and books written down as rows."""

from __future__ import annotations

from collections.abc import Mapping

from riskd.measure.spec import Unit
from riskd.model.report import Surface
from riskd.policy.rule import ActionKind
from riskd.policy.schema.parts import CONDITIONS, DURATION, LEVEL_NAMES, LINE, NAME, PROSE, RATIO
from riskd.policy.schema.shape import (
    Amount,
    Depending,
    Field,
    Flag,
    Items,
    Named,
    Record,
    Shape,
    Table,
    Text,
    Words,
    optional,
    required,
    words,
)
from riskd.policy.schema.tests_past import PAST
from riskd.policy.schema.tests_rows import (
    COIN,
    COINS,
    ID,
    LABELS,
    MONEY,
    OF_ACCOUNT,
    STRATEGY,
    SYMBOL,
    WORD,
    rows,
)
from riskd.policy.schema.waiver_file import TEST_WAIVER

OUTCOMES = ("ok", "warn", "breach", "critical", "unknown", "not_covered")
ORDER_TYPES = ("limit", "stop", "take_profit", "trailing")
# What of an account (or of its venue) a test can make unreadable.
UNREADABLE = (
    Surface.BALANCES,
    Surface.POSITIONS,
    Surface.ORDERS,
    Surface.CONDITIONAL_ORDERS,
    Surface.MARKS,
    Surface.FUNDING_INTERVALS,
    Surface.BRACKETS,
    Surface.INCOME,
    Surface.SPOT_BALANCES,
)
ALL_OF_IT = "all"  # the quantity of an order that closes whatever is there
_ACTIONS = Items(
    item=words(*(kind.value for kind in ActionKind if kind is not ActionKind.NOTIFY)), called="an action"
)
# A whole number may be a count; what else has no unit is no value of anything.
_BY = Text(pattern=r"[0-9]+|[\s\S]*[^0-9.\s][\s\S]*", example="30%", length_max=2_000)
_START = Text(example="2026-03-04T12:00:00Z", length_max=40)
_RULE = required(NAME, "id of the rule")


def _condition(key: str) -> Words:
    levels = {level: f"write {key}: firing, level: {level}" for level in LEVEL_NAMES}
    return Words(words=CONDITIONS, cures=levels)


_ACCOUNTS = rows(
    "an account",
    {
        "id": required(ID, "name of the account: `id: main`"),
        "venue": optional(WORD, "`binanceusdm` when left out"),
        "desk": optional(WORD, "desk that it belongs to"),
        "book": optional(WORD, "book that it belongs to"),
        "labels": optional(LABELS, "labels to select by"),
        "equity": optional(MONEY, "margin balance; unknown when left out"),
        "wallet": optional(MONEY, "wallet balance; equity less profits when left out"),
        "maintenance_margin": optional(MONEY, "as the venue states it; by the brackets when left out"),
        "available_balance": optional(
            MONEY, "what may still be used, as the venue states it; equity less initial margin when left out"
        ),
        "hedge_mode": optional(Flag(), "whether long and short of a symbol are held apart; no when left out"),
        "data_age": optional(DURATION, "age of all that could be read; 0s when left out"),
        "unknown": optional(
            Items(item=words(*(surface.value for surface in UNREADABLE)), called="a surface"),
            "what could not be read",
        ),
        "past": optional(
            rows(
                "a past equity",
                {"ago": required(DURATION, "how long ago"), "equity": required(MONEY, "equity then")},
            ),
            "equity of earlier moments; none recorded when left out",
        ),
    },
)
_INSTRUMENTS = rows(
    "an instrument",
    {
        "symbol": required(SYMBOL, "unified symbol of a perpetual"),
        "venue": optional(WORD, "`binanceusdm` when left out"),
        "mark": optional(MONEY, "mark price"),
        "index": optional(MONEY, "index price; unknown when left out"),
        "funding": optional(
            Amount(unit=Unit.RATE), "rate of the next settlement; unknown when left out: `0.01%/8h`"
        ),
        "maintenance": optional(RATIO, "maintenance margin rate at any size; 0.5% when left out"),
        "volume": optional(MONEY, "traded in the last 24 hours; unknown when left out: `250m USD`"),
        "open_interest": optional(
            Text(pattern=COINS, example="80000 BTC"),
            "open in the contract; unknown when left out: `80000 BTC`",
        ),
        "spread": optional(
            Amount(unit=Unit.RATIO),
            "best ask less best bid over the mark; stands beside `depth`: the order book is unknown without them",
        ),
        "depth": optional(MONEY, "what rests evenly within 1% of the mark, on each side: `5m USD`"),
    },
)
_POSITIONS = rows(
    "a position",
    {
        "account": OF_ACCOUNT,
        "symbol": required(SYMBOL, "unified symbol of the perpetual"),
        "side": required(words("long", "short"), "which way it is held"),
        "quantity": optional(Text(pattern=COINS, example="0.1 BTC"), "how much is held: `0.1 BTC`"),
        "notional": optional(MONEY, "the same by its worth at the mark: `5k USD`"),
        "mark": optional(MONEY, "mark price; may stand at the instrument instead"),
        "entry": optional(MONEY, "entry price; the mark when left out"),
        "leverage": optional(Amount(unit=Unit.MULTIPLE), "leverage setting; unknown when left out"),
        "isolated": optional(MONEY, "wallet of an isolated position; a cross position when left out"),
        "liquidation": optional(MONEY, "liquidation price that the venue states; none when left out"),
        "adl_rank": optional(Amount(unit=Unit.COUNT), "auto-deleveraging rank; unknown when left out"),
        "age": optional(DURATION, "time since it was opened; unknown when left out"),
        "strategy": STRATEGY,
        "confirmed": optional(Flag(), "no: it is absent from the newest answer and not proven closed"),
    },
    one_of=(("quantity", "notional"),),
)
_ORDERS = rows(
    "an order",
    {
        "account": OF_ACCOUNT,
        "symbol": required(SYMBOL, "unified symbol of the perpetual"),
        "side": required(words("buy", "sell"), "which way it trades"),
        "type": optional(words(*ORDER_TYPES), "a stop where a trigger is given, else a limit order"),
        "quantity": required(
            Text(pattern=f"{ALL_OF_IT}|{COINS}", example="0.1 BTC"),
            "what is left to fill: `0.1 BTC`; `all` closes the whole position",
        ),
        "price": optional(MONEY, "limit price"),
        "trigger": optional(MONEY, "trigger price; unknown when left out of a stop"),
        "reduce_only": optional(Flag(), "whether it may only reduce; no when left out"),
        "position": optional(words("long", "short"), "the position that it belongs to, in hedge mode"),
        "age": optional(DURATION, "time since it was placed; a minute when left out"),
        "strategy": STRATEGY,
    },
)
_LEG = Record(
    called="a leg",
    fields={
        "account": OF_ACCOUNT,
        "spot": optional(COIN, "an asset that is held as a coin"),
        "symbol": optional(SYMBOL, "a perpetual"),
    },
    one_of=(("spot", "symbol"),),
)
_LISTS: dict[str, Field] = {
    "instruments": optional(_INSTRUMENTS, "quotes and terms of perpetuals"),
    "positions": optional(_POSITIONS, "what is held"),
    "orders": optional(_ORDERS, "resting orders, stops among them"),
    "spot": optional(
        rows(
            "a coin",
            {
                "account": OF_ACCOUNT,
                "quantity": required(Text(pattern=COINS, example="0.1 BTC"), "how much is held: `0.1 BTC`"),
            },
        ),
        "coins that hedges name; nothing is held of others",
    ),
    "collateral": optional(
        rows(
            "an asset",
            {
                "account": OF_ACCOUNT,
                "quantity": required(Text(pattern=COINS, example="0.1 BTC"), "how much of it: `0.1 BTC`"),
                "index": optional(MONEY, "what one of it is worth; unknown when left out: `0.99 USD`"),
                "haircut": optional(RATIO, "how much less it counts as collateral; nothing when left out"),
            },
        ),
        "assets that back accounts; what backs an account that has none is unknown",
    ),
    "hedges": optional(
        rows(
            "a hedge",
            {
                "id": required(ID, "name of the hedge"),
                "ratio": optional(RATIO, "wanted share; 100% when left out"),
                "labels": optional(LABELS, "labels to select by"),
                "legs": required(
                    Items(item=_LEG, called="a leg", least=2), "what is hedged, then what hedges it"
                ),
            },
        ),
        "what is one thing although it lies in several places",
    ),
    "grids": optional(
        rows(
            "a grid",
            {
                "id": required(ID, "name of the grid"),
                "account": OF_ACCOUNT,
                "symbol": required(SYMBOL, "unified symbol of the perpetual"),
                "lower": optional(MONEY, "lower end; the lowest resting order when left out"),
                "upper": optional(MONEY, "upper end; the highest resting order when left out"),
            },
        ),
        "grids",
    ),
    **PAST,
}
_VERDICT = Record(
    called="an expectation",
    fields={
        "rule": optional(NAME, "id of the rule; may be left out where the test is of one rule"),
        "subject": optional(
            Table(key=r"[a-z]+", example="symbol", value=WORD, called="a part of a subject", least=1),
            "parts of its name: `{symbol: BTC/USDT:USDT}`; may be left out where there is only one subject",
        ),
        "is": required(words(*OUTCOMES), "verdict on this book"),
        "value": optional(Amount(is_literal=True), "value of the measure, to the digits that are written"),
        "alert": optional(_condition("alert"), "condition of the alert"),
        "level": optional(words(*LEVEL_NAMES), "level of the alert"),
        "actions": optional(_ACTIONS, "exactly what the alert asks for while it fires, beside notify"),
    },
)
_EXPECT: dict[str, Field] = {
    "expect": required(
        Items(item=_VERDICT, called="an expectation"), "every subject that the rules cover, or `others: ok`"
    ),
    "others": optional(words("ok"), "subjects that are not listed are ok"),
}
_STEP = Record(
    called="a step",
    fields={
        "at": required(DURATION, "time since the first look"),
        "accounts": optional(_ACCOUNTS, "accounts from now on; as before when left out"),
        **_LISTS,
        **_EXPECT,
    },
)
_HEAD: dict[str, Field] = {
    "name": required(LINE, "the fact that it proves"),
    "start": optional(_START, "time of the first look, in UTC"),
    "actions": optional(_ACTIONS, "exactly the actions asked for during the test, beside notify"),
}
_SNAPSHOT = Record(
    called="a snapshot test",
    fields={
        **_HEAD,
        "rule": optional(NAME, "id of the rule; all rules of the policy when left out"),
        "rules": optional(Items(item=NAME, called="a rule", least=1), "ids of the rules"),
        "accounts": required(
            Items(item=_ACCOUNTS.item, called="an account", least=1), "at least one: `accounts: [{id: main}]`"
        ),
        **_LISTS,
        **_EXPECT,
        "steps": optional(Items(item=_STEP, called="a step", least=1), "the book at later moments"),
    },
)
_SERIES = Record(
    called="a test",
    fields={
        **_HEAD,
        "rule": _RULE,
        "series": required(PROSE, "values, one a tick: `3x*4, 5.5x, _*2, 3x..6x*4, gone`"),
        "expect": required(
            Items(
                item=Record(
                    called="an expectation",
                    fields={
                        "at": required(DURATION, "time since the first tick"),
                        "is": required(_condition("is"), "condition of the alert"),
                        "level": optional(words(*LEVEL_NAMES), "level of the alert"),
                        "unknown": optional(Flag(), "whether the alert says that data is missing"),
                        "actions": optional(_ACTIONS, "exactly what the alert asks for, beside notify"),
                    },
                ),
                called="an expectation",
                least=1,
            ),
            "what is true at which time",
        ),
        "every": optional(DURATION, "time between ticks; 60s when left out"),
        "waiver": optional(TEST_WAIVER, "a waiver that holds from `start` to `until`"),
        "by": optional(_BY, "value of the ladder's `by` measure; a series where it changes: `4%*3, 30%`"),
    },
)
LIST_KEYS: Mapping[str, frozenset[str]] = {
    name: frozenset(items.item.fields)
    for name, field in {"accounts": required(_ACCOUNTS), **_LISTS}.items()
    if isinstance(items := field.shape, Items) and isinstance(items.item, Record)
}
"""The lists of a book, and the keys of their rows."""

TEST: Shape = Named(
    name="test",
    shape=Depending(
        keys=("accounts", *_LISTS, "rules", "steps", "others"), present=_SNAPSHOT, absent=_SERIES
    ),
)
