"""Finds the files that ship with riskd: SQL and example policies.

In a checkout and in an editable install they stand beside the package; in a wheel they are inside it, as
``riskd/_storage`` and ``riskd/_policies``.
"""

from __future__ import annotations

from pathlib import Path

import riskd

_PACKAGE = Path(riskd.__file__).resolve().parent


def storage_directory(package: Path = _PACKAGE) -> Path:
    """The directory that holds ``migrations``, ``views`` and ``audits``.

    Raises:
        FileNotFoundError: The installation is broken.
    """
    return _directory(package, "storage")


def policies_directory(package: Path = _PACKAGE) -> Path:
    """The directory of the example policies.

    Raises:
        FileNotFoundError: The installation is broken.
    """
    return _directory(package, "policies")


def _directory(package: Path, name: str) -> Path:
    places = (package / f"_{name}", package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"expected {name} in {' or '.join(map(str, places))}; install riskd again")
