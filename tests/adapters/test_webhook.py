"""A webhook is signed, sent once, and says of a failure where and never what was in the address or the secret."""

from __future__ import annotations

import asyncio
import hashlib
import hmac

import pytest

from riskd.adapters.credentials import Secret
from riskd.adapters.webhook import Webhook, signature
from riskd.errors import CredentialError, NotifierError
from tests.fakes.clock import NOON, ManualClock
from tests.fakes.hook_server import Fault, HookServer, hmac_sha256, hook_server

SECRET = "0123456789abcdef0123456789abcdef-and-more-than-a-block-of-sha256-needs"


def a_hook(server: HookServer, secret: str = SECRET, **how: float) -> Webhook:
    return Webhook(server.url, Secret(secret), now=ManualClock().now, **how)


def test_a_post_arrives_once_signed_with_its_time_and_key() -> None:
    async def story() -> None:
        async with hook_server(SECRET) as server:
            await a_hook(server).post(b'{"paused": true}', key="k1")
            (delivery,) = server.taken
            assert (delivery.key, delivery.body) == ("k1", {"paused": True})
            assert delivery.timestamp == int(NOON.timestamp())
            assert server.requests == 1

    asyncio.run(story())


def test_another_secret_or_another_body_does_not_pass_for_ours() -> None:
    async def story() -> None:
        async with hook_server(SECRET) as server:
            with pytest.raises(NotifierError, match="answered 401"):
                await a_hook(server, "f" * 32).post(b"{}", key="k")
            assert (server.forged, server.taken) == (1, [])

    asyncio.run(story())
    signed = signature(Secret(SECRET), "1", b"{}")
    assert signed == "v1=" + hmac_sha256(SECRET, "1", b"{}")
    assert signed == "v1=" + hmac.new(SECRET.encode(), b"1.{}", hashlib.sha256).hexdigest()
    assert len({signed, signature(Secret(SECRET), "2", b"{}"), signature(Secret(SECRET), "1", b"{ }")}) == 3


@pytest.mark.parametrize(
    ("fault", "words", "retry_after"),
    [
        (Fault.OUTAGE, "webhook at 127.0.0.1: answered 500, expected 2xx", None),
        (Fault.BUSY, "webhook at 127.0.0.1: answered 429, expected 2xx", 7.0),
        (Fault.REDIRECT, "webhook at 127.0.0.1: answered 302, expected 2xx", None),
        (Fault.RESET, "webhook at 127.0.0.1: no answer", None),
        (Fault.LOST, "webhook at 127.0.0.1: no answer", None),
        (Fault.HANG, "webhook at 127.0.0.1: no answer", None),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Fault) else "",
)
def test_whatever_is_not_a_yes_is_told_and_not_tried_again_here(
    fault: Fault, words: str, retry_after: float | None
) -> None:
    async def story() -> NotifierError:
        async with hook_server(SECRET) as server:
            server.faults = [fault]
            server.url += "?token=very-secret"
            with pytest.raises(NotifierError) as caught:
                await a_hook(server, timeout_seconds=0.2).post(b"{}", key="k")
            assert server.requests == 1
            return caught.value

    error = asyncio.run(story())
    assert str(error).startswith(words)
    assert error.retry_after_seconds == retry_after
    assert "very-secret" not in str(error)
    assert SECRET not in str(error)
    assert error.__cause__ is None


def test_nobody_there_is_a_failure_like_another() -> None:
    hook = Webhook("http://127.0.0.1:1/?token=x", Secret(SECRET), now=ManualClock().now)
    with pytest.raises(NotifierError, match=r"^webhook at 127\.0\.0\.1: no answer \(ClientConnectorError\)$"):
        asyncio.run(hook.post(b"{}", key="k"))


def test_a_secret_that_could_be_guessed_is_refused_without_being_shown() -> None:
    with pytest.raises(CredentialError, match="shorter than 32 characters") as caught:
        Webhook("https://bots.example.com/x", Secret("hunter2"), now=ManualClock().now)
    assert "hunter2" not in str(caught.value)


def test_a_hook_is_known_by_its_host_alone() -> None:
    hook = Webhook("https://bots.example.com/path?token=x", Secret(SECRET), now=ManualClock().now)
    assert hook.name == "bots.example.com"
    assert SECRET not in repr(vars(hook))
