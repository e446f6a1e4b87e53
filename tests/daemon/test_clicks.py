"""The click contract, line by line: real decisions over a journal, a local Slack over real websockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from riskd.act.decision import Outcome, Verb
from riskd.act.message_execution import Ended, ended_messages
from riskd.act.message_plan import waiting_message
from riskd.act.waiting import SUPERSEDED_BY, AtTimeout
from riskd.errors import JournalError
from riskd.model.journal import EntryKind
from riskd.model.order import PlanState, Reduction
from riskd.record.bodies import plan_state_body
from tests.act.waiting_plans import LIFE, terms
from tests.builders import NOW
from tests.daemon.slack_desk import ADA, BEN, EVA, STRANGER, SlackDesk, with_desk
from tests.fakes.slack_server import Fault
from tests.fakes.slack_sockets import buttons_of
from tests.record.builder import a_plan

ALL = ["approve", "hold", "reject"]
COUNTDOWN = terms(until=NOW + timedelta(seconds=30), at_timeout=AtTimeout.EXECUTES)


# ---- 1 -------------------------------------------------------------------------------------------------------------


def test_1_a_click_is_acknowledged_within_half_a_second_also_when_slack_answers_nothing_else() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        desk.server.faults = [Fault.HANG]
        assert await desk.server.sockets.click(post, "approve", member=ADA) < 0.5
        desk.server.ends.set()

    with_desk(story)


def test_1_it_is_acknowledged_before_the_decision_is_made() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        desk.journal.before = broken
        assert await desk.server.sockets.click(post, "approve", member=ADA) < 0.5
        await desk.settled(whispers=1)
        assert "nothing was decided" in desk.server.whispers[0].text

    def broken(kind: str) -> None:
        raise JournalError("no space left on device")

    with_desk(story)


# ---- 2 -------------------------------------------------------------------------------------------------------------


def test_2_the_buttons_are_taken_away_at_once_and_the_post_says_that_nothing_was_sent() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        assert buttons_of(post) == ALL
        await desk.server.sockets.click(post, "approve", member=ADA)
        await desk.settled()  # no cycle comes between
        assert buttons_of(post) == []
        assert "⏳ approved by Ada; nothing has been sent yet" in post.text
        assert len(desk.server.posts) == 2, "the alert and its plan: nothing new is posted"

    with_desk(story)


def test_2_a_post_whose_place_slack_never_told_us_loses_its_buttons_too() -> None:
    """Slack took the post and the answer was lost: what people see is not the post that the outbox would have made."""

    async def story(desk: SlackDesk) -> None:
        desk.server.faults = [Fault.LOST]
        plan = a_plan()
        assert desk.memory.plan_proposed(plan, desk.clock.now())
        assert desk.decisions.ask(plan, terms(), desk.clock.now())
        desk.post.say(waiting_message(desk.standing()))
        desk.post.deliver()
        while not desk.server.posts:
            await desk.server.sockets.listening(2)
            await desk.server.sockets.send("events_api", {})
        await desk.server.sockets.click(desk.server.posts[0], "approve", member=ADA)
        desk.clock.advance(60)
        await desk.settled()
        assert [buttons_of(post) for post in desk.server.posts] == [[]]
        assert "approved by Ada" in desk.server.posts[0].text

    with_desk(story)


def test_2_of_two_posts_of_one_plan_the_one_that_is_used_is_kept_up_to_date() -> None:
    async def story(desk: SlackDesk) -> None:
        first = await desk.shows()
        twin = replace(first, ts="1795339999.000001", blocks=list(first.blocks))
        desk.server.posts.append(twin)
        await desk.server.sockets.click(twin, "reject", member=ADA)
        await desk.settled()
        assert buttons_of(twin) == []
        assert "rejected by Ada" in twin.text

    with_desk(story)


def test_2_a_hold_shows_the_new_time_and_can_be_answered_still() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        await desk.server.sockets.click(post, "hold", member=ADA)
        await desk.settled()
        assert buttons_of(post) == ALL
        assert "by 12:10:00 UTC" in post.text
        await desk.server.sockets.click(post, "reject", member=BEN)
        await desk.settled()
        assert desk.standing().state is PlanState.REJECTED

    with_desk(story)


# ---- 3 -------------------------------------------------------------------------------------------------------------


def test_3_somebody_without_the_role_is_told_alone_what_it_takes_and_whom_to_ask() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        for number, member in enumerate((EVA, STRANGER), 1):
            await desk.server.sockets.click(post, "approve", member=member)
            await desk.settled(whispers=number)
        known, unknown = desk.server.whispers
        assert known.text == "Eva may not decide plans: that takes the role approver; ask Ada or Ben"
        assert (
            unknown.text == "riskd does not know you: deciding a plan needs the role approver; ask Ada or Ben"
        )
        assert (known.member, unknown.member) == (EVA, STRANGER)
        assert known.thread_ts == post.thread_ts != ""
        assert desk.standing().votes == ()
        assert buttons_of(post) == ALL

    with_desk(story)


def test_3_the_decision_names_the_person_and_how_they_came() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        await desk.server.sockets.click(post, "approve", member=ADA)
        (vote,) = desk.standing().votes
        assert (vote.name, vote.via) == ("Ada", f"slack {ADA}")

    with_desk(story)


# ---- 4 -------------------------------------------------------------------------------------------------------------


def test_4_a_click_on_a_version_that_was_superseded_names_the_new_one_and_leads_there() -> None:
    async def story(desk: SlackDesk) -> None:
        old = await desk.shows()
        value = desk.server.sockets.value_of(old, "approve")
        reason = f"{SUPERSEDED_BY}plan-2"
        desk.memory.note(
            EntryKind.PLAN_STATE, plan_state_body("plan-1", PlanState.WITHDRAWN, reason), desk.clock.now()
        )
        desk.post.say(waiting_message(desk.standing()))
        new = await desk.shows(plan=a_plan("plan-2"))
        assert "superseded by plan-2; nothing of this version was sent" in old.text
        assert buttons_of(old) == []
        await desk.server.sockets.press(old, value, "approve", member=ADA)
        await desk.settled(whispers=1)
        link = f"https://desk.slack.test/archives/{new.channel}/p{new.ts.replace('.', '')}"
        assert desk.server.whispers[0].text == (
            f"plan plan-1 was superseded by plan-2: look at that one <{link}|Go there>"
        )
        assert desk.standing("plan-2").votes == ()

    with_desk(story)


def test_4_a_button_that_shows_other_orders_than_the_plan_has_decides_nothing() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        value = desk.server.sockets.value_of(post, "approve").replace(desk.standing().digest, "0" * 32)
        await desk.server.sockets.press(post, value, "approve", member=ADA)
        await desk.settled(whispers=1)
        assert "is not the version that was shown" in desk.server.whispers[0].text
        assert desk.standing().votes == ()

    with_desk(story)


def test_4_the_digest_is_of_what_would_be_sent() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        await desk.server.sockets.click(post, "approve", member=ADA)
        (ask,) = desk.asked
        assert ask.digest == desk.standing().digest
        step: Reduction = a_plan().reductions[0]
        other = replace(a_plan(), reductions=(replace(step, quantity=step.quantity / 2),))
        assert replace(desk.standing(), plan=other).digest != ask.digest

    with_desk(story)


# ---- 5 -------------------------------------------------------------------------------------------------------------


def test_5_exactly_one_decision_wins_and_the_second_is_told_who_was_first() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        value = desk.server.sockets.value_of(post, "approve")
        await desk.server.sockets.press(post, value, "approve", member=ADA)
        await desk.server.sockets.press(post, value, "reject", member=BEN, line=1)
        await desk.settled(whispers=1)
        (whisper,) = desk.server.whispers
        assert whisper.member == BEN
        assert whisper.text.startswith(f"approved by Ada at 12:00:00 UTC (slack {ADA})")
        assert [vote.verb for vote in desk.standing().votes] == [Verb.APPROVE]

    with_desk(story)


def test_5_the_same_click_delivered_twice_is_one_decision() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows(terms(2))
        payload = desk.server.sockets.click_of(post, "approve", ADA)
        for line in (0, 1, 0):
            await desk.server.sockets.send("interactive", payload, line=line, name="envelope-x")
        await desk.settled()
        assert len(desk.asked) == 1
        assert desk.server.whispers == []

    with_desk(story)


# ---- 6 -------------------------------------------------------------------------------------------------------------


def test_6_a_decision_from_a_shell_edits_the_same_post() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        assert desk.types(Verb.REJECT).outcome is Outcome.ACCEPTED
        await desk.settled()
        assert buttons_of(post) == []
        assert "rejected by Ada; nothing is sent" in post.text
        assert len(desk.server.posts) == 2

    with_desk(story)


def test_6_a_time_out_edits_the_same_post() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        desk.clock.advance(LIFE.total_seconds())
        desk.decisions.due(desk.clock.now())
        await desk.settled()
        assert buttons_of(post) == []
        assert "expired, nobody decided in time; nothing was sent" in post.text

    with_desk(story)


# ---- 7 -------------------------------------------------------------------------------------------------------------


def test_7_after_a_restart_an_old_post_still_has_buttons_that_work_and_is_the_one_that_is_edited() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        again = await desk.restarted()
        await again.server.sockets.click(post, "approve", member=ADA)
        await again.settled()
        assert "approved by Ada" in post.text
        assert len(again.server.posts) == 2
        await again.end()

    with_desk(story)


def test_7_after_a_restart_a_click_on_what_was_decided_before_is_told_who_was_first() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        value = desk.server.sockets.value_of(post, "approve")
        await desk.server.sockets.click(post, "approve", member=ADA)
        await desk.settled()
        again = await desk.restarted()
        await again.server.sockets.press(post, value, "reject", member=BEN)
        await again.settled(whispers=1)
        assert again.server.whispers[0].text.startswith("approved by Ada at 12:00:00 UTC")
        await again.end()

    with_desk(story)


def test_7_a_click_on_a_plan_that_nobody_remembers_gets_an_answer() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        value = desk.server.sockets.value_of(post, "hold").replace("plan-1", "plan-0")
        await desk.server.sockets.press(post, value, "hold", member=ADA)
        await desk.settled(whispers=1)
        assert desk.server.whispers[0].text == "no plan plan-0 is known of the last day"

    with_desk(story)


# ---- 8 -------------------------------------------------------------------------------------------------------------


def test_8_approved_is_not_executed() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows()
        await desk.server.sockets.click(post, "approve", member=ADA)
        await desk.settled()
        assert "nothing has been sent yet" in post.text
        assert "EXECUTED" not in post.text
        desk.memory.plan_began(a_plan(), desk.clock.now())
        desk.post.say(waiting_message(desk.standing()))
        await desk.settled()
        assert "being executed, released by Ada; what is filled is said when it is known" in post.text
        ended = Ended(state=PlanState.DONE, cancelled=1)
        for message in ended_messages(a_plan(), [], at=desk.clock.now(), ended=ended):
            desk.post.say(message)
        await desk.settled()
        assert "EXECUTED plan plan-1 on main: 1 order cancelled" in post.text
        assert len(desk.server.posts) == 2, "one post tells the whole story"

    with_desk(story)


# ---- 9 -------------------------------------------------------------------------------------------------------------


def test_9_two_different_people_must_approve_and_the_first_sees_that_it_counted() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows(terms(2))
        await desk.server.sockets.click(post, "approve", member=ADA)
        await desk.settled()
        assert buttons_of(post) == ALL
        assert "1 of 2 approvals given" in str(post.blocks)
        await desk.server.sockets.click(post, "approve", member=ADA)
        await desk.settled(whispers=1)
        assert desk.server.whispers[0].text == "Ada has approved already: another person is needed"
        await desk.server.sockets.click(post, "approve", member=BEN)
        await desk.settled()
        assert "⏳ approved by Ada and Ben; nothing has been sent yet" in post.text

    with_desk(story)


def test_9_who_asked_for_a_plan_that_needs_two_is_none_of_them() -> None:
    async def story(desk: SlackDesk) -> None:
        post = await desk.shows(terms(2, requester="Ada"))
        await desk.server.sockets.click(post, "approve", member=ADA)
        await desk.settled(whispers=1)
        assert desk.server.whispers[0].text == "Ada asked for this plan: it takes 2 other people"
        assert desk.standing().votes == ()

    with_desk(story)


# ---- 10 ------------------------------------------------------------------------------------------------------------


def test_10_while_slack_is_down_the_time_out_that_was_told_happens_and_the_console_has_it() -> None:
    async def story(desk: SlackDesk) -> None:
        await desk.shows(COUNTDOWN)
        printed = desk.console.getvalue()
        assert "If nobody answers by 12:00:30 UTC: the policy executes this plan." in printed
        assert "Decide: riskd plan approve plan-1" in printed
        desk.server.faults = [Fault.OUTAGE] * 20
        desk.clock.advance(30)
        desk.decisions.due(desk.clock.now())
        assert desk.standing().state is PlanState.APPROVED
        desk.post.deliver()
        while "released by the policy" not in desk.console.getvalue():
            await desk.server.sockets.send("events_api", {})
        assert desk.post.waiting == 1, "Slack is told as soon as it is back"
        desk.server.faults.clear()
        desk.clock.advance(60)
        await desk.settled()
        assert "released by the policy: nobody objected in time" in desk.post_of().text

    with_desk(story)


def test_10_a_plan_that_slack_never_showed_expires_and_nothing_is_sent() -> None:
    async def story(desk: SlackDesk) -> None:
        desk.server.faults = [Fault.OUTAGE] * 20
        plan = a_plan()
        assert desk.memory.plan_proposed(plan, desk.clock.now())
        assert desk.decisions.ask(plan, terms(), desk.clock.now())
        desk.post.say(waiting_message(desk.standing()))
        desk.post.deliver()
        while "riskd plan approve plan-1" not in desk.console.getvalue():
            await desk.server.sockets.send("events_api", {})
        desk.clock.advance(LIFE.total_seconds())
        desk.decisions.due(desk.clock.now())
        assert desk.standing().state is PlanState.EXPIRED
        desk.server.faults.clear()
        await desk.settled()
        assert buttons_of(desk.post_of()) == []
        assert "expired" in desk.post_of().text

    with_desk(story)


# ---- commands ------------------------------------------------------------------------------------------------------


def test_a_command_of_somebody_known_is_done_and_answered_to_them_alone() -> None:
    async def story(desk: SlackDesk) -> None:
        await desk.server.sockets.command("halt main", member=ADA)
        await desk.settled(whispers=1)
        assert desk.commands == [("Ada", "halt", "main")]
        assert (desk.server.whispers[0].member, desk.server.whispers[0].text) == (ADA, "Ada said halt main")

    with_desk(story)


def test_a_stranger_commands_nothing_and_is_told_nothing() -> None:
    async def story(desk: SlackDesk) -> None:
        await desk.server.sockets.command("status", member=STRANGER)
        await desk.settled(whispers=1)
        assert desk.commands == []
        assert desk.server.whispers[0].text.startswith("riskd does not know you")

    with_desk(story)


def test_what_is_no_click_and_no_command_of_ours_does_nothing() -> None:
    async def story(desk: SlackDesk) -> None:
        await desk.shows()
        for kind in ("interactive", "slash_commands", "events_api", "nonsense"):
            await desk.server.sockets.send(kind, {"type": "block_actions", "command": "/other"})
        await desk.settled()
        assert (desk.asked, desk.commands, desk.server.whispers) == ([], [], [])

    with_desk(story)
