"""The policies of an installation, read from their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from riskd.daemon.policy_files import read_policy_files
from riskd.policy.bundle import Bundle
from riskd.policy.load import load
from riskd.record.bodies import PolicyText


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicies:
    """A bundle and the texts that it was made of, which the journal keeps."""

    bundle: Bundle
    texts: tuple[PolicyText, ...]


def load_policies(names: Sequence[str]) -> LoadedPolicies:
    """Read and compile policies; names as :func:`riskd.daemon.policy_files.read_policy_files`.

    Raises:
        PolicyError: A file is missing or not valid; lists every fault of every file.
    """
    texts = read_policy_files(names)
    bundle = load(texts)
    return LoadedPolicies(
        bundle=bundle, texts=tuple(PolicyText(file=file, text=text) for file, text in texts)
    )
