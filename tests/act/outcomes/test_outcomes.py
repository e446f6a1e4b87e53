"""Only what a venue's documentation says of a code proves a rejection; all else, and every doubt, proves nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskd.act.outcome import Answer, Consequence, Outcome
from riskd.act.outcomes import bybit, okx

JUDGES = {"bybit": bybit.answer_to_refusal, "okx": okx.answer_to_refusal}
TABLES: Mapping[str, Mapping[Consequence, frozenset[str]]] = {
    "bybit": bybit.REJECTIONS,
    "okx": okx.REJECTIONS,
}
# Words of the documentation that leave open whether the order was booked.
DOUBTFUL = {
    "bybit": ("10000", "10016", "429", "-1", "110079", "110008", "170007", ""),
    "okx": ("50001", "50004", "50005", "50013", "50026", "51054", "51149", "51412", "51603", "1", ""),
}
ALREADY_SENT = {"bybit": ("110072", "10014"), "okx": ("51016", "51065", "50071")}
PROVEN = {
    "bybit": {
        "110017": Consequence.REREAD,
        "10002": Consequence.CHECK_CLOCK,
        "10003": Consequence.CHECK_KEY,
        "10004": Consequence.CHECK_KEY,
        "10005": Consequence.CHECK_KEY,
        "10006": Consequence.BACK_OFF,
        "10018": Consequence.BACK_OFF,
        "110003": Consequence.REPRICE,
        "110093": Consequence.BEYOND,
        "10001": Consequence.REPORT,
    },
    "okx": {
        "51169": Consequence.REREAD,
        "51121": Consequence.REPRICE,
        "51006": Consequence.REPRICE,
        "50037": Consequence.CHECK_CLOCK,
        "50113": Consequence.CHECK_KEY,
        "50011": Consequence.BACK_OFF,
        "51304": Consequence.BEYOND,
        "51000": Consequence.REPORT,
    },
}

venues = pytest.mark.parametrize("venue", JUDGES)


@venues
def test_a_listed_code_proves_a_rejection_and_says_what_follows(venue: str) -> None:
    for code, consequence in PROVEN[venue].items():
        assert JUDGES[venue](http_status=200, code=code) == Answer(Outcome.REJECTED, consequence), code


@venues
def test_doubtful_words_prove_nothing(venue: str) -> None:
    for code in DOUBTFUL[venue]:
        assert JUDGES[venue](http_status=200, code=code).outcome is Outcome.UNKNOWN, code


@venues
def test_an_id_that_is_known_already_is_looked_up(venue: str) -> None:
    for code in ALREADY_SENT[venue]:
        assert JUDGES[venue](http_status=200, code=code).outcome is Outcome.RECONCILE


@venues
@pytest.mark.parametrize("status", [403, 404, 408, 500, 502, 503, 504, 520])
def test_a_code_proves_nothing_where_the_engine_did_not_write_it(venue: str, status: int) -> None:
    for codes in TABLES[venue].values():
        for code in codes:
            assert JUDGES[venue](http_status=status, code=code).outcome is Outcome.UNKNOWN


@venues
def test_a_code_has_one_consequence(venue: str) -> None:
    listed = [code for codes in TABLES[venue].values() for code in codes]
    assert len(listed) == len(set(listed))
    assert not set(listed) & {*DOUBTFUL[venue], *ALREADY_SENT[venue]}


@venues
@settings(max_examples=100, derandomize=True)
@given(status=st.integers(100, 599), code=st.integers(-9999, 9_999_999).map(str))
def test_nothing_but_a_listed_code_is_a_rejection(venue: str, status: int, code: str) -> None:
    listed = {code for codes in TABLES[venue].values() for code in codes}
    if JUDGES[venue](http_status=status, code=code).outcome is Outcome.REJECTED:
        assert code in listed


def test_a_frequency_protection_that_asks_to_try_again_proves_nothing() -> None:
    assert bybit.answer_to_refusal(http_status=429, code="") == Answer(Outcome.UNKNOWN, Consequence.BACK_OFF)
    assert okx.answer_to_refusal(http_status=429, code="").outcome is Outcome.UNKNOWN
