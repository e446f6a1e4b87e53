"""What a venue's answer to an order proves.

Only codes on an allow-list prove that an order was not booked. Everything else, silence included, proves nothing, and
the venue must be asked by client order id before anything else is sent. Error classes of client libraries are not
consulted: they call booked orders failures and empty pages successes.

Source: docs/safety.md 3.4, measured; Binance USD-M error codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What is known of a sent order."""

    ACCEPTED = "accepted"  # the venue repeated our id and gave its own
    REJECTED = "rejected"  # proven: it is not booked
    RECONCILE = "reconcile"  # an earlier send of this id arrived: look it up
    UNKNOWN = "unknown"  # it may be booked or not


class Consequence(StrEnum):
    """What else the answer asks for."""

    NONE = "none"
    BACK_OFF = "back_off"  # wait as long as Retry-After says, with everything on this address
    CHECK_CLOCK = "check_clock"
    CHECK_KEY = "check_key"  # a person must look at the key and its rights
    REREAD = "reread"  # the position is not what it was: take a fresh snapshot, plan anew
    REPRICE = "reprice"  # price or size outside the venue's filters: smaller or nearer, from fresh filters
    REPORT = "report"  # a fault of ours or of the venue's dialect: say so
    BEYOND = "beyond"  # the price has passed the stop that was to be placed: the position is to be closed now
    MAKER_ONLY = "maker_only"  # a post-only order would have taken: the next way of the ladder
    ALARM = "alarm"  # an answer about somebody else's order: stop sending


@dataclass(frozen=True, slots=True)
class Answer:
    """Outcome and consequence together."""

    outcome: Outcome
    consequence: Consequence = Consequence.NONE


NO_ANSWER = Answer(Outcome.UNKNOWN)
"""Reset, time-out, truncated body, rubbish: the order may have been booked all the same."""


def answer_to_success(*, expected_id: str, echoed_id: str, venue_order_id: str) -> Answer:
    """What an HTTP 200 proves: nothing, unless it repeats our id and names the venue's own.

    Args:
        expected_id: The client order id that was sent.
        echoed_id: The one in the answer; empty when there is none.
        venue_order_id: The venue's own id; empty when there is none.
    """
    if echoed_id and echoed_id != expected_id:
        return Answer(Outcome.UNKNOWN, Consequence.ALARM)
    if not echoed_id or not venue_order_id:
        return NO_ANSWER
    return Answer(Outcome.ACCEPTED)


def answer_to_failure(*, http_status: int, code: str) -> Answer:
    """What an HTTP failure of Binance USD-M proves.

    A code counts only under a 4xx status: Binance says of every 5xx that the execution status is unknown, and a 403
    comes from the firewall in front of the engine.

    Args:
        http_status: Status of the response.
        code: The venue's own code such as ``-2022``; empty when the body held none.
    """
    if http_status in _RATE_LIMITED:
        return Answer(Outcome.REJECTED, Consequence.BACK_OFF)
    if not 400 <= http_status < 500 or http_status in _NOT_FROM_THE_ENGINE:
        return NO_ANSWER
    if code in _ALREADY_SENT:
        return Answer(Outcome.RECONCILE)
    for consequence, codes in _REJECTIONS.items():
        if code in codes:
            return Answer(Outcome.REJECTED, consequence)
    return NO_ANSWER


_RATE_LIMITED = frozenset({418, 429})
_NOT_FROM_THE_ENGINE = frozenset({403, 408})
_ALREADY_SENT = frozenset({"-4116"})  # DUPLICATED_CLIENT_TRAN_ID

_REJECTIONS: dict[Consequence, frozenset[str]] = {
    Consequence.BACK_OFF: frozenset(
        {
            "-1003",  # TOO_MANY_REQUESTS
            "-1015",  # TOO_MANY_ORDERS
        }
    ),
    Consequence.CHECK_CLOCK: frozenset({"-1021"}),  # INVALID_TIMESTAMP
    Consequence.BEYOND: frozenset({"-2021"}),  # ORDER_WOULD_IMMEDIATELY_TRIGGER
    Consequence.MAKER_ONLY: frozenset({"-5022"}),  # GTX_ORDER_REJECT: nothing of it is recorded
    Consequence.CHECK_KEY: frozenset(
        {
            "-1002",  # UNAUTHORIZED
            "-1022",  # INVALID_SIGNATURE
            "-2014",  # BAD_API_KEY_FMT
            "-2015",  # REJECTED_MBX_KEY: key, address or rights
            "-4087",  # REDUCE_ONLY_ORDER_PERMISSION
            "-4088",  # NO_PLACE_ORDER_PERMISSION
            "-4109",  # INACTIVE_ACCOUNT
        }
    ),
    Consequence.REREAD: frozenset(
        {
            "-2022",  # REDUCE_ONLY_REJECT
            "-2023",  # USER_IN_LIQUIDATION
            "-2024",  # POSITION_NOT_SUFFICIENT
            "-4061",  # POSITION_SIDE_NOT_MATCH: the position mode was changed
            "-4062",  # REDUCE_ONLY_CONFLICT
            "-4118",  # REDUCE_ONLY_MARGIN_CHECK_FAILED: resting reduce-only orders already cover the position
        }
    ),
    Consequence.REPRICE: frozenset(
        {
            "-1111",  # BAD_PRECISION
            "-2020",  # UNABLE_TO_FILL
            "-4001",  # PRICE_LESS_THAN_ZERO
            "-4002",  # PRICE_GREATER_THAN_MAX_PRICE
            "-4003",  # QTY_LESS_THAN_ZERO
            "-4004",  # QTY_LESS_THAN_MIN_QTY
            "-4005",  # QTY_GREATER_THAN_MAX_QTY
            "-4013",  # PRICE_LESS_THAN_MIN_PRICE
            "-4014",  # PRICE_NOT_INCREASED_BY_TICK_SIZE
            "-4016",  # PRICE_HIGHER_THAN_MULTIPLIER_UP
            "-4023",  # QTY_NOT_INCREASED_BY_STEP_SIZE
            "-4024",  # PRICE_LOWER_THAN_MULTIPLIER_DOWN
            "-4131",  # MARKET_ORDER_REJECT: the best price is outside the band
            "-4164",  # MIN_NOTIONAL
            "-4183",  # PRICE_HIGHER_THAN_STOP_MULTIPLIER_UP
            "-4184",  # PRICE_LOWER_THAN_STOP_MULTIPLIER_DOWN
        }
    ),
    Consequence.REPORT: frozenset(
        {
            "-1013",  # INVALID_MESSAGE
            "-1014",  # UNKNOWN_ORDER_COMPOSITION
            "-1020",  # UNSUPPORTED_OPERATION
            "-1100",  # ILLEGAL_CHARS
            "-1101",  # TOO_MANY_PARAMETERS
            "-1102",  # MANDATORY_PARAM_EMPTY_OR_MALFORMED
            "-1103",  # UNKNOWN_PARAM
            "-1104",  # UNREAD_PARAMETERS
            "-1105",  # PARAM_EMPTY
            "-1106",  # PARAM_NOT_REQUIRED: such as reduceOnly in hedge mode
            "-1115",  # INVALID_TIF
            "-1116",  # INVALID_ORDER_TYPE
            "-1117",  # INVALID_SIDE
            "-1121",  # BAD_SYMBOL
            "-2018",  # BALANCE_NOT_SUFFICIENT
            "-2025",  # MAX_OPEN_ORDER_EXCEEDED
            "-2019",  # MARGIN_NOT_SUFFICIENT: a reduce-only order needs none, so the order was not what it should be
            "-2026",  # REDUCE_ONLY_ORDER_TYPE_NOT_SUPPORTED
            "-4015",  # CLIENT_ORDER_ID_INVALID
            "-4045",  # MAX_STOP_ORDER_EXCEEDED
            "-4120",  # STOP_ORDER_SWITCH_ALGO: conditional orders have an endpoint of their own
            "-4130",  # OPEN_STOP_EXISTS: a second order that closes everything in the same direction
            "-4140",  # INVALID_SYMBOL_STATUS
        }
    ),
}
