"""Finds the rules and the subject that `riskd explain` is asked about, and what can be said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from riskd.adapters.system_clock import SystemClock
from riskd.cli.chosen_policies import Chosen, chosen_policies
from riskd.cli.parents import with_parents
from riskd.daemon.policy_files import shipped_packs
from riskd.judge.explain_rule import Context, covers_subject, explain_rule, rule_in_short
from riskd.measure.catalogue import CATALOGUE
from riskd.model.desk import Desk, Mode
from riskd.model.subject import Grain
from riskd.policy.expression.take import rule_spec
from riskd.policy.lint.waivers import may_be
from riskd.policy.scope.roster import Cover, Entry, held_position, roster, strategies_for
from riskd.policy.text.spelling import choose, did_you_mean, listed, meant, quoted
from riskd.policy.text.subject_text import SubjectError, parse_subject

if TYPE_CHECKING:
    from riskd.model.subject import Subject
    from riskd.policy.bundle import Bundle, Policy
    from riskd.policy.rule import Rule

# What a rule is told by when every rule over a subject is.
_IN_SHORT = frozenset({"rule", "covered", "measure", "limit", "waiver", "mode"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing explained.

    Attributes:
        head: What it is.
        lines: Name and text; a name may stand several times.
    """

    head: str
    lines: tuple[tuple[str, str], ...]


def explained(
    topic: str | None,
    subject_text: str | None,
    files: tuple[str, ...],
    config: Path | None,
    state: Path | None,
) -> tuple[Asked, ...]:
    """A rule, the alert of a rule, or every rule over a subject.

    Raises:
        click.UsageError: There is no such rule or subject.
        PolicyError: A policy is not valid.
        SettingsError: The configuration is not valid.
        LedgerError: The ledger cannot be read.
    """
    chosen = chosen_policies(with_parents(files, config).all if files else (), config)
    subject = _subject(subject_text)
    entries = _entries(chosen, subject)
    if topic is None:
        assert subject is not None, "without a topic there is a subject"
        return _all_over(chosen, subject, entries)
    policy = policy_named(topic, chosen.bundle)
    if policy is not None:
        if subject is not None:
            raise click.UsageError(f"{topic} is a policy; name one of its rules, or leave it out")
        return (_policy(policy),)
    rule = rule_named(topic, chosen.bundle)
    if subject is not None and subject.grain is not rule.grain:
        raise click.UsageError(
            f"{rule.id} is per {rule.grain.value}, and {subject} is of kind {subject.grain.value}"
        )
    lines = explain_rule(rule, _context(chosen, rule, subject, entries))
    ledger = _ledger(config, state) if subject is not None else None
    if ledger is not None and subject is not None:
        from riskd.cli.explain_ledger import last_cycle

        spec = rule_spec(rule)
        needs = frozenset(surface.value for surface in spec.needs) if spec is not None else frozenset()
        lines += last_cycle(ledger, rule, subject, needs)
    elif subject is not None:
        lines += (("recorded", "no ledger here, so nothing is known of values; --state names its directory"),)
    head = f"{rule.id} of {subject}" if subject is not None else rule.id
    return (Asked(head=head, lines=lines),)


def _all_over(chosen: Chosen, subject: Subject, entries: tuple[Entry, ...] | None) -> tuple[Asked, ...]:
    """Every rule that covers a subject, in short."""
    found = []
    for rule in chosen.bundle.rules:
        if covers_subject(rule, subject, entries) is Cover.NO:
            continue
        lines = explain_rule(rule, _context(chosen, rule, subject, entries))
        found.append(Asked(head=rule.id, lines=tuple(line for line in lines if line[0] in _IN_SHORT)))
    if not found:
        return (Asked(head=str(subject), lines=(("rules", "none covers it"),)),)
    return tuple(found)


def policy_named(topic: str, bundle: Bundle) -> Policy | None:
    """The policy of a name; None when there is none, or a rule is called so, too."""
    if any(rule.id.rpartition("/")[2] == topic for rule in bundle.rules):
        return None
    return next((policy for policy in bundle.policies if policy.name == topic), None)


def _policy(policy: Policy) -> Asked:
    """The rules of a policy, one line each."""
    return Asked(
        head=f"{policy.name}: {policy.title} ({policy.file})",
        lines=tuple(rule_in_short(rule) for rule in policy.rules),
    )


def rule_named(topic: str, bundle: Bundle) -> Rule:
    """The rule of an id, whole or within its policy where only one policy has it.

    Raises:
        click.UsageError: There is none, or there are several.
    """
    by_id = {rule.id: rule for rule in bundle.rules}
    if topic in by_id:
        return by_id[topic]
    own = [rule for rule in bundle.rules if rule.id.rpartition("/")[2] == topic]
    if len(own) == 1:
        return own[0]
    if own:
        raise click.UsageError(
            f"{quoted(topic)} is a rule of several policies: {listed([rule.id for rule in own])}"
        )
    raise click.UsageError(_no_rule(topic, bundle))


def _no_rule(topic: str, bundle: Bundle) -> str:
    """What is said of a topic that is nothing: the nearest names, of its policy where it names one."""
    policy, _, name = topic.rpartition("/")
    names = [rule.id.rpartition("/")[2] for rule in bundle.rules if rule.policy == policy]
    if names:
        near = [f"{policy}/{each}" for each in meant(name, names)]
        cure = f"{did_you_mean(near)} " if near else ""
        return f"{policy} has no rule {quoted(name)}; {cure}its rules: {', '.join(names)}"
    if topic in {pack.stem for pack in shipped_packs()}:
        return f"{topic} ships with riskd and is not loaded here; --policy {topic} loads it"
    ids = [rule.id for rule in bundle.rules]
    policies = [each.name for each in bundle.policies]
    known = ids if "/" in topic else [*(rule.rpartition("/")[2] for rule in ids), *policies, *CATALOGUE]
    return f"there is no measure, rule or policy {quoted(topic)}; {choose(topic, dict.fromkeys(known))}"


def _subject(text: str | None) -> Subject | None:
    if text is None:
        return None
    try:
        return parse_subject(text)
    except SubjectError as error:
        raise click.UsageError(str(error)) from error


def _entries(chosen: Chosen, subject: Subject | None) -> tuple[Entry, ...] | None:
    """What the desk has of a subject; None when there is no desk."""
    if chosen.desk is None or subject is None:
        return None
    account, accounts = subject.part("account"), [each.id for each in chosen.desk.accounts]
    if account and account not in accounts:
        raise click.UsageError(f"there is no account {quoted(account)}; {choose(account, accounts)}")
    if subject.grain is Grain.POSITION:
        return tuple(_positions(chosen.desk, subject))
    return tuple(entry for entry in roster(chosen.desk) if may_be(entry, subject))


def _positions(desk: Desk, subject: Subject) -> Iterator[Entry]:
    """A position as each strategy that it can have."""
    account = next(each for each in desk.accounts if each.id == subject.part("account"))
    symbol, side = subject.part("symbol"), subject.part("side")
    for strategy in strategies_for(account, symbol):
        entry = held_position(desk, account.id, symbol, side, strategy)
        if entry is not None:
            yield entry


def _context(
    chosen: Chosen, rule: Rule, subject: Subject | None, entries: tuple[Entry, ...] | None
) -> Context:
    policy = next(policy for policy in chosen.bundle.policies if policy.name == rule.policy)
    return Context(
        now=SystemClock().now(),
        policy_mode=policy.mode,
        ceiling=chosen.settings.ceiling if chosen.settings is not None else None,
        waivers=chosen.bundle.waivers,
        subject=subject,
        entries=entries,
        account_mode=_account_mode(chosen, subject),
    )


def _account_mode(chosen: Chosen, subject: Subject | None) -> Mode | None:
    if chosen.desk is None or subject is None:
        return None
    named = subject.part("account")
    return next((account.mode for account in chosen.desk.accounts if account.id == named), None)


def _ledger(config: Path | None, state: Path | None) -> Path | None:
    """The ledger of the installation, when there is one."""
    from riskd.cli.state_options import chosen_places

    if state is None and config is None:
        return None
    ledger = chosen_places(config or Path("riskd.yaml"), state).ledger
    return ledger if ledger.exists() else None
