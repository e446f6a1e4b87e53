"""What people see in Slack: one post an alert, edited and replied to, and nothing lost while Slack is away."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from pathlib import Path

from riskd.model.journal import EntryKind
from tests.crash.checks import everything_was_said
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, policy
from tests.endtoend.processes import Zygote
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import RecordingVenue, Regrower, now_ms, recording_venue
from tests.endtoend.waiting import until
from tests.fakes.slack_server import Fault, Post
from tests.support_paper import StillMarket

POLICY = policy(LEVERAGE, tests=LEVERAGE_TEST)

# Of 4 BTC on 100,000 USDT, bought at 60,000: leverage at these prices.
AT_WARN, AT_BREACH, AT_CRITICAL, AT_OK = "60000", "50000", "46000", "80000"


def watched() -> tuple[RecordingVenue, StillMarket]:
    """An account at 2.4 times its equity, which somebody only watches."""
    return recording_venue({"alpha": "100000"}, actors=[Regrower("alpha", "BTCUSDT", Decimal(4))])


async def price(market: StillMarket, value: str) -> None:
    """Move the market, and go on when the venue has noticed."""
    market.move("BTCUSDT", value, at_ms=now_ms())


async def root(made: Stage, word: str) -> Post:
    """The root post of the alert, once it begins with a word."""
    return await until(
        lambda: next((p for p in made.slack.posts if not p.thread_ts and f" {word} alpha" in p.text), None),
        f"{word} in Slack",
    )


def level(made: Stage) -> str:
    """Where the journal says the alert stands."""
    return str(made.entries(EntryKind.EVENT)[-1].body["level_after"])


def test_an_alert_is_one_post_that_is_edited_and_a_worse_level_is_a_reply(
    zygote: Zygote, tmp_path: Path
) -> None:
    venue, market = watched()

    async def story() -> None:
        async with stage(tmp_path, zygote, venue, policy=POLICY) as made:
            life = made.start()
            post = await root(made, "WARN")
            await price(market, AT_BREACH)
            await root(made, "BREACH")
            reply = await until(
                lambda: next((p for p in made.slack.posts if p.thread_ts == post.ts), None), "a reply"
            )
            assert reply.broadcast
            assert re.search(r"BREACH alpha: leverage 3\.3\d*x is above 3x$", reply.text)
            await price(market, AT_OK)
            await root(made, "RESOLVED")
            assert await life.stop() == 0
            roots = [p for p in made.slack.posts if not p.thread_ts and "leverage" in p.text]
            assert roots == [post]
            assert post.edits >= 2
            everything_was_said(made.entries())

    asyncio.run(story())


def test_a_slack_outage_loses_nothing_and_ends_with_the_present(zygote: Zygote, tmp_path: Path) -> None:
    venue, market = watched()

    async def story() -> None:
        async with stage(tmp_path, zygote, venue, policy=POLICY) as made:
            life = made.start()
            post = await root(made, "WARN")
            seen = len(made.slack.requests)
            made.slack.faults = [Fault.OUTAGE, Fault.RESET]
            for value, word in ((AT_BREACH, "breach"), (AT_CRITICAL, "critical"), (AT_OK, "ok")):
                await price(market, value)
                await until(lambda: level(made) == word, f"level {word}", every=0.1)  # noqa: B023 - awaited at once
            assert len(made.slack.requests) > seen
            await root(made, "RESOLVED")
            await until(
                lambda: len([p for p in made.slack.posts if p.thread_ts == post.ts]) == 2, "both replies"
            )
            assert await life.stop() == 0
            everything_was_said(made.entries())

            # What was edited over while Slack was away must not come back with the next start.
            last, edits = post.text, post.edits
            life = made.start()
            await until(
                lambda: sum("watches 1 accounts" in p.text for p in made.slack.posts) == 2, "the second start"
            )
            await life.after_cycles(2)
            assert await life.stop() == 0
            assert (post.text, post.edits) == (last, edits)

    asyncio.run(story())


def test_an_answer_of_slack_that_was_lost_is_asked_for_again(zygote: Zygote, tmp_path: Path) -> None:
    venue, _ = watched()

    async def story() -> None:
        async with stage(tmp_path, zygote, venue, policy=POLICY) as made:
            made.slack.faults = [Fault.LOST]
            life = made.start()
            await root(made, "WARN")
            assert await life.stop() == 0
            started = [p for p in made.slack.posts if "watches 1 accounts" in p.text]
            assert len(started) == 2, "at least once: people see it twice rather than never"
            everything_was_said(made.entries())

    asyncio.run(story())


def test_a_start_says_how_the_last_run_ended(zygote: Zygote, tmp_path: Path) -> None:
    venue, _ = watched()

    async def story() -> None:
        async with stage(tmp_path, zygote, venue, policy=POLICY) as made:
            life = made.start()
            await root(made, "WARN")
            assert await life.stop() == 0
            life = made.start()
            await life.after_cycles(1)
            await life.kill()
            life = made.start()
            await until(
                lambda: sum("watches 1 accounts" in p.text for p in made.slack.posts) == 3, "three starts"
            )
            said = [p.text for p in made.slack.posts if "watches 1 accounts" in p.text]
            assert said[0].endswith("mode observe: first start of this installation")
            assert "was down" in said[1]
            assert "unclean" not in said[1]
            assert said[2].endswith("after an unclean end")
            assert "1 alerts still firing" in life.said()

    asyncio.run(story())
