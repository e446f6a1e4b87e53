"""The reference of every measure of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from tests.measure.reference_betas import beta_delta
from tests.measure.reference_cases import Measure
from tests.measure.reference_collateral import COLLATERAL
from tests.measure.reference_concentration import CONCENTRATION
from tests.measure.reference_excursions import give_back, time_in_loss
from tests.measure.reference_exposure import (
    basis,
    equity_at_venue,
    gross_over_equity,
    hedge_ratio,
    net_delta,
    position_leverage,
    share_of_gross,
)
from tests.measure.reference_filled import FILLED
from tests.measure.reference_grid import GRIDS
from tests.measure.reference_liquidation import (
    liquidation_distance,
    liquidation_divergence,
    margin_ratio,
)
from tests.measure.reference_liquidity import LIQUIDITY
from tests.measure.reference_past import (
    adl_rank,
    clock_skew,
    data_age,
    drawdown,
    funding_cost,
    funding_rate,
    holding_time,
    loss_today,
    order_rate,
    reconciliation_gap,
    reject_rate,
    unlabelled,
)
from tests.measure.reference_portfolio import (
    correlated_risk,
    hedge_effectiveness,
    hedge_ratio_gap,
    portfolio_volatility,
)
from tests.measure.reference_prices import (
    correlation,
    expected_shortfall,
    independent_bets,
    liquidation_distance_vol,
    stress_loss,
    var,
    volatility,
)
from tests.measure.reference_results import RESULTS
from tests.measure.reference_shocks import account_shock, asset_shock, beta_shock, shocked_margin_ratio
from tests.measure.reference_stops import (
    open_risk,
    risk_per_trade,
    stop_coverage,
    stop_distance,
    stop_to_liquidation,
)
from tests.measure.reference_touch import stop_distance_atr, stop_distance_vol, touch_probability
from tests.measure.reference_trades import TRADES

MEASURES: Mapping[str, Measure] = {
    "leverage": gross_over_equity,
    "position_leverage": position_leverage,
    "share_of_equity": gross_over_equity,
    "share_of_gross": share_of_gross,
    "equity_at_venue": equity_at_venue,
    "net_delta": net_delta,
    "beta_delta": beta_delta,
    "margin_ratio": margin_ratio,
    "liquidation_distance": liquidation_distance,
    "liquidation_divergence": liquidation_divergence,
    "account_shock": account_shock,
    "beta_shock": beta_shock,
    "asset_shock": asset_shock,
    "shocked_margin_ratio": shocked_margin_ratio,
    "risk_per_trade": risk_per_trade,
    "open_risk": open_risk,
    "stop_coverage": stop_coverage,
    "stop_distance": stop_distance,
    "stop_to_liquidation": stop_to_liquidation,
    "funding_rate": funding_rate,
    "funding_cost": funding_cost,
    "hedge_ratio": hedge_ratio,
    "basis": basis,
    "drawdown": drawdown,
    "loss_today": loss_today,
    "order_rate": order_rate,
    "holding_time": holding_time,
    "data_age": data_age,
    "unlabelled": unlabelled,
    "adl_rank": adl_rank,
    "clock_skew": clock_skew,
    "reconciliation_gap": reconciliation_gap,
    "reject_rate": reject_rate,
    "independent_bets": independent_bets,
    "correlation": correlation,
    "volatility": volatility,
    "liquidation_distance_vol": liquidation_distance_vol,
    "var": var,
    "expected_shortfall": expected_shortfall,
    "stress_loss": stress_loss,
    "touch_probability": touch_probability,
    "stop_distance_vol": stop_distance_vol,
    "stop_distance_atr": stop_distance_atr,
    "correlated_risk": correlated_risk,
    "portfolio_volatility": portfolio_volatility,
    "hedge_effectiveness": hedge_effectiveness,
    "hedge_ratio_gap": hedge_ratio_gap,
    "give_back": give_back,
    "time_in_loss": time_in_loss,
    **GRIDS,
    **FILLED,
    **TRADES,
    **CONCENTRATION,
    **RESULTS,
    **LIQUIDITY,
    **COLLATERAL,
}
