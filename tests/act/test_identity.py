"""Client order ids say whose order it is, without a journal."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.identity import (
    INSTANCE_MAX,
    SEQUENCE_MAX,
    Identity,
    OrderFacts,
    Owner,
    classify_id,
    client_order_id,
    sequence_of,
)
from riskd.model.order import Direction

HAND = Identity(key=b"a key of the installation", instance=7)
FACTS = OrderFacts(account="main", symbol="BTCUSDT", direction=Direction.SELL, quantity=Decimal("0.25"))


def test_an_id_is_pinned_so_that_a_restart_recognises_its_orders() -> None:
    assert client_order_id(HAND, 42, FACTS)[:18] == "72640007000000002a"
    assert client_order_id(HAND, 42, FACTS) == client_order_id(HAND, 42, FACTS)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    sequence=st.integers(0, SEQUENCE_MAX),
    instance=st.integers(0, INSTANCE_MAX),
    account=st.text(),
    symbol=st.text(),
    quantity=st.decimals(min_value=0, allow_nan=False, allow_infinity=False),
)
def test_every_id_fits_every_venue_and_is_recognised(
    sequence: int, instance: int, account: str, symbol: str, quantity: Decimal
) -> None:
    hand = replace(HAND, instance=instance)
    facts = OrderFacts(account=account, symbol=symbol, direction=Direction.BUY, quantity=quantity)
    text = client_order_id(hand, sequence, facts)
    assert len(text) == 32
    assert set(text) <= set("0123456789abcdef")
    assert classify_id(hand, text, facts) is Owner.OURS
    assert sequence_of(text) == sequence


def test_quantities_that_are_equal_make_the_same_id() -> None:
    ids = {client_order_id(HAND, 1, replace(FACTS, quantity=Decimal(q))) for q in ("0.25", "0.250", "25e-2")}
    assert len(ids) == 1


@pytest.mark.parametrize(
    "changed",
    [
        replace(FACTS, account="other"),
        replace(FACTS, symbol="ETHUSDT"),
        replace(FACTS, direction=Direction.BUY),
        replace(FACTS, quantity=Decimal("0.26")),
    ],
)
def test_an_id_lifted_onto_another_order_is_foreign(changed: OrderFacts) -> None:
    assert classify_id(HAND, client_order_id(HAND, 1, FACTS), changed) is Owner.FOREIGN


def test_fields_cannot_run_into_each_other() -> None:
    one = client_order_id(HAND, 1, replace(FACTS, account="ab", symbol="c"))
    other = client_order_id(HAND, 1, replace(FACTS, account="a", symbol="bc"))
    assert one != other


def test_another_daemon_or_another_key_is_foreign() -> None:
    text = client_order_id(HAND, 1, FACTS)
    assert classify_id(replace(HAND, instance=8), text, FACTS) is Owner.FOREIGN
    assert classify_id(replace(HAND, key=b"another key altogether"), text, FACTS) is Owner.FOREIGN


@pytest.mark.parametrize("digit", range(32))
def test_no_digit_can_be_changed(digit: int) -> None:
    text = client_order_id(HAND, 1, FACTS)
    other = "0" if text[digit] != "0" else "1"
    forged = text[:digit] + other + text[digit + 1 :]
    assert classify_id(HAND, forged, FACTS) is not Owner.OURS


@pytest.mark.parametrize(
    "text", ["", "x-web-123", "autoclose-1", "7264", "7264" + "Z" * 28, "7264" + "A" * 28, "0" * 32, "é" * 32]
)
def test_everybody_elses_id_is_not_riskds(text: str) -> None:
    assert classify_id(HAND, text, FACTS) is Owner.NOT_RISKD


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="sequence"):
        client_order_id(HAND, SEQUENCE_MAX + 1, FACTS)
    with pytest.raises(ValueError, match="key of 16"):
        Identity(key=b"short", instance=1)
    with pytest.raises(ValueError, match="instance"):
        Identity(key=HAND.key, instance=INSTANCE_MAX + 1)


def test_the_key_never_shows() -> None:
    assert "installation" not in repr(HAND)
