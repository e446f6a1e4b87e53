"""Binance's refusals: one function for each, so that codes and texts stand in one place.

Source: developers.binance.com, USDS-M futures, error codes.
"""

from __future__ import annotations

from decimal import Decimal

from riskd.paper.engine.types import Rejection


def missing_parameter(name: str) -> Rejection:
    """A mandatory parameter is absent."""
    return Rejection(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def unwanted_parameter(name: str) -> Rejection:
    """A parameter that contradicts another one."""
    return Rejection(-1106, f"Parameter '{name}' sent when not required.")


def precision() -> Rejection:
    """A quantity is no multiple of its step."""
    return Rejection(-1111, "Precision is over the maximum defined for this asset.")


def invalid_symbol() -> Rejection:
    """The venue does not list it."""
    return Rejection(-1121, "Invalid symbol.")


def spot_insufficient() -> Rejection:
    """Spot: not enough of what is to be sold, or of cash."""
    return Rejection(-2010, "Account has insufficient balance for requested action.")


def unknown_order_to_cancel() -> Rejection:
    """Nothing open has this id."""
    return Rejection(-2011, "Unknown order sent.")


def no_such_order() -> Rejection:
    """Nothing known has this id."""
    return Rejection(-2013, "Order does not exist.")


def balance_insufficient() -> Rejection:
    """More was to leave than may."""
    return Rejection(-2018, "Balance is insufficient.")


def margin_insufficient() -> Rejection:
    """The order needs more margin than is available."""
    return Rejection(-2019, "Margin is insufficient.")


def would_trigger() -> Rejection:
    """The trigger price has already been passed."""
    return Rejection(-2021, "Order would immediately trigger.")


def reduce_only_rejected() -> Rejection:
    """The order would not (only) reduce, or resting reducing orders have claimed the position."""
    return Rejection(-2022, "ReduceOnly Order is rejected.")


def too_many_orders() -> Rejection:
    """Open ordinary orders of the symbol."""
    return Rejection(-2025, "Reach max open order limit.")


def position_above_bracket() -> Rejection:
    """The position with its orders would outgrow what the leverage setting allows."""
    return Rejection(-2027, "Exceeded the maximum allowable position at current leverage.")


def leverage_needs_margin() -> Rejection:
    """A lower leverage needs more margin than there is."""
    return Rejection(-2028, "Leverage is smaller than permitted: insufficient margin balance.")


def price_not_positive() -> Rejection:
    """A price is 0 or less."""
    return Rejection(-4001, "Price less than 0.")


def quantity_not_positive() -> Rejection:
    """A quantity is 0 or less."""
    return Rejection(-4003, "Quantity less than or equal to zero.")


def quantity_below_minimum() -> Rejection:
    """Under the lot filter's minimum."""
    return Rejection(-4004, "Quantity less than min quantity.")


def quantity_above_maximum() -> Rejection:
    """Over the lot filter's maximum."""
    return Rejection(-4005, "Quantity greater than max quantity.")


def price_off_tick() -> Rejection:
    """A price is no multiple of the tick."""
    return Rejection(-4014, "Price not increased by tick size.")


def limit_price_too_high(highest: Decimal) -> Rejection:
    """A buyer's limit is above the price band."""
    return Rejection(-4016, f"Limit price can't be higher than {highest}.")


def limit_price_too_low(lowest: Decimal) -> Rejection:
    """A seller's limit is below the price band."""
    return Rejection(-4024, f"Limit price can't be lower than {lowest}.")


def invalid_leverage(leverage: int) -> Rejection:
    """Outside 1 to the contract's maximum."""
    return Rejection(-4028, f"Leverage {leverage} is not valid")


def too_many_conditional_orders() -> Rejection:
    """Open conditional orders of the symbol."""
    return Rejection(-4045, "Reach max stop order limit.")


def margin_type_unchanged() -> Rejection:
    """It already is what was asked for."""
    return Rejection(-4046, "No need to change margin type.")


def margin_type_with_orders() -> Rejection:
    """Open orders stand in the way."""
    return Rejection(-4047, "Margin type cannot be changed if there exists open orders.")


def margin_type_with_position() -> Rejection:
    """An open position stands in the way."""
    return Rejection(-4048, "Margin type cannot be changed if there exists position.")


def cross_balance_insufficient() -> Rejection:
    """Not enough to add to an isolated position."""
    return Rejection(-4050, "Cross balance insufficient.")


def isolated_balance_insufficient() -> Rejection:
    """Not enough to take from an isolated position."""
    return Rejection(-4051, "Isolated balance insufficient.")


def no_position_for_margin() -> Rejection:
    """There is no isolated position to add to or take from."""
    return Rejection(-4054, "Cannot add position margin: position is 0.")


def position_mode_unchanged() -> Rejection:
    """It already is what was asked for."""
    return Rejection(-4059, "No need to change position side.")


def position_side_mismatch() -> Rejection:
    """BOTH in hedge mode, or LONG or SHORT in one-way mode."""
    return Rejection(-4061, "Order's position side does not match user's setting.")


def position_mode_with_orders() -> Rejection:
    """Open orders stand in the way."""
    return Rejection(-4067, "Position side cannot be changed if there exists open orders.")


def position_mode_with_position() -> Rejection:
    """An open position stands in the way."""
    return Rejection(-4068, "Position side cannot be changed if there exists position.")


def duplicate_client_order_id() -> Rejection:
    """An open order has this client id."""
    return Rejection(-4116, "ClientOrderId is duplicated.")


def conditional_order_elsewhere() -> Rejection:
    """Conditional orders have had an endpoint of their own since December 2025."""
    return Rejection(
        -4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."
    )


def close_position_exists() -> Rejection:
    """A second conditional order that closes everything in the same direction."""
    return Rejection(
        -4130, "An open stop or take profit order with GTE and closePosition in the direction is existing."
    )


def no_counterparty_in_band() -> Rejection:
    """The best price of the other side is outside the price band."""
    return Rejection(-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.")


def isolated_leverage_reduction() -> Rejection:
    """Leverage can only rise while an isolated position is open."""
    return Rejection(
        -4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions."
    )


def notional_below_minimum(minimum: Decimal) -> Rejection:
    """The order is too small to open anything."""
    return Rejection(
        -4164, f"Order's notional must be no smaller than {minimum} (unless you choose reduce only)."
    )


def post_only_would_take() -> Rejection:
    """A post-only order would fill at once."""
    return Rejection(
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history.",
    )
