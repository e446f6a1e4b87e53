"""The table of docs/safety.md 3.4: what each answer of the venue proves."""

from __future__ import annotations

import pytest

from riskd.act.outcome import (
    NO_ANSWER,
    Answer,
    Consequence,
    Outcome,
    answer_to_failure,
    answer_to_success,
)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, ""),
        (502, ""),
        (503, "-1000"),
        (504, "-1007"),
        (520, ""),
        (503, "-2022"),  # a code means nothing under a 5xx
        (408, "-1007"),
        (403, ""),  # the firewall
        (403, "-2015"),
        (400, "-1000"),
        (400, "-1001"),
        (400, "-1006"),
        (400, "-1007"),
        (400, "-9999"),  # a code that nobody has listed
        (400, ""),
        (400, "2022"),
        (200, "-2022"),  # not a failure at all
        (302, ""),
    ],
)
def test_what_is_not_on_the_list_proves_nothing(status: int, code: str) -> None:
    assert answer_to_failure(http_status=status, code=code) == NO_ANSWER


@pytest.mark.parametrize(
    ("status", "code", "consequence"),
    [
        (429, "-1003", Consequence.BACK_OFF),
        (429, "", Consequence.BACK_OFF),
        (418, "", Consequence.BACK_OFF),
        (401, "-2015", Consequence.CHECK_KEY),
        (400, "-1021", Consequence.CHECK_CLOCK),
        (400, "-2022", Consequence.REREAD),
        (400, "-4118", Consequence.REREAD),
        (400, "-4005", Consequence.REPRICE),
        (400, "-4131", Consequence.REPRICE),
        (400, "-1106", Consequence.REPORT),
    ],
)
def test_listed_codes_prove_that_nothing_was_booked(status: int, code: str, consequence: Consequence) -> None:
    assert answer_to_failure(http_status=status, code=code) == Answer(Outcome.REJECTED, consequence)


def test_a_duplicate_id_means_that_an_earlier_send_arrived() -> None:
    assert answer_to_failure(http_status=400, code="-4116").outcome is Outcome.RECONCILE


def test_a_success_must_repeat_our_id_and_name_its_own() -> None:
    ours = "7264" + "0" * 28
    accepted = answer_to_success(expected_id=ours, echoed_id=ours, venue_order_id="88")
    assert accepted == Answer(Outcome.ACCEPTED)
    assert answer_to_success(expected_id=ours, echoed_id="", venue_order_id="88") == NO_ANSWER
    assert answer_to_success(expected_id=ours, echoed_id=ours, venue_order_id="") == NO_ANSWER


def test_an_answer_about_another_order_is_an_alarm() -> None:
    answer = answer_to_success(expected_id="a" * 32, echoed_id="b" * 32, venue_order_id="88")
    assert answer == Answer(Outcome.UNKNOWN, Consequence.ALARM)
