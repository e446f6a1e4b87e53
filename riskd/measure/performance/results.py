"""What trading brought: losses in a row, fees against gains, and the month's loss beside the risk that is open."""

from __future__ import annotations

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import infinite_without_equity, over_equity
from riskd.measure.book.missing import FirstUnknown, missing_equity
from riskd.measure.past.booked import CLOSE_TOGETHER_SECONDS, Booked, booked, closes_of
from riskd.measure.past.rows import last_run
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.measure.trade.stops import COSTS, RISK_FORMULA, RISK_UNKNOWN, STOP_LISTS, MoneyAtRisk, missing_risk
from riskd.model.arrays import FloatArray
from riskd.model.history import INCOME_KEPT_SECONDS
from riskd.model.report import Surface
from riskd.model.subject import Grain


def losing_streak(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Number of losing closes in a row, up to the last one."""
    rows = booked(book, grain, ref.parameter("window"))
    closes = closes_of(rows, ref.parameter("together"))
    run, before = last_run(closes.groups, closes.result < 0.0)
    ended = np.append(closes.result, np.nan)[before]
    unclear = (before >= 0) & np.isnan(ended)
    # One close that was no loss ends the run, however little is known of what was before it.
    known = np.where(before >= 0, ~unclear, rows.is_whole)

    def why(subject: int) -> str:
        return (
            rows.unpriced(int(closes.first[before[subject]])) if unclear[subject] else rows.missing(subject)
        )

    return Values(np.where(known, run, np.nan), why)


def fee_burn(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Fees over the gains of the fills that closed with one."""
    rows = booked(book, grain, ref.parameter("window"))
    paid, gained = rows.groups.total(rows.fee), rows.groups.total(np.maximum(rows.realized, 0.0))
    closes = closes_of(rows, CLOSE_TOGETHER_SECONDS).groups
    count = closes.count(np.ones(len(closes.of), dtype=np.bool_))
    burnt = np.where(gained > 0.0, paid / gained, np.where(paid > 0.0, np.inf, 0.0))
    judged = np.where(count < ref.parameter("least"), 0.0, burnt)
    known = rows.is_whole & ~np.isnan(paid) & ~np.isnan(gained)
    return Values(np.where(known, judged, np.nan), rows.missing)


def fees_paid(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Fees over equity."""
    rows = booked(book, grain, ref.parameter("window"))
    return _over_equity(rows, rows.groups.total(rows.fee))


def realized_loss(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Realised loss, fees and funding counted in, over equity; 0 after a gain."""
    rows = booked(book, grain, ref.parameter("window"))
    return _over_equity(rows, _loss(rows))


def loss_and_heat(book: Book, grain: Grain, ref: MeasureRef, _selection: Selection) -> Values:
    """Realised loss and the risk of all open trades together, over equity."""
    rows = booked(book, grain, ref.parameter("window"))
    risk = book.once(MoneyAtRisk.of(ref))
    values = _over_equity(rows, _loss(rows) + book.total(grain, risk, book.everything))
    unknown_row = FirstUnknown(book.position_groups(grain), risk)

    def why(subject: int) -> str:
        row = unknown_row(subject)
        return missing_risk(book, row) if row >= 0 and not rows.missing(subject) else values.why(subject)

    return Values(values.values, why)


def _loss(rows: Booked) -> FloatArray:
    return np.maximum(-rows.groups.total(rows.net), 0.0)


def _over_equity(rows: Booked, money: FloatArray) -> Values:
    """Money over the equity of each subject; what was received costs nothing, whatever equity is left."""
    equity = rows.book.equity_of(rows.grain)
    owed = np.where(equity > 0.0, money, np.maximum(money, 0.0))
    share = np.where(np.isnan(equity), np.nan, over_equity(owed, equity))

    def why(subject: int) -> str:
        return rows.missing(subject) or missing_equity(rows.book, rows.grain, subject)

    return Values(np.where(rows.is_whole, share, np.nan), why)


_GRAINS = frozenset({Grain.ACCOUNT, Grain.STRATEGY})
_BOOKINGS = frozenset({Surface.INCOME})
_SHORT = (
    "The bookings do not reach back to the start of the window, the last read of them failed, or one is in a coin whose price "
    "is not known"
)
_BOOKED = "By symbol for a strategy. USDT and its like at par, a fee in another coin at its index price when it was read."


def _window(meaning: str, days: float | None = None) -> Parameter:
    default = None if days is None else days * 86_400.0
    return Parameter(
        name="window", unit=Unit.DURATION, meaning=meaning, default=default, high=INCOME_KEPT_SECONDS
    )


SPECS = (
    MeasureSpec(
        name="losing_streak",
        unit=Unit.COUNT,
        low=0.0,
        grains=_GRAINS,
        parameters=(
            _window("How far back closes are looked at.", days=1.0),
            Parameter(
                name="together",
                unit=Unit.DURATION,
                meaning="Fills of one contract that follow each other within this time are one close.",
                default=CLOSE_TOGETHER_SECONDS,
            ),
        ),
        meaning="Losing closes in a row, up to the last one: the moment to stop and think, for people and for bots.",
        formula=(
            "number of closes since the last one that was no loss; a close: fills that realised a result, of one contract and "
            "together; its result: ΣrealisedPnL - Σfees of these fills. " + _BOOKED
        ),
        source="Cooling-off rules: 3 to 5 losses in a row, then an hour off. Binance books one result for each fill.",
        unknown_when=f"{_SHORT}, and no close that was no loss is seen after that.",
        infinite_when="",
        remedy=Remedy.NONE,
        needs=_BOOKINGS,
        reads=_BOOKINGS,
        counts=Counts.WHOLE_ACCOUNT,
        function=losing_streak,
    ),
    MeasureSpec(
        name="fee_burn",
        unit=Unit.RATIO,
        grains=_GRAINS,
        parameters=(
            _window("How far back fees and gains are summed."),
            Parameter(
                name="least",
                unit=Unit.COUNT,
                meaning="Fewer closes than this say nothing yet, and the share is 0.",
                default=10.0,
            ),
        ),
        meaning="Fees as a share of what the winning fills brought: a bot that trades for the venue.",
        formula=(
            "Σ(commissions + liquidation fees) / Σ of realised gains before fees, losses left out; closes as for losing_streak. "
            + _BOOKED
        ),
        source="Usual practice of scalping desks: at most 30 % of gross gains.",
        unknown_when=f"{_SHORT}.",
        infinite_when="fees were paid and no close brought a gain",
        remedy=Remedy.NONE,
        needs=_BOOKINGS,
        reads=_BOOKINGS,
        counts=Counts.WHOLE_ACCOUNT,
        function=fee_burn,
    ),
    MeasureSpec(
        name="fees_paid",
        unit=Unit.RATIO,
        grains=_GRAINS,
        parameters=(_window("How far back fees are summed."),),
        meaning="Trading fees as a share of equity; negative where rebates were more.",
        formula="Σ(commissions + liquidation fees) of the window / E. " + _BOOKED,
        source="Binance USD-M income history, COMMISSION and INSURANCE_CLEAR.",
        unknown_when=f"{_SHORT}, or equity is unknown.",
        infinite_when=infinite_without_equity("fees were paid"),
        remedy=Remedy.NONE,
        needs=_BOOKINGS | {Surface.BALANCES},
        reads=_BOOKINGS,
        counts=Counts.WHOLE_ACCOUNT,
        function=fees_paid,
    ),
    MeasureSpec(
        name="realized_loss",
        unit=Unit.RATIO,
        low=0.0,
        grains=_GRAINS,
        parameters=(_window("How far back results are summed."),),
        meaning="What closed trades have lost, fees and funding counted in, as a share of equity; 0 after a gain.",
        formula="max(0, -Σ(realisedPnL - fees + funding) of the window) / E, E as it is now. " + _BOOKED,
        source="Binance USD-M income history; the losing half of Elder's monthly brake.",
        unknown_when=f"{_SHORT}, or equity is unknown.",
        infinite_when=infinite_without_equity("something was lost"),
        remedy=Remedy.NONE,
        needs=_BOOKINGS | {Surface.BALANCES},
        reads=_BOOKINGS,
        counts=Counts.WHOLE_ACCOUNT,
        function=realized_loss,
    ),
    MeasureSpec(
        name="loss_and_heat",
        unit=Unit.RATIO,
        low=0.0,
        grains=_GRAINS,
        parameters=(_window("How far back results are summed.", days=30.0), *COSTS),
        meaning="What the month has lost and what open trades may still lose, together, as a share of equity.",
        formula=(
            f"{RISK_FORMULA}Measure: realized_loss of the window + ΣR / E over all positions of the subject; gains of the "
            "window give no room."
        ),
        source="Elder's 6 % rule: when the month's losses and the open risk reach 6 %, no new trade (Come Into My Trading Room).",
        unknown_when=f"{_SHORT}. {RISK_UNKNOWN}",
        infinite_when=infinite_without_equity("something was lost or is at risk"),
        # Closing a loser takes its risk away and realises its loss: what it brings back no supposed book would tell.
        remedy=Remedy.NONE,
        needs=_BOOKINGS | STOP_LISTS | {Surface.BALANCES},
        reads=_BOOKINGS,
        counts=Counts.WHOLE_ACCOUNT,
        function=loss_and_heat,
    ),
)
