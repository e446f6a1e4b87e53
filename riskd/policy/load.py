"""Loads policies and waivers together: all files, or none and every fault of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from riskd.errors import PolicyError
from riskd.measure.catalogue import CATALOGUE
from riskd.measure.spec import MeasureSpec
from riskd.policy.bundle import Bundle, Policy
from riskd.policy.canonical import bundle_hash
from riskd.policy.compile.context import Context
from riskd.policy.compile.draft import PolicyDraft, draft_policy
from riskd.policy.compile.policy import compile_policy
from riskd.policy.compile.queries import Refuse, note_refused, refuse_none
from riskd.policy.compile.refine import chains_of
from riskd.policy.compile.waivers import House, Waivable, compile_waivers
from riskd.policy.schema.check import check
from riskd.policy.schema.waiver_file import WAIVERS
from riskd.policy.text.problems import Code, Problems
from riskd.policy.text.spelling import quoted
from riskd.policy.text.yaml_text import MappingNode, read_yaml


def load(
    texts: Sequence[tuple[str, str]],
    *,
    catalogue: Mapping[str, MeasureSpec] = CATALOGUE,
    refuse: Refuse = refuse_none,
) -> Bundle:
    """The policies and waivers in force together.

    Args:
        texts: ``(file, text)`` of each file. What it begins with says whether it holds a policy or waivers.
        catalogue: The measures that rules may name.
        refuse: Knows which queries of rules may not be asked.

    Returns:
        The policies in the order of their names, the waivers in that of their ids.

    Raises:
        PolicyError: Any of the files has a fault; ``problems`` lists all faults of all files.
    """
    read = _Read()
    for file, text in texts:
        _read_one(file, text, catalogue, read)
    chains = chains_of(read.drafts, are_all=read.is_whole)
    policies = tuple(compile_policy(draft, chains) for draft in read.drafts)
    _check_names(read.drafts)
    waivers = compile_waivers(read.waivers, _house(read, policies))
    for draft in read.drafts:
        note_refused(draft.context, draft.root, refuse)
    found = tuple(problem for problems in read.problems for problem in problems.found)
    if found:
        raise PolicyError(found)
    ordered = tuple(sorted(policies, key=lambda policy: policy.name))
    return Bundle(policies=ordered, hash=bundle_hash(ordered, waivers), waivers=waivers)


@dataclass(slots=True)
class _Read:
    """The files, as far as each can be understood by itself.

    Attributes:
        problems: Of each file, in their order.
        is_whole: Whether every file is at least known for what it is.
    """

    problems: list[Problems] = field(default_factory=list)
    drafts: list[PolicyDraft] = field(default_factory=list)
    waivers: list[tuple[Context, MappingNode]] = field(default_factory=list)
    is_whole: bool = True


def _read_one(file: str, text: str, catalogue: Mapping[str, MeasureSpec], read: _Read) -> None:
    problems = Problems(file=file, text=text)
    read.problems.append(problems)
    root = read_yaml(text, problems)
    if isinstance(root, MappingNode) and _holds_waivers(root):
        check(root, WAIVERS, "a waiver file", problems)
        context = Context(problems=problems, catalogue=catalogue, variables={}, calendars={})
        read.waivers.append((context, root))
        return
    draft = None if root is None else draft_policy(root, problems, catalogue)
    if draft is None:
        read.is_whole = False
    else:
        read.drafts.append(draft)


def _holds_waivers(root: MappingNode) -> bool:
    header = root.scalar("riskd")
    return header is not None and header.text.split("/")[0] in ("waivers", "waiver")


def _house(read: _Read, policies: Sequence[Policy]) -> House:
    """The rules as waivers see them."""
    found: dict[str, dict[str, Waivable | None]] = {}
    for draft, policy in zip(read.drafts, policies, strict=True):
        sound = {rule.id: Waivable(rule=rule, terms=policy.waiver_terms) for rule in policy.rules}
        found.setdefault(draft.name, {own_id: sound.get(f"{draft.name}/{own_id}") for own_id in draft.rules})
    return House(policies=found, is_whole=read.is_whole)


def _check_names(drafts: Sequence[PolicyDraft]) -> None:
    """Note each policy whose name belongs to one that came before."""
    first: dict[str, str] = {}
    for draft in drafts:
        problems = draft.context.problems
        file = first.setdefault(draft.name, problems.file)
        if draft.name and draft is not next(each for each in drafts if each.name == draft.name):
            name = draft.root.scalar("name")
            assert name is not None, "a policy with a name has it somewhere"
            what = f"the name {quoted(draft.name)} belongs to the policy in {file}"
            problems.add(
                name.mark, Code.DUPLICATE, what, "names are unique, because rule ids begin with them"
            )
