"""Compiles what a policy allows waivers of its rules to be: ``waivers: {max_duration, approvers, four_eyes, never}``."""

from __future__ import annotations

from collections.abc import Collection

from riskd.measure.spec import Unit
from riskd.policy.compile.context import Context, Slot, amount
from riskd.policy.text.problems import Code
from riskd.policy.text.spelling import choose, quoted
from riskd.policy.text.yaml_text import MappingNode, ScalarNode
from riskd.policy.waiver import WaiverTerms

_LONGEST = Slot(role="max_duration", unit=Unit.DURATION, low=0.0, high=366 * 86_400.0, is_positive=True)


def terms_of(context: Context, root: MappingNode, rules: Collection[str]) -> WaiverTerms | None:
    """The terms of a policy; None when it has none, or they have a fault.

    Args:
        context: Of the file.
        root: The file.
        rules: Ids of its rules, within the policy.
    """
    node = root.mapping("waivers")
    longest = node.scalar("max_duration") if node is not None and context.is_sound(node) else None
    duration = amount(context, longest, _LONGEST) if longest is not None else None
    if node is None or duration is None:
        return None
    for item in node.items("never"):
        if isinstance(item, ScalarNode) and item.text not in rules:
            what = f"there is no rule {quoted(item.text)}"
            context.problems.add(item.mark, Code.UNKNOWN_RULE, what, choose(item.text, rules))
    return WaiverTerms(
        duration_max_seconds=duration.value,
        approvers=_texts(node, "approvers"),
        four_eyes=node.text("four_eyes", "yes") in ("true", "yes"),
        never=_texts(node, "never"),
    )


def _texts(node: MappingNode, key: str) -> tuple[str, ...]:
    return tuple(sorted({item.text for item in node.items(key) if isinstance(item, ScalarNode)}))
