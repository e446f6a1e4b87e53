"""Policies that change under a running daemon, and a daemon that comes back to policies that are broken."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from riskd.model.journal import EntryKind
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, STOPS, Setup, policy
from tests.endtoend.processes import Zygote
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import RecordingVenue, Regrower, recording_venue
from tests.endtoend.waiting import until

POLICY = policy(LEVERAGE + STOPS, tests=LEVERAGE_TEST)
CHANGED = POLICY.replace("warn: 2x", "warn: 2.5x")
BROKEN = POLICY.replace("breach: 3x", "breach: 300%")
ENFORCE = Setup(mode="enforce", orders={"cooldown": "0.1s", "orders_per_hour_max": "10000"})


def breached() -> RecordingVenue:
    """An account at six times its equity that a bot keeps there."""
    return recording_venue({"alpha": "100000"}, actors=[Regrower("alpha", "BTCUSDT", Decimal(10))])[0]


def hashes(made: Stage, kind: EntryKind) -> list[object]:
    return [entry.body["policy_hash"] for entry in made.entries(kind)]


def test_a_change_of_the_file_is_seen_without_a_word_and_said_with_what_it_changes(
    zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY) as made:
            life = made.start()
            await life.after_cycles(2)
            made.installation.policy.write_text(CHANGED)
            await until(lambda: len(made.entries(EntryKind.POLICY)) == 2, "the swap")
            seen = life.cycles()
            await life.after_cycles(seen + 2)
            old, new = hashes(made, EntryKind.POLICY)
            judged = hashes(made, EntryKind.CYCLE)
            turn = judged.index(new)
            assert set(judged[:turn]) == {old}
            assert set(judged[turn:]) == {new}
            assert any(
                "loosens desk/leverage: warn 2x -&gt; 2.5x" in str(post.blocks) for post in made.slack.posts
            )

    asyncio.run(story())


def test_a_broken_file_leaves_the_old_policies_in_force_until_it_is_mended(
    zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY) as made:
            life = made.start()
            await life.after_cycles(2)
            made.installation.policy.write_text(BROKEN)
            await until(
                lambda: [post for post in made.slack.posts if "policies were not reloaded" in post.text],
                "the refusal",
            )
            seen = life.cycles()
            await life.after_cycles(seen + 2)
            assert len(set(hashes(made, EntryKind.CYCLE))) == 1
            made.installation.policy.write_text(POLICY)
            await until(
                lambda: [post for post in made.slack.posts if "are in force again" in post.text], "the end"
            )

    asyncio.run(story())


def test_a_daemon_that_is_killed_while_new_policies_are_in_shadow_comes_back_with_them(
    zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        setup = Setup(reload={"shadow_cycles": "1000"})
        async with stage(tmp_path, zygote, breached(), policy=POLICY, setup=setup) as made:
            life = made.start()
            await life.after_cycles(2)
            made.installation.policy.write_text(CHANGED)
            await until(lambda: "policies_in_shadow" in life.log(), "the shadow")
            seen = life.cycles()
            await life.after_cycles(seen + 2)
            await life.kill()
            assert len(set(hashes(made, EntryKind.POLICY))) == 1
            second = made.start()
            await second.after_cycles(2)
            assert len(set(hashes(made, EntryKind.POLICY))) == 2
            assert hashes(made, EntryKind.CYCLE)[-1] == hashes(made, EntryKind.POLICY)[-1]

    asyncio.run(story())


def test_a_daemon_that_finds_broken_policies_watches_with_the_last_good_ones_and_sends_nothing(
    zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        venue = breached()
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=ENFORCE) as made:
            life = made.start()
            await until(lambda: venue.orders_asked, "an order")
            assert await life.stop() == 0
            sent = len(venue.orders_asked)
            made.installation.policy.write_text(BROKEN)
            second = made.start()
            await second.after_cycles(6)
            assert len(venue.orders_asked) == sent
            assert len(set(hashes(made, EntryKind.CYCLE))) == 1
            post = next(post for post in made.slack.posts if "riskd watches with those of" in post.text)
            assert "policy.yaml:14:" in str(post.blocks)
            assert "sends no orders until it is restarted" in str(post.blocks)
            made.installation.policy.write_text(POLICY)
            await until(
                lambda: [post for post in made.slack.posts if "are in force again" in post.text], "the end"
            )
            seen = second.cycles()
            await second.after_cycles(seen + 3)
            assert len(venue.orders_asked) == sent

    asyncio.run(story())


def test_policies_that_let_an_armed_daemon_do_more_wait_for_a_restart(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        venue = breached()
        calm = POLICY.replace("max_step: 5%, ", "max_step: 1%, ")
        async with stage(tmp_path, zygote, venue, policy=calm, setup=ENFORCE) as made:
            life = made.start()
            await life.after_cycles(2)
            made.installation.policy.write_text(POLICY)
            post = await until(
                lambda: next((p for p in made.slack.posts if "policies were not reloaded" in p.text), None),
                "the refusal",
            )
            assert "lets riskd do more, or may: at critical: deleverage max_step 1% -&gt; 5%" in str(
                post.blocks
            )
            assert len(made.entries(EntryKind.POLICY)) == 1

    asyncio.run(story())
