"""Keeps the policies in force, and replaces them by those on the disk: load, lint, test, shadow, swap; else keep and say.

Files are looked at before each cycle. A change is read once it has stood still for one look, or at once when somebody
asks. The swap happens between two cycles and only once the journal has the new policies; until then, and after every
failure, the last good ones judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from riskd.adapters.file_stamps import Stamps
from riskd.cycle import CycleResult
from riskd.daemon import reload_words as words
from riskd.daemon.orders_due import Order
from riskd.daemon.policies import LoadedPolicies, Opening
from riskd.daemon.shadow import Shadow, ShadowReport
from riskd.errors import PolicyError, Problem
from riskd.judge.answered import Ask, nobody_asked
from riskd.model.alert import AlertKey, AlertState
from riskd.model.journal import EntryKind
from riskd.model.message import Message
from riskd.policy.bundle import Bundle
from riskd.policy.canonical import canonical_text, canonical_waivers
from riskd.policy.change.change import Effect
from riskd.policy.change.difference import acts_beyond, changed_rules
from riskd.policy.rule import Bound, Rule
from riskd.record.bodies import daemon_body, policy_body
from riskd.record.fields import JsonObject

_REPEAT = timedelta(days=1)
NEEDS_RESTART = "R001"
BRINGS_ORDERS = "R003"
_BROKE = "R002"
# Beyond this, forms are left out of the journal, whose lines are bounded; the texts are there to make them from.
_FORMS_CHARACTERS_MAX = 4_000_000


class Source(Protocol):
    """Where policies are read from."""

    def stamps(self) -> Stamps:
        """What changes when any of the files does."""
        ...

    def read(self, now: datetime) -> LoadedPolicies:
        """The policies as they are now.

        Raises:
            PolicyError: They are not fit to run.
        """
        ...


class Notebook(Protocol):
    """The durable memory, as far as policies need it."""

    states: Mapping[AlertKey, AlertState]

    def note(self, kind: EntryKind, body: JsonObject, now: datetime) -> bool:
        """Write down something about riskd itself; False when the journal cannot be written."""
        ...

    def owe(self, kind: EntryKind, body: JsonObject, now: datetime) -> None:
        """Write it down now, or before whatever the journal takes next."""
        ...


@dataclass(slots=True, kw_only=True)
class _Refusal:
    """What is wrong with the files on the disk, and when it was last said."""

    error: PolicyError
    said_at: datetime


class PolicyKeeper:
    """The policies in force.

    Args:
        opening: What the daemon begins with.
        source: The files.
        memory: Keeps alerts and the journal.
        say: Queues a message to people.
        shadow_cycles: For how many cycles new policies are watched first; 0: none, but one where an account is armed.
        may_send: Whether any account is armed. Then policies that let riskd do more than those of the start are refused,
            and so are those under which an order would go out, of the book as it is, without a person.
        ask: Asks the queries of policies in shadow.
    """

    def __init__(
        self,
        opening: Opening,
        *,
        source: Source,
        memory: Notebook,
        say: Callable[[Message], None],
        shadow_cycles: int,
        may_send: bool,
        ask: Ask = nobody_asked,
    ) -> None:
        self._ask = ask
        self.bundle = opening.loaded.bundle
        self.changed_rules = opening.changed
        self._texts = opening.loaded.texts
        self._armed_with = self.bundle if may_send else None
        self._source = source
        self._memory = memory
        self._say = say
        self._shadow_cycles = max(shadow_cycles, 1) if may_send else shadow_cycles
        self._seen = source.stamps()
        self._settling: Stamps | None = None
        self._asked = False
        self._shadow: Shadow | None = None
        self._opening = opening
        self._refusal: _Refusal | None = None
        self._log = structlog.get_logger("riskd")

    @property
    def is_refused(self) -> bool:
        """Whether the files on the disk are not what judges, because they are not fit to."""
        return self._refusal is not None

    @property
    def standing(self) -> str:
        """What is wrong with the files on the disk, in a few words; empty when nothing is."""
        if self._refusal is None:
            return ""
        first = str(self._refusal.error.problems[0]).splitlines()[0]
        return f"policies on the disk refused: {first}"

    @property
    def in_shadow(self) -> bool:
        """Whether new policies are being watched."""
        return self._shadow is not None

    @property
    def rules_looked_at(self) -> tuple[Rule, ...]:
        """The rules in force and those in shadow: what both need must be read."""
        shadow = () if self._shadow is None else self._shadow.loaded.bundle.rules
        return (*self.bundle.rules, *shadow)

    def ask(self) -> None:
        """Read the files before the next cycle, changed or not."""
        self._asked = True

    def begin(self, policy_hash_before: str, now: datetime) -> None:
        """Write down the policies that the daemon begins with, and say why when they are not those on the disk.

        Args:
            policy_hash_before: Of those that the journal says were last in force; empty when there were none.
        """
        loaded = LoadedPolicies(bundle=self.bundle, texts=self._texts)
        is_new = self.bundle.hash != policy_hash_before
        self._memory.owe(EntryKind.POLICY, _body(loaded, is_new=is_new, changes=()), now)
        if self._opening.refusal is not None:
            self._refused(self._opening.refusal, now)

    def look(self, now: datetime) -> None:
        """Before a cycle: see whether the files have changed, and begin with what they have become."""
        asked, self._asked = self._asked, False
        if asked or self._has_settled():
            self._read(now)
        elif self._refusal is not None and now - self._refusal.said_at >= _REPEAT:
            self._say_refusal(self._refusal.error, now)

    def after_cycle(self, result: CycleResult, before: Mapping[AlertKey, AlertState], now: datetime) -> None:
        """After a cycle is recorded: let the shadow see it, and swap when it has seen enough.

        Args:
            before: Alerts as they were before the cycle.
        """
        self.changed_rules = frozenset()
        shadow = self._shadow
        if shadow is None:
            return
        try:
            shadow.watch(
                result, before
            )  # also while the swap has to wait: it is decided by the book of this cycle
        except Exception as error:  # noqa: BLE001 - what new policies break must not reach those in force
            self._refused(_broken(error), now)
            return
        # Files that are just being changed again are waited for.
        if shadow.is_over and self._settling is None:
            self._swap(shadow, now)

    def _has_settled(self) -> bool:
        """Whether the files have changed since they were read, and not since the last look."""
        stamps = self._source.stamps()
        settled = stamps == self._settling
        self._settling = None if stamps == self._seen else stamps
        return settled and self._settling is not None

    def _read(self, now: datetime) -> None:
        self._seen, self._settling = self._source.stamps(), None
        try:
            loaded = self._source.read(now)
            self._must_not_do_more(loaded.bundle)
        except PolicyError as error:
            self._refused(error, now)
        except Exception as error:  # noqa: BLE001 - a fault of our own loader must not end the watch
            self._log.exception("policies_broke_the_loader")
            self._refused(_broken(error), now)
        else:
            self._accept(loaded, now)

    def _must_not_do_more(self, bundle: Bundle) -> None:
        """Refuse what lets riskd act where it could not since its start.

        Raises:
            PolicyError: With one problem for each such change.
        """
        if self._armed_with is None:
            return
        problems = tuple(
            _needs_restart(change.what, change.about, change.new.file, change.new.line)
            for change in acts_beyond(self._armed_with, bundle)
            if change.new is not None
        )
        if problems:
            raise PolicyError(problems)

    def _accept(self, loaded: LoadedPolicies, now: datetime) -> None:
        if loaded.bundle.hash == self.bundle.hash:
            self._shadow = None
            self._take_texts(loaded, now)
        elif self._shadow is not None and self._shadow.loaded.bundle.hash == loaded.bundle.hash:
            self._log.info("policies_in_shadow", hash=loaded.bundle.hash[:12], again=True)
        else:
            self._shadow = Shadow(loaded, self.bundle, cycles=self._shadow_cycles, ask=self._ask)
            self._log.info("policies_in_shadow", hash=loaded.bundle.hash[:12], cycles=self._shadow_cycles)
            if self._shadow.is_over:
                self._swap(self._shadow, now)

    def _take_texts(self, loaded: LoadedPolicies, now: datetime) -> None:
        """Files that mean what is in force, perhaps in other words."""
        if loaded.texts != self._texts and not self._note(loaded, now, is_new=False, changes=()):
            return
        self.bundle, self._texts = loaded.bundle, loaded.texts
        self._log.info("policies_loaded", hash=self.bundle.hash[:12], changed=False)
        if self._refusal is not None:
            self._mended(now)

    def _swap(self, shadow: Shadow, now: datetime) -> None:
        """Put the new policies into force, once the journal has them; tried again after each cycle until it has."""
        report, loaded = shadow.report(), shadow.loaded
        if self._armed_with is not None and report.orders_alone:
            self._refused(_brings_orders(report.orders_alone, loaded.bundle), now)
            return
        if not self._note(loaded, now, is_new=True, changes=[change.text for change in report.changes]):
            self._log.error("policies_wait", why="the journal cannot be written")
            return
        self._say(words.swapped(report, old=self.bundle.hash, new=loaded.bundle.hash, at=now))
        self._memory.states = shadow.carried(self._memory.states)
        self.changed_rules = changed_rules(self.bundle, loaded.bundle)
        self.bundle, self._texts, self._shadow = loaded.bundle, loaded.texts, None
        self._log.info("policies_loaded", hash=self.bundle.hash[:12], changed=True, **_counts(report))
        if self._refusal is not None:
            self._mended(now)

    def _refused(self, error: PolicyError, now: datetime) -> None:
        """Keep what is in force, and say so: at once, and daily for as long as it lasts."""
        self._shadow = None
        facts = [("problems", str(len(error.problems))), ("first", str(error.problems[0]).splitlines()[0])]
        self._memory.note(EntryKind.FAULT, daemon_body("policy-load-failed", facts=facts), now)
        self._say_refusal(error, now)

    def _say_refusal(self, error: PolicyError, now: datetime) -> None:
        self._refusal = _Refusal(error=error, said_at=now)
        self._log.error("policies_refused", problems=len(error.problems))
        self._say(words.refused(error, observes_since=self._opening.in_force_since, at=now))

    def _mended(self, now: datetime) -> None:
        self._refusal = None
        self._memory.note(EntryKind.FAULT, daemon_body("policy-load-failed is over"), now)
        self._say(words.mended(observes_only=self._opening.refusal is not None, at=now))

    def _note(self, loaded: LoadedPolicies, now: datetime, *, is_new: bool, changes: Sequence[str]) -> bool:
        return self._memory.note(EntryKind.POLICY, _body(loaded, is_new=is_new, changes=changes), now)


def _body(loaded: LoadedPolicies, *, is_new: bool, changes: Sequence[str]) -> JsonObject:
    forms = _forms(loaded.bundle) if is_new else []
    return policy_body(loaded.bundle.hash, loaded.texts, canonical=forms, changes=changes)


def _forms(bundle: Bundle) -> list[tuple[str, str]]:
    """What the hash of the bundle is made of, by name; nothing when it is too large for a line of the journal."""
    forms = [(policy.name, canonical_text(policy)) for policy in bundle.policies]
    if bundle.waivers:
        forms.append(("waivers", canonical_waivers(bundle.waivers)))
    return forms if sum(len(form) for _, form in forms) <= _FORMS_CHARACTERS_MAX else []


def _needs_restart(what: str, about: str, file: str, line: int) -> Problem:
    return Problem(
        file=file,
        line=line,
        column=1,
        code=NEEDS_RESTART,
        what=f"{about} lets riskd do more, or may: {what}",
        cure="restart riskd to arm it with this on purpose, or take it back",
    )


def _brings_orders(orders: Sequence[Order], bundle: Bundle) -> PolicyError:
    """What keeps policies from a running riskd that would send orders the moment they are in force, or soon after."""
    rules = {rule.id: rule for rule in bundle.rules}
    keys = tuple(bound.value for bound in Bound)
    return PolicyError(
        tuple(
            Problem(
                file=(place := rules[rule].place(*keys)).file,
                line=place.line,
                column=place.column,
                code=BRINGS_ORDERS,
                what=f"{rule} would act on the book as it is: {action} for {subject}",
                cure="restart riskd to let it, take it back, or reload once the book is inside the limit",
            )
            for rule, subject, action in orders
        )
    )


def _broken(error: Exception) -> PolicyError:
    what = f"riskd failed on these policies: {type(error).__name__}: {error}"
    return PolicyError(
        (Problem(file="", line=1, column=1, code=_BROKE, what=what[:500], cure="report it as a bug"),)
    )


def _counts(report: ShadowReport) -> dict[str, int]:
    return {
        effect.name.lower(): count
        for effect in Effect
        if (count := sum(effect in change.effects for change in report.changes))
    }
