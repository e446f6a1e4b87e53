"""Policies as people name a version of them: files, directories, packs, or the hash under which they were in force."""

from __future__ import annotations

import re
from pathlib import Path

from riskd.adapters.journal_scan import read_journal
from riskd.daemon.policy_files import load_policy_files
from riskd.errors import PolicyError, Problem
from riskd.model.journal import EntryKind
from riskd.policy.bundle import Bundle
from riskd.policy.load import load
from riskd.record.bodies import PolicyRecord
from riskd.record.nouns import policy_record

_HASH = re.compile(r"[0-9a-f]{6,64}")
_NOT_FOUND = "P000"


def looks_like_hash(name: str) -> bool:
    """Whether a name is meant as a hash: nothing of that name is on the disk."""
    return bool(_HASH.fullmatch(name)) and not Path(name).exists()


def version_of(name: str, journal: Path | None) -> Bundle:
    """The policies of a name: names as for ``riskd check``, joined by commas, or a hash or its beginning.

    Args:
        journal: Of the installation in which they were in force; None when no hash is meant.

    Raises:
        PolicyError: A file is missing or not valid, or no policies of that hash were in force.
        JournalError: The journal cannot be read.
    """
    if journal is None or not looks_like_hash(name):
        return load_policy_files(tuple(part for part in name.split(",") if part))
    found = _in_force(name, journal)
    return load([(file.file, file.text) for file in found.files])


def _in_force(name: str, journal: Path) -> PolicyRecord:
    """The last policies whose hash begins so."""
    entries = (entry for entry in read_journal(journal) if entry.kind == EntryKind.POLICY)
    found = {
        record.policy_hash: record
        for record in map(policy_record, entries)
        if record.policy_hash.startswith(name)
    }
    if len(found) == 1:
        return next(iter(found.values()))
    what = (
        f"{len(found)} policies with this hash were in force"
        if found
        else "no policies with this hash were in force"
    )
    cure = f"`riskd sql` lists them in `policies`; looked in {journal}"
    raise PolicyError((Problem(file=name, line=1, column=1, code=_NOT_FOUND, what=what, cure=cure),))
