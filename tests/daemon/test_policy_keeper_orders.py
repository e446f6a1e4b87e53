"""What a reload may not bring to an armed account by itself: cancellations and stops count as orders, pauses of bots do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.daemon.policy_keeper import BRINGS_ORDERS, NEEDS_RESTART
from riskd.model.message import Message
from tests.daemon.policy_play import Play, leverage, policy

WAITED = """tests:
  - {name: calm, rule: leverage, every: 10s, series: "1x*2", expect: [{at: 10s, is: ok}]}
"""


def body_of(message: Message) -> str:
    return "\n".join(message.body)


@pytest.mark.parametrize(
    ("rule", "change", "brought"),
    [
        pytest.param(
            leverage(more=", then: {warn: [notify, cancel_orders]}"),
            ("warn: 3x", "warn: 1.5x"),
            "cancel_orders for account=main",
            id="cancels",
        ),
        pytest.param(
            "{id: leverage, title: Size, why: Any., measure: share_of_equity, per: position, max: {warn: 300%},"
            " then: {warn: [notify, {place_stop: {distance: 3%, approval: auto}}]}}",
            ("warn: 300%", "warn: 150%"),
            "place_stop for account=main symbol=BTC/USDT:USDT side=long",
            id="places a stop",
        ),
        pytest.param(
            leverage(
                "{warn: 1.5x, critical: 3x}",
                more=", then: {warn: [notify, {cancel_orders: {which: grid}}],"
                " critical: [notify, {cancel_orders: {which: all}}]}",
            ),
            ("critical: 3x", "critical: 1.8x"),
            "cancel_orders for account=main",
            id="cancels more than the milder level did",
        ),
    ],
)
def test_a_limit_that_would_cancel_or_place_for_the_book_as_it_is_waits_for_a_restart(
    rule: str, change: tuple[str, str], brought: str, tmp_path: Path
) -> None:
    acting = policy(
        rule, mode="enforce", tests=WAITED.replace("1x*2", "1%*2" if "%" in change[0] else "1x*2")
    )
    play = Play(tmp_path, acting, may_send=True)
    play.turns(2, leverage=2)
    old = play.hash
    play.write(acting.replace(*change))
    play.turns(8)
    assert play.hash == old
    [told] = [line for line in body_of(play.said[-1]).splitlines() if BRINGS_ORDERS in line]
    assert f"desk/leverage would act on the book as it is: {brought}" in told


def test_an_order_that_does_no_more_than_one_that_is_due_keeps_no_policies_away(tmp_path: Path) -> None:
    def cancelling(which: str) -> str:
        more = f", then: {{warn: [notify, {{cancel_orders: {{which: {which}}}}}]}}"
        return policy(leverage(more=more), mode="enforce", tests=WAITED)

    play = Play(tmp_path, cancelling("all"), may_send=True)
    play.turns(2, leverage=4)
    old = play.hash
    play.write(cancelling("grid"))
    play.turns(8)
    assert play.hash != old


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "cancel_orders"),
        ("{cancel_orders: {approval: human}}", "cancel_orders"),
        ("{cancel_orders: {which: grid}}", "{cancel_orders: {which: all}}"),
    ],
    ids=["new", "by fewer people", "of more orders"],
)
def test_a_cancellation_that_is_new_waits_for_a_restart_whatever_the_book(
    before: str, after: str, tmp_path: Path
) -> None:
    def asking(action: str) -> str:
        actions = ", ".join(filter(None, ("notify", action)))
        return policy(leverage(more=f", then: {{warn: [{actions}]}}"), mode="enforce", tests=WAITED)

    play = Play(tmp_path, asking(before), may_send=True)
    old = play.hash
    play.write(asking(after))
    play.turns(6)
    assert play.hash == old
    assert f"{NEEDS_RESTART}]: desk/leverage lets riskd do more, or may: at warn: cancel_orders" in body_of(
        play.said[0]
    )


def test_a_pause_of_bots_is_no_order_and_is_taken_at_once(tmp_path: Path) -> None:
    play = Play(tmp_path, policy(leverage(), mode="enforce", tests=WAITED), may_send=True)
    old = play.hash
    play.write(
        policy(leverage(more=", then: {warn: [notify, block_new_risk]}"), mode="enforce", tests=WAITED)
    )
    play.turns(6, leverage=4)
    assert play.hash != old
