"""The policies of an installation: read from their files, found fit to run, or taken from the journal instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskd.adapters.file_stamps import Stamps
from riskd.daemon.policy_files import load_with_texts, policy_stamps
from riskd.daemon.queries import asking
from riskd.errors import PolicyError, Problem
from riskd.judge.answered import Ask
from riskd.judge.rehearse import rehearse
from riskd.model.desk import Desk
from riskd.policy.bundle import Bundle
from riskd.policy.change.difference import changed_rules
from riskd.policy.lint.finding import Finding, Severity
from riskd.policy.lint.lint import lint
from riskd.policy.load import load
from riskd.ports import QueryRunner
from riskd.record.bodies import PolicyRecord, PolicyText
from riskd.record.fold import Remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicies:
    """A bundle and the texts that it was made of, which the journal keeps."""

    bundle: Bundle
    texts: tuple[PolicyText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource:
    """Where an installation's policies come from.

    Attributes:
        names: As :func:`riskd.daemon.policy_files.read_policy_files`.
        desk: For the findings that only the configured accounts show.
        queries: Checks the queries of rules, and asks those of tests.
    """

    names: tuple[str, ...]
    desk: Desk
    queries: QueryRunner

    def stamps(self) -> Stamps:
        """What changes when any of the files does."""
        return policy_stamps(self.names)

    def read(self, now: datetime) -> LoadedPolicies:
        """The policies as they are on the disk: loaded with their queries checked, then linted and tested.

        Raises:
            PolicyError: They are not fit to run; lists every fault of the first of these steps that finds any.
        """
        loaded = load_policies(self.names, self.queries)
        faults = tuple(_faults(loaded.bundle, self.desk, now, asking(self.queries)))
        if faults:
            raise PolicyError(faults)
        return loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a daemon begins with.

    Attributes:
        loaded: The policies in force.
        refusal: Why they are not those on the disk, but the last that were in force; None when they are.
        in_force_since: When those came into force; None for what is on the disk.
        changed: Rules that ask otherwise than in the last cycle before the start.
    """

    loaded: LoadedPolicies
    refusal: PolicyError | None
    in_force_since: datetime | None
    changed: frozenset[str]


def load_policies(names: Sequence[str], queries: QueryRunner) -> LoadedPolicies:
    """Read and compile policies; names as :func:`riskd.daemon.policy_files.read_policy_files`.

    Raises:
        PolicyError: A file is missing or not valid, or a query may not be asked; lists every fault of every file.
    """
    bundle, texts = load_with_texts(names, queries)
    return LoadedPolicies(
        bundle=bundle, texts=tuple(PolicyText(file=file, text=text) for file, text in texts)
    )


def opening(source: PolicySource, found: Remembered, now: datetime) -> Opening:
    """The policies on the disk; when they are not fit to run, the last that were in force.

    Raises:
        PolicyError: Those on the disk are not fit, and none that this version can read were in force before.
    """
    refusal, in_force_since = None, None
    try:
        loaded = source.read(now)
    except PolicyError as error:
        good = recorded(found.policies)
        if good is None or found.policies is None:
            raise
        loaded, refusal, in_force_since = good, error, found.policies.at
    judged = recorded(found.judged_by)
    return Opening(
        loaded=loaded,
        refusal=refusal,
        in_force_since=in_force_since,
        changed=frozenset() if judged is None else changed_rules(judged.bundle, loaded.bundle),
    )


def recorded(record: PolicyRecord | None) -> LoadedPolicies | None:
    """Policies that the journal keeps; None when there are none that this version still reads."""
    if record is None:
        return None
    try:
        bundle = load([(file.file, file.text) for file in record.files])
    except PolicyError:
        return None
    return LoadedPolicies(bundle=bundle, texts=record.files)


def _faults(bundle: Bundle, desk: Desk, now: datetime, ask: Ask) -> Iterator[Problem]:
    """Errors of lint, and what the tests inside the policies expected and did not find."""
    for finding in lint(bundle, desk, now):
        if finding.severity is Severity.ERROR:
            yield _problem(finding)
    for policy in bundle.policies:
        if policy.tests:
            for result in rehearse(policy, ask=ask):
                yield from result.problems


def _problem(finding: Finding) -> Problem:
    mark = finding.mark
    return Problem(
        file="" if mark is None else mark.file,
        line=1 if mark is None else mark.line,
        column=1 if mark is None else mark.column,
        code=finding.code,
        what=finding.what,
        cure=finding.cure,
    )
