"""One instant of every account, as columns: what is held, owed, resting and quoted, and how far to believe it.

Arrays are float64 with NaN for unknown, or int32 codes into the tuples of the snapshot. Money is in the settlement
currency of the instrument, counted at par with the US dollar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from riskd.model.arrays import BoolArray, FloatArray, IntArray
from riskd.model.desk import Desk
from riskd.model.instrument import Instrument
from riskd.model.report import Surface


class Quality(StrEnum):
    """How far one surface of one account can be believed."""

    OK = "OK"
    STALE = "STALE"  # the last good answer is older than allowed
    PARTIAL = "PARTIAL"  # an answer came, but part of what must be in it is missing or contradicts itself
    BLIND = "BLIND"  # nothing usable has ever come, or the answer is rubbish


class Provenance(StrEnum):
    """Where the numbers of a column come from."""

    REPORTED = "reported"
    DERIVED = "derived"
    MISSING = "missing"


class OrderKind(StrEnum):
    """Kinds of resting order that riskd distinguishes."""

    LIMIT = "limit"
    STOP = "stop"  # closes or opens when the trigger is passed against the side
    TAKE_PROFIT = "take_profit"
    TRAILING = "trailing"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceState:
    """Quality of one surface.

    Attributes:
        venue: Venue id.
        account: Account id; empty for a surface of the venue itself.
        observed_at: ``requested_at`` of the last good answer; None when there never was one.
        reason: Why the quality is not OK, for people; empty when it is.
    """

    venue: str
    account: str
    surface: Surface
    quality: Quality
    observed_at: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentColumns:
    """Quotes and brackets, one row for each of ``Snapshot.instruments``.

    Attributes:
        mark_price: Quote per base.
        index_price: Quote per base.
        last_price: Quote per base; NaN when not read.
        funding_rate: Fraction of notional for one interval; positive: longs pay.
        funding_interval_hours: Hours between settlements.
        next_funding_at: Seconds since the epoch.
        quoted_at: Venue's time of the mark, seconds since the epoch.
        bracket_floor: ``(instruments, brackets)``; unused cells are +inf.
        bracket_rate: Maintenance margin rate, same shape; unused cells NaN. A row of NaN: brackets unknown.
        bracket_amount: Maintenance amount, same shape.
    """

    mark_price: FloatArray
    index_price: FloatArray
    last_price: FloatArray
    funding_rate: FloatArray
    funding_interval_hours: FloatArray
    next_funding_at: FloatArray
    quoted_at: FloatArray
    bracket_floor: FloatArray
    bracket_rate: FloatArray
    bracket_amount: FloatArray


SEVERAL_ASSETS = "several assets"
"""The basis of an equity that coins are part of, or more than one currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountColumns:
    """One row for each account of the desk.

    Attributes:
        equity: Margin balance: wallet balance + unrealized PnL of all positions, isolated ones too.
        wallet_balance: Cash in the futures wallet.
        cross_wallet_balance: Cash that backs the cross positions.
        maintenance_margin: Sum over positions, as the venue states it.
        initial_margin: Sum over positions and orders, as the venue states it.
        available_balance: What may still be used.
        hedge_mode: True when long and short of a symbol are held apart.
        basis: What the equity is made of: a currency, or ``SEVERAL_ASSETS``; empty: not told. No rows: nowhere told.
    """

    equity: FloatArray
    wallet_balance: FloatArray
    cross_wallet_balance: FloatArray
    maintenance_margin: FloatArray
    initial_margin: FloatArray
    available_balance: FloatArray
    hedge_mode: BoolArray
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionColumns:
    """One row for each open position, in canonical order (account, symbol, side).

    Attributes:
        account: Code into the desk's accounts.
        instrument: Code into ``Snapshot.instruments``.
        strategy: Code into ``Snapshot.strategies``.
        quantity: Base units, signed: long +, short -. NaN in a row that is not confirmed.
        entry_price: Quote per base, mean of the fills.
        mark_price: Quote per base, of the same moment for all positions of a symbol.
        notional: ``quantity * mark_price``, signed.
        unrealized_pnl: ``quantity * (mark_price - entry_price)``.
        leverage_setting: The slider: initial margin is notional / setting.
        isolated: True when the position has a margin of its own.
        isolated_wallet: Cash set aside for an isolated position; NaN for cross.
        initial_margin: As the venue states it.
        maintenance_margin: As the venue states it.
        liquidation_price: As the venue states it; NaN when it states none.
        cannot_be_liquidated: True when the venue says that no price liquidates (Binance: ``"0"``).
        adl_rank: 0 (last in the auto-deleveraging queue) to 4 (first); NaN unknown.
        opened_at: Seconds since the epoch when the position last left zero; NaN unknown.
        confirmed: False for a position that was held, is absent from the newest answer, and whose closing nothing
            corroborates: unknown, never flat.
        quantity_exact: Signed quantity from the venue's own string.
        position_side: ``BOTH``, ``LONG`` or ``SHORT``, as an order must name it.
    """

    account: IntArray
    instrument: IntArray
    strategy: IntArray
    quantity: FloatArray
    entry_price: FloatArray
    mark_price: FloatArray
    notional: FloatArray
    unrealized_pnl: FloatArray
    leverage_setting: FloatArray
    isolated: BoolArray
    isolated_wallet: FloatArray
    initial_margin: FloatArray
    maintenance_margin: FloatArray
    liquidation_price: FloatArray
    cannot_be_liquidated: BoolArray
    adl_rank: FloatArray
    opened_at: FloatArray
    confirmed: BoolArray
    quantity_exact: tuple[Decimal, ...]
    position_side: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.quantity_exact)

    def side(self, row: int) -> str:
        """``long`` or ``short``. Hedge mode says it in words, one-way mode by the sign."""
        if self.position_side[row] != "BOTH":
            return self.position_side[row].lower()
        return "long" if self.quantity_exact[row] >= 0 else "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderColumns:
    """One row for each resting order, ordinary and conditional, in canonical order (account, symbol, order id).

    Attributes:
        account: Code into the desk's accounts.
        instrument: Code into ``Snapshot.instruments``.
        strategy: Code into ``Snapshot.strategies``.
        direction: +1 buys, -1 sells.
        price: Limit price; NaN for a market order behind a trigger.
        trigger_price: NaN for an ordinary order.
        remaining: Base units still to fill, > 0; NaN for close-position orders, which close whatever is there.
        reduce_only: May not open or flip.
        close_position: Closes the whole position when triggered.
        placed_at: Seconds since the epoch.
        kind: What sort of order.
        conditional: True when the venue keeps it in its conditional (algo) list.
        position_side: ``BOTH``, ``LONG`` or ``SHORT``.
        order_id: The venue's id.
        client_order_id: Ours or somebody's id; may be empty.
        remaining_exact: ``remaining`` from the venue's string; 0 for close-position orders.
    """

    account: IntArray
    instrument: IntArray
    strategy: IntArray
    direction: FloatArray
    price: FloatArray
    trigger_price: FloatArray
    remaining: FloatArray
    reduce_only: BoolArray
    close_position: BoolArray
    placed_at: FloatArray
    kind: tuple[OrderKind, ...]
    conditional: BoolArray
    position_side: tuple[str, ...]
    order_id: tuple[str, ...]
    client_order_id: tuple[str, ...]
    remaining_exact: tuple[Decimal, ...]

    def __len__(self) -> int:
        return len(self.order_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotColumns:
    """One row for each spot balance that a hedge names.

    Attributes:
        account: Code into the desk's accounts.
        asset: The coin.
        quantity: Base units; NaN unknown.
        price: Quote per base, the index price of the coin's perpetual; NaN unknown.
    """

    account: IntArray
    asset: tuple[str, ...]
    quantity: FloatArray
    price: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything known at one instant.

    Attributes:
        id: Counted up by the daemon, never reused.
        taken_at: Aware UTC, the moment of judging.
        desk: Accounts, hedges and grids; account codes index ``desk.accounts``.
        instruments: Every instrument that a position, order, hedge or grid refers to, sorted by (venue, symbol).
        strategies: Names of strategies, sorted; the codes index it.
        surfaces: Quality of everything that was or should have been read.
        provenance: For each account id, where each position or account column comes from.
        clock_offsets: Each venue's clock minus ours, seconds, as far as a young answer tells it.
    """

    id: int
    taken_at: datetime
    desk: Desk
    instruments: tuple[Instrument, ...]
    strategies: tuple[str, ...]
    quotes: InstrumentColumns
    accounts: AccountColumns
    positions: PositionColumns
    orders: OrderColumns
    spot: SpotColumns
    surfaces: tuple[SurfaceState, ...]
    provenance: tuple[tuple[str, str, Provenance], ...] = ()
    clock_offsets: tuple[tuple[str, float], ...] = ()

    def state(self, account: str, surface: Surface) -> SurfaceState | None:
        """The state of one surface of an account (or of its venue, with an empty account)."""
        return next((s for s in self.surfaces if s.account == account and s.surface == surface), None)
