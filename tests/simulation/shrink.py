"""Makes the story of a failing seed small: what can be left out while the same invariant still breaks, is left out.

python -m tests.simulation.shrink 42
python -m tests.simulation.shrink 42 --mutant resends
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from riskd.daemon.logs import silence_logs
from tests.simulation.mutants import MUTANTS, NONE, Mutant
from tests.simulation.run import run
from tests.simulation.script import Script, group_of
from tests.simulation.violations import Violation

_RUNS_MAX = 300
_HEALS_AT = (60.0, 120.0, 180.0, 240.0, 300.0, 360.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A seed's story, perhaps with pieces left out.

    Attributes:
        left_out: Pieces and groups that do not happen.
        heals_at: See ``Script``.
        pieces: What happens until the end of it, with words for each.
        violation: How it ends; None: nothing breaks.
    """

    left_out: frozenset[str] = frozenset()
    heals_at: float | None = None
    pieces: dict[str, str]
    violation: Violation | None

    def breaks(self, name: str) -> bool:
        """Whether it still ends in the way that matters."""
        return self.violation is not None and self.violation.name == name


@dataclass(slots=True)
class Shrinker:
    """Tries stories of one seed.

    Attributes:
        runs_max: Stories to live through at most.
        said: Told of each smaller story.
    """

    seed: int
    mutant: Mutant = NONE
    runs_max: int = _RUNS_MAX
    said: Callable[[Story], None] = lambda _story: None
    runs: int = field(default=0, init=False)

    def smallest(self) -> Story:
        """The smallest story found that breaks the same invariant; the whole one when it breaks nothing."""
        best = self._live(frozenset(), None)
        if best.violation is None:
            return best
        name = best.violation.name
        best = self._shorter(best, name)
        best = self._fewer(best, name, lambda story: sorted({group_of(piece) for piece in story.pieces}))
        return self._fewer(best, name, lambda story: list(story.pieces))

    def _shorter(self, best: Story, name: str) -> Story:
        for heals_at in _HEALS_AT:
            tried = self._try(best.left_out, heals_at)
            if tried is not None and tried.breaks(name):
                return tried
        return best

    def _fewer(self, best: Story, name: str, parts_of: Callable[[Story], list[str]]) -> Story:
        """Leave out halves, then quarters, down to single parts, until no single one can be left out any more."""
        width = max(1, len(parts_of(best)) // 2)
        while True:
            before = best
            parts = parts_of(best)
            for first in range(0, len(parts), width):
                tried = self._try(best.left_out | set(parts[first : first + width]), best.heals_at)
                if tried is None:
                    return best
                if tried.breaks(name) and len(tried.pieces) <= len(best.pieces):
                    best = tried
                    self.said(best)
            if width == 1 and best is before:
                return best
            width = max(1, width // 2)

    def _try(self, left_out: frozenset[str], heals_at: float | None) -> Story | None:
        """None: enough was tried."""
        return self._live(left_out, heals_at) if self.runs < self.runs_max else None

    def _live(self, left_out: frozenset[str], heals_at: float | None) -> Story:
        self.runs += 1
        script = Script(left_out, heals_at)
        result = run(self.seed, self.mutant, script)
        violation = result.violations[0] if result.violations else None
        return Story(left_out=left_out, heals_at=heals_at, pieces=script.met, violation=violation)


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    silence_logs()
    seed = next(int(word) for word in arguments if word.isdigit())
    mutant = next((known for known in MUTANTS if known.name in arguments), NONE)
    shrinker = Shrinker(seed, mutant, said=lambda story: _say(f"{len(story.pieces)} pieces left"))
    story = shrinker.smallest()
    if story.violation is None:
        _say(f"seed {seed} breaks nothing")
        return 0
    _say(f"after {shrinker.runs} runs, seed {seed} with {len(story.pieces)} pieces:")
    for piece, words in story.pieces.items():
        _say(f"  {piece}: {words}")
    healed = "" if story.heals_at is None else f" (all heals at {story.heals_at:.0f} s)"
    _say(f"breaks {story.violation}{healed}")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
