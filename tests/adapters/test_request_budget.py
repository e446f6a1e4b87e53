"""One address has one budget: watching leaves a reserve to acting, and a minute forgives."""

from __future__ import annotations

import asyncio

import pytest

from riskd.adapters.request_budget import RequestBudget, Urgency
from riskd.errors import VenueUnavailable
from riskd.model.wire import VenueAnswer
from tests.endtoend.waiting import pass_time
from tests.fakes.clock import ManualClock


def spend(budget: RequestBudget, weight: int, urgency: Urgency = Urgency.WATCH, host: str = "fapi") -> str:
    """Reason of the refusal; empty when admitted."""
    try:
        budget.admit(weight, host=host, urgency=urgency)
    except VenueUnavailable as refusal:
        return refusal.reason
    return ""


def test_watching_stops_at_the_reserve_and_acting_may_use_it() -> None:
    budget = RequestBudget(ManualClock(), weight_per_minute=100, reserve=0.2)

    assert spend(budget, 80) == ""
    assert spend(budget, 1) == "unsent:budget"
    assert spend(budget, 20, Urgency.ACT) == ""
    assert spend(budget, 1, Urgency.ACT) == "unsent:budget"


def test_the_next_minute_starts_anew_and_the_refusal_says_when() -> None:
    clock = ManualClock()
    budget = RequestBudget(clock, weight_per_minute=100)
    clock.advance(45.0)
    spend(budget, 80)

    with pytest.raises(VenueUnavailable) as caught:
        budget.admit(1, host="fapi", urgency=Urgency.WATCH)
    assert caught.value.retry_after_seconds == pytest.approx(15.0)
    clock.advance(15.0)

    assert spend(budget, 80) == ""


def test_the_venue_knows_better_what_others_on_our_address_used() -> None:
    budget = RequestBudget(ManualClock(), weight_per_minute=100)
    budget.learn(VenueAnswer(status=200, headers=(("x-mbx-used-weight-1m", "79"),), text="[]"), host="fapi")

    assert spend(budget, 2) == "unsent:budget"
    assert spend(budget, 2, host="api") == ""


@pytest.mark.parametrize(("status", "seconds"), [(429, 60.0), (418, 120.0)])
def test_a_ban_without_a_date_is_believed_to_last(status: int, seconds: float) -> None:
    clock = ManualClock()
    budget = RequestBudget(clock)
    budget.learn(VenueAnswer(status=status, headers=(), text=""), host="fapi")

    clock.advance(seconds - 1.0)
    assert spend(budget, 1, Urgency.ACT) == "unsent:silence"
    clock.advance(1.0)
    assert spend(budget, 1) == ""


def test_silence_outlives_a_step_of_the_wall_clock() -> None:
    clock = ManualClock()
    budget = RequestBudget(clock)
    budget.learn(VenueAnswer(status=429, headers=(("retry-after", "30"),), text=""), host="fapi")

    clock.step_wall(3600.0)

    assert spend(budget, 1) == "unsent:silence"


def test_the_first_request_to_a_host_goes_alone_and_the_rest_know_what_it_learned() -> None:
    budget = RequestBudget(ManualClock(), weight_per_minute=100)
    going: list[int] = []
    outcomes: list[str] = []

    async def request(heard: asyncio.Event, host: str = "fapi") -> None:
        async with budget.first_alone(host):
            outcomes.append(spend(budget, 10, host=host))
            going.append(len(going))
            await heard.wait()
            used = (("x-mbx-used-weight-1m", "80"),)
            budget.learn(VenueAnswer(status=200, headers=used, text=""), host=host)

    async def story() -> None:
        heard = asyncio.Event()
        requests = [asyncio.create_task(request(heard)) for _ in range(5)]
        other = asyncio.create_task(request(heard, "api"))
        await pass_time(0.01)
        assert len(going) == 2, "one to each host"
        heard.set()
        await asyncio.gather(other, *requests)
        assert outcomes == ["", "", *["unsent:budget"] * 4]

    asyncio.run(story())


def test_a_first_request_without_an_answer_holds_up_the_others_no_longer_than_it_takes() -> None:
    budget = RequestBudget(ManualClock())

    async def story() -> None:
        with pytest.raises(VenueUnavailable):
            async with budget.first_alone("fapi"):
                raise VenueUnavailable("no answer", reason="timeout")
        async with budget.first_alone("fapi"), budget.first_alone("fapi"):
            pass  # two at once

    asyncio.run(story())
