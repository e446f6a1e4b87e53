"""What of everything that riskd says is worth a line where lines cannot be edited."""

from __future__ import annotations

from riskd.model.message import Message, MessageKind

# What edits a post and is news all the same: the end of an alert, and everything that becomes of a plan.
_NEWS = frozenset({MessageKind.RESOLVED, MessageKind.PLAN, MessageKind.EXECUTION})


def is_news(message: Message) -> bool:
    """Whether a message says something of its own. That a plan was superseded, its newer version says."""
    if not message.edits_root:
        return True
    is_superseded = message.kind is MessageKind.PLAN and ": superseded by " in message.headline
    return message.kind in _NEWS and not is_superseded
