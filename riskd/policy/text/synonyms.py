"""What else the trade calls the things that a policy names: words that no likeness of letters would find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

_SHOWN_MAX = 3

_MEASURES: Mapping[str, tuple[str, ...]] = {
    "pnl": ("loss_today", "drawdown", "unrealized_pnl"),
    "loss": ("loss_today", "drawdown", "realized_loss"),
    "daily": ("loss_today",),
    "dd": ("drawdown",),
    "margin": ("margin_ratio", "initial_margin", "maintenance_margin"),
    "liq": ("liquidation_distance",),
    "liquidation": ("liquidation_distance", "account_shock"),
    "exposure": ("share_of_equity", "net_delta", "leverage"),
    "size": ("share_of_equity",),
    "weight": ("share_of_equity", "share_of_gross"),
    "concentration": ("share_of_gross", "independent_bets", "hhi"),
    "diversification": ("independent_bets", "hhi"),
    **dict.fromkeys(("herfindahl", "hirschman"), ("hhi",)),
    **dict.fromkeys(("direction", "directional", "bias", "same_side"), ("one_sidedness",)),
    **dict.fromkeys(("concurrent", "position_count", "max_positions"), ("open_positions",)),
    "counterparty": ("equity_at_venue",),
    "delta": ("net_delta",),
    "beta": ("beta_delta", "beta_shock"),
    "funding": ("funding_rate", "funding_cost"),
    "carry": ("funding_cost", "basis"),
    "heat": ("open_risk", "correlated_risk", "loss_and_heat"),
    **dict.fromkeys(("brake", "monthly", "monthly_loss"), ("loss_and_heat", "realized_loss")),
    **dict.fromkeys(("fees", "fee", "commission", "commissions"), ("fee_burn", "fees_paid")),
    **dict.fromkeys(("streak", "consecutive", "consecutive_losses"), ("losing_streak",)),
    **dict.fromkeys(("realized", "realised", "closed_pnl"), ("realized_loss",)),
    **dict.fromkeys(("lev", "gearing", "account_leverage"), ("leverage",)),
    "risk": ("risk_per_trade", "open_risk"),
    "stop": ("stop_coverage", "stop_distance", "stop_age"),
    **dict.fromkeys(("reward", "rr", "risk_reward"), ("reward_to_risk",)),
    **dict.fromkeys(("r", "r_multiple"), ("risk_multiple",)),
    **dict.fromkeys(("pending", "filled", "worst_case"), ("filled_leverage", "filled_liquidation_distance")),
    **dict.fromkeys(("flip", "adverse"), ("funding_flip",)),
    "imbalance": ("leg_margin_imbalance",),
    "sl": ("stop_coverage", "stop_distance"),
    "vol": ("volatility", "portfolio_volatility"),
    **dict.fromkeys(("volatility_target", "target_volatility"), ("portfolio_volatility",)),
    **dict.fromkeys(("atr", "true_range"), ("stop_distance_atr",)),
    **dict.fromkeys(("touch", "hit", "probability", "liquidation_probability"), ("touch_probability",)),
    **dict.fromkeys(("mfe", "giveback", "retracement", "drawback"), ("give_back",)),
    **dict.fromkeys(("underwater", "mae"), ("time_in_loss",)),
    "losing": ("time_in_loss", "losing_streak"),
    **dict.fromkeys(("effectiveness", "r2", "r_squared"), ("hedge_effectiveness",)),
    **dict.fromkeys(("min_variance", "minimum_variance", "optimal_hedge"), ("hedge_ratio_gap",)),
    "cvar": ("expected_shortfall",),
    **dict.fromkeys(("liquidity", "market_liquidity"), ("exit_time", "share_of_volume", "share_of_depth")),
    **dict.fromkeys(("exit", "unwind", "time_to_exit", "days_to_liquidate"), ("exit_time", "exit_cost")),
    **dict.fromkeys(("participation", "pov"), ("exit_time",)),
    **dict.fromkeys(("volume", "adv", "turnover", "volume_share"), ("share_of_volume",)),
    **dict.fromkeys(("oi", "open_interest", "oi_share", "market_share"), ("share_of_open_interest",)),
    **dict.fromkeys(("depth", "order_book", "orderbook", "market_depth"), ("share_of_depth", "exit_cost")),
    **dict.fromkeys(
        ("slippage", "impact", "market_impact", "exit_slippage"), ("exit_cost", "share_of_depth")
    ),
    **dict.fromkeys(("bid_ask", "bid_ask_spread", "half_spread"), ("spread",)),
    **dict.fromkeys(("peg", "depeg", "stablecoin"), ("peg_gap",)),
    **dict.fromkeys(("collateral", "haircut", "multi_assets"), ("collateral_share", "collateral_stress")),
    "es": ("expected_shortfall",),
    "stress": ("stress_loss", "shocked_margin_ratio"),
    **dict.fromkeys(("crash", "scenario"), ("stress_loss",)),
    "shock": ("account_shock", "asset_shock", "beta_shock"),
    "stale": ("data_age", "missing"),
    "latency": ("data_age",),
    "age": ("data_age", "holding_time", "stop_age"),
    "adl": ("adl_rank", "leg_adl_rank"),
    "rejects": ("reject_rate",),
    "rejections": ("reject_rate",),
}

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "free": ("available_balance",),
    "free_balance": ("available_balance",),
    "free_margin": ("available_balance",),
    "available": ("available_balance",),
    "balance": ("wallet_balance", "equity"),
    "nav": ("equity",),
    "upnl": ("unrealized_pnl",),
    "notional": ("gross", "net"),
    "open_orders": ("orders",),
}

_KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("limit", "limits", "threshold", "thresholds"), ("max", "min", "band", "breach")),
    **dict.fromkeys(("upper", "above", "cap", "maximum", "at_most"), ("max",)),
    **dict.fromkeys(("lower", "below", "floor", "minimum", "at_least"), ("min",)),
    **dict.fromkeys(("range", "between", "corridor"), ("band",)),
    **dict.fromkeys(("description", "reason", "rationale", "comment", "note"), ("why",)),
    **dict.fromkeys(("actions", "action", "do", "on_breach"), ("then",)),
    **dict.fromkeys(("filter", "match", "select", "scope", "only"), ("where", "scope")),
    **dict.fromkeys(("duration", "hold", "delay", "wait", "window"), ("for",)),
    **dict.fromkeys(("calendar", "schedule", "when", "hours"), ("during",)),
    **dict.fromkeys(("metric", "kpi", "indicator"), ("measure",)),
    **dict.fromkeys(("formula", "expression"), ("expr",)),
    **dict.fromkeys(("extends", "inherits", "parent", "overrides"), ("refines",)),
    **dict.fromkeys(("group_by", "grain", "level_of", "subject"), ("per",)),
    **dict.fromkeys(("variables", "constants", "parameters"), ("vars",)),
    **dict.fromkeys(("recovery", "reset", "resolve", "hysteresis"), ("clear",)),
    **dict.fromkeys(("no_data", "on_missing"), ("missing",)),
    **dict.fromkeys(("soft", "amber", "yellow"), ("warn",)),
    **dict.fromkeys(("hard", "error", "violation", "red"), ("breach",)),
    **dict.fromkeys(("emergency", "severe", "panic"), ("critical",)),
}

_WORDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("reduce", "trim", "derisk", "delever"), ("deleverage",)),
    **dict.fromkeys(("flatten", "liquidate", "exit", "unwind"), ("close",)),
    **dict.fromkeys(("alert", "page", "slack", "message", "email"), ("notify",)),
    **dict.fromkeys(("block", "freeze", "halt", "stop_trading"), ("block_new_risk",)),
    **dict.fromkeys(("cancel", "cancel_all"), ("cancel_orders",)),
    **dict.fromkeys(("stop_loss", "set_stop"), ("place_stop",)),
    **dict.fromkeys(("coin", "coins", "token", "currency", "underlying"), ("asset",)),
    **dict.fromkeys(("symbol", "contract", "pair", "market"), ("instrument", "symbol")),
    **dict.fromkeys(("trade", "trades"), ("position",)),
    **dict.fromkeys(("bot", "algo"), ("strategy",)),
    **dict.fromkeys(("trader", "user", "wallet", "subaccount", "sub_account"), ("account",)),
    **dict.fromkeys(("venue", "exchange", "broker"), ("exchange", "venue")),
    **dict.fromkeys(("firm", "fund", "house", "total", "book"), ("portfolio",)),
    **dict.fromkeys(("team", "pod"), ("desk",)),
    **dict.fromkeys(("tag", "tags", "label"), ("labels",)),
    **dict.fromkeys(("dry_run", "monitor", "shadow", "passive"), ("observe",)),
    **dict.fromkeys(("suggest", "manual", "recommend"), ("propose",)),
    **dict.fromkeys(("live", "active", "act"), ("enforce",)),
    **dict.fromkeys(("monday",), ("mon",)),
    **dict.fromkeys(("tues", "tuesday"), ("tue",)),
    **dict.fromkeys(("weds", "wednesday"), ("wed",)),
    **dict.fromkeys(("thur", "thurs", "thursday"), ("thu",)),
    **dict.fromkeys(("friday",), ("fri",)),
    **dict.fromkeys(("saturday",), ("sat",)),
    **dict.fromkeys(("sunday",), ("sun",)),
    **dict.fromkeys(("weekend", "weekends"), ("sat", "sun")),
}

_TABLES = (_MEASURES, _COLUMNS, _KEYS, _WORDS)


def same_word(word: str, known: Sequence[str]) -> tuple[str, ...]:
    """The known words that the trade uses ``word`` for, best first; none when it is not in the tables."""
    found = [name for table in _TABLES for name in table.get(_folded(word), ()) if name in known]
    return tuple(dict.fromkeys(found))[:_SHOWN_MAX]


def same_parts(word: str, known: Sequence[str]) -> tuple[str, ...]:
    """The known words that a part of ``word`` stands for: ``daily_pnl`` is about losses. Best first."""
    found: Counter[str] = Counter()
    for part in _folded(word).split("_"):
        found.update(dict.fromkeys((*((part,) if part in known else ()), *same_word(part, known)), 1))
    return tuple(name for name, _ in found.most_common(_SHOWN_MAX))


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")
