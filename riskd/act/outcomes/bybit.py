"""What Bybit's answer to an order proves (v5, derivatives of a unified account).

Bybit answers HTTP 200 and writes its verdict into ``retCode``. Even ``retCode`` 0 is only an acknowledgement: "the
request was accepted; this request is asynchronous", so the status of the order must be asked for. A code is on the list
here only where the documentation's words leave no way in which the order could have been booked; "server timeout",
"server error", "high server load" and every code that is not listed prove nothing.

Source: Bybit's documentation as of July 2026: v5/error (its words stand beside each code), v5/order/create-order,
v5/enum. What is marked "observed" is the message that Bybit sends with the code, where the page says something else.
"""

from __future__ import annotations

from riskd.act.outcome import NO_ANSWER, Answer, Consequence, Outcome

SUCCESS = "0"

GONE = frozenset(
    {
        "110001",  # Order does not exist
        "110008",  # The order has been completed or cancelled
        "110010",  # The order has been cancelled
    }
)
"""Answers to a cancellation that say that nothing rests any more."""


def answer_to_refusal(*, http_status: int, code: str) -> Answer:
    """What an answer without success proves.

    A code counts only when the engine's gateway wrote it: under HTTP 200, or under 400 and 401. 403 and 429 come from
    what stands before it; "please retry" does not say that nothing was done.

    Args:
        http_status: Status of the response.
        code: ``retCode`` as text; empty when the body held none.
    """
    if http_status in _BEFORE_THE_GATEWAY:
        return Answer(Outcome.UNKNOWN, Consequence.BACK_OFF)
    if http_status not in _FROM_THE_GATEWAY:
        return NO_ANSWER
    if code in _ALREADY_SENT:
        return Answer(Outcome.RECONCILE)
    for consequence, codes in REJECTIONS.items():
        if code in codes:
            return Answer(Outcome.REJECTED, consequence)
    return NO_ANSWER


_FROM_THE_GATEWAY = frozenset({200, 400, 401})
_BEFORE_THE_GATEWAY = frozenset({403, 429})

_ALREADY_SENT = frozenset(
    {
        "110072",  # OrderLinkedID is duplicate
        "110030",  # Duplicate orderId (no longer on the page)
        "10014",  # Invalid duplicate request
    }
)

REJECTIONS: dict[Consequence, frozenset[str]] = {
    Consequence.BACK_OFF: frozenset(
        {
            "10006",  # Too many visits. Exceeded the API Rate Limit
            "10018",  # Exceeded the IP Rate Limit (struck out on the page: no longer sent)
        }
    ),
    Consequence.CHECK_CLOCK: frozenset({"10002"}),  # The request time exceeds the time window range
    Consequence.CHECK_KEY: frozenset(
        {
            "33004",  # Your api key has expired
            "10003",  # API key is invalid
            "10004",  # Error sign
            "10005",  # Permission denied
            "10007",  # User authentication failed
            "10008",  # Common banned, please check your account mode
            "10009",  # Service restricted: unavailable for your region
            "10010",  # Unmatched IP
            "10024",  # Compliance rules triggered
            "10027",  # Transactions are banned
            "10028",  # The API can only be accessed by unified account users
        }
    ),
    Consequence.REREAD: frozenset(
        {
            "110017",  # orderQty will be truncated to zero; observed: current position is zero, cannot fix reduce-only
            "110034",  # There is no net position
            "110040",  # The order will trigger a forced liquidation, please re-submit the order
        }
    ),
    Consequence.REPRICE: frozenset(
        {
            "30208",  # The order price is higher than the maximum buying price
            "30209",  # The order price is lower than the minimum selling price
            "110003",  # Order price exceeds the allowable range
            "110094",  # Order notional value below the lower limit
            "110118",  # Unable to retrieve a price of the market order due to low liquidity
            "110120",  # Order price cannot be smaller than the price limitation
            "110121",  # Order price cannot be higher than the price limitation
        }
    ),
    Consequence.BEYOND: frozenset(
        {
            "110092",  # expect Rising, but trigger_price <= current
            "110093",  # expect Falling, but trigger_price >= current
        }
    ),
    Consequence.REPORT: frozenset(
        {
            "10001",  # Request parameter error: also a quantity off its step, or a positionIdx of the other mode
            "10017",  # Route not found
            "10029",  # The requested symbol is invalid
            "110004",  # Wallet balance is insufficient: a reduce-only order needs none
            "110006",  # The assets are estimated to be unable to cover the position margin
            "110007",  # Available balance is insufficient
            "110009",  # The number of stop orders exceeds the maximum allowable limit
            "110012",  # Insufficient available balance
            "110020",  # Not allowed to have more than 500 active orders
            "110029",  # Hedge mode is not supported for this symbol
            "110032",  # Order is illegal
            "110063",  # Settlement in progress: not available for trading
            "110066",  # Trading is currently not allowed
            "110074",  # This contract is not live
            "110088",  # Please upgrade to UTA to trade
            "110103",  # Only Post-Only orders are available at this stage
            "110123",  # You must agree to the Trading Terms
            "110124",  # Trading is temporarily restricted due to an active cooling-off period
            "110125",  # You must agree to the Trading Terms before trading this contract
            "110132",  # Product not available in your region
        }
    ),
}
