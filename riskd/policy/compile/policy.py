"""The second step of compiling a policy: its rules and its tests, once the rules that they refine are known."""

from __future__ import annotations

from dataclasses import replace

from riskd.policy.bundle import Policy
from riskd.policy.canonical import policy_hash
from riskd.policy.compile.draft import PolicyDraft
from riskd.policy.compile.refine import Chains
from riskd.policy.compile.rule import Draft, compile_rule
from riskd.policy.compile.tests import compile_tests
from riskd.policy.compile.unused import unused_names
from riskd.policy.compile.waiver_terms import terms_of
from riskd.policy.rule import Rule


def compile_policy(draft: PolicyDraft, chains: Chains) -> Policy:
    """The policy of a draft. Its faults are noted in the draft's problems, and the policy is only good without any.

    Args:
        draft: The first step.
        chains: What each rule refines.
    """
    root, context = draft.root, draft.context
    rules = _rules(draft, chains)
    tests = compile_tests(context, root, rules)
    policy = Policy(
        name=draft.name,
        title=root.text("title"),
        owner=root.text("owner"),
        version=root.text("version"),
        mode=draft.frame.mode,
        rules=tuple(rule for rule in rules.values() if rule is not None),
        tests=tests,
        hash="",
        file=context.problems.file,
        waiver_terms=terms_of(context, root, draft.rules),
        scope=draft.frame.scope,
        places=tuple((key.text, key.mark) for key, _ in root.entries),
        unused=unused_names(root),
    )
    return replace(policy, hash=policy_hash(policy))


def _rules(draft: PolicyDraft, chains: Chains) -> dict[str, Rule | None]:
    """Every rule by its id within the policy; None for one with a fault, so that its tests need not be told."""
    rules: dict[str, Rule | None] = {}
    for own_id, rule in draft.rules.items():
        chain = chains.get(rule.id) if rule is not None else None
        compiled = (
            None if rule is None or chain is None else compile_rule(draft.context, rule, draft.frame, chain)
        )
        is_known = compiled is not None and rule is not None and _knows_actions(draft, rule, compiled)
        rules[own_id] = compiled if is_known else None
    return rules


def _knows_actions(draft: PolicyDraft, rule: Draft, compiled: Rule) -> bool:
    """Whether it is known what the rule does: faulty defaults may say it for levels of which the rule says nothing."""
    if not draft.frame.has_faulty_defaults:
        return True
    then = rule.node.mapping("then")
    return then is not None and all(then.get(level.name.lower()) is not None for level, _ in compiled.actions)
