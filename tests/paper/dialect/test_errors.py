"""Codes and texts of the dialect's own refusals: clients match on both."""

from __future__ import annotations

import json

import pytest

from riskd.paper.dialect import errors
from riskd.paper.engine.types import Rejection


@pytest.mark.parametrize(
    ("rejection", "status", "code", "message"),
    [
        (errors.unknown_path("GET", "/x"), 404, -5000, "Path /x, Method GET is invalid"),
        (
            errors.illegal_characters("price", "^d$"),
            400,
            -1100,
            "Illegal characters found in parameter 'price'; legal range is '^d$'.",
        ),
        (errors.duplicated("symbol"), 400, -1101, "Duplicate values for parameter 'symbol' detected."),
        (errors.too_many_parameters(), 400, -1101, "Too many parameters."),
        (errors.invalid_value("limit"), 400, -1130, "Data sent for parameter 'limit' is not valid."),
        (errors.key_format(), 401, -2014, "API-key format invalid."),
        (errors.key_refused(), 401, -2015, "Invalid API-key, IP, or permissions for action."),
        (errors.bad_signature(), 400, -1022, "Signature for this request is not valid."),
        (errors.outside_window(), 400, -1021, "Timestamp for this request is outside of the recvWindow."),
        (
            errors.ahead_of_server(),
            400,
            -1021,
            "Timestamp for this request was 1000ms ahead of the server's time.",
        ),
        (
            errors.outside_matching_window(),
            400,
            -5028,
            "Timestamp for this request is outside of the ME recvWindow.",
        ),
        (errors.window_too_long(), 400, -1131, "recvWindow must be less than 60000."),
        (errors.start_after_end(), 400, -1023, "Start time is greater than end time."),
        (errors.invalid_position_side(), 400, -4060, "Invalid position side."),
    ],
)
def test_a_refusal_has_binances_code_and_text(
    rejection: Rejection, status: int, code: int, message: str
) -> None:
    response = errors.error_response(rejection)
    assert response.status == status
    assert json.loads(response.body) == {"code": code, "msg": message}


def test_what_is_not_simulated_says_so_and_names_the_cure() -> None:
    said = errors.not_simulated("timeInForce", "GTD", "send GTC and cancel the order").message
    assert said == (
        "Data sent for parameter 'timeInForce' is not valid: the paper venue does not simulate 'GTD'; send GTC and"
        " cancel the order."
    )
