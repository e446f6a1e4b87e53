"""What a venue does not trade is refused, provably: nothing changes and nothing rests."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from riskd.model.order import OrderStatus
from tests.contracts.conformance.bench import PRICE, Bench, Place, an_intent, run
from tests.contracts.conformance.venues import places


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """An order that a venue's filters refuse, and the name of the codes that say so."""

    quantity: str
    codes: str
    held: str = "0.5"
    limit: str | None = None


MISFITS = {
    "off step": Misfit(quantity="0.20005", codes="off_lot"),
    "below minimum": Misfit(quantity="", codes="below_minimum"),
    "above maximum": Misfit(quantity="1500", held="2000", codes="above_maximum", limit="60000.00"),
    "outside the price band": Misfit(quantity="0.2", limit="51000.00", codes="price_band"),
}


@places
@pytest.mark.parametrize("name", MISFITS)
def test_an_order_outside_the_filters_is_rejected_and_changes_nothing(place: Place, name: str) -> None:
    misfit = MISFITS[name]

    async def case(bench: Bench) -> None:
        # Half of the smallest order, in whole lots where lots are finer than that.
        least = bench.contract.quantity_min / 2
        quantity = misfit.quantity or str(max(least - least % bench.contract.lot_size, least))

        receipt = await bench.sender.send(an_intent(bench, quantity, held=misfit.held, limit=misfit.limit))

        assert receipt.status is OrderStatus.REJECTED, receipt
        assert receipt.code in getattr(bench.codes, misfit.codes), receipt
        assert bench.held() == bench.setting.held
        assert bench.resting() == []

    run(place, case)


@places
def test_a_limit_at_the_edge_of_the_band_is_taken(place: Place) -> None:
    async def case(bench: Bench) -> None:
        assert bench.contract.price_band is not None
        edge = PRICE * (1 - bench.contract.price_band)

        receipt = await bench.sender.send(an_intent(bench, limit=format(edge, ".2f")))

        assert receipt.status is OrderStatus.FILLED

    run(place, case)
