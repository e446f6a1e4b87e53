"""Slack's Web API, one request at a time. Failures are values, so that no traceback ever holds the client and its token.

The client library retries nothing here: whoever asks knows whether asking twice does harm.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from riskd.adapters.credentials import Secret

SLACK_API = "https://slack.com/api/"
TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """Slack did not do what it was asked. ``error`` is its word for why, or ours."""

    error: str
    retry_after_seconds: float | None = None


class SlackApi:
    """Speaks with one token.

    Args:
        token: Of the bot, or of the app (for Socket Mode).
        base_url: Slack's Web API; tests bring their own.
        timeout_seconds: For one request.
    """

    def __init__(
        self, token: Secret, *, base_url: str = SLACK_API, timeout_seconds: int = TIMEOUT_SECONDS
    ) -> None:
        # The library writes whole requests to its log at DEBUG.
        log = logging.getLogger("riskd.slack_sdk")
        log.setLevel(logging.WARNING)
        self._client = AsyncWebClient(
            token=token.reveal(), base_url=base_url, timeout=timeout_seconds, logger=log, retry_handlers=[]
        )

    async def call(self, method: str, body: dict[str, object]) -> dict[str, object] | Failure:
        """One request: Slack's answer, or why there is none. Never raises for what Slack or the network does."""
        return await self._answer(self._client.api_call(method, json=body))

    async def form(self, method: str, fields: dict[str, str]) -> dict[str, object] | Failure:
        """The same for methods that take no JSON, such as ``chat.getPermalink`` and ``blocks.validate``."""
        return await self._answer(self._client.api_call(method, data=fields))

    async def _answer(self, request: Awaitable[AsyncSlackResponse]) -> dict[str, object] | Failure:
        try:
            answer = await request
        except SlackApiError as error:
            return _refused(error.response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Failure(f"no answer ({type(error).__name__})")
        except (AttributeError, TypeError, ValueError) as error:
            # The library calls methods of a JSON object on whatever the body was, a proxy's page for instance.
            return Failure(f"an answer that is not Slack's ({type(error).__name__})")
        return answer.data if isinstance(answer.data, dict) else Failure("an answer that is not Slack's")


def _refused(response: object) -> Failure:
    if not isinstance(response, AsyncSlackResponse):
        return Failure("an answer that cannot be read")
    data = response.data if isinstance(response.data, dict) else {}
    word = str(data.get("error") or f"HTTP {response.status_code}")
    wait = str(response.headers.get("Retry-After", ""))
    return Failure(word, float(wait) if wait.isdecimal() else None)
