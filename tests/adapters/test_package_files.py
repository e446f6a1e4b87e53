"""The files that ship with riskd are found in a checkout, in an editable install, and inside a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskd.adapters.package_files import policies_directory, storage_directory


def test_in_a_checkout_they_stand_beside_the_package() -> None:
    storage = storage_directory()

    assert {path.name for path in storage.iterdir()} == {"migrations", "views", "audits"}


def test_in_a_wheel_they_are_inside_it_and_come_before_anything_beside_it(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "riskd"
    for name in ("_storage", "_policies"):
        (package / name).mkdir(parents=True)
    (package.parent / "storage").mkdir()  # somebody else's

    assert storage_directory(package) == package / "_storage"
    assert policies_directory(package) == package / "_policies"


def test_a_broken_installation_says_where_it_looked(tmp_path: Path) -> None:
    package = tmp_path / "riskd"

    with pytest.raises(
        FileNotFoundError, match=r"expected policies in .*riskd/_policies or .*/policies; install riskd again"
    ):
        policies_directory(package)
