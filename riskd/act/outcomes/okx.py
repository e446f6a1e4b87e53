"""What OKX's answer to an order proves (v5, perpetual swaps).

OKX writes one verdict around the answer, ``code``, and one into each of its rows, ``sCode``: 0 outside means that the
request was taken, 1 that every row failed. Code 0 in both is only an acceptance; the status of the order must be asked
for. A code is on the list here only where the documentation's words leave no way in which the order could have been
booked. "Endpoint request timeout", "Order timed out", "System error", "System is busy" and every code that is not listed
prove nothing.

Source: OKX's documentation, Error Code, REST, general, API and trade class; its words stand beside each code.
"""

from __future__ import annotations

from riskd.act.outcome import NO_ANSWER, Answer, Consequence, Outcome

SUCCESS = "0"
ALL_FAILED = "1"
NO_SUCH_ORDER = "51603"  # Order does not exist

GONE = frozenset(
    {
        "51400",  # Cancellation failed as the order has been filled, canceled or does not exist
        "51401",  # Cancellation failed as the order is already canceled
        "51402",  # Cancellation failed as the order is already completed
    }
)
"""Answers to a cancellation that say that nothing rests any more."""


def answer_to_refusal(*, http_status: int, code: str) -> Answer:
    """What an answer without success proves.

    Args:
        http_status: Status of the response. The documentation gives one for each code; a code under another one, such as
            a page of the firewall that quotes it, proves nothing.
        code: The row's ``sCode`` where there is a row, else ``code``; empty when the body held neither.
    """
    if http_status not in _FROM_THE_GATEWAY:
        return Answer(Outcome.UNKNOWN, Consequence.BACK_OFF) if http_status == _FIREWALL else NO_ANSWER
    if code in _ALREADY_SENT:
        return Answer(Outcome.RECONCILE)
    for consequence, codes in REJECTIONS.items():
        if code in codes:
            return Answer(Outcome.REJECTED, consequence)
    return NO_ANSWER


_FROM_THE_GATEWAY = frozenset({200, 400, 401, 405, 429})
_FIREWALL = 403

_ALREADY_SENT = frozenset(
    {
        "50042",  # Repeated request
        "50071",  # clOrdId already exists
        "51011",  # Order ID already exists
        "51016",  # Client order ID already exists
        "51065",  # algoClOrdId already exists
        "51068",  # already exists within algoClOrdId and attachAlgoClOrdId
    }
)

REJECTIONS: dict[Consequence, frozenset[str]] = {
    Consequence.BACK_OFF: frozenset(
        {
            "50011",  # Rate limit reached: "the request is rejected by our system"
            "50040",  # Too frequent operations, please try again later
            "50061",  # You've reached the maximum order rate limit for this account
            "51113",  # Market-price liquidation requests too frequent
        }
    ),
    Consequence.CHECK_CLOCK: frozenset(
        {
            "50036",  # The expTime can't be earlier than the current system time
            "50037",  # Order expired
            "50102",  # Timestamp request expired
            "50112",  # Invalid OK-ACCESS-TIMESTAMP
        }
    ),
    Consequence.CHECK_KEY: frozenset(
        {
            "50027",  # This account is restricted from trading
            "50029",  # Your account has triggered OKX risk control and is temporarily restricted
            "50030",  # You don't have permission to use this API endpoint
            "50035",  # This endpoint requires that APIKey must be bound to IP
            "50100",  # API frozen
            "50101",  # APIKey does not match current environment
            "50103",  # Request header OK-ACCESS-KEY cannot be empty
            "50104",  # Request header OK-ACCESS-PASSPHRASE cannot be empty
            "50105",  # Request header OK-ACCESS-PASSPHRASE incorrect
            "50106",  # Request header OK-ACCESS-SIGN cannot be empty
            "50107",  # Request header OK-ACCESS-TIMESTAMP cannot be empty
            "50110",  # Your IP is not included in your API key's IP whitelist
            "50111",  # Invalid OK-ACCESS-KEY
            "50113",  # Invalid signature
            "50114",  # Invalid authorization
            "50119",  # API key doesn't exist
            "50120",  # This API key doesn't have permission to use this function
            "50121",  # You can't access our services through the IP address
            "51024",  # Trading account is blocked
            "51155",  # Trading of this pair or contract is restricted due to local compliance requirements
        }
    ),
    Consequence.REREAD: frozenset(
        {
            "50017",  # Position frozen due to auto-deleveraging
            "50019",  # Account frozen due to auto-deleveraging
            "50020",  # Position frozen due to forced liquidation
            "50022",  # Account frozen due to forced liquidation
            "51023",  # Position doesn't exist
            "51043",  # This isolated position doesn't exist
            "51112",  # Close order size exceeds available size for this position
            "51148",  # The new order may execute an opposite trading direction of your existing reduce-only positions
            "51169",  # You don't have any positions in this direction for this contract to reduce or close
            "51170",  # A reduce-only order can't be the same trading direction as your existing positions
            "51206",  # Please cancel the Reduce Only order before placing the current order
        }
    ),
    Consequence.REPRICE: frozenset(
        {
            "50122",  # Order amount must exceed minimum amount
            "51004",  # The sum of order and position is more than the maximum under current leverage
            "51005",  # Your order amount exceeds the max order amount
            "51006",  # Order price is not within the price limit
            "51007",  # Please place orders of at least 1 contract or more
            "51020",  # Your order should meet or exceed the minimum order amount
            "51031",  # This order price is not within the closing price range
            "51101",  # The sz of the current order can't be more than a number of contracts
            "51108",  # Positions exceed the limit for closing out with the market price
            "51109",  # No available offers
            "51116",  # Order price or trigger price exceeds a limit
            "51120",  # Order amount is less than a minimum
            "51121",  # Order quantity must be a multiple of the lot size
            "51122",  # Order price should be higher than the min price
            "51135",  # Your closing price has triggered the limit price: max buy price
            "51136",  # Your closing price has triggered the limit price: min sell price
            "51137",  # The highest price limit for buy orders
            "51138",  # The lowest price limit for sell orders
            "51150",  # The precision of the number of trades or the price exceeds the limit
            "51185",  # The maximum value allowed per order
            "51201",  # The value of a market order can't exceed a limit
            "51202",  # Market order amount exceeds the maximum amount
            "51203",  # Order amount exceeds the limit
            "51207",  # Trading amount exceeds the limit, and can't be all closed at the market price
            "51250",  # Algo order price is out of the available range
            "51252",  # Algo order amount is out of the available range
            "51275",  # The amount of single stop-market order cannot exceed the upper limit
        }
    ),
    Consequence.BEYOND: frozenset(
        {
            "51278",  # SL trigger price cannot be lower than the last price
            "51280",  # SL trigger price cannot be higher than the last price
            "51302",  # SL trigger price cannot be lower than the mark price
            "51304",  # SL trigger price cannot be higher than the mark price
        }
    ),
    Consequence.REPORT: frozenset(
        {
            "50000",  # Body cannot be empty
            "50002",  # JSON syntax error
            "50006",  # Content-Type must be application/json
            "50014",  # A parameter cannot be empty
            "50015",  # Either of two parameters is required
            "50016",  # A parameter does not match another
            "50024",  # Two parameters can not exist at the same time
            "50033",  # Instrument blocked
            "50115",  # Invalid request method
            "51000",  # Parameter error: posSide of the other position mode among them
            "51001",  # Instrument ID doesn't exist
            "51002",  # Instrument ID doesn't match underlying index
            "51008",  # Insufficient balance or margin: a reduce-only order needs none
            "51009",  # Order blocked
            "51010",  # Request unsupported under current account mode
            "51015",  # Instrument ID doesn't match instrument type
            "51021",  # The pair or contract is not yet listed
            "51022",  # Contract suspended
            "51025",  # Order count exceeds the limit
            "51027",  # Contract expired
            "51028",  # Contract under delivery
            "51029",  # Contract is being settled
            "51030",  # Funding fee is being settled
            "51037",  # This account only supports placing IOC orders to reduce account risk
            "51088",  # You can only place 1 TP/SL order to close an entire position
            "51102",  # The number of pending orders for this instId can't be more
            "51117",  # Pending close-orders count exceeds limit
            "51165",  # The number of reduce-only orders reached the upper limit
            "51174",  # The number of pending orders exceeds the limit
            "51204",  # The price for the limit order cannot be empty
            "51205",  # Reduce Only is not available
            "51261",  # Each user can hold up to a number of pending stop orders
            "51276",  # Prices cannot be specified for stop market orders
            "54012",  # Insufficient order book depth: only cancel orders, add margin, and place post-only orders
        }
    ),
}
