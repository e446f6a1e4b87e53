"""A hedge comes back into its band by less of the leg that is too large; what riskd cannot do it tells people."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from riskd.act.plan import NoPlanReason
from riskd.act.remedies.rebalance import rebalancing
from riskd.measure.catalogue import with_defaults
from riskd.measure.spec import MeasureRef, Unit
from riskd.model.order import Reduction
from riskd.model.snapshot import Snapshot
from riskd.model.subject import Grain, Subject
from riskd.policy.rule import Limit, Match, Selector
from tests.act.remedies.demands import MAIN, a_demand, cancel, reason_of, text_of
from tests.builders import (
    BTC,
    ETH,
    SOL,
    PositionRow,
    SpotRow,
    a_hedge,
    a_history,
    a_position,
    a_price_history,
    a_snapshot,
    a_spot,
    an_account,
    an_instrument,
    perpetual_leg,
    spot_leg,
)
from tests.builders_rules import at_least, at_most, deleverage, within
from tests.measure.books import book_of

CARRY = Subject(Grain.HEDGE, (("hedge", "carry"),))
BAND = within(critical=(0.95, 1.05))


def asked(
    snapshot: Snapshot,
    limit: Limit = BAND,
    *,
    measure: str = "hedge_ratio",
    to: float | None = None,
    max_step: float = 1.0,
    where: Selector | None = None,
    clear_margin: float = 0.0,
) -> object:
    demand = a_demand(
        deleverage(to, max_step=max_step),
        CARRY,
        limit=limit,
        where=where,
        measure=measure,
        parameters=with_defaults(MeasureRef(measure)).parameters,
        unit=Unit.RATIO,
        clear_margin=clear_margin,
    )
    return rebalancing(book_of(snapshot), demand)


def step_of(made: object) -> Reduction:
    assert isinstance(made, tuple), made
    (step,) = made
    assert isinstance(step, Reduction)
    return step


def carry(perpetual: float, spot: float, **changes: object) -> Snapshot:
    return a_snapshot(
        accounts=[an_account()],
        positions=[a_position(BTC, perpetual)] if perpetual else [],
        spot=[a_spot("BTC", spot)],
        hedges=(a_hedge(),),
        **changes,  # type: ignore[arg-type]  # as given
    )


def pair(*positions: PositionRow, ratio: float = 1.0, spot: tuple[SpotRow, ...] = ()) -> Snapshot:
    legs = (perpetual_leg(BTC), perpetual_leg(ETH))
    return a_snapshot(
        accounts=[an_account()],
        positions=positions,
        spot=spot,
        hedges=(a_hedge("carry", *legs, ratio=ratio),),
    )


# ---- which leg -----------------------------------------------------------------------------------------------------


def test_too_large_a_perpetual_is_reduced_to_the_edge_of_the_band() -> None:
    step = step_of(asked(carry(-1.2, 1.0)))
    assert (step.symbol, step.held, step.quantity) == (BTC, Decimal("-1.2"), Decimal("0.150"))
    assert step.cost_estimate == pytest.approx(0.15 * 60_000 * 0.001)


def test_the_clear_level_counts_and_not_the_limit() -> None:
    assert step_of(asked(carry(-1.2, 1.0), clear_margin=0.4)).quantity == Decimal("0.170")


def test_a_target_of_its_own_is_reached_from_the_side_where_the_hedge_is() -> None:
    assert step_of(asked(carry(-1.2, 1.0), to=1.0)).quantity == Decimal("0.200")
    assert step_of(asked(carry(-1.2, 1.0), at_most(critical=1.05), to=1.02)).quantity == Decimal("0.180")
    under = pair(a_position(BTC, 1), a_position(ETH, -16))
    assert step_of(asked(under, to=1.0)).quantity == Decimal("0.200")


def test_too_small_a_hedge_is_mended_by_less_of_what_is_hedged() -> None:
    step = step_of(asked(pair(a_position(BTC, 1), a_position(ETH, -16)), at_least(critical=0.95)))
    assert (step.symbol, step.quantity) == (BTC, Decimal("0.158"))  # 0.8 / 0.842 = 0.950


def test_an_orphan_goes_whole() -> None:
    step = step_of(asked(carry(-1.2, 0.0)))
    assert step.quantity == Decimal("1.2")


def test_of_several_legs_that_hedge_the_largest_is_reduced() -> None:
    legs = (spot_leg("BTC"), perpetual_leg(BTC), perpetual_leg(SOL))
    snapshot = a_snapshot(
        accounts=[an_account()],
        positions=[a_position(BTC, -0.9), a_position(SOL, -120)],
        spot=[a_spot("BTC", 1.0)],
        hedges=(a_hedge("carry", *legs),),
    )
    assert step_of(asked(snapshot)).symbol == BTC


def test_in_hedge_mode_the_side_that_outweighs_the_other_is_reduced() -> None:
    snapshot = a_snapshot(
        accounts=[an_account(hedge_mode=True)],
        positions=[a_position(BTC, 0.3, position_side="LONG"), a_position(BTC, -1.5, position_side="SHORT")],
        spot=[a_spot("BTC", 1.0)],
        hedges=(a_hedge(),),
    )
    step = step_of(asked(snapshot))
    assert (step.position_side, step.held, step.quantity) == ("SHORT", Decimal("-1.5"), Decimal("0.150"))


def test_the_leg_may_lie_in_another_account() -> None:
    snapshot = a_snapshot(
        accounts=[an_account("main"), an_account("side")],
        positions=[a_position(BTC, -1.2, "side")],
        spot=[a_spot("BTC", 1.0)],
        hedges=(a_hedge("carry", spot_leg("BTC"), perpetual_leg(BTC, "side")),),
    )
    assert step_of(asked(snapshot)).account == "side"


@pytest.mark.parametrize("measure", ["net_delta", "hedge_ratio"])
def test_a_net_delta_is_brought_to_the_nearer_side_of_zero(measure: str) -> None:
    short = pair(a_position(BTC, 1), a_position(ETH, -24))  # 72k against 60k, on 100k of equity
    limit = within(critical=(-0.1, 0.1)) if measure == "net_delta" else within(critical=(0.9, 1.1))
    step = step_of(asked(short, limit, measure=measure))
    assert step.symbol == ETH
    if measure == "net_delta":
        assert float(step.quantity) == pytest.approx(2_000 / 3_000, abs=0.02)
        closer = step_of(asked(short, limit, measure=measure, to=0.02))
        assert float(closer.quantity) == pytest.approx(10_000 / 3_000, abs=0.02)


def test_no_more_than_the_largest_step_even_if_that_is_not_enough() -> None:
    assert step_of(asked(carry(-1.2, 1.0), max_step=0.05)).quantity == Decimal("0.060")


# ---- what people must do -------------------------------------------------------------------------------------------


def test_too_large_a_coin_is_told_to_people_with_the_amount() -> None:
    made = asked(carry(-0.8, 1.0))
    assert reason_of(made) is NoPlanReason.NOT_PLANNABLE
    assert text_of(made) == (
        "BTC in main is the leg that is too large: riskd trades no spot; sell about 0.158 BTC there, or enlarge what it "
        "is hedged with"
    )


def test_a_leg_out_of_scope_or_out_of_trade_is_told_to_people() -> None:
    halted = carry(-1.2, 1.0, instruments=[an_instrument(BTC, tradable=False)])
    made = asked(halted)
    assert reason_of(made) is NoPlanReason.NOT_PLANNABLE
    assert "the contract is not trading; close about 0.15 BTC/USDT:USDT there" in text_of(made)
    elsewhere = Selector((("strategy", Match(any_of=("grid",))),))
    assert "the rule's scope leaves it out" in text_of(asked(carry(-1.2, 1.0), where=elsewhere))


def test_labels_and_the_name_of_the_hedge_choose_the_hedge_and_not_its_positions() -> None:
    where = Selector((("hedge", Match(any_of=("carry",))), ("labels.kind", Match(any_of=("cross",)))))
    assert step_of(asked(carry(-1.2, 1.0), where=where)).symbol == BTC


# ---- when not ------------------------------------------------------------------------------------------------------


def test_a_hedge_within_its_target_needs_nothing() -> None:
    assert reason_of(asked(carry(-1.0, 1.0))) is NoPlanReason.AT_TARGET


def test_a_leg_that_adds_to_what_it_should_hedge_is_closed() -> None:
    step = step_of(asked(pair(a_position(BTC, 1), a_position(ETH, 10))))
    assert (step.symbol, step.quantity) == (ETH, Decimal(10))


def test_a_measure_that_no_smaller_leg_changes_is_not_helped() -> None:
    apart = carry(-1.0, 1.0, instruments=[an_instrument(BTC, mark=60_000, index=66_000)])
    assert reason_of(asked(apart, at_most(critical=0.01), measure="basis")) is NoPlanReason.NO_HELP


def test_a_band_narrower_than_a_lot_takes_the_lot_that_comes_nearest_or_none() -> None:
    coarse = carry(-1.5, 1.0, instruments=[an_instrument(BTC, lot_size="0.4")])
    assert step_of(asked(coarse, within(critical=(0.99, 1.01)))).quantity == Decimal("0.4")
    far = carry(-1.1, 1.0, instruments=[an_instrument(BTC, lot_size="0.4")])
    assert reason_of(asked(far)) is NoPlanReason.NO_HELP


def test_a_leg_that_another_hedge_rests_on_is_left() -> None:
    snapshot = a_snapshot(
        accounts=[an_account()],
        positions=[a_position(BTC, -1.2), a_position(ETH, 24)],
        spot=[a_spot("BTC", 1.0)],
        hedges=(a_hedge(), a_hedge("other", perpetual_leg(ETH), perpetual_leg(BTC))),
    )
    made = asked(snapshot)
    assert reason_of(made) is NoPlanReason.NO_HELP
    assert "would take hedge other apart" in text_of(made)


def test_what_is_not_known_is_not_rebalanced() -> None:
    unseen = a_snapshot(
        accounts=[an_account()],
        positions=[a_position(BTC, -1.2, confirmed=False)],
        spot=[a_spot()],
        hedges=(a_hedge(),),
    )
    assert reason_of(asked(unseen)) is NoPlanReason.UNKNOWN
    homeless = a_snapshot(
        accounts=[an_account()],
        positions=[a_position(BTC, -1.2)],
        hedges=(a_hedge("carry", perpetual_leg(BTC), spot_leg("BTC", "nowhere")),),
    )
    made = asked(homeless)
    assert reason_of(made) is NoPlanReason.UNKNOWN
    assert "account nowhere of leg BTC is not configured" in text_of(made)


def test_other_actions_and_subjects_are_refused() -> None:
    book = book_of(carry(-1.2, 1.0))
    assert reason_of(rebalancing(book, cancel(subject=CARRY))) is NoPlanReason.NOT_AN_ORDER
    assert reason_of(rebalancing(book, a_demand(deleverage(), MAIN))) is NoPlanReason.NOT_PLANNABLE
    gone = Subject(Grain.HEDGE, (("hedge", "gone"),))
    assert reason_of(rebalancing(book, a_demand(deleverage(), gone))) is NoPlanReason.NO_SUBJECT


def test_a_cross_hedge_is_brought_to_the_ratio_of_least_variance() -> None:
    moves = np.random.default_rng(7).standard_normal(168) / 100.0
    closes = {ETH: np.cumprod(1.0 + 2.0 * moves).tolist(), BTC: np.cumprod(1.0 + moves).tolist()}
    snapshot = a_snapshot(
        accounts=[an_account(wallet=1e6)],
        positions=[a_position(ETH, 100, mark=100.0), a_position(BTC, -250, mark=100.0)],
        hedges=(a_hedge("carry", perpetual_leg(ETH), perpetual_leg(BTC)),),
    )
    book = book_of(snapshot, a_history(snapshot, prices=a_price_history(closes)))
    demand = a_demand(
        deleverage(),
        CARRY,
        limit=within(critical=(-0.05, 0.05)),
        measure="hedge_ratio_gap",
        parameters=(("window", 7 * 86_400.0),),
        unit=Unit.RATIO,
    )
    step = step_of(rebalancing(book, demand))
    assert step.symbol == BTC
    assert float(step.quantity) == pytest.approx(45.0, abs=1.0)  # 250 held, 200 wanted, 5 of tolerance
