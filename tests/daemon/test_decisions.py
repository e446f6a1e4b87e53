"""Decisions about plans are on the disk before anybody is told, exactly one wins, and a restart at any point changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from riskd.act.decision import Outcome, Ruling, Verb, plan_digest
from riskd.act.waiting import AtTimeout, Terms, Waiting
from riskd.daemon.decisions import BY_THE_POLICY, RELEASE_LASTS, Decided, Decisions
from riskd.daemon.memory import Memory
from riskd.errors import JournalError
from riskd.model.journal import EntryKind
from riskd.model.order import PlanState
from riskd.record.plan_text import plan_body
from tests.act.waiting_plans import LIFE, an_actor, an_ask, terms
from tests.builders import NOW
from tests.fakes.journal import Crash, MemoryJournal, never
from tests.record.builder import a_plan

COUNTDOWN = terms(1, until=NOW + timedelta(seconds=30), at_timeout=AtTimeout.EXECUTES)


@dataclass(slots=True)
class Desk:
    """Decisions over a journal; ``restarted`` is the same disk after a kill."""

    journal: MemoryJournal = field(default_factory=MemoryJournal)
    told: list[Decided] = field(default_factory=list)
    memory: Memory = field(init=False)
    decisions: Decisions = field(init=False)

    def __post_init__(self) -> None:
        self.memory = Memory(self.journal, channels=["room"], now=NOW)
        self.decisions = Decisions(self.memory, tell=self.told.append)

    def shows(self, on: Terms = terms()) -> Desk:  # noqa: B008 - frozen
        """A plan is recorded and waits on these terms."""
        assert self.memory.note(EntryKind.PLAN, plan_body(a_plan()), NOW)
        assert self.decisions.ask(a_plan(), on, NOW)
        return self

    def restarted(self) -> Desk:
        """What a daemon that starts now believes."""
        return Desk(MemoryJournal(self.journal.lines))

    def plan(self, after: float = 1.0) -> Waiting:
        found = self.decisions.of("plan-1", NOW + timedelta(seconds=after))
        assert found is not None
        return found

    def say(self, verb: Verb = Verb.APPROVE, who: str = "ada", *, after: float = 1.0) -> Ruling:
        return self.decisions.decide(an_ask(verb, who, after=after))

    def due(self, after: float) -> PlanState:
        """What has become of the plan once its time was looked at."""
        self.decisions.due(NOW + timedelta(seconds=after))
        return self.plan(after).state

    @property
    def words(self) -> list[tuple[str, str]]:
        return [(decided.word, decided.person) for decided in self.told]


def full_disk(kind: str) -> None:
    raise JournalError(f"no space left for {kind}")


def test_an_approval_is_durable_before_it_is_believed() -> None:
    desk = Desk().shows()
    assert desk.say().outcome is Outcome.ACCEPTED
    assert desk.words == [("approved", "ada")]
    for each in (desk, desk.restarted()):
        assert (each.plan().state, each.plan().reason) == (PlanState.APPROVED, "ada")


def test_on_a_full_disk_nothing_is_decided_and_nobody_is_told_otherwise() -> None:
    desk = Desk().shows()
    desk.journal.before = full_disk
    ruling = desk.say()
    assert ruling.outcome is Outcome.NOT_ALLOWED
    assert "nothing was decided" in ruling.text
    assert desk.told == []
    desk.journal.before = never
    assert desk.say(who="ben").outcome is Outcome.ACCEPTED


def test_of_two_who_approve_at_once_exactly_one_wins() -> None:
    desk = Desk().shows()
    first, second = desk.say(who="ada"), desk.say(who="ben")
    assert (first.outcome, second.outcome) == (Outcome.ACCEPTED, Outcome.DECIDED)
    assert second.text.startswith("approved by ada at 12:00:01 UTC")
    assert desk.words == [("approved", "ada")]


def test_the_second_is_told_who_was_first_also_after_a_restart() -> None:
    desk = Desk().shows()
    desk.say(who="ada")
    again = desk.restarted()
    assert again.say(who="ben").text.startswith("approved by ada at 12:00:01 UTC")
    assert again.told == []


def test_the_first_of_two_approvals_outlives_a_restart() -> None:
    desk = Desk().shows(terms(2))
    assert desk.say(who="ada").outcome is Outcome.COUNTED
    again = desk.restarted()
    assert again.say(who="ada").outcome is Outcome.SAME_PERSON
    assert again.say(who="ben").outcome is Outcome.ACCEPTED
    assert (again.plan().state, again.plan().reason) == (PlanState.APPROVED, "ada and ben")


def test_holds_outlive_a_restart() -> None:
    desk = Desk().shows()
    desk.say(Verb.HOLD)
    again = desk.restarted()
    assert again.plan().until == NOW + LIFE + timedelta(minutes=5)
    assert again.due(LIFE.total_seconds() + 1) is PlanState.PROPOSED


def test_what_is_left_to_people_expires_and_is_never_sent_on_silence() -> None:
    desk = Desk().shows()
    assert desk.due(LIFE.total_seconds() - 1) is PlanState.PROPOSED
    assert desk.due(LIFE.total_seconds()) is PlanState.EXPIRED
    assert desk.words == [("expired", "nobody decided in time")]
    assert desk.say(after=LIFE.total_seconds() + 1).outcome is Outcome.EXPIRED
    desk.decisions.due(NOW + LIFE * 2)
    assert len(desk.told) == 1


def test_one_of_two_approvals_is_silence_too() -> None:
    desk = Desk().shows(terms(2))
    desk.say()
    assert desk.due(LIFE.total_seconds()) is PlanState.EXPIRED


def test_a_countdown_that_nobody_stops_releases_the_plan_once() -> None:
    desk = Desk().shows(COUNTDOWN)
    assert desk.due(29) is PlanState.PROPOSED
    assert desk.due(30) is PlanState.APPROVED
    assert desk.plan().reason == BY_THE_POLICY
    assert desk.restarted().due(31) is PlanState.APPROVED
    assert desk.words == [("released", BY_THE_POLICY)]


def test_a_countdown_can_be_stopped_held_and_cut_short() -> None:
    assert Desk().shows(COUNTDOWN).say(Verb.REJECT).outcome is Outcome.ACCEPTED
    held = Desk().shows(COUNTDOWN)
    held.say(Verb.HOLD)
    assert held.due(31) is PlanState.PROPOSED
    assert held.due(330) is PlanState.APPROVED
    short = Desk().shows(COUNTDOWN)
    short.say()
    assert short.plan().reason == "ada"


def test_a_rejected_countdown_never_executes_also_after_a_restart() -> None:
    desk = Desk().shows(COUNTDOWN)
    desk.say(Verb.REJECT)
    assert desk.restarted().due(3600) is PlanState.REJECTED


def test_a_release_that_could_not_begin_expires() -> None:
    desk = Desk().shows()
    desk.say(after=1)
    late = 1 + RELEASE_LASTS.total_seconds()
    assert desk.due(late - 1) is PlanState.APPROVED
    assert desk.due(late) is PlanState.EXPIRED


def test_standing_plans_are_those_about_which_something_can_still_be_said() -> None:
    desk = Desk().shows(terms(2))
    assert [each.plan.id for each in desk.decisions.standing(NOW)] == ["plan-1"]
    assert desk.decisions.standing(NOW + LIFE) == ()
    desk.say(Verb.REJECT)
    assert desk.decisions.standing(NOW) == ()
    assert [each.state for each in desk.decisions.recent(NOW)] == [PlanState.REJECTED]


def test_a_plan_that_was_recorded_and_never_shown_is_withdrawn_after_a_start() -> None:
    desk = Desk()
    desk.memory.note(EntryKind.PLAN, plan_body(a_plan()), NOW)
    assert desk.say().outcome is Outcome.EXPIRED
    again = desk.restarted()
    again.decisions.begin(NOW)
    assert again.plan().state is PlanState.WITHDRAWN


def test_a_click_on_an_old_version_names_the_new_one() -> None:
    desk = Desk().shows()
    desk.memory.plan_ended(a_plan(), PlanState.WITHDRAWN, "superseded by plan-2", NOW)
    assert desk.restarted().say().newer == "plan-2"


def test_a_digest_of_the_plan_as_it_was_shown_is_accepted_after_a_restart() -> None:
    ask = replace(an_ask(), digest=plan_digest(a_plan())[:4], actor=an_actor("ada", via="slack U012AB3CD"))
    desk = Desk().shows().restarted()
    assert desk.decisions.decide(ask).outcome is Outcome.ACCEPTED
    assert desk.plan().votes[0].via == "slack U012AB3CD"


@pytest.mark.parametrize("dies", range(4))
@pytest.mark.parametrize("when", ["before", "after"])
def test_wherever_the_process_dies_a_decision_is_whole_or_was_never_made(dies: int, when: str) -> None:
    """The decision is one entry and its state another: dying between them loses neither."""
    desk = Desk().shows()
    left = [dies]

    def die(kind: str) -> None:
        if left[0] == 0:
            raise Crash
        left[0] -= 1

    setattr(desk.journal, when, die)
    try:
        desk.say(who="ada")
        desk.decisions.due(NOW + timedelta(seconds=2))
    except Crash:
        pass
    again = desk.restarted()
    again.decisions.begin(NOW)
    again.decisions.due(NOW + timedelta(seconds=3))
    if again.plan().votes:
        assert again.plan().state is PlanState.APPROVED
        assert again.say(who="ben").outcome is Outcome.DECIDED
    else:
        assert again.say(who="ben").outcome is Outcome.ACCEPTED
        assert again.plan().reason == "ben"
