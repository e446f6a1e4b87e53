"""What is left to a person is planned, recorded and said, and never sent: by the mode, or by the action itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from riskd.act.decision import Actor, Ask, Outcome, Verb
from riskd.act.guard import ApprovalState, GuardFacts, Spent
from riskd.act.identity import Identity
from riskd.act.ladder import Urgency
from riskd.act.modes import Permissions
from riskd.act.proposal import Proposal
from riskd.act.waiting import Waiting
from riskd.cycle import CycleInput, CycleResult, run_cycle
from riskd.daemon.acting import Acting
from riskd.daemon.actions import Actions
from riskd.daemon.carrier import Carrier
from riskd.daemon.decisions import Decisions
from riskd.daemon.gate import Books, Gatekeeper, Health
from riskd.daemon.mandate import Mandate
from riskd.daemon.memory import Memory
from riskd.daemon.settings_orders import OrderSettings, house_bounds
from riskd.daemon.waiting import WaitingPlans
from riskd.model.desk import Mode
from riskd.model.history import History
from riskd.model.journal import EntryKind
from riskd.model.message import Message
from riskd.model.order import Intent, PlanState, Reduction
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
from tests.fakes.venue import FakeReader, FakeSender, FakeVenue

ATTEMPTED = (("desk/leverage", "account=main", 1),)
PERSON = ACTING.replace("approval: auto", "approval: human")


def test_in_propose_a_plan_is_recorded_and_said_once_and_nothing_is_sent() -> None:
    stage = Stage()
    stage.look(result_of(ACTING, account=Mode.PROPOSE))
    stage.look(result_of(ACTING, account=Mode.PROPOSE))
    assert stage.kinds() == [EntryKind.PLAN, EntryKind.DECISION]  # the plan, and on what terms it waits
    [message] = stage.said
    assert "the plan expires, nothing is sent" in message.headline


def test_an_action_that_is_left_to_a_person_is_not_sent_although_everything_is_armed() -> None:
    stage = Stage()
    stage.look(result_of(PERSON, account=Mode.ENFORCE))
    assert stage.kinds() == [EntryKind.PLAN, EntryKind.DECISION]  # the plan, and on what terms it waits
    [message] = stage.said
    assert "the plan expires, nothing is sent" in message.headline


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


def test_a_plan_that_would_do_the_same_stays_the_one_that_people_look_at() -> None:
    stage = Stage()
    stage.look(result_of(PERSON, account=Mode.ENFORCE))
    [before] = stage.standing()
    stage.look(result_of(PERSON, account=Mode.ENFORCE, attempts=1))
    assert [each.plan.id for each in stage.standing()] == [before.plan.id]


def test_a_plan_of_another_size_takes_the_place_of_the_one_that_waits() -> None:
    stage = Stage()
    stage.look(result_of(PERSON, account=Mode.ENFORCE))
    [before] = stage.standing()
    stage.look(result_of(PERSON, account=Mode.ENFORCE, held=6.0, attempts=1))
    [after] = stage.standing()
    gone = stage.decisions.of(before.plan.id, stage.clock.now())
    assert after.plan.id != before.plan.id
    assert gone is not None
    assert (gone.state, gone.newer) == (PlanState.WITHDRAWN, after.plan.id)


def test_a_plan_that_nothing_asks_for_any_more_is_withdrawn() -> None:
    stage = Stage()
    stage.look(result_of(PERSON, account=Mode.ENFORCE))
    [before] = stage.standing()
    stage.look(result_of(PERSON, account=Mode.ENFORCE, held=1.0))
    gone = stage.decisions.of(before.plan.id, stage.clock.now())
    assert stage.standing() == ()
    assert gone is not None
    assert gone.state is PlanState.WITHDRAWN


def test_a_plan_that_a_person_releases_begins_in_the_next_cycle_as_they_saw_it() -> None:
    async def begun() -> tuple[frozenset[str], list[str]]:
        stage = Stage()
        stage.look(result_of(PERSON, account=Mode.ENFORCE))
        assert stage.ask(Verb.APPROVE) is Outcome.ACCEPTED
        assert stage.actions.busy == frozenset(), "approved is not executed"
        stage.look(result_of(PERSON, account=Mode.ENFORCE, attempts=1))
        busy = stage.actions.busy
        await stage.actions.abandon()
        return busy, [record.state.value for record in stage.memory.present(stage.clock.now()).plans]

    assert asyncio.run(begun()) == (frozenset({"main"}), ["approved"])


def test_a_rejected_plan_is_not_proposed_again_for_the_same_episode() -> None:
    stage = Stage()
    stage.look(result_of(PERSON, account=Mode.ENFORCE))
    assert stage.ask(Verb.REJECT) is Outcome.ACCEPTED
    stage.look(result_of(PERSON, account=Mode.ENFORCE, attempts=1))
    assert stage.standing() == ()
    assert stage.kinds().count(EntryKind.PLAN) == 1


def test_a_plan_that_nobody_answers_expires_and_is_asked_about_again_half_an_hour_later() -> None:
    stage = Stage()
    stage.look(result_of(PERSON, account=Mode.ENFORCE))
    stage.clock.advance(OrderSettings().decide_within)
    stage.look(result_of(PERSON, account=Mode.ENFORCE, attempts=1))
    assert stage.standing() == ()
    stage.clock.advance(31 * 60)
    stage.look(result_of(PERSON, account=Mode.ENFORCE, attempts=1))
    assert len(stage.standing()) == 1


def test_a_countdown_shows_an_automatic_plan_first_and_a_rejection_stops_it() -> None:
    stage = Stage(countdown=30.0)
    stage.look(result_of(ACTING, account=Mode.ENFORCE))
    assert stage.actions.busy == frozenset()
    assert stage.ask(Verb.REJECT) is Outcome.ACCEPTED
    stage.clock.advance(31)
    stage.look(result_of(ACTING, account=Mode.ENFORCE, attempts=1))
    assert stage.actions.busy == frozenset()


def test_a_countdown_that_nobody_stops_ends_in_the_order() -> None:
    async def begun() -> frozenset[str]:
        stage = Stage(countdown=30.0)
        stage.look(result_of(ACTING, account=Mode.ENFORCE))
        stage.clock.advance(31)
        stage.look(result_of(ACTING, account=Mode.ENFORCE, attempts=1))
        busy = stage.actions.busy
        await stage.actions.abandon()
        return busy

    assert asyncio.run(begun()) == {"main"}


def test_a_countdown_goes_on_when_the_book_moves() -> None:
    """In a fall every version is another one: a countdown that began anew with each of them would never end."""

    async def begun() -> tuple[frozenset[str], list[str]]:
        stage = Stage(countdown=30.0)
        stage.look(result_of(ACTING, account=Mode.ENFORCE))
        ends = stage.standing()[0].until
        for attempt, held in ((1, 7.8), (2, 6.8), (3, 5.9)):
            stage.clock.advance(9)
            stage.look(result_of(ACTING, account=Mode.ENFORCE, attempts=attempt, held=held))
            assert [waiting.until for waiting in stage.standing()] == [ends]
        stage.clock.advance(9)
        stage.look(result_of(ACTING, account=Mode.ENFORCE, attempts=4, held=5.1))
        records = stage.memory.present(stage.clock.now()).plans
        released = [record.plan.id for record in records if record.state is PlanState.APPROVED]
        busy = stage.actions.busy
        await stage.actions.abandon()
        return busy, released

    busy, released = asyncio.run(begun())
    assert busy == {"main"}
    assert [plan.rpartition("-")[2] for plan in released] == ["5"]  # the version of that very moment


def test_nobody_is_asked_about_an_account_while_a_plan_of_it_is_under_way() -> None:
    stage = Stage()
    stage.look(result_of(PERSON, account=Mode.ENFORCE))
    [waiting] = stage.standing()
    stage.memory.plan_began(waiting.plan, stage.clock.now())
    proposals = result_of(PERSON, account=Mode.ENFORCE, attempts=1, held=5.0).proposals
    assert waiting.terms is not None
    plans = WaitingPlans(stage.memory, stage.decisions, tell=lambda _: None)
    plans.after_cycle([(each, waiting.terms) for each in proposals], stage.clock.now())
    assert proposals
    assert stage.standing() == ()


# ---- the stage -----------------------------------------------------------------------------------------------------


class Ready(Gatekeeper):
    """A gatekeeper that knows of nothing against an order but what the proposal itself says."""

    def facts(
        self,
        proposal: Proposal,
        *,
        own_plan: str = "",
        leaving: Intent | None = None,
        about: Reduction | None = None,
        urgency: Urgency = Urgency.URGENT,
    ) -> GuardFacts:
        person = proposal.demands[0].action.approval is Approval.HUMAN
        waits = ApprovalState.APPROVED if proposal.released_by else ApprovalState.PENDING
        approval = waits if person else ApprovalState.NOT_NEEDED
        return replace(READY, permissions=proposal.permissions, approval=approval)


@dataclass(slots=True)
class Stage:
    """Actions of one armed account, without a venue behind it that could be read."""

    journal: MemoryJournal = field(default_factory=MemoryJournal)
    said: list[Message] = field(default_factory=list)
    countdown: float = 0.0
    actions: Actions = field(init=False)
    decisions: Decisions = field(init=False)
    memory: Memory = field(init=False)
    clock: ManualClock = field(init=False)

    def __post_init__(self) -> None:
        clock = ManualClock(NOW)
        settings = OrderSettings(countdown=self.countdown)
        memory = Memory(self.journal, channels=["room"], now=NOW)
        gatekeeper = Ready(
            now=clock.now,
            halted=lambda _: False,
            health=lambda: Health(journal_ok=True, ledger_ok=True),
            books=lambda _account, _rule, _at: Books(unresolved=0, open_plan="", spent=Spent()),
            bounds=lambda: house_bounds(settings),
        )
        venue = FakeVenue(clock)
        carrier = Carrier(
            armed={
                "main": Acting(
                    FakeReader(venue, account="main"),
                    FakeSender(venue, account="main"),
                    listing=dict,
                    changed_at=dict,
                    resting=tuple,
                    note=_nothing_is_cancelled,
                    now=clock.now,
                    ask_name=_nobody_is_asked,
                )
            },
            memory=memory,
            gatekeeper=gatekeeper,
            clock=clock,
            identity=Identity(instance=1, key=b"k" * 32),
            bounds=lambda: house_bounds(settings),
            say=self.said.append,
        )
        self.memory, self.clock = memory, clock
        mandate = Mandate.of(settings, memory, self.said.append, clock=clock, read_again=None)
        self.decisions = mandate.decisions
        self.actions = Actions(
            carrier=carrier,
            memory=memory,
            mandate=mandate,
            gatekeeper=gatekeeper,
            clock=clock,
            permit=lambda _: Permissions(
                ceiling=Mode.ENFORCE, policy=Mode.ENFORCE, rule=Mode.ENFORCE, account=Mode.ENFORCE
            ),
            settings=settings,
            say=self.said.append,
        )

    def look(self, result: CycleResult) -> None:
        """One cycle."""
        self.actions.after_cycle(result)

    def standing(self) -> tuple[Waiting, ...]:
        """Plans that people can say something about."""
        return self.decisions.standing(self.clock.now())

    def ask(self, verb: Verb) -> Outcome:
        """An approver speaks about the plan that waits."""
        [waiting] = self.standing()
        ask = Ask(
            plan_id=waiting.plan.id,
            digest=waiting.digest,
            verb=verb,
            actor=Actor(name="anna", roles=frozenset({"approver"}), via="a test"),
            at=self.clock.now(),
        )
        return self.decisions.decide(ask).outcome

    def kinds(self) -> list[str]:
        """What the journal holds."""
        return [entry.kind for entry in self.journal.entries()]


def result_of(then: str, *, account: Mode, held: float = 9.0, attempts: int = 0) -> CycleResult:
    """One cycle over an account (at 9x unless said otherwise) under a rule that reduces it beyond 3x, everything armed but the account perhaps."""
    bundle = load([("desk.yaml", policy(leverage(more=then), mode="enforce", tests=TESTED))])
    snapshot = a_snapshot(
        accounts=[an_account("main", wallet=10_000, mode=account)],
        instruments=[an_instrument(BTC, mark=10_000.0)],
        positions=[a_position(BTC, held, entry=10_000)],
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
        attempts=dict.fromkeys(ATTEMPTED, attempts),
        ceiling=Mode.ENFORCE,
        duration_seconds=0.0,
    )
    return run_cycle(given, observe=lambda *_, **__: (snapshot, Known()))


def _nothing_is_cancelled(*_: object) -> None:
    raise AssertionError("nothing rests")


async def _nobody_is_asked(*_: object) -> str:
    raise AssertionError("nothing was traded")
