"""How long something takes, in processor time: what a test may bound on a machine that is busy with other work."""

from __future__ import annotations

from collections.abc import Callable
from resource import RUSAGE_CHILDREN, getrusage
from time import process_time  # noqa: TID251 - the one place where tests measure

_TRIES = 5


def quickest_seconds(work: Callable[[], object], *, enough: float) -> float:
    """Processor seconds of the quickest of a few tries, which end with the first that takes less than ``enough``.

    A neighbour on the same core and a cold cache slow down single tries; work that is slow by itself is slow each time.
    """
    quickest = float("inf")
    for _ in range(_TRIES):
        began = process_time()
        work()
        quickest = min(quickest, process_time() - began)
        if quickest < enough:
            break
    return quickest


def children_seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the processes that ``work`` starts and waits for, the quicker of two tries."""
    return min(_of_children(work) for _ in range(2))


def _of_children(work: Callable[[], object]) -> float:
    began = getrusage(RUSAGE_CHILDREN)
    work()
    ended = getrusage(RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
