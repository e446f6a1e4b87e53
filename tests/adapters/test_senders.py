"""A venue can be sent to when it passes the conformance suite, and can be armed when it can be read as well."""

from __future__ import annotations

import pytest

from riskd.adapters.ccxt_session import Rights
from riskd.adapters.ccxt_transport import VENUES, Access
from riskd.adapters.credentials import Secret, VenueKey
from riskd.adapters.request_budget import RequestBudget, Urgency
from riskd.adapters.senders import REDUCE_ONLY_VERIFIED, budget_for, make_sender, open_trading
from riskd.daemon.settings import SENT_TO_BUT_NOT_READ
from riskd.daemon.settings_file import parse_settings
from riskd.errors import SettingsError, VenueUnavailable
from riskd.model.wire import VenueAnswer
from tests.contracts.conformance.venues import PLACES
from tests.fakes.clock import ManualClock
from tests.fakes.transport import ScriptedTransport

KEY = VenueKey(name="main", api_key=Secret("a"), secret=Secret("b"))


def test_the_registry_is_what_the_suite_runs() -> None:
    assert set(PLACES) == REDUCE_ONLY_VERIFIED


def test_a_venue_without_the_suite_has_no_sender_and_no_way() -> None:
    clock = ManualClock()
    with pytest.raises(ValueError, match="binanceusdm, bybit, okx have passed the conformance suite"):
        make_sender("gate", ScriptedTransport(lambda _: "x"), account="a", clock=clock, listing=dict)
    with pytest.raises(ValueError, match="'gate': no orders can be sent there"):
        open_trading(Access(venue="gate", key=KEY), clock=clock, budget=RequestBudget(clock))


@pytest.mark.parametrize("venue", sorted(SENT_TO_BUT_NOT_READ))
def test_keys_leave_this_machine_for_the_venue_alone(venue: str) -> None:
    clock = ManualClock()
    access = Access(
        venue=venue,
        key=VenueKey(name="main", api_key=Secret("a"), secret=Secret("b"), passphrase=Secret("c")),
        rights=Rights.TRADE,
        base_url="http://192.0.2.1:80",
    )
    with pytest.raises(ValueError, match="is not on this machine"):
        open_trading(access, clock=clock, budget=RequestBudget(clock))
    with pytest.raises(ValueError, match="orders need a key"):
        open_trading(Access(venue=venue), clock=clock, budget=RequestBudget(clock))


@pytest.mark.parametrize("venue", sorted(SENT_TO_BUT_NOT_READ))
def test_an_account_of_a_venue_that_cannot_be_read_cannot_be_armed(venue: str) -> None:
    text = f"""riskd: config/v1
mode: enforce
policies: [policies/a.yaml]
accounts:
  - id: main
    venue: {venue}
    credential: reading
    trading_credential: trading
    mode: enforce
"""
    with pytest.raises(SettingsError) as caught:
        parse_settings("riskd.yaml", text)

    [problem] = caught.value.problems
    assert (problem.line, problem.column) == (6, 12)
    assert f"{venue} cannot be read yet" in str(problem)


def test_what_is_sent_to_and_not_read_is_said_so_in_the_settings() -> None:
    assert REDUCE_ONLY_VERIFIED - set(VENUES) == SENT_TO_BUT_NOT_READ


@pytest.mark.parametrize(("venue", "seconds"), [("binanceusdm", 60), ("bybit", 5), ("okx", 2)])
def test_a_venue_that_demands_silence_gets_as_much_as_it_counts_by(venue: str, seconds: int) -> None:
    clock = ManualClock()
    budget = budget_for(venue, clock=clock)

    budget.learn(VenueAnswer(status=429, headers=(), text=""), host=venue)
    clock.advance(seconds - 0.1)
    with pytest.raises(VenueUnavailable, match="asked for silence"):
        budget.admit(1, host=venue, urgency=Urgency.ACT)

    clock.advance(0.2)
    budget.admit(1, host=venue, urgency=Urgency.ACT)
