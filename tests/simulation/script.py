"""What a seed brings about, piece by piece: each piece has a name, and can be left out while all others stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Script:
    """The pieces of one seed's story.

    A piece is one event, such as ``kill #2`` or ``fault late #1``; what stands before the number is its group, and a group
    can be left out as a whole. Whoever draws chance for a piece has a generator of its own for it, so that leaving it
    out changes no other draw.

    Attributes:
        left_out: Pieces and groups that do not happen.
        heals_at: The world heals then at the latest, seconds of the simulation; None: when the seed says.
        dies_at: The first life ends at this step of it; 0: when the seed says.
        met: Every piece that happened so far, with what it was, in words.
    """

    left_out: frozenset[str] = frozenset()
    heals_at: float | None = None
    dies_at: int = 0
    met: dict[str, str] = field(default_factory=dict)

    def plays(self, group: str, number: int, words: str) -> bool:
        """Whether one piece happens; noted if it does."""
        piece = f"{group} #{number}"
        if group in self.left_out or piece in self.left_out:
            return False
        self.met[piece] = words
        return True


def group_of(piece: str) -> str:
    """The group that a piece belongs to."""
    return piece.partition(" #")[0]
