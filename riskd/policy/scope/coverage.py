"""What rules cover of a desk: every subject with its rules and the exceptions made for it, and what nothing looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskd.measure.spec import Counts, MeasureSpec
from riskd.model.desk import Desk
from riskd.model.subject import Grain
from riskd.policy.bundle import Bundle, Policy
from riskd.policy.expression.take import rule_spec
from riskd.policy.lint.waivers import may_be
from riskd.policy.rule import Match, Rule, Selector
from riskd.policy.scope.roster import Cover, Entry, coverage, roster
from riskd.policy.scope.select import CARRIED
from riskd.policy.scope.selectors import own_tests
from riskd.policy.waiver import Waiver

# Where a desk holds risk: each of these should have a rule. Venues, desks and the portfolio are sums of them.
HOLDS_RISK = frozenset({Grain.ACCOUNT, Grain.POSITION, Grain.HEDGE, Grain.GRID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """One rule over one subject.

    Attributes:
        depends_on: What only the venue shows and the rule asks for, such as ``symbol: BTC/*``; empty: it covers it.
        counts_only: What narrows the sum inside the subject, such as ``strategy: hedge``; empty: all of it.
    """

    rule: Rule
    depends_on: tuple[str, ...]
    counts_only: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarveOut:
    """A rule of the subject's kind that leaves it out by its own ``where``.

    Attributes:
        by: The tests that it fails, such as ``strategy: not scalp-*``.
    """

    rule: Rule
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One subject.

    Attributes:
        outside: Policies whose scope leaves it out.
        waivers: Those that hold now of rules over it, or over what may be found in it once a venue is read.
    """

    entry: Entry
    rules: tuple[Covering, ...]
    carve_outs: tuple[CarveOut, ...]
    outside: tuple[str, ...]
    waivers: tuple[Waiver, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether risk may lie there that no rule is about."""
        return not self.rules and self.entry.grain in HOLDS_RISK


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The whole desk.

    Attributes:
        unwatched: Families of measures that no rule looks at, by account.
        idle: Rules that cover nothing of the desk.
    """

    subjects: tuple[Covered, ...]
    unwatched: tuple[tuple[str, tuple[str, ...]], ...]
    idle: tuple[Rule, ...]


def survey(
    bundle: Bundle,
    desk: Desk,
    families: Mapping[str, Sequence[MeasureSpec]],
    entries: Iterable[Entry] = (),
    *,
    now: datetime,
) -> Survey:
    """What rules cover, as far as configuration and policies show it.

    Args:
        bundle: The policies.
        desk: Accounts, hedges and grids.
        families: Measures by family.
        entries: Further subjects that are known, such as positions that were seen.
        now: Aware time, which decides which waivers hold.
    """
    waivers = tuple(waiver for waiver in bundle.waivers if waiver.holds(now))
    subjects = tuple(_covered(bundle, waivers, entry) for entry in (*roster(desk), *entries))
    used = {covering.rule.id for subject in subjects for covering in subject.rules}
    return Survey(
        subjects=subjects,
        unwatched=tuple(
            (account.id, _unwatched(account.id, subjects, families)) for account in desk.accounts
        ),
        idle=tuple(rule for rule in bundle.rules if rule.id not in used),
    )


def match_words(name: str, match: Match) -> str:
    """One test of a selector in words: ``strategy: not scalp-*``."""
    wanted = " or ".join(match.any_of)
    refused = f"not {' or '.join(match.none_of)}" if match.none_of else ""
    return f"{name}: {', '.join(part for part in (wanted, refused) if part)}"


def _covered(bundle: Bundle, waivers: Sequence[Waiver], entry: Entry) -> Covered:
    rules: list[Covering] = []
    carve_outs: list[CarveOut] = []
    outside: list[str] = []
    for policy in bundle.policies:
        if coverage(policy.scope, entry) is Cover.NO:
            outside.append(policy.name)
            continue
        for rule in policy.rules:
            if rule.grain is not entry.grain:
                continue
            if coverage(rule.where, entry) is Cover.NO:
                carve_outs.append(CarveOut(rule=rule, by=tuple(_failed(rule, policy, entry))))
            else:
                rules.append(_covering(rule, entry))
    over_it = {covering.rule.id for covering in rules}
    return Covered(
        entry=entry,
        rules=tuple(rules),
        carve_outs=tuple(carve_outs),
        outside=tuple(outside),
        waivers=tuple(
            waiver for waiver in waivers if waiver.rule in over_it and may_be(entry, waiver.subject)
        ),
    )


def _covering(rule: Rule, entry: Entry) -> Covering:
    carried = CARRIED[entry.grain]
    spec = rule_spec(rule)
    # Of a number of the whole account, or of a query, a selection changes nothing.
    is_whole = rule.query is not None or (spec is not None and spec.counts is Counts.WHOLE_ACCOUNT)
    depends_on, counts_only = [], []
    for name, match in rule.where.tests:
        if name.split(".")[0] not in carried:
            counts_only += [] if is_whole else [match_words(name, match)]
        elif coverage(Selector(((name, match),)), entry) is Cover.PARTLY:
            depends_on.append(match_words(name, match))
    return Covering(rule=rule, depends_on=tuple(depends_on), counts_only=tuple(counts_only))


def _failed(rule: Rule, policy: Policy, entry: Entry) -> Iterator[str]:
    for name, match in own_tests(rule, policy.scope):
        if coverage(Selector(((name, match),)), entry) is Cover.NO:
            yield match_words(name, match)


def _unwatched(
    account: str, subjects: Iterable[Covered], families: Mapping[str, Sequence[MeasureSpec]]
) -> tuple[str, ...]:
    """Families of measures that no rule over anything of the account uses.

    What hangs on several accounts (hedges, venues, the portfolio) counts for each: it looks at them all.
    """
    own = [subject for subject in subjects if subject.entry.texts.get("account", account) == account]
    looked_at = {covering.rule.measure.name for subject in own for covering in subject.rules}
    grains = {subject.entry.grain for subject in own}
    absent = {
        grain.value for grain in Grain if grain not in grains
    }  # no hedge here: nobody misses its measures
    return tuple(
        family
        for family, specs in families.items()
        if family not in absent
        and any(spec.grains & grains for spec in specs)
        and not looked_at & {spec.name for spec in specs}
    )
