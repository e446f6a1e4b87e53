"""What an unknown word is taken for."""

from __future__ import annotations

import pytest

from riskd.measure.catalogue import CATALOGUE
from riskd.policy.schema.parts import ATTRIBUTES
from riskd.policy.schema.policy_file import policy_shape
from riskd.policy.schema.shape import Items, Record
from riskd.policy.text import synonyms
from riskd.policy.text.spelling import choose, meant


@pytest.mark.parametrize(
    ("word", "measures"),
    [
        ("daily_pnl", ("loss_today", "drawdown")),
        ("margin", ("margin_ratio",)),
        ("liq", ("liquidation_distance",)),
        ("max_dd", ("drawdown",)),
        ("exposure", ("share_of_equity", "net_delta", "leverage")),
        ("concentration", ("share_of_gross", "independent_bets", "hhi")),
        ("consecutive_losses", ("losing_streak",)),
        ("risk_reward", ("reward_to_risk",)),
        ("funding", ("funding_rate", "funding_cost")),
        ("leverag", ("leverage",)),
        ("nonsense", ()),
    ],
)
def test_a_measure_is_found_by_what_the_trade_calls_it(word: str, measures: tuple[str, ...]) -> None:
    assert meant(word, CATALOGUE) == measures


def test_only_known_words_are_proposed() -> None:
    assert meant("pnl", ["equity", "unrealized_pnl"]) == ("unrealized_pnl",)
    assert choose("pnl", ["equity", "gross"]) == "known: equity, gross"


def test_every_word_that_may_be_proposed_exists() -> None:
    rules = policy_shape(CATALOGUE).fields["rules"].shape
    assert isinstance(rules, Items)
    assert isinstance(rules.item, Record)
    keys = {*policy_shape(CATALOGUE).fields, *rules.item.fields, *ATTRIBUTES, "warn", "breach", "critical"}
    assert {name for names in synonyms._KEYS.values() for name in names} <= keys
