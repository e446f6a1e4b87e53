"""Where the shared test data lies, and the reason to skip when it is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def shared_path(name: str) -> Path:
    """Path of a file in ../shared; skips the calling test with a reason when it is not there."""
    path = _SHARED / name
    if not path.exists():
        pytest.skip(f"../shared/{name} is not on this machine")
    return path
