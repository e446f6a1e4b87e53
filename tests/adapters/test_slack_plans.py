"""Plans in Slack over real HTTP: tables, buttons, edits in their thread, and words to one person alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.message_plan import waiting_message
from riskd.adapters.credentials import Secret
from riskd.adapters.slack import SlackNotifier
from riskd.adapters.slack_text import BLOCKS_JSON_MAX, Buttons, render
from riskd.model.message import Message, MessageKind
from riskd.model.order import Cancellation, OrderList, Plan, Reduction, RuleEffect, StopPlacement
from riskd.model.verdict import Level
from tests.act.waiting_plans import terms, waiting
from tests.adapters.test_slack_text import TEXT, assert_harmless, texts
from tests.fakes.slack_blocks import fault_of
from tests.fakes.slack_server import Fault, SlackServer, slack_server
from tests.fakes.slack_sockets import buttons_of

TOKEN = "xoxb-canary-5f1c"
ROOT = Message(
    key="alert|core/leverage|account=main|1",
    kind=MessageKind.ALERT,
    level=Level.BREACH,
    thread="",
    edits_root=False,
    headline="BREACH main",
)
ASKED = waiting_message(waiting(on=terms()))
Talk = Callable[[SlackNotifier, SlackServer], Awaitable[None]]


def talk(story: Talk, *, buttons: Buttons = Buttons.OFFERED) -> SlackServer:
    async def main() -> SlackServer:
        async with slack_server(TOKEN) as server:
            notifier = SlackNotifier(
                token=Secret(TOKEN), room="#risk", base_url=server.url, timeout_seconds=2, buttons=buttons
            )
            await story(notifier, server)
            await notifier.close()
            return server

    return asyncio.run(main())


def kinds(server: SlackServer, number: int = 0) -> list[str]:
    return [block["type"] for block in server.posts[number].blocks]


def test_a_plan_is_posted_with_its_orders_as_a_table_and_three_buttons() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        await notifier.post(ASKED, root="", edit="")

    server = talk(story)
    assert "table" in kinds(server)
    assert buttons_of(server.posts[0]) == ["approve", "hold", "reject"]


def test_a_workspace_without_tables_gets_the_rows_as_lines_and_is_not_asked_twice() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        server.takes_tables = False
        await notifier.post(ASKED, root="", edit="")
        await notifier.post(ASKED, root="", edit="")

    server = talk(story)
    assert len(server.requests) == 3
    for number in (0, 1):
        assert "table" not in kinds(server, number)
        assert buttons_of(server.posts[number]) == ["approve", "hold", "reject"]


def test_one_fault_that_also_refuses_plain_blocks_says_nothing_about_tables() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        server.faults = [Fault.INVALID_BLOCKS, Fault.INVALID_BLOCKS]
        await notifier.post(ASKED, root="", edit="")
        await notifier.post(ASKED, root="", edit="")

    server = talk(story)
    assert server.posts[0].blocks == []
    assert "riskd plan approve plan-1" in server.posts[0].text
    assert "If nobody answers by" in server.posts[0].text
    assert "table" in kinds(server, 1)


def test_a_plan_that_cannot_be_edited_any_more_is_posted_anew_in_its_thread() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        root = await notifier.post(ROOT, root="", edit="")
        plan = await notifier.post(ASKED, root=root, edit="")
        server.faults = [Fault.EDIT_WINDOW_CLOSED]
        await notifier.post(replace(ASKED, question=None), root="", edit=plan)

    posts = talk(story).posts
    assert [post.thread_ts for post in posts] == ["", posts[0].ts, posts[0].ts]


def test_one_person_is_told_alone_in_the_thread_where_they_asked_and_shown_the_way() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        plan = await notifier.post(ASKED, root="", edit="")
        said = await notifier.whisper(
            "superseded by <!channel>", channel="CRISK", member="U1", thread="1.0", link=plan
        )
        assert said == ""

    server = talk(story)
    (whisper,) = server.whispers
    link = f"https://desk.slack.test/archives/CRISK/p{server.posts[0].ts.replace('.', '')}"
    assert whisper.text == f"superseded by &lt;!channel&gt; <{link}|Go there>"
    assert (whisper.channel, whisper.member, whisper.thread_ts) == ("CRISK", "U1", "1.0")


def test_a_link_that_slack_does_not_give_is_left_out() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        server.faults = [Fault.OUTAGE]
        await notifier.whisper("see there", channel="CRISK", member="U1", link="CRISK:1.0:1.0")

    assert talk(story).whispers[0].text == "see there"


def test_somebody_in_a_channel_without_the_bot_is_told_in_a_message_of_their_own() -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        server.faults = [Fault.NOT_IN_CHANNEL]
        assert await notifier.whisper("halted", channel="COTHER", member="U1") == ""

    server = talk(story)
    assert server.requests == ["chat.postEphemeral", "chat.postMessage"]
    assert server.bodies[1]["channel"] == "U1"


@pytest.mark.parametrize("fault", [Fault.OUTAGE, Fault.RATE_LIMITED, Fault.RESET])
def test_an_answer_that_did_not_arrive_is_a_word_and_no_exception(fault: Fault) -> None:
    async def story(notifier: SlackNotifier, server: SlackServer) -> None:
        server.faults = [fault]
        assert await notifier.whisper("halted", channel="CRISK", member="U1") != ""

    talk(story)


# ---- any plan ------------------------------------------------------------------------------------------------------

NUMBER = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10**9), places=3)
MEASURED = st.floats(-1e12, 1e12) | st.sampled_from([float("nan"), float("inf"), float("-inf")])
SIDE = st.sampled_from(["BOTH", "LONG", "SHORT"])


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=4).flatmap(
        lambda found: st.sampled_from([tuple(found), tuple(found) * 40])
    )


CANCELLATION = st.builds(
    Cancellation,
    account=TEXT,
    symbol=TEXT,
    position_side=SIDE,
    order_id=TEXT,
    client_order_id=TEXT,
    kept_in=st.sampled_from(OrderList),
    what=TEXT,
)
REDUCTION = st.builds(
    Reduction,
    account=TEXT,
    symbol=TEXT,
    position_side=SIDE,
    held=NUMBER,
    quantity=NUMBER,
    mark_price=NUMBER,
    cost_estimate=st.floats(0, 1e9),
)
STOP = st.builds(
    StopPlacement,
    account=TEXT,
    symbol=TEXT,
    position_side=SIDE,
    held=NUMBER,
    quantity=NUMBER,
    trigger_price=NUMBER,
    mark_price=NUMBER,
    note=TEXT,
)
EFFECT = st.builds(
    RuleEffect,
    rule=TEXT,
    subject=TEXT,
    measure=TEXT,
    unit=st.sampled_from(["multiple", "ratio", "money", "duration", "<!here>"]),
    before=MEASURED,
    after=MEASURED,
    target=MEASURED,
    mended=st.booleans(),
)


def plans() -> st.SearchStrategy[Plan]:
    base = waiting().plan
    fields: dict[str, st.SearchStrategy[Any]] = {
        "id": TEXT,
        "account": TEXT,
        "rule": TEXT,
        "subject": TEXT,
        "cancellations": some(CANCELLATION),
        "reductions": some(REDUCTION),
        "stops": some(STOP),
        "effects": some(EFFECT),
        "untouched": some(st.tuples(TEXT, TEXT)),
        "remains": some(TEXT),
        "advice": some(TEXT),
        "breaks_hedges": some(TEXT),
        "frees_margin_usd": MEASURED,
        "realizes_pnl_usd": MEASURED,
    }
    return st.fixed_dictionaries(fields).map(lambda given: replace(base, **given))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(plan=plans(), people=st.integers(1, 2), name=TEXT)
def test_any_plan_of_any_hostile_text_is_shown_within_every_limit(plan: Plan, people: int, name: str) -> None:
    message = waiting_message(waiting(on=terms(people, requester=name), plan=plan))
    rendered = render(message, buttons=Buttons.OFFERED)
    for blocks in (rendered.blocks, rendered.plain_blocks):
        assert fault_of({"text": rendered.text, "blocks": list(blocks)}) == ""
        assert len(json.dumps(blocks)) < BLOCKS_JSON_MAX
        for text in texts(blocks):
            assert_harmless(text["text"])
    assert "nobody answers" in json.dumps(rendered.blocks), "what happens at the time-out is never cut away"
