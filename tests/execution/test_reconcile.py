"""An order under riskd's mark that the journal never meant is found, whoever made it; nobody else's is."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.identity import Identity, OrderFacts, client_order_id
from riskd.execution.reconcile import Seen, StrayKind, strays
from riskd.model.order import Direction

OURS = Identity(key=b"k" * 16, instance=3)
OTHER = Identity(key=b"o" * 16, instance=4)
FACTS = OrderFacts(account="a", symbol="BTCUSDT", direction=Direction.SELL, quantity=Decimal(1))


def seen(*names: str) -> list[Seen]:
    return [
        Seen(account="a", client_order_id=name, what=f"resting order {n}") for n, name in enumerate(names)
    ]


def test_what_the_journal_meant_is_no_stray() -> None:
    name = client_order_id(OURS, 7, FACTS)
    assert strays(seen(name), identity=OURS, meant={name}) == ()


def test_our_own_mark_without_an_intent_and_another_daemons_are_told_apart() -> None:
    lost, foreign = client_order_id(OURS, 8, FACTS), client_order_id(OTHER, 8, FACTS)
    found = strays(seen(lost, foreign, lost), identity=OURS, meant=set())
    assert [(stray.client_order_id, stray.kind) for stray in found] == [
        (lost, StrayKind.NOT_IN_JOURNAL),
        (foreign, StrayKind.OTHER_INSTANCE),
    ]
    assert "two daemons act on a" in str(found[1])
    assert "the journal never meant it" in str(found[0])


def test_a_name_that_is_forged_with_our_instance_is_a_stray_too() -> None:
    forged = f"7264{3:04x}{9:010x}{0:014x}"
    [stray] = strays(seen(forged), identity=OURS, meant=set())
    assert stray.kind is StrayKind.NOT_IN_JOURNAL


@settings(max_examples=100, derandomize=True)
@given(name=st.text(max_size=40))
def test_names_of_other_people_are_left_alone(name: str) -> None:
    assert strays(seen(name), identity=OURS, meant=set()) == ()
