"""The daemon as systemd and an operator see it: readiness, heartbeat, signals, the kill switch, one at a time."""

from __future__ import annotations

import asyncio
import signal
import socket
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from riskd.model.journal import EntryKind
from riskd.paper.dialect.http import Rights
from riskd.paper.dialect.limits import BINANCE_LIMITS
from riskd.paper.faults import Delay, Fault
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, STOPS, Setup, policy
from tests.endtoend.processes import Interpreter, Zygote
from tests.endtoend.service_manager import service_manager
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import RecordingVenue, Regrower, recording_venue
from tests.endtoend.waiting import until
from tests.fakes.slack_server import Fault as SlackFault

# Longer than any test: what is delayed by it never comes.
NEVER_MS = 600_000
ENDS_WITHIN_SECONDS = 5.0
# One start costs about 170 of the 2,400 that Binance grants in a minute: these are more than it grants.
STORM = 18
POLICY = policy(LEVERAGE + STOPS, tests=LEVERAGE_TEST)
ENFORCE = Setup(mode="enforce", orders={"cooldown": "0.1s", "orders_per_hour_max": "10000"})


def breached() -> RecordingVenue:
    """An account at six times its equity that a bot keeps there."""
    return recording_venue({"alpha": "100000"}, actors=[Regrower("alpha", "BTCUSDT", Decimal(10))])[0]


def test_ready_comes_with_the_first_cycle_and_a_heartbeat_with_every_one(
    zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY) as made:
            with service_manager() as told:
                life = made.start(NOTIFY_SOCKET=told.address, WATCHDOG_USEC="60000000")
                await life.after_cycles(4)
                assert await life.stop(seconds=ENDS_WITHIN_SECONDS) == 0
                cycles = life.cycles()
                assert told.words == ["READY=1", *["WATCHDOG=1"] * cycles, "STOPPING=1"]
                assert "STATUS=cycle 1: 1 accounts" in told.messages[0]

    asyncio.run(story())


def test_observing_sends_nothing_and_never_opens_the_trading_key(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY, setup=Setup(mode="observe")) as made:
            # The policy and the account are armed; the ceiling is not, so that not even the key's file is looked for.
            (made.installation.credentials / "alpha-trade").unlink()
            life = made.start()
            await life.after_cycles(5)
            assert await life.stop() == 0
            assert {asked.method for asked in made.venue.asked} == {"GET"}
            assert {asked.rights for asked in made.venue.asked} == {None, Rights.READ}
            kinds = {entry.kind for entry in made.entries()}
            assert EntryKind.EVENT in kinds
            assert not kinds & {EntryKind.PLAN, EntryKind.INTENT, EntryKind.RECEIPT}

    asyncio.run(story())


async def end_and_look(made: Stage) -> None:
    """SIGTERM is obeyed in time, and the journal says that the end was in order."""
    life = made.lives[-1]
    assert await life.stop(seconds=ENDS_WITHIN_SECONDS) == 0, life.log()
    assert made.entries()[-1].kind == EntryKind.STOP
    assert "Traceback" not in life.log()


def test_sigterm_ends_a_daemon_that_is_resting(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY, setup=Setup(every=60)) as made:
            await made.start().after_cycles(1)
            await end_and_look(made)

    asyncio.run(story())


def test_sigterm_ends_a_daemon_whose_venue_hangs(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        venue = breached()
        venue.faults.add([Fault(effect=Delay(delay_ms=NEVER_MS), count=None)])
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=Setup(every=60)) as made:
            made.start()
            await until(lambda: venue.asked, "the first request")
            await end_and_look(made)

    asyncio.run(story())


def test_sigterm_ends_a_daemon_whose_order_is_not_answered_and_the_next_one_resolves_it(
    zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        venue = breached()
        venue.faults.add([Fault(effect=Delay(delay_ms=NEVER_MS), method="POST", count=1)])
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=ENFORCE) as made:
            made.start()
            await until(lambda: venue.orders_asked, "an order")
            await end_and_look(made)
            first = venue.orders_asked[0].parameters["newClientOrderId"]
            life = made.start()
            await until(
                lambda: f"event='resolved' order='{first}' status='filled'" in life.log(), "its outcome"
            )
            assert [one.parameters["newClientOrderId"] for one in venue.orders_asked].count(first) == 1

    asyncio.run(story())


@pytest.mark.parametrize("what", ["refuses", "hangs"])
def test_sigterm_ends_a_daemon_whose_slack_is_down(what: str, zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        # It takes connections and never says a word.
        with socket.create_server(("127.0.0.1", 0)) as silent:
            async with stage(tmp_path, zygote, breached(), policy=POLICY) as made:
                if what == "hangs":
                    address = f"http://127.0.0.1:{silent.getsockname()[1]}/api/"
                    made.installation.configure(replace(made.setup, slack=address))
                made.slack.faults = [SlackFault.OUTAGE] * 1000
                await made.start().after_cycles(2)
                await end_and_look(made)

    asyncio.run(story())


def test_sighup_takes_new_policies_and_keeps_the_old_ones_when_the_new_are_not_valid(
    zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY) as made:
            life = made.start()
            await life.after_cycles(2)
            made.installation.policy.write_text(POLICY.replace("warn: 2x", "warn: 2.5x"))
            life.signal(signal.SIGHUP)
            await until(lambda: "event='policies_loaded'" in life.log(), "the reload")
            hashes = [entry.body["policy_hash"] for entry in made.entries(EntryKind.POLICY)]
            assert len(set(hashes)) == 2

            made.installation.policy.write_text(POLICY.replace("breach: 3x", "breach: 300%"))
            life.signal(signal.SIGHUP)
            post = await until(
                lambda: next((p for p in made.slack.posts if "policies were not reloaded" in p.text), None),
                "the refusal in Slack",
            )
            assert "policy.yaml:14:" in str(post.blocks)
            assert "300%" in str(post.blocks)
            seen = life.cycles()
            await life.after_cycles(seen + 2)
            assert len(made.entries(EntryKind.POLICY)) == 2
            assert made.entries(EntryKind.CYCLE)[-1].body["policy_hash"] == hashes[-1]

    asyncio.run(story())


def test_a_second_daemon_on_the_same_state_directory_is_refused(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage(tmp_path, zygote, breached(), policy=POLICY) as made:
            first = made.start()
            await first.after_cycles(1)
            second = made.start(starter=Interpreter())
            assert await second.end() == 3
            assert f"is held by process {first.pid}: riskd run; stop it first" in second.log()
            assert "Traceback" not in second.log()
            seen = first.cycles()
            await first.after_cycles(seen + 2)
            assert len(made.entries(EntryKind.START)) == 1

    asyncio.run(story())


def test_halt_stops_orders_at_once_and_resume_lets_them_go_on(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        venue = breached()
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=ENFORCE) as made:
            life = made.start()
            await until(lambda: len(venue.orders_asked) >= 2, "orders")

            async def command(name: str) -> None:
                done = zygote.start(
                    [name, "--config", str(made.installation.config)],
                    folder=made.installation.folder,
                    environment={},
                )
                assert await done.end() == 0, done.log()

            await command("halt")
            # One order may have passed the last look at the switch before the file was there.
            seen = life.cycles()
            await life.after_cycles(seen + 1)
            sent = len(venue.orders_asked)
            await life.after_cycles(seen + 5)
            assert len(venue.orders_asked) == sent
            assert any("riskd is halted" in post.text for post in made.slack.posts)
            await command("resume")
            await until(lambda: len(venue.orders_asked) > sent, "orders after the halt")
            await until(
                lambda: any("no longer halted" in post.text for post in made.slack.posts),
                "the end of the halt",
            )
            moved = [entry.kind for entry in made.entries(EntryKind.HALT, EntryKind.RESUME)]
            assert moved == [EntryKind.HALT, EntryKind.RESUME]

    asyncio.run(story())


def test_a_storm_of_restarts_does_not_make_the_venue_refuse_us(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        venue, _ = recording_venue({"alpha": "100000"}, limits=BINANCE_LIMITS)
        async with stage(tmp_path, zygote, venue, policy=POLICY) as made:
            for _ in range(STORM):
                life = made.start()
                await life.after_cycles(1)
                await life.kill()
            assert set(venue.statuses) == {200}, "a 429 would be followed by a ban, and a ban by blindness"

    asyncio.run(story())
