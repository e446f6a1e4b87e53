"""What is wrong at the start is refused in one message with its place and its cure; what is wrong outside is watched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from riskd.model.alert import EventKind
from riskd.model.journal import EntryKind
from tests.endtoend.installation import LEVERAGE, LEVERAGE_TEST, Installation, Setup, install, policy
from tests.endtoend.processes import Zygote, clean_environment
from tests.endtoend.stage import Stage, stage
from tests.endtoend.venue import Regrower, recording_venue
from tests.endtoend.waiting import until
from tests.support_paper import key_of

POLICY = policy(LEVERAGE, tests=LEVERAGE_TEST)
# So that an outage is noticed within a second or two.
SHORT = {"positions": "1s", "marks": "1s"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One way to be refused.

    Attributes:
        spoil: Makes the installation wrong.
        said: What standard error must hold, every piece of it.
    """

    name: str
    spoil: Callable[[Installation], object]
    said: tuple[str, ...]


def rewritten(old: str, new: str) -> Callable[[Installation], object]:
    """The policy with something else in it."""
    return lambda made: made.policy.write_text(POLICY.replace(old, new, 1), encoding="utf-8")


def unreadable(mode: int) -> Callable[[Installation], object]:
    """The reading key's file with other permissions."""
    return lambda made: (made.credentials / "alpha-read").chmod(mode)


WRONG = (
    Wrong(
        name="policy-typo",
        spoil=rewritten("measure: leverage", "mesure: leverage"),
        said=("policy.yaml:12:5: error[", "mesure", "did you mean"),
    ),
    Wrong(
        name="policy-bare-number",
        spoil=rewritten("warn: 2x", "warn: 2"),
        said=("policy.yaml:14:17: error[", "2x"),
    ),
    Wrong(
        name="policy-wrong-unit",
        spoil=rewritten("breach: 3x", "breach: 5%"),
        said=("policy.yaml:14:29: error[", "5%", "multiple"),
    ),
    Wrong(
        name="policy-key-given-twice",
        spoil=rewritten("  per: account", "  per: account\n    per: position"),
        said=("policy.yaml:14:5: error[", "the key 'per' stands here a second time"),
    ),
    Wrong(
        name="policy-missing",
        spoil=lambda made: made.policy.unlink(),
        said=("policy.yaml:1:1: error[P000]: no such file",),
    ),
    Wrong(
        name="configuration-typo",
        spoil=lambda made: made.config.write_text(made.config.read_text().replace("policies:", "polices:")),
        said=("riskd.yaml:4:1: error[C001]: polices: unknown key; did you mean 'policies'?",),
    ),
    Wrong(
        name="key-file-missing",
        spoil=lambda made: (made.credentials / "alpha-read").unlink(),
        said=("credentials/alpha-read: cannot be opened: No such file or directory",),
    ),
    Wrong(
        name="key-file-readable-by-all",
        spoil=unreadable(0o644),
        said=("credentials/alpha-read: mode 0644 lets others read", "chmod 0600"),
    ),
    Wrong(
        name="key-file-without-its-secret",
        spoil=lambda made: made.write_secret(
            "alpha-read", {"api_key": "alpha-read-key", "secrte": "alpha-read-secret"}
        ),
        said=("credentials/alpha-read: no secret; expected JSON",),
    ),
    Wrong(
        name="slack-token-missing",
        spoil=lambda made: (made.credentials / "slack").unlink(),
        said=("credentials/slack: cannot be opened",),
    ),
)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_what_is_wrong_is_refused_with_its_place_and_without_a_secret(
    wrong: Wrong, zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        setup = Setup(slack="http://127.0.0.1:9/api/")
        made = install(tmp_path / "desk", setup, policy=POLICY, keys=[key_of("alpha")])
        made.write_secret("alpha-read", {"api_key": "alpha-read-key", "secret": "alpha-read-secret"})
        wrong.spoil(made)
        life = zygote.start(
            ["run", "--config", str(made.config)], folder=made.folder, environment=clean_environment()
        )
        assert await life.end() == 2, life.log()
        assert [piece for piece in wrong.said if piece not in life.log()] == [], life.log()
        told = life.log() + life.said()
        assert "Traceback" not in told
        assert [
            secret for secret in ("alpha-read-key", "alpha-read-secret", "xoxb-test") if secret in told
        ] == []

    asyncio.run(story())


def test_a_daemon_without_a_venue_says_that_it_is_blind_and_sees_again_when_the_venue_comes(
    zygote: Zygote, tmp_path: Path
) -> None:
    async def story() -> None:
        venue, _ = recording_venue({"alpha": "100000"}, actors=[Regrower("alpha", "BTCUSDT", Decimal(4))])
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=Setup(freshness=SHORT)) as made:
            await made.close_venue()
            life = made.start()
            await said(made, "BLIND alpha: 1 check cannot be made")
            seen = life.cycles()
            await life.after_cycles(seen + 2)
            await made.open_venue()
            seen = life.cycles()
            await said(made, "WARN alpha: leverage")
            assert life.cycles() - seen <= 3
            assert await life.stop() == 0
            assert "Traceback" not in life.log()

    asyncio.run(story())


def test_an_alert_stands_while_the_venue_is_away(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        venue, _ = recording_venue({"alpha": "100000"}, actors=[Regrower("alpha", "BTCUSDT", Decimal(4))])
        async with stage(tmp_path, zygote, venue, policy=POLICY, setup=Setup(freshness=SHORT)) as made:
            life = made.start()
            await said(made, "WARN alpha: leverage")
            await made.close_venue()
            await said(made, "UNKNOWN alpha: leverage cannot be measured; the WARN stands")
            await made.open_venue()
            await until(lambda: EventKind.KNOWN_AGAIN in kinds(made), "the value again", every=0.1)
            assert await life.stop() == 0
            assert kinds(made) == [EventKind.FIRED, EventKind.UNKNOWN, EventKind.KNOWN_AGAIN]

    asyncio.run(story())


async def said(made: Stage, text: str) -> None:
    """Wait until a post begins with a text, its mark aside."""
    await until(lambda: any(text in post.text for post in made.slack.posts), f"{text!r} in Slack")


def kinds(made: Stage) -> list[str]:
    """What has happened to alerts."""
    return [str(entry.body["kind"]) for entry in made.entries(EntryKind.EVENT)]


def test_a_cycle_that_the_watchdog_would_not_wait_for_is_refused(zygote: Zygote, tmp_path: Path) -> None:
    async def story() -> None:
        made = install(tmp_path / "desk", Setup(every=45), policy=POLICY, keys=[])
        life = zygote.start(
            ["run", "--config", str(made.config)],
            folder=made.folder,
            environment=clean_environment(WATCHDOG_USEC="60000000"),
        )
        assert await life.end() == 2
        assert "riskd.yaml:1:1: error[C003]: cycle.every is 45 s" in life.log()
        assert "write 30s or less, or raise WatchdogSec" in life.log()

    asyncio.run(story())
