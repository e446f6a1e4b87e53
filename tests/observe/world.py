"""A small Binance USD-M world whose answers agree with each other, written as the venue writes them.

A test takes the answers of a sound world, spoils one, and looks at what the snapshot makes of it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from riskd.model.desk import AccountProfile, Desk
from riskd.model.report import MARKET_SURFACES, JsonValue, Report, Surface
from riskd.model.snapshot import Quality, Snapshot
from riskd.observe.assemble import assemble
from riskd.observe.freshness import Freshness
from riskd.observe.known import Known
from tests.fakes.clock import NOON
from tests.observe.rows import VENUE, Row, brackets, eight, exchange_info, ms, total

ACCOUNT = "main"
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
DESK = Desk(accounts=(AccountProfile(id=ACCOUNT, venue=VENUE),))
RATE = Decimal("0.004")
LEVERAGE = Decimal(20)


def at(cycle: int) -> datetime:
    """When a cycle begins: they are ten seconds apart."""
    return NOON + timedelta(seconds=10 * cycle)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A position of the world."""

    symbol: str
    quantity: str
    entry: str
    side: str = "BOTH"
    isolated_wallet: str = "0"
    changed_at: datetime = NOON - timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class World:
    """The truth of one moment, and the venue's answers about it."""

    at: datetime = NOON
    wallet: str = "100000"
    marks: Mapping[str, str] = field(default_factory=lambda: {"BTCUSDT": "60000", "ETHUSDT": "3000"})
    held: Sequence[Held] = (
        Held(symbol="BTCUSDT", quantity="0.500", entry="58000"),
        Held(symbol="ETHUSDT", quantity="-10.000", entry="3100"),
    )
    hedge_mode: bool = False
    orders: Sequence[Row] = ()
    conditional_orders: Sequence[Row] = ()
    income: Sequence[Row] = ()
    trades: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    spot: Mapping[str, str] = field(default_factory=dict)

    def answers(self) -> dict[Surface, JsonValue]:
        """What the venue answers to every question, fresh copies each time."""
        return copy.deepcopy(
            {
                Surface.INSTRUMENTS: exchange_info(),
                Surface.MARKS: [self._premium(symbol) for symbol in self.marks],
                Surface.FUNDING_INTERVALS: [{"symbol": "ETHUSDT", "fundingIntervalHours": 4}],
                Surface.SERVER_TIME: {"serverTime": ms(self.at)},
                Surface.BRACKETS: [brackets("BTCUSDT"), brackets("ETHUSDT")],
                Surface.BALANCES: self._account(),
                Surface.POSITIONS: [self._position(held) for held in self.held],
                Surface.ORDERS: list(self.orders),
                Surface.CONDITIONAL_ORDERS: list(self.conditional_orders),
                Surface.SYMBOL_SETTINGS: [
                    {"symbol": symbol, "marginType": "CROSSED", "isAutoAddMargin": "false", "leverage": 20}
                    for symbol in self.marks
                ],
                Surface.POSITION_MODE: {"dualSidePosition": self.hedge_mode},
                Surface.INCOME: list(self.income),
                Surface.TRADES: {symbol: list(rows) for symbol, rows in self.trades.items()},
                Surface.SPOT_BALANCES: {
                    "balances": [
                        {"asset": asset, "free": quantity, "locked": "0.00000000"}
                        for asset, quantity in self.spot.items()
                    ]
                },
            }
        )

    def _premium(self, symbol: str) -> Row:
        return {
            "symbol": symbol,
            "markPrice": eight(self.marks[symbol]),
            "indexPrice": eight(self.marks[symbol]),
            "estimatedSettlePrice": eight(self.marks[symbol]),
            "lastFundingRate": "0.00010000",
            "interestRate": "0.00010000",
            "nextFundingTime": ms(NOON.replace(hour=16)),
            "time": ms(self.at),
        }

    def _position(self, held: Held) -> Row:
        quantity, mark = Decimal(held.quantity), Decimal(self.marks[held.symbol])
        notional = quantity * mark
        return {
            "symbol": held.symbol,
            "positionSide": held.side,
            "positionAmt": held.quantity,
            "entryPrice": held.entry,
            "breakEvenPrice": held.entry,
            "markPrice": eight(mark),
            "unRealizedProfit": eight(quantity * (mark - Decimal(held.entry))),
            "liquidationPrice": "0",
            "isolatedMargin": held.isolated_wallet,
            "notional": eight(notional),
            "marginAsset": "USDT",
            "isolatedWallet": held.isolated_wallet,
            "initialMargin": eight(abs(notional) / LEVERAGE),
            "maintMargin": eight(abs(notional) * RATE),
            "positionInitialMargin": eight(abs(notional) / LEVERAGE),
            "openOrderInitialMargin": "0",
            "adl": 2,
            "bidNotional": "0",
            "askNotional": "0",
            "updateTime": ms(held.changed_at),
        }

    def _account(self) -> Row:
        rows = [self._position(held) for held in self.held]
        wallet, pnl = Decimal(self.wallet), total(rows, "unRealizedProfit")
        initial, maintenance = total(rows, "positionInitialMargin"), total(rows, "maintMargin")
        common: Row = {"crossWalletBalance": eight(wallet), "availableBalance": eight(wallet + pnl - initial)}
        return {
            "totalInitialMargin": eight(initial),
            "totalMaintMargin": eight(maintenance),
            "totalWalletBalance": eight(wallet),
            "totalUnrealizedProfit": eight(pnl),
            "totalMarginBalance": eight(wallet + pnl),
            "totalPositionInitialMargin": eight(initial),
            "totalOpenOrderInitialMargin": eight("0"),
            "totalCrossWalletBalance": common["crossWalletBalance"],
            "totalCrossUnPnl": eight(pnl),
            "availableBalance": common["availableBalance"],
            "maxWithdrawAmount": common["availableBalance"],
            "assets": [
                {
                    "asset": "USDT",
                    "walletBalance": eight(wallet),
                    "unrealizedProfit": eight(pnl),
                    "marginBalance": eight(wallet + pnl),
                    "maintMargin": eight(maintenance),
                    "initialMargin": eight(initial),
                    "positionInitialMargin": eight(initial),
                    "openOrderInitialMargin": eight("0"),
                    "crossUnPnl": eight(pnl),
                    "maxWithdrawAmount": common["availableBalance"],
                    "updateTime": ms(self.at),
                    **common,
                }
            ],
            "positions": [
                {
                    "symbol": row["symbol"],
                    "positionSide": row["positionSide"],
                    "positionAmt": row["positionAmt"],
                    "unrealizedProfit": row["unRealizedProfit"],
                    "isolatedMargin": row["isolatedMargin"],
                    "notional": row["notional"],
                    "isolatedWallet": row["isolatedWallet"],
                    "initialMargin": row["initialMargin"],
                    "maintMargin": row["maintMargin"],
                    "updateTime": row["updateTime"],
                }
                for row in rows
            ],
        }


def report(
    surface: Surface,
    payload: JsonValue,
    *,
    at: datetime = NOON,
    account: str = ACCOUNT,
    failure: str = "",
    complete: bool = True,
    covers_from: datetime | None = None,
) -> Report:
    """One report, answered a tenth of a second after it was asked for."""
    return Report(
        venue=VENUE,
        account="" if surface in MARKET_SURFACES else account,
        surface=surface,
        requested_at=at,
        received_at=at + timedelta(seconds=0.1),
        payload=None if failure else payload,
        failure=failure,
        complete=complete,
        covers_from=covers_from
        or (at - timedelta(days=6) if surface in (Surface.INCOME, Surface.TRADES) else None),
    )


def reports(
    answers: Mapping[Surface, JsonValue], *, at: datetime = NOON, account: str = ACCOUNT
) -> list[Report]:
    """A report for each answer."""
    return [report(surface, payload, at=at, account=account) for surface, payload in answers.items()]


@dataclass
class Watch:
    """Cycle after cycle, with memory."""

    desk: Desk = DESK
    known: Known = field(default_factory=Known)
    freshness: Freshness = field(default_factory=Freshness)
    cycles: int = 0
    asked: frozenset[str] = frozenset()

    def see(self, *batches: Iterable[Report], now: datetime | None = None) -> Snapshot:
        """One cycle; judged a fifth of a second after the last request left, unless told otherwise."""
        news = [item for batch in batches for item in batch]
        moment = now or max(item.requested_at for item in news) + timedelta(seconds=0.2)
        self.cycles += 1
        snapshot, self.known = assemble(
            news,
            previous=self.known,
            desk=self.desk,
            now=moment,
            freshness=self.freshness,
            snapshot_id=self.cycles,
            asked=self.asked,
        )
        return snapshot


def quality(snapshot: Snapshot, surface: Surface, account: str = ACCOUNT) -> Quality:
    """Quality of one surface."""
    state = snapshot.state("" if surface in MARKET_SURFACES else account, surface)
    assert state is not None
    return state.quality


def reason(snapshot: Snapshot, surface: Surface, account: str = ACCOUNT) -> str:
    """Why a surface is not OK."""
    state = snapshot.state("" if surface in MARKET_SURFACES else account, surface)
    assert state is not None
    return state.reason


def not_ok(snapshot: Snapshot) -> dict[Surface, Quality]:
    """Every surface that is not OK."""
    return {state.surface: state.quality for state in snapshot.surfaces if state.quality is not Quality.OK}
