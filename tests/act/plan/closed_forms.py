"""How much to close to bring one number back to a target: closed forms under a linear model, to compare plans with.

The model: closing ``x`` of notional takes ``x`` off the exposure and ``unit_cost * x`` (fees and slippage) off the
equity, at an unchanged mark price. Every function returns the notional to close, >= 0 and at most what there is, or
None when closing cannot reach the target.

Source: docs/risk-rules.md 4.3, whose worked checks are tests; derivations below.
"""

from __future__ import annotations


def notional_to_leverage(
    *, notional: float, equity: float, target_leverage: float, unit_cost: float
) -> float | None:
    """Notional to close for ``(N - x) / (E - c*x) = L``: ``x = (N - L*E) / (1 - L*c)``.

    Args:
        notional: Gross notional N, >= 0.
        equity: Margin balance E.
        target_leverage: L, >= 0.
        unit_cost: c, cost of closing as a fraction of the notional closed, >= 0.

    Returns:
        None when the cost of closing eats the relief (``L*c >= 1``) or more than everything would have to go.
    """
    return _closable(
        excess=notional - target_leverage * equity,
        relief=1.0 - target_leverage * unit_cost,
        notional=notional,
    )


def notional_to_margin_ratio(
    *,
    maintenance_margin: float,
    equity: float,
    target_ratio: float,
    margin_rate: float,
    unit_cost: float,
    notional: float,
) -> float | None:
    """Notional of one position to close for ``(MM - m*x) / (E - c*x) = r``: ``x = (MM - r*E) / (m - r*c)``.

    Args:
        maintenance_margin: MM of the whole account, >= 0.
        equity: Margin balance E.
        target_ratio: r, > 0; 1 is liquidation.
        margin_rate: m, maintenance margin rate of the position's bracket.
        unit_cost: c, as a fraction of the notional closed.
        notional: Size of the position, >= 0; no more can be closed.

    Returns:
        None unless ``m > r*c``: otherwise the cost of closing this position raises the ratio by more than its freed
        margin lowers it. None too when the whole position is not enough.
    """
    return _closable(
        excess=maintenance_margin - target_ratio * equity,
        relief=margin_rate - target_ratio * unit_cost,
        notional=notional,
    )


def notional_to_liquidation_distance(
    *,
    notional: float,
    direction: int,
    equity: float,
    other_maintenance_margin: float,
    maintenance_amount: float,
    target_distance: float,
    margin_rate: float,
    unit_cost: float,
) -> float | None:
    """Notional of one position to close so that its own adverse move of ``d`` just liquidates the account.

    After closing ``x`` and a move by ``d`` against the rest, ``R = N - x``, equity meets maintenance when
    ``E - c*x - R*d = m*R*(1 - s*d) - a + MMo`` with ``s`` the direction. With ``k = d + m*(1 - s*d)`` this gives
    ``x = (N*k - (E + a - MMo)) / (k - c)``.

    Args:
        notional: N of the position, >= 0.
        direction: s, +1 long, -1 short.
        equity: Margin balance E that backs the position.
        other_maintenance_margin: MMo of the account's other positions, whose prices stand still.
        maintenance_amount: a of the position's bracket.
        target_distance: d, fraction of the mark price, > 0.
        margin_rate: m of the position's bracket.
        unit_cost: c, as a fraction of the notional closed.

    Returns:
        None when closing the whole position does not reach the target.
    """
    burden = target_distance + margin_rate * (1.0 - direction * target_distance)
    return _closable(
        excess=notional * burden - (equity + maintenance_amount - other_maintenance_margin),
        relief=burden - unit_cost,
        notional=notional,
    )


def notional_to_share(
    *, notional: float, equity: float, target_share: float, unit_cost: float
) -> float | None:
    """Notional of a subject to close for ``(n - x) / (E - c*x) = w``: ``x = (n - w*E) / (1 - w*c)``.

    Args:
        notional: n, gross notional of the subject alone, >= 0.
        equity: Margin balance E of the account.
        target_share: w, fraction of equity.
        unit_cost: c, as a fraction of the notional closed.

    Returns:
        None when closing all of the subject does not reach the target.
    """
    return notional_to_leverage(
        notional=notional, equity=equity, target_leverage=target_share, unit_cost=unit_cost
    )


def _closable(*, excess: float, relief: float, notional: float) -> float | None:
    """``excess / relief``, the notional at which the excess is gone; None when it is out of reach."""
    if excess <= 0.0:
        return 0.0
    if relief <= 0.0:
        return None
    wanted = excess / relief
    return wanted if wanted <= notional else None
