"""Credential files are refused when others could read them, and nothing ever shows what they hold."""

from __future__ import annotations

import copy
import json
import os
import pickle
from pathlib import Path

import pytest

from riskd.adapters.credentials import CredentialStore, Secret, store_for
from riskd.errors import CredentialError

KEY = "canary-key-5f2e"
SECRET = "canary-secret-91ab"


def write(directory: Path, text: str, *, name: str = "main", mode: int = 0o600) -> CredentialStore:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return CredentialStore.of_user(directory)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"api_key": KEY, "secret": SECRET}),
        f"# riskd\napi_key = {KEY}\n\nsecret={SECRET}\n",
        f"api_key={KEY}\r\nsecret={SECRET}\r\n",
    ],
)
def test_json_and_lines_hold_the_same_key(tmp_path: Path, text: str) -> None:
    key = write(tmp_path, text).venue_key("main")

    assert (key.name, key.api_key.reveal(), key.secret.reveal()) == ("main", KEY, SECRET)
    assert key.passphrase is None


def test_the_third_part_of_a_key_is_a_secret_too(tmp_path: Path) -> None:
    key = write(tmp_path, f"api_key={KEY}\nsecret={SECRET}\npassphrase=canary").venue_key("main")

    assert key.passphrase is not None
    assert key.passphrase.reveal() == "canary"
    assert "canary" not in repr(key)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o611])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    store = write(tmp_path, f"api_key={KEY}\nsecret={SECRET}", mode=mode)

    with pytest.raises(CredentialError, match="chmod 0600"):
        store.venue_key("main")


def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    write(tmp_path, f"api_key={KEY}\nsecret={SECRET}")
    store = CredentialStore(directory=tmp_path, owners=frozenset({os.getuid() + 1}), forbidden_mode=0o077)

    with pytest.raises(CredentialError, match="belongs to user"):
        store.venue_key("main")


def test_the_group_bit_of_a_systemd_access_list_is_accepted_and_others_are_not(tmp_path: Path) -> None:
    write(tmp_path, f"api_key={KEY}\nsecret={SECRET}", mode=0o440)
    write(tmp_path, f"api_key={KEY}\nsecret={SECRET}", name="open", mode=0o444)
    store = CredentialStore.of_systemd(tmp_path)

    assert store.venue_key("main").api_key.reveal() == KEY
    with pytest.raises(CredentialError):
        store.venue_key("open")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("  \n", "is empty"),
        (f"api_key={KEY}", "no secret"),
        (f"api_key={KEY}\nsecret=", "no secret"),
        (f"{KEY} {SECRET}", "expected field=text"),
        (f"api_key={KEY}\napi_key={SECRET}", "given twice"),
        (f'{{"api_key": "{KEY}", "secret": "{SECRET}"', "is not"),
        (f'{{"api_key": ["{KEY}"], "secret": "{SECRET}"}}', "all texts"),
    ],
)
def test_a_malformed_file_is_refused_without_quoting_it(tmp_path: Path, text: str, says: str) -> None:
    store = write(tmp_path, text)

    with pytest.raises(CredentialError, match=says) as caught:
        store.venue_key("main")

    assert KEY not in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_binary_or_oversized_file_is_refused(tmp_path: Path) -> None:
    for name, data in (("binary", b"\xff\xfe\x00"), ("large", b"a=" + b"x" * 20_000)):
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)

    for name in ("binary", "large"):
        with pytest.raises(CredentialError):
            CredentialStore.of_user(tmp_path).venue_key(name)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    store = write(tmp_path, f"api_key={KEY}\nsecret={SECRET}", name="real")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(CredentialError, match="cannot be opened"):
        store.venue_key("link")


@pytest.mark.parametrize("name", ["../main", "a/b", "", ".hidden", "x" * 65, "na\nme"])
def test_a_name_is_not_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(CredentialError, match="credential name"):
        CredentialStore.of_user(tmp_path).venue_key(name)


def test_a_missing_file_names_itself(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="nobody: cannot be opened"):
        CredentialStore.of_user(tmp_path).venue_key("nobody")


def test_a_secret_is_never_shown() -> None:
    secret = Secret(SECRET)

    shown = f"{secret} {secret!r} {secret:>40} {[secret]} {vars} {secret.__slots__}"

    assert SECRET not in shown
    assert secret == Secret(SECRET)
    assert secret != Secret(KEY)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_the_given_directory_wins_over_the_one_of_systemd(tmp_path: Path) -> None:
    environment = {"CREDENTIALS_DIRECTORY": "/run/credentials/riskd"}

    assert store_for(environment, tmp_path).directory == tmp_path
    assert store_for(environment, None) == CredentialStore.of_systemd(Path("/run/credentials/riskd"))
    with pytest.raises(CredentialError, match="LoadCredential"):
        store_for({}, None)
