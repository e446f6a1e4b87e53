"""What backs accounts, in plain Python, one asset after another."""

from __future__ import annotations

from riskd.model.subject import Grain
from tests.measure.reference import Case, Known, Reference, Subjects, known, minus, times, total
from tests.measure.reference_cases import Parameters, Selected, each, over_equity
from tests.measure.reference_liquidation import margin_parts

PAR = ("BUSD", "FDUSD", "USD1", "USDC", "USDT")
FIVE_MINUTES = 300.0


def assets(ref: Reference, account: int) -> dict[str, float]:
    rows = ref.h.collateral
    return {
        asset: float(balance)
        for owner, asset, balance in zip(rows.account, rows.asset, rows.balance, strict=True)
        if owner == account
    }


def rate(ref: Reference, account: int, asset: str, name: str) -> Known:
    """Index or bid rate of an asset at the venue of an account."""
    columns = ref.h.asset_index
    keys = list(zip(columns.venue, columns.asset, strict=True))
    key = (ref.profiles[account].venue, asset)
    if key not in keys:
        return None
    row = keys.index(key)
    if not -1.0 <= ref.now - float(columns.at[row]) <= FIVE_MINUTES:
        return None
    return known(getattr(columns, name)[row])


def coins(ref: Reference, account: int) -> Known:
    held = assets(ref, account)
    if not held:
        return None
    counted = {asset: balance for asset, balance in held.items() if asset not in PAR and balance > 0}
    return total(
        [times(balance, rate(ref, account, asset, "bid_rate")) for asset, balance in counted.items()]
    )


def peg_gap(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        (account,) = subject.accounts
        held = assets(ref, account)
        if not held:
            return None
        used = {*held, *(ref.s.instruments[int(ref.p.instrument[row])].settle for row in subject.rows)}
        found = [rate(ref, account, asset, "index") for asset in sorted(used) if asset in PAR]
        return None if None in found else max([0.0, *(abs(x - 1.0) for x in found if x is not None)])

    return each(ref, grain, value)


def collateral_share(ref: Reference, grain: Grain, _: Parameters, __: Selected) -> list[Case]:
    return each(ref, grain, lambda x: over_equity(coins(ref, x.accounts[0]), ref.equity(x.accounts[0])))


def collateral_stress(ref: Reference, grain: Grain, parameters: Parameters, _: Selected) -> list[Case]:
    def value(subject: Subjects) -> Known:
        needed, balance = margin_parts(ref, subject)
        return over_equity(needed, minus(balance, times(parameters["fall"], coins(ref, subject.accounts[0]))))

    return each(ref, grain, value)


COLLATERAL = {
    "peg_gap": peg_gap,
    "collateral_share": collateral_share,
    "collateral_stress": collateral_stress,
}
