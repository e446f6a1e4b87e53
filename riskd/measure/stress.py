"""What a named crash would cost."""

from __future__ import annotations

import numpy as np

from riskd.measure.book import Book
from riskd.measure.capital import over_equity
from riskd.measure.exposure import missing_coin, spot_groups
from riskd.measure.missing import FirstUnknown, missing_equity, missing_value
from riskd.measure.scenarios import SCENARIOS
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.report import Surface
from riskd.model.subject import Grain


def stress_loss(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Loss of the selected positions and of the coins that hedges name in a scenario, over equity; 0 for a gain."""
    scenario, tables = SCENARIOS[ref.word("scenario")], book.tables
    moves = book.layout.of_instruments(lambda rows: [scenario.move(row.base) for row in rows])
    gain = tables.positions.notional * moves[book.layout.position_instrument]
    coins = tables.spot.quantity * tables.spot.price
    coin_gain = coins * np.array([scenario.move(asset) for asset in tables.spot.asset])
    groups = spot_groups(book, grain)
    unknown_row = FirstUnknown(book.position_groups(grain), gain, selection.positions)
    unknown_coin = FirstUnknown(groups, coin_gain)

    def why(subject: int) -> str:
        row, coin = unknown_row(subject), unknown_coin(subject)
        if row >= 0:
            return missing_value(book, row)
        return missing_coin(book, coin) if coin >= 0 else missing_equity(book, grain, subject)

    loss = -(book.total(grain, gain, selection) + groups.total(coin_gain))
    return Values(over_equity(np.maximum(loss, 0.0) + 0.0, book.equity_of(grain)), why)


SPECS = (
    MeasureSpec(
        name="stress_loss",
        unit=Unit.RATIO,
        grains=frozenset({Grain.ACCOUNT, Grain.DESK, Grain.PORTFOLIO}),
        parameters=(
            Parameter(
                name="scenario",
                unit=None,
                meaning="Which crash.",
                words=tuple(SCENARIOS),
            ),
        ),
        meaning="Loss in a named scenario as a share of equity, if nothing were done meanwhile; 0 when it is a gain.",
        formula=(
            "max(0, -(Σ q·M·m + Σ spot·index·m)) / E, m the scenario's move of the coin (of the median coin where it has none of "
            "its own); spot counts where a hedge names it, whatever is selected. Liquidations on the way are not reckoned: a "
            "loss of 100 % is the end of the account, and more than that is the venue's."
        ),
        source="Moves: hourly candles of Binance USD-M and OKX over each event, peak to trough, mark prices (riskd/measure/scenarios.py).",
        unknown_when="Equity, a counted position's quantity or mark, or a hedge's spot balance or price is unknown.",
        infinite_when="a loss is reckoned while equity is zero or negative",
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.SPOT_BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=stress_loss,
        low=0.0,
    ),
)
