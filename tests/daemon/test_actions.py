"""What is left to a person is planned, recorded and said, and never sent: by the mode, or by the action itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from riskd.act.clamp import Fresh
from riskd.act.guard import ApprovalState, GuardFacts, Spent
from riskd.act.identity import Identity
from riskd.act.proposal import Proposal
from riskd.act.refusal import Refusal
from riskd.cycle import CycleInput, CycleResult, run_cycle
from riskd.daemon.actions import Actions
from riskd.daemon.carrier import Armed, Carrier
from riskd.daemon.gate import Books, Gatekeeper, Health, house_bounds
from riskd.daemon.memory import Memory
from riskd.daemon.settings import OrderSettings
from riskd.model.desk import Mode
from riskd.model.history import History
from riskd.model.journal import EntryKind
from riskd.model.message import Message
from riskd.model.order import Intent, Reduction
from riskd.model.snapshot import Snapshot
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from riskd.policy.load import load
from riskd.policy.rule import Approval
from tests.act.test_guard import READY
from tests.builders import BTC, NOW, a_history, a_position, a_snapshot, an_account, an_instrument
from tests.daemon.policy_play import ACTING, TESTED, leverage, policy
from tests.fakes.clock import ManualClock
from tests.fakes.journal import MemoryJournal
from tests.fakes.venue import FakeSender, FakeVenue

PERSON = ACTING.replace("approval: auto", "approval: human")


def test_in_propose_a_plan_is_recorded_and_said_once_and_nothing_is_sent() -> None:
    stage = Stage()
    stage.look(result_of(ACTING, account=Mode.PROPOSE))
    stage.look(result_of(ACTING, account=Mode.PROPOSE))
    assert stage.kinds() == [EntryKind.PLAN]
    [message] = stage.said
    assert message.body[-1].startswith("riskd sends nothing of it: a person who agrees places these orders")


def test_an_action_that_is_left_to_a_person_is_not_sent_although_everything_is_armed() -> None:
    stage = Stage()
    stage.look(result_of(PERSON, account=Mode.ENFORCE))
    assert stage.kinds() == [EntryKind.PLAN]
    [message] = stage.said
    assert message.body[-1].startswith("riskd sends nothing of it: a person who agrees places these orders")


def test_in_observe_no_plan_is_recorded_or_said() -> None:
    stage = Stage()
    stage.look(result_of(ACTING, account=Mode.OBSERVE))
    assert (stage.kinds(), stage.said) == ([], [])


def test_only_an_armed_account_and_an_action_of_riskd_begin_a_plan() -> None:
    async def begun() -> frozenset[str]:
        stage = Stage()
        stage.look(result_of(ACTING, account=Mode.ENFORCE))
        busy = stage.actions.busy
        await stage.actions.abandon()
        return busy

    assert asyncio.run(begun()) == {"main"}


# ---- the stage -----------------------------------------------------------------------------------------------------


class Ready(Gatekeeper):
    """A gatekeeper that knows of nothing against an order but what the proposal itself says."""

    def facts(self, proposal: Proposal, *, own_plan: str = "", leaving: Intent | None = None) -> GuardFacts:
        person = proposal.demands[0].action.approval is Approval.HUMAN
        waits = ApprovalState.APPROVED if proposal.released_by else ApprovalState.PENDING
        approval = waits if person else ApprovalState.NOT_NEEDED
        return replace(READY, permissions=proposal.permissions, approval=approval)


@dataclass(slots=True)
class Stage:
    """Actions of one armed account, without a venue behind it that could be read."""

    journal: MemoryJournal = field(default_factory=MemoryJournal)
    said: list[Message] = field(default_factory=list)
    actions: Actions = field(init=False)

    def __post_init__(self) -> None:
        clock = ManualClock(NOW)
        settings = OrderSettings()
        memory = Memory(self.journal, channels=["room"], now=NOW)
        gatekeeper = Ready(
            now=clock.now,
            halted=lambda: False,
            health=lambda: Health(journal_ok=True, ledger_ok=True),
            books=lambda _account, _rule, _at: Books(unresolved=0, open_plan="", spent=Spent()),
            bounds=house_bounds(settings),
        )
        carrier = Carrier(
            armed={
                "main": Armed(
                    sender=FakeSender(FakeVenue(clock), account="main"), read=_read, unblock=_unblock
                )
            },
            memory=memory,
            gatekeeper=gatekeeper,
            clock=clock,
            identity=Identity(instance=1, key=b"k" * 32),
            settings=settings,
            say=self.said.append,
        )
        self.actions = Actions(
            carrier=carrier, memory=memory, gatekeeper=gatekeeper, clock=clock, say=self.said.append
        )

    def look(self, result: CycleResult) -> None:
        """One cycle."""
        self.actions.after_cycle(result)

    def kinds(self) -> list[str]:
        """What the journal holds."""
        return [entry.kind for entry in self.journal.entries()]


def result_of(then: str, *, account: Mode) -> CycleResult:
    """One cycle over an account at 9x under a rule that reduces it beyond 3x, everything armed but the account perhaps."""
    bundle = load([("desk.yaml", policy(leverage(more=then), mode="enforce", tests=TESTED))])
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=10_000, mode=account)],
        instruments=[an_instrument(BTC, mark=10_000.0)],
        positions=[a_position(BTC, 9.0, entry=10_000)],
    )

    def past(_snapshot: Snapshot, _known: Known) -> History:
        return a_history(snapshot)

    given = CycleInput(
        snapshot_id=snapshot.id,
        now=snapshot.taken_at,
        reports=(),
        known=Known(),
        desk=snapshot.desk,
        freshness=Freshness(),
        bundle=bundle,
        states={},
        remember=past,
        attempts={},
        ceiling=Mode.ENFORCE,
        duration_seconds=0.0,
    )
    return run_cycle(given, observe=lambda *_, **__: (snapshot, Known()))


async def _read(_reduction: Reduction) -> Fresh:
    raise AssertionError("nothing is read before the plan has begun")


async def _unblock(*_: object) -> Refusal | None:
    raise AssertionError("nothing rests")
