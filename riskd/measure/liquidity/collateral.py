"""What backs an account: how far it rests on coins that may fall, and on dollars that may turn out not to be dollars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import over_equity
from riskd.measure.book.groups import Groups, IndexArray, index
from riskd.measure.book.missing import FirstUnknown, account_name, missing_equity
from riskd.measure.liquidity.markets import complaint, is_young
from riskd.measure.margin.margin import margin_of
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray
from riskd.model.collateral import PAR_CURRENCIES, AssetIndexColumns
from riskd.model.report import Surface
from riskd.model.subject import Grain

INDEX_WITHIN_SECONDS = 300.0


def peg_gap(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """How far from a dollar the worst of the currencies is that an account uses and riskd counts at par."""
    used = book.once(_currencies)
    gap = np.abs(used.index - 1.0)
    return used.explained(book, np.maximum(used.accounts.highest(gap), 0.0), gap)


def collateral_share(book: Book, _grain: Grain, _ref: MeasureRef, _selection: Selection) -> Values:
    """Worth, after the venue's haircut, of the coins that back an account and are no dollars, over its equity."""
    coins = _coins(book)

    def why(account: int) -> str:
        return coins.why(account) or missing_equity(book, Grain.ACCOUNT, account)

    return Values(over_equity(coins.values, book.equity), why)


def collateral_stress(book: Book, _grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Margin ratio of an account after the coins that back it have fallen, positions as they are."""
    coins, margin = _coins(book), book.once(margin_of)
    left = margin.balance - ref.parameter("fall") * coins.values
    return Values(over_equity(margin.needed, left), lambda account: coins.why(account) or margin.why(account))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assets:
    """Assets of accounts, one row each.

    Attributes:
        accounts: Account of each.
        asset: The coin.
        index: US dollars for one unit; NaN: not known, or too old.
        worth: What it counts as collateral, where it is a coin that is held; 0 for dollars and for what is owed.
    """

    accounts: Groups
    asset: tuple[str, ...]
    index: FloatArray
    worth: FloatArray

    def explained(self, book: Book, found: FloatArray, values: FloatArray) -> Values:
        """What was ``found`` of each account from the ``values`` of its rows; unknown where nothing is known to back it."""
        is_backed = np.zeros(self.accounts.size, dtype=np.bool_)
        is_backed[index(book.once(_held)[0])] = True
        unknown_row = FirstUnknown(self.accounts, values)

        def why(account: int) -> str:
            if not is_backed[account]:
                return f"collateral of {account_name(book, account)}: not read"
            row = unknown_row(account)
            return _missing_index(book, account, self.asset[row]) if row >= 0 else ""

        return Values(np.where(is_backed, found, np.nan), why)


def _coins(book: Book) -> Values:
    """Worth of the coins that back each account."""
    backing = book.once(_backing)
    return backing.explained(book, backing.accounts.total(backing.worth), backing.worth)


def _held(book: Book) -> tuple[IndexArray, tuple[str, ...], FloatArray]:
    """Account, asset and balance of everything that backs an account."""
    tables = book.tables
    parts = [history.collateral for history in tables.histories]
    starts = tables.account_starts()
    account = [index(part.account) + start for part, start in zip(parts, starts, strict=True)]
    assets = tuple(asset for part in parts for asset in part.asset)
    return np.concatenate(account), assets, np.concatenate([part.balance for part in parts])


def _backing(book: Book) -> _Assets:
    account, assets, balance = book.once(_held)
    index_price, rate = _rates(book, account, assets)
    is_coin = np.array([asset not in PAR_CURRENCIES for asset in assets], dtype=np.bool_) & (balance > 0.0)
    return _Assets(
        accounts=Groups(account, book.layout.account_count),
        asset=assets,
        index=index_price,
        worth=np.where(is_coin, balance * rate, 0.0),
    )


def _currencies(book: Book) -> _Assets:
    """The currencies at par that back an account or that its positions settle in."""
    account, assets, _ = book.once(_held)
    tables, layout = book.tables, book.layout
    settled = zip(layout.position_account.tolist(), layout.position_instrument.tolist(), strict=True)
    pairs = {
        *zip(account.tolist(), assets, strict=True),
        *((owner, tables.instruments[instrument].settle) for owner, instrument in settled),
    }
    used = sorted(pair for pair in pairs if pair[1] in PAR_CURRENCIES)
    owners, names = index([owner for owner, _ in used]), tuple(name for _, name in used)
    index_price, _ = _rates(book, owners, names)
    return _Assets(
        accounts=Groups(owners, layout.account_count),
        asset=names,
        index=index_price,
        worth=np.zeros(len(names)),
    )


def _rates(book: Book, account: IndexArray, assets: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Index and bid rate of assets at the venues of accounts; NaN where not known or too old."""
    found = [_found(book, owner, asset) for owner, asset in zip(account.tolist(), assets, strict=True)]

    def column(of: Callable[[AssetIndexColumns], FloatArray]) -> FloatArray:
        return np.array([np.nan if row < 0 else of(columns)[row] for columns, row in found], dtype=np.float64)

    young = is_young(book.now_of_account[account] - column(lambda part: part.at), INDEX_WITHIN_SECONDS)
    price, rate = column(lambda part: part.index), column(lambda part: part.bid_rate)
    return np.where(young, price, np.nan), np.where(young, rate, np.nan)


def _missing_index(book: Book, account: int, asset: str) -> str:
    """Names what keeps the index of an asset from being known."""
    columns, row = _found(book, account, asset)
    venue = book.tables.profiles[account].venue
    trouble = dict(columns.trouble).get(venue, "")
    if row < 0 and venue in columns.venue:
        return f"index of {asset}: {venue} tells none"
    at = np.nan if row < 0 else float(columns.at[row])
    age = float(book.now_of_account[account]) - at
    return complaint(f"index of {asset} at {venue}", age, INDEX_WITHIN_SECONDS, trouble)


def _found(book: Book, account: int, asset: str) -> tuple[AssetIndexColumns, int]:
    """Where the index of an asset stands; row -1: nowhere."""
    part = int(book.tables.account_part[account])
    columns = book.tables.histories[part].asset_index
    place = (book.tables.profiles[account].venue, asset)
    return columns, book.once(_places)[id(columns)].get(place, -1)


def _places(book: Book) -> Mapping[int, Mapping[tuple[str, str], int]]:
    """Row of each venue and asset in each index that some snapshot has."""
    distinct = {id(history.asset_index): history.asset_index for history in book.tables.histories}
    return {
        key: {place: row for row, place in enumerate(zip(columns.venue, columns.asset, strict=True))}
        for key, columns in distinct.items()
    }


_READ = f"the venue's index was not read in the last {INDEX_WITHIN_SECONDS / 60:.0f} minutes"
_COINS = (
    "C = Σ balance·bid rate over assets with a positive balance (wallet + uPnL in it) that are none of "
    f"{', '.join(sorted(PAR_CURRENCIES))}; bid rate: index less the venue's haircut. An account in single-asset mode has none."
)
_BACKED = "Binance counts a positive balance at its bid rate (How to Calculate Margin Ratio in the Multi-Assets Mode). "
_NEEDS = frozenset({Surface.BALANCES})
_READS = frozenset({Surface.ASSET_INDEX})

SPECS = (
    MeasureSpec(
        name="peg_gap",
        unit=Unit.RATIO,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(),
        meaning="How far the currencies that an account settles in are from the dollar that riskd counts them for.",
        formula=(
            f"max |index - 1| over those of {', '.join(sorted(PAR_CURRENCIES))} that back the account or that its positions "
            "settle in; 0 when it uses none."
        ),
        source="Binance USD-M assetIndex (USDTUSD ...). On 2023-03-11 USDC fell to 0.88, on 2025-10-10 USDe to 0.65.",
        unknown_when=f"The balances are not known, or {_READ} or lacks one of the currencies.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=_NEEDS | {Surface.POSITIONS},
        counts=Counts.WHOLE_ACCOUNT,
        function=peg_gap,
        reads=_READS,
        low=0.0,
    ),
    MeasureSpec(
        name="collateral_share",
        unit=Unit.RATIO,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(),
        meaning="Share of equity that rests on coins: margin that shrinks when they fall, mostly when everything else does.",
        formula=f"C / E. {_COINS}",
        source=f"{_BACKED}Its worked example is pinned in test_collateral.py.",
        unknown_when=f"Equity or what backs the account is not known, or {_READ} or lacks one of the coins.",
        infinite_when="coins are held while equity is zero or negative",
        remedy=Remedy.NONE,
        needs=_NEEDS,
        counts=Counts.WHOLE_ACCOUNT,
        function=collateral_share,
        reads=_READS,
        low=0.0,
    ),
    MeasureSpec(
        name="collateral_stress",
        unit=Unit.RATIO,
        grains=frozenset({Grain.ACCOUNT}),
        parameters=(
            Parameter(
                name="fall",
                unit=Unit.RATIO,
                meaning="How far the coins fall; debts in coins stay.",
                default=0.35,
                high=1.0,
            ),
        ),
        meaning="Margin ratio after the coins that back the account have fallen, positions and marks as they are; 100 % is liquidation.",
        formula=f"MM / (E - fall·C), MM and E as for margin_ratio. {_COINS}",
        source=f"{_BACKED}35 %: USDe at 0.65 on Binance on 2025-10-10, when it backed accounts as collateral.",
        unknown_when=f"MM, equity or what backs the account is not known, or {_READ} or lacks one of the coins.",
        infinite_when="margin is needed while nothing of the balance is left",
        remedy=Remedy.REDUCE,
        needs=_NEEDS | {Surface.POSITIONS},
        counts=Counts.WHOLE_ACCOUNT,
        function=collateral_stress,
        reads=_READS,
        low=0.0,
    ),
)
