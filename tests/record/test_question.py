"""The comment at the head of a SQL file is its manual."""

from __future__ import annotations

import pytest

from riskd.errors import LedgerError
from riskd.record.question import QuestionParameter, parse_question

TEXT = """-- When was each account most leveraged?
-- Only known values count.
-- Parameters:
--   $account = '*'            glob over account ids
--   $since = '1970-01-01'     from this moment on, UTC
-- Columns:
--   account          account id
--   leverage_gross   a multiple
select account, 1 as leverage_gross from account_snapshots -- not a header any more
"""


def test_purpose_parameters_and_columns_are_read() -> None:
    question = parse_question("worst_hour", TEXT)

    assert question.purpose == "When was each account most leveraged? Only known values count."
    assert question.parameters == (
        QuestionParameter(name="account", default="*", meaning="glob over account ids"),
        QuestionParameter(name="since", default="1970-01-01", meaning="from this moment on, UTC"),
    )
    assert question.columns == (("account", "account id"), ("leverage_gross", "a multiple"))
    assert question.sql == TEXT


@pytest.mark.parametrize(
    "text", ["", "select 1", "-- A purpose only\nselect 1", "-- Columns:\n--   a   b\nselect 1"]
)
def test_a_file_without_a_manual_is_refused(text: str) -> None:
    with pytest.raises(LedgerError, match=r"q\.sql: expected a comment at its head"):
        parse_question("q", text)
