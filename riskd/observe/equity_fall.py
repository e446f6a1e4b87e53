"""Whether a fall of equity is a loss, or a venue in trouble: a balance of 0 is no drawdown until explained.

Source: venues answer 0 or an empty wallet in maintenance (freqtrade issue 6021).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from riskd.observe.facts import Balances
from riskd.observe.flows import booked_between, moved_in_other_assets
from riskd.observe.known import AccountMemory

# A fall beyond this must be explained, by bookings and by the positions' own profit and loss.
_FALL_MAX = Decimal("0.5")
_UNEXPLAINED_MAX = Decimal("0.1")  # of the equity before
_PNL_TOLERANCE = Decimal("0.02")  # of the gross notional: marks move between two reads
_ZERO = Decimal(0)


def implausible_equity(account: AccountMemory, balances: Balances, asked_at: datetime) -> str:
    """Why new balances cannot be believed; empty when they can.

    Equity may fall by more than half, or to 0, only when bookings since the last good answer account for the cash and
    the positions themselves show the unrealized loss.

    Args:
        account: What is known, the newest positions, income and fills included, the new balances not.
        balances: The new answer.
        asked_at: When it was asked for.
    """
    before, since = account.balances.value, account.balances.requested_at
    if before is None or since is None:
        if balances.equity == 0 and balances.wallet_balance == 0:
            return "implausible: equity is 0: an empty account, or not the wallet that trades"
        return ""
    if before.equity <= 0 or balances.equity > before.equity * (1 - _FALL_MAX):
        return ""
    fall = f"implausible: equity fell from {before.equity} to {balances.equity}"
    booked = booked_between(account, since, asked_at) or _ZERO
    lost_cash = before.wallet_balance - balances.wallet_balance
    if moved_in_other_assets(account, since):
        return ""  # collateral went out in a coin whose worth the entry does not tell
    if lost_cash + booked > _UNEXPLAINED_MAX * before.equity:
        return f"{fall}, of which {lost_cash + booked} is in no income, transfer or fill that was read"
    if not _pnl_is_of_positions(account, balances):
        return f"{fall}, and the positions do not show such a loss"
    return ""


def _pnl_is_of_positions(account: AccountMemory, balances: Balances) -> bool:
    book = [held.fact for held in account.book if held.confirmed]
    pnl = sum((fact.unrealized_pnl for fact in book), _ZERO)
    gross = sum((abs(fact.notional) for fact in book), _ZERO)
    return abs(pnl - balances.unrealized_pnl) <= _PNL_TOLERANCE * gross + 1
