"""What a named crash would cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskd.measure.book.book import Book
from riskd.measure.book.capital import infinite_without_equity, over_equity
from riskd.measure.book.missing import FirstUnknown, missing_equity, missing_value
from riskd.measure.exposure.exposure import missing_coin, spot_groups
from riskd.measure.market_risk.scenarios import SCENARIOS, scenario_of
from riskd.measure.spec import Counts, MeasureRef, MeasureSpec, Parameter, Remedy, Selection, Unit, Values
from riskd.model.arrays import FloatArray, floats
from riskd.model.report import Surface
from riskd.model.scenario import Scenario
from riskd.model.subject import Grain


def stress_loss(book: Book, grain: Grain, ref: MeasureRef, selection: Selection) -> Values:
    """Loss of the selected positions and of the coins that hedges name in a scenario, over equity; 0 for a gain."""
    name, tables = ref.word("scenario"), book.tables
    scenarios = [scenario_of(name, snapshot.desk) for snapshot in tables.snapshots]
    gain = tables.positions.notional * _of_instruments(book, scenarios)[book.layout.position_instrument]
    coin_gain = tables.spot.quantity * tables.spot.price * _of_coins(book, scenarios)
    groups, part = spot_groups(book, grain), book.universe(grain).part
    unknown_row = FirstUnknown(book.position_groups(grain), gain, selection.positions)
    unknown_coin = FirstUnknown(groups, coin_gain)

    def why(subject: int) -> str:
        if scenarios[part[subject]] is None:
            return f"no scenario '{name}' in riskd.yaml"
        row, coin = unknown_row(subject), unknown_coin(subject)
        if row >= 0:
            return missing_value(book, row)
        return missing_coin(book, coin) if coin >= 0 else missing_equity(book, grain, subject)

    undefined = np.array([scenario is None for scenario in scenarios])
    loss = -(book.total(grain, gain, selection) + groups.total(coin_gain))
    loss = np.where(undefined[part], np.nan, np.maximum(loss, 0.0) + 0.0)
    return Values(over_equity(loss, book.equity_of(grain)), why)


def _of_instruments(book: Book, scenarios: Sequence[Scenario | None]) -> FloatArray:
    """Move of each instrument, worked out once for all snapshots that share their instruments and the scenario."""
    found: dict[tuple[int, int], FloatArray] = {}
    moves = []
    for snapshot, scenario in zip(book.tables.snapshots, scenarios, strict=True):
        key = (id(snapshot.instruments), id(scenario))
        if key not in found:
            found[key] = _moves(scenario, [instrument.base for instrument in snapshot.instruments])
        moves.append(found[key])
    return np.concatenate(moves)


def _of_coins(book: Book, scenarios: Sequence[Scenario | None]) -> FloatArray:
    """Move of each spot row."""
    spot = book.tables.spot
    parts = book.tables.account_part[spot.account].tolist()
    return floats(
        [_moves(scenarios[part], [asset])[0] for part, asset in zip(parts, spot.asset, strict=True)]
    )


def _moves(scenario: Scenario | None, assets: Sequence[str]) -> FloatArray:
    return np.full(len(assets), np.nan) if scenario is None else floats(scenario.moves_of(assets))


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
                defined_in="scenarios",
            ),
        ),
        meaning="Loss in a named scenario as a share of equity, if nothing were done meanwhile; 0 when it is a gain.",
        formula=(
            "max(0, -(Σ q·M·m + Σ spot·index·m)) / E, m the scenario's move of the coin (of the median coin where it has none of "
            "its own); spot counts where a hedge names it, whatever is selected. Liquidations on the way are not reckoned: a "
            "loss of 100 % is the end of the account, and more than that is the venue's."
        ),
        source=(
            "Moves: hourly candles of Binance USD-M and OKX over each event, peak to trough, mark prices "
            "(riskd/measure/market_risk/scenarios.py); of a desk's own scenarios, its configuration."
        ),
        unknown_when=(
            "The desk defines no such scenario, or equity, a counted position's quantity or mark, or a hedge's spot balance or "
            "price is unknown."
        ),
        infinite_when=infinite_without_equity("a loss is reckoned"),
        remedy=Remedy.REDUCE,
        needs=frozenset({Surface.POSITIONS, Surface.BALANCES, Surface.SPOT_BALANCES}),
        counts=Counts.SELECTED_POSITIONS,
        function=stress_loss,
        low=0.0,
    ),
)
