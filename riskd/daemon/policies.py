"""The policies of an installation, read from their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from riskd.errors import PolicyError, Problem
from riskd.policy.load import load
from riskd.policy.rule import Bundle
from riskd.record.bodies import PolicyText


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicies:
    """A bundle and the texts that it was made of, which the journal keeps."""

    bundle: Bundle
    texts: tuple[PolicyText, ...]


def load_policies(files: Sequence[Path]) -> LoadedPolicies:
    """Read and compile policies.

    Raises:
        PolicyError: A file is missing or not valid; lists every fault of every file.
    """
    texts = []
    missing = []
    for file in files:
        try:
            texts.append((str(file), file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            missing.append(
                Problem(file=str(file), line=1, column=1, code="P000", what=f"cannot be read: {error}")
            )
    if missing:
        raise PolicyError(tuple(missing))
    bundle = load(texts)
    return LoadedPolicies(
        bundle=bundle, texts=tuple(PolicyText(file=file, text=text) for file, text in texts)
    )
