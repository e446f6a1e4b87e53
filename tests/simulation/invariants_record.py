"""What the journal must say: I15 and I22 (policies), I24 (decisions), I16 (no secret)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from riskd.daemon.demo.world import paper_key
from riskd.model.journal import EntryKind, JournalEntry
from riskd.model.order import PlanState
from riskd.paper.dialect.http import Rights
from tests.simulation.books import Books
from tests.simulation.editor import Editor
from tests.simulation.violations import Violations

AGAINST = frozenset({PlanState.REJECTED, PlanState.EXPIRED, PlanState.WITHDRAWN})
"""Ends of a plan of which nothing may be sent any more."""

_ENDS = AGAINST | {PlanState.DONE, PlanState.REFUSED, PlanState.FAILED}
_MAY_FOLLOW = {
    PlanState.PROPOSED: frozenset(PlanState) - {PlanState.PROPOSED, PlanState.DONE},
    PlanState.APPROVED: frozenset(PlanState) - {PlanState.PROPOSED, PlanState.APPROVED, PlanState.REJECTED},
    PlanState.EXECUTING: frozenset({PlanState.DONE, PlanState.REFUSED, PlanState.FAILED}),
}


@dataclass(slots=True, kw_only=True)
class RecordInvariants:
    """Reads the journal as it grows, beside the books.

    Attributes:
        policy_hash: Of the policies in force, as the journal says.
        policy_text: Their file.
        cycles: Snapshot and the hash that judged it.
        states: Of plans, before the newest entry.
        asked: Plans that wait for people, or did.
        rejected: Plans that somebody has refused.
    """

    books: Books
    violations: Violations
    editor: Editor
    policy_hash: str = ""
    policy_text: str = ""
    cycles: dict[int, str] = field(default_factory=dict)
    states: dict[str, PlanState] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)

    def journalled(self, entry: JournalEntry) -> None:
        """An entry became durable; the books have it already."""
        match entry.kind:
            case EntryKind.POLICY:
                self._in_force(entry)
            case EntryKind.CYCLE:
                self._judged(int(str(entry.body["snapshot_id"])), str(entry.body["policy_hash"]))
            case EntryKind.PLAN_STATE:
                self._moved(str(entry.body["id"]))
            case EntryKind.DECISION:
                self._said(entry)
            case _:
                pass

    def at_end(self, in_ledger: Mapping[int, str]) -> None:
        """What is in force is what stands in the file, and every plan leads to what judged it.

        Args:
            in_ledger: By snapshot, the hash that the ledger keeps. It is asked where the journal could not be written
                at the end of a cycle, and could a moment later.
        """
        for plan in self.books.plans.values():
            known = plan.snapshot_id in self.cycles or plan.snapshot_id in in_ledger
            self.violations.check(
                known,
                "I15",
                f"plan {plan.id} rests on snapshot {plan.snapshot_id}, which nobody has recorded",
            )
        self.violations.check(
            meaning(self.policy_text) == meaning(self.editor.saved[-1]),
            "I15",
            f"in force is {self.policy_hash[:8]}, which is not what was saved at {self.editor.saved_at:.0f} s",
        )

    def _in_force(self, entry: JournalEntry) -> None:
        files = entry.body["files"]
        assert isinstance(files, list)
        [file] = files
        assert isinstance(file, dict)
        self.policy_hash, self.policy_text = str(entry.body["policy_hash"]), str(file["text"])
        self.violations.check(
            self.policy_text in self.editor.saved, "I15", f"{self.policy_hash[:8]} was never a valid file"
        )

    def _judged(self, snapshot: int, judged: str) -> None:
        """I22: a cycle is judged by the policies that the journal says are in force."""
        self.cycles[snapshot] = judged
        self.violations.check(
            judged == self.policy_hash,
            "I22",
            f"a cycle was judged by {judged[:8]}, in force is {self.policy_hash[:8]}",
        )

    def _said(self, entry: JournalEntry) -> None:
        """I24: one decision wins, also over a restart."""
        what, plan = str(entry.body["what"]), str(entry.body["target"])
        if what == "ask":
            self.asked.add(plan)
        elif what in ("approve", "reject"):
            self.violations.check(
                plan not in self.rejected, "I24", f"{what} counts for {plan}, which is rejected"
            )
        if what == "reject":
            self.rejected.add(plan)

    def _moved(self, name: str) -> None:
        """I24: a plan is decided once."""
        before, after = self.states.get(name), self.books.states[name]
        self.states[name] = after
        alone = after is PlanState.EXECUTING and before is not PlanState.APPROVED
        self.violations.check(
            not (alone and name in self.asked), "I24", f"plan {name} begins, and nobody has released it"
        )
        if before is not None:
            allowed = _MAY_FOLLOW.get(before, frozenset())
            self.violations.check(after in allowed, "I24", f"plan {name} was {before} and is {after}")


def meaning(text: str) -> str:
    """A policy file without its comments."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def canaries(accounts: Iterable[str], identity_key: bytes) -> tuple[bytes, ...]:
    """Every secret of an installation, as it would show in a text."""
    keys = [paper_key(account, rights) for account, rights in product(accounts, Rights)]
    texts = [text for key in keys for text in (key.key, key.secret)]
    return (*(text.encode() for text in texts), identity_key)


def secrets_in(outputs: Iterable[bytes], secrets: Iterable[bytes]) -> list[str]:
    """I16: which secrets stand in what riskd has written or said, as they are or in hexadecimal digits."""
    forms = {form for secret in secrets for form in (secret, secret.hex().encode())}
    return sorted({form.decode() for output in outputs for form in forms if form in output})
