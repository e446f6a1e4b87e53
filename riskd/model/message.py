"""A message to people, before any channel has rendered it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from riskd.model.verdict import Level

REMINDER = "reminder|"
"""What the key of a reminder begins with. It is said once, however often riskd starts: the journal remembers."""


class MessageKind(StrEnum):
    """What the message is about."""

    ALERT = "alert"  # the root message of an episode: posted once, then edited in place
    ESCALATION = "escalation"  # a reply under the root, seen by the channel
    UNKNOWN = "unknown"
    PLAN = "plan"
    EXECUTION = "execution"
    RESOLVED = "resolved"
    SYSTEM = "system"  # riskd about itself: started, was down, cannot write, blind


@dataclass(frozen=True, slots=True)
class Question:
    """A plan that waits for a person: a channel that can be answered in offers to approve, hold or reject it.

    Attributes:
        plan_id: Which plan.
        digest: Of the plan as it was shown: an answer to another version is no answer to this one.
        confirm: What approving does, for the channel to ask once more.
    """

    plan_id: str
    digest: str
    confirm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Text for one channel post. All of it may hold hostile text; each channel escapes for itself.

    Attributes:
        key: Dedupe key; a message with the same key is the same message.
        thread: Key of the message that this one belongs under or replaces; empty for a root.
        edits_root: True when that message is to show this text from now on. It may be a reply itself, such as a plan.
        headline: One sentence that stands alone: account, value, limit.
        fields: ``(name, value)`` pairs.
        body: Further lines, the most important first: a channel cuts at the end.
        question: What people are asked, while it can be answered; None: nothing.
        table: Rows of a table, the first of them its head, all of one width; empty: none.
    """

    key: str
    kind: MessageKind
    level: Level
    thread: str
    edits_root: bool
    headline: str
    fields: tuple[tuple[str, str], ...] = ()
    body: tuple[str, ...] = ()
    question: Question | None = None
    table: tuple[tuple[str, ...], ...] = ()

    @property
    def is_referred_to(self) -> bool:
        """Whether later messages may edit this one or stand under it by its key, though it stands under another itself."""
        return self.kind in (MessageKind.ALERT, MessageKind.PLAN) and not self.edits_root
