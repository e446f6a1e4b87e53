"""What the rows of a written-down book have in common."""

from __future__ import annotations

from riskd.measure.spec import Unit
from riskd.policy.schema.shape import Amount, Field, Items, Record, Table, Text, optional

COINS = r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})? [A-Z0-9]{1,20}"
SYMBOL_PATTERN = r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}:[A-Z0-9]{1,20}"

MONEY = Amount(unit=Unit.MONEY)
ID = Text(pattern=r"[a-z0-9][a-z0-9_-]*", example="main", length_max=64)
WORD = Text(example="swing-a", length_max=120)
SYMBOL = Text(pattern=SYMBOL_PATTERN, example="BTC/USDT:USDT", length_max=70)
COIN = Text(pattern=r"[A-Z0-9]{1,20}", example="BTC")
LABELS = Table(key=r"[a-z][a-z0-9_-]*", example="env", value=WORD, called="a label", least=1)
OF_ACCOUNT = optional(ID, "id of the account; may be left out where there is only one")
STRATEGY = optional(WORD, "strategy; `unlabelled` when left out")


def rows(called: str, fields: dict[str, Field], one_of: tuple[tuple[str, ...], ...] = ()) -> Items:
    """A list of rows; ``one_of``: keys of which each row has exactly one."""
    return Items(item=Record(called=called, fields=fields, one_of=one_of), called=called)
