"""Damaged policies end in a list of faults, never in a traceback. ``python -m tests.policy.mutations`` tries 20,000."""

from __future__ import annotations

import pytest

from tests.policy.mutations import DAMAGES, broken_among, mutated

BATCH = 40


@pytest.mark.parametrize("first", range(0, 200, BATCH))
def test_a_damaged_policy_loads_or_is_refused_and_most_are(first: int) -> None:
    broken, ends = broken_among(range(first, first + BATCH))
    assert broken == []
    assert ends["refused"] > ends["loaded"] > 0


def test_a_mutation_is_the_same_each_time() -> None:
    assert [mutated(number) for number in range(50)] == [mutated(number) for number in range(50)]
    assert len({mutated(number) for number in range(200)}) > 195
    assert len(DAMAGES) == len(set(DAMAGES))
