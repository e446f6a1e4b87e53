"""Receivers of webhooks, as `riskd.yaml` names them: bots that are told where nothing new may be opened."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

from riskd.daemon.settings_fields import Name, Section


def _receiver(url: str) -> str:
    """An address that a signed word may go to: encrypted, or on this machine. A fault never repeats it."""
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        port_is_one, parts = False, urlsplit("")
    if not port_is_one or not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError("a webhook's url looks like https://bots.example.com/riskd")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("a webhook's url holds neither a user nor a password nor a fragment")
    if parts.scheme != "https" and not _is_here(parts):
        raise ValueError(
            "a webhook leaves this machine encrypted only: write https, or an address such as 127.0.0.1"
        )
    return url


def _is_here(parts: SplitResult) -> bool:
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


class WebhookSettings(Section):
    """One receiver."""

    url: Annotated[str, AfterValidator(_receiver)]
    credential: Name


def _each_once(webhooks: tuple[WebhookSettings, ...]) -> tuple[WebhookSettings, ...]:
    urls = [webhook.url for webhook in webhooks]
    if len(set(urls)) < len(urls):
        raise ValueError("a webhook's url is given twice")
    return webhooks


WebhookList = Annotated[tuple[WebhookSettings, ...], AfterValidator(_each_once)]
