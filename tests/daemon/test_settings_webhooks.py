"""Receivers of webhooks: encrypted or on this machine, each once, and their addresses are never repeated in a fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.adapters.credentials import CredentialStore
from riskd.daemon.credential_check import credential_problems
from riskd.daemon.settings import Settings
from riskd.daemon.settings_file import parse_settings
from riskd.errors import SettingsError

TEXT = """\
riskd: config/v1
policies: [desk.yaml]
accounts: [{id: main, venue: binanceusdm, credential: main}]
notify: {webhooks: WEBHOOKS}
"""


def settings(webhooks: str) -> Settings:
    return parse_settings("riskd.yaml", TEXT.replace("WEBHOOKS", webhooks))


@pytest.mark.parametrize(
    "url",
    [
        "https://bots.example.com/riskd",
        "https://bots.example.com:8443/riskd?desk=alpha",
        "http://127.0.0.1:9000/",
        "http://localhost:9000/pause",
        "http://[::1]:9000/pause",
    ],
)
def test_a_receiver_is_encrypted_or_on_this_machine(url: str) -> None:
    (hook,) = settings(f'[{{url: "{url}", credential: bots}}]').notify.webhooks
    assert (hook.url, hook.credential) == (url, "bots")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://bots.example.com/riskd", "leaves this machine encrypted only"),
        ("http://10.0.0.7/riskd", "leaves this machine encrypted only"),
        ("ftp://bots.example.com/riskd", "looks like https://bots.example.com/riskd"),
        ("hooks.example.org", "looks like https://bots.example.com/riskd"),
        ("https:///path", "looks like https://bots.example.com/riskd"),
        ("https://bots.example.com:99999/x", "looks like https://bots.example.com/riskd"),
        ("https://[bots/x", "looks like https://bots.example.com/riskd"),
        ("https://me:pass-word@bots.example.com/", "neither a user nor a password"),
        ("https://bots.example.com/#here", "nor a fragment"),
    ],
)
def test_another_address_is_refused_and_not_repeated(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        settings(f'[{{url: "{url}", credential: bots}}]')
    (problem,) = caught.value.problems
    assert url not in problem.what + problem.cure
    assert "pass-word" not in problem.what + problem.cure


def test_a_receiver_is_named_once_and_has_a_credential() -> None:
    with pytest.raises(SettingsError, match="given twice"):
        settings(
            "[{url: https://a.example.com/x, credential: a}, {url: https://a.example.com/x, credential: b}]"
        )
    with pytest.raises(SettingsError, match="credential"):
        settings("[{url: https://a.example.com/x}]")
    assert settings("[]").notify.webhooks == ()


def test_its_secret_is_looked_for_where_the_configuration_names_it(tmp_path: Path) -> None:
    config = tmp_path / "riskd.yaml"
    config.write_text(TEXT.replace("WEBHOOKS", "[{url: https://a.example.com/x, credential: bots}]"))
    for name, text in (("main", "api_key=k\nsecret=s\n"), ("bots", "token=wrong\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (problem,) = credential_problems(config, CredentialStore.of_user(tmp_path))
    assert (problem.line, problem.source_line.count("bots")) == (4, 1)
    assert "no secret" in problem.what
    (tmp_path / "bots").write_text("secret=0123456789abcdef0123456789abcdef\n")
    assert credential_problems(config, CredentialStore.of_user(tmp_path)) == ()
