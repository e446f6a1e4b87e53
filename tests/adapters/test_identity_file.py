"""An installation keeps one identity."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.adapters.identity_file import load_or_create_identity
from riskd.errors import CredentialError


def test_an_identity_is_made_once_and_kept(tmp_path: Path) -> None:
    first = load_or_create_identity(tmp_path / "identity")
    assert load_or_create_identity(tmp_path / "identity") == first
    assert load_or_create_identity(tmp_path / "other") != first
    assert (tmp_path / "identity").stat().st_mode & 0o077 == 0


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_create_identity(tmp_path / "identity")
    (tmp_path / "identity").chmod(0o644)
    with pytest.raises(CredentialError, match="chmod 600"):
        load_or_create_identity(tmp_path / "identity")


def test_a_file_of_another_length_is_refused_and_its_content_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "identity"
    path.write_bytes(b"canary")
    path.chmod(0o600)
    with pytest.raises(CredentialError, match="expected 34 bytes, found 6") as caught:
        load_or_create_identity(path)
    assert "canary" not in str(caught.value)
