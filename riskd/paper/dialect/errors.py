"""The refusals that only the dialect gives, with Binance's codes and texts; the others are the exchange's own.

Source: Binance USD-M futures documentation, "Error Codes";
``tests/paper/dialect/test_errors.py`` pins them.
"""

from __future__ import annotations

from riskd.paper.dialect.http import HttpResponse, json_response
from riskd.paper.engine.types import Rejection


def error_response(rejection: Rejection) -> HttpResponse:
    """A refusal as Binance answers it: ``{"code": ..., "msg": ...}``."""
    return json_response({"code": rejection.code, "msg": rejection.message}, status=rejection.status)


def unknown_path(method: str, path: str) -> Rejection:
    """Nothing answers under this method and path."""
    return Rejection(-5000, f"Path {path}, Method {method} is invalid", 404)


def illegal_characters(name: str, legal: str) -> Rejection:
    """A number or a name does not match the pattern that the venue publishes for it."""
    return Rejection(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def duplicated(name: str) -> Rejection:
    """A parameter was sent twice."""
    return Rejection(-1101, f"Duplicate values for parameter '{name}' detected.")


def too_many_parameters() -> Rejection:
    """The query or body cannot be read as parameters."""
    return Rejection(-1101, "Too many parameters.")


def invalid_value(name: str, cure: str = "") -> Rejection:
    """A parameter is readable but has a value that is not allowed."""
    return Rejection(-1130, f"Data sent for parameter '{name}' is not valid.{f' {cure}' if cure else ''}")


def not_simulated(name: str, value: str, cure: str) -> Rejection:
    """Binance would take this; the paper venue cannot, and says so instead of doing something else."""
    return Rejection(
        -1130,
        f"Data sent for parameter '{name}' is not valid: the paper venue does not simulate '{value}'; {cure}.",
    )


def key_format() -> Rejection:
    """No key was sent where one is needed."""
    return Rejection(-2014, "API-key format invalid.", 401)


def key_refused() -> Rejection:
    """The key is unknown, or may not do this."""
    return Rejection(-2015, "Invalid API-key, IP, or permissions for action.", 401)


def bad_signature() -> Rejection:
    """The signature is not the HMAC-SHA256 of what was sent."""
    return Rejection(-1022, "Signature for this request is not valid.")


def outside_window() -> Rejection:
    """The request is older than its receive window."""
    return Rejection(-1021, "Timestamp for this request is outside of the recvWindow.")


def ahead_of_server() -> Rejection:
    """The client's clock runs more than a second ahead."""
    return Rejection(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def outside_matching_window() -> Rejection:
    """The request reached the matching engine after its receive window."""
    return Rejection(-5028, "Timestamp for this request is outside of the ME recvWindow.")


def window_too_long() -> Rejection:
    """The receive window is longer than a minute."""
    return Rejection(-1131, "recvWindow must be less than 60000.")


def start_after_end() -> Rejection:
    """A window of time ends before it begins."""
    return Rejection(-1023, "Start time is greater than end time.")


def invalid_position_side() -> Rejection:
    """A position side other than BOTH, LONG or SHORT."""
    return Rejection(-4060, "Invalid position side.")
