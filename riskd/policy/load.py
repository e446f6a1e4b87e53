"""Loads policy files together: all of them, or none and every fault of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskd.errors import PolicyError, Problem
from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import MeasureSpec
from riskd.policy.bundle import Bundle, Policy
from riskd.policy.canonical import bundle_hash
from riskd.policy.compile import compile_policy
from riskd.policy.problems import Code
from riskd.policy.spelling import quoted


def load(texts: Sequence[tuple[str, str]], *, catalogue: Mapping[str, MeasureSpec] = CATALOGUE) -> Bundle:
    """The policies in force together.

    Args:
        texts: ``(file, text)`` of each policy file.
        catalogue: The measures that rules may name.

    Returns:
        The policies in the order of their names.

    Raises:
        PolicyError: Any of the files has a fault; ``problems`` lists all faults of all files.
    """
    problems: list[Problem] = []
    policies: dict[str, Policy] = {}
    for file, text in texts:
        policy, found = compile_policy(file, text, catalogue)
        problems.extend(found)
        if policy is not None and policy.name in policies:
            problems.append(_same_name(file, policy, policies[policy.name]))
        elif policy is not None:
            policies[policy.name] = policy
    if problems:
        raise PolicyError(tuple(problems))
    ordered = tuple(policies[name] for name in sorted(policies))
    return Bundle(policies=ordered, hash=bundle_hash(ordered))


def _same_name(file: str, policy: Policy, other: Policy) -> Problem:
    what = f"the name {quoted(policy.name)} belongs to the policy in {other.file}"
    cure = "names are unique, because rule ids begin with them"
    return Problem(file=file, line=1, column=1, code=Code.DUPLICATE.value, what=what, cure=cure)
