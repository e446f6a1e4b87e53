"""Whether a value at risk was what it said: how often losses exceeded it, whether those days cluster, how bad they were.

A confidence of 99 % says that one day in a hundred is worse. Each test asks whether the days that came could have come if
that were so, and answers with the probability of days as unlikely as these or unlikelier: a small one speaks against the
value at risk. Days must not overlap, and each value must have been reckoned before its day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from riskd.model.arrays import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """The outcome of a test by likelihoods.

    Attributes:
        statistic: ``-2·ln(likelihood if the claim holds / largest likelihood)``, from 0.
        p_value: Probability of a statistic as large as this or larger, if the claim holds and days are many.
    """

    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What a row of days says of a value at risk and of its expected shortfall.

    Attributes:
        days: How many.
        expected: Exceedances that the confidence promises.
        exceedances: Days whose loss was larger than the value at risk.
        coverage: Kupiec: whether there were as many as promised.
        independence: Christoffersen: whether one made the next day's likelier.
        conditional: Christoffersen: both together.
        shortfall_ratio: See the function of that name.
        z2: See ``acerbi_szekely_z2``.
    """

    days: int
    expected: float
    exceedances: int
    coverage: LikelihoodRatio
    independence: LikelihoodRatio
    conditional: LikelihoodRatio
    shortfall_ratio: float
    z2: float


def backtest(
    losses: FloatArray, value_at_risk: FloatArray, expected_shortfall: FloatArray, confidence: float
) -> Backtest:
    """All tests of one row of days.

    Args:
        losses: What each day brought, gains negative, oldest first.
        value_at_risk: As reckoned before each day, of the same book.
        expected_shortfall: Likewise.
        confidence: Share of days whose loss should not exceed the value at risk.
    """
    exceeded = losses > value_at_risk
    days, count = len(losses), int(exceeded.sum())
    return Backtest(
        days=days,
        expected=(1.0 - confidence) * days,
        exceedances=count,
        coverage=kupiec(count, days, confidence),
        independence=christoffersen_independence(exceeded),
        conditional=christoffersen_coverage(exceeded, confidence),
        shortfall_ratio=shortfall_ratio(losses, expected_shortfall, exceeded),
        z2=acerbi_szekely_z2(losses, expected_shortfall, exceeded, confidence),
    )


def kupiec(exceedances: int, days: int, confidence: float) -> LikelihoodRatio:
    """Proportion of failures: whether the share of exceedances is ``1 - confidence``; chi-squared, 1 degree of freedom.

    ``-2·ln[(1 - p)^(n - x)·p^x / (1 - x/n)^(n - x)·(x/n)^x]`` with p = 1 - confidence, x exceedances in n days. Two-sided:
    too few speak against it too.

    Source: Kupiec, Techniques for Verifying the Accuracy of Risk Measurement Models, Journal of Derivatives 3 (1995).
    """
    calm = days - exceedances
    claimed = _log_likelihood(calm, exceedances, 1.0 - confidence)
    return _one_degree(claimed - _log_likelihood(calm, exceedances, exceedances / days))


def christoffersen_independence(exceeded: BoolArray) -> LikelihoodRatio:
    """Whether a day after an exceedance brings one as rarely as any other day; chi-squared, 1 degree of freedom.

    Days are states of a Markov chain: the likelihood with one probability for all of them, over that with one for days
    after an exceedance and one for the others. It sees clusters of neighbouring days only.

    Source: Christoffersen, Evaluating Interval Forecasts, International Economic Review 39 (1998).
    """
    before, after = exceeded[:-1], exceeded[1:]
    followed, repeated = int((~before & after).sum()), int((before & after).sum())
    quiet, ended = int((~before & ~after).sum()), int((before & ~after).sum())
    together = _best(quiet + ended, followed + repeated)
    return _one_degree(together - _best(quiet, followed) - _best(ended, repeated))


def christoffersen_coverage(exceeded: BoolArray, confidence: float) -> LikelihoodRatio:
    """Conditional coverage: as many as promised, and one no sign of the next; chi-squared, 2 degrees of freedom.

    The sum of the statistics of ``kupiec`` and ``christoffersen_independence``.
    """
    coverage = kupiec(int(exceeded.sum()), len(exceeded), confidence)
    statistic = coverage.statistic + christoffersen_independence(exceeded).statistic
    # The upper tail of chi-squared with two degrees of freedom.
    return LikelihoodRatio(statistic, math.exp(-statistic / 2.0))


def shortfall_ratio(losses: FloatArray, expected_shortfall: FloatArray, exceeded: BoolArray) -> float:
    """Mean of loss over expected shortfall on the days that exceeded the value at risk; NaN without such a day.

    1 when the bad days were as bad as reckoned, 1.2 when they were a fifth worse. It is ``1 - Z1`` of Acerbi and Szekely.

    Source: McNeil and Frey, Estimation of tail-related risk measures, Journal of Empirical Finance 7 (2000), whose
    residuals have mean zero when this is 1; Acerbi and Szekely, Backtesting Expected Shortfall, Risk (December 2014).
    """
    if not exceeded.any():
        return math.nan
    return float(np.mean(losses[exceeded] / expected_shortfall[exceeded]))


def acerbi_szekely_z2(
    losses: FloatArray, expected_shortfall: FloatArray, exceeded: BoolArray, confidence: float
) -> float:
    """``1 - Σ (loss / expected shortfall) / (n·(1 - confidence))`` over the exceedances of n days.

    0 when they were as many and as bad as reckoned, below when there were more of them or they were worse. For 250 days
    and 97.5 % the authors reject below -0.7 (one false alarm in twenty); no such bound is known for every n and tail.

    Source: Acerbi and Szekely, Backtesting Expected Shortfall, Risk (December 2014), test 2.
    """
    expected = len(losses) * (1.0 - confidence)
    return 1.0 - float(np.sum(losses[exceeded] / expected_shortfall[exceeded])) / expected


def _best(calm: int, exceedances: int) -> float:
    """The largest log likelihood of so many days of each kind."""
    days = calm + exceedances
    return _log_likelihood(calm, exceedances, exceedances / days) if days else 0.0


def _log_likelihood(calm: int, exceedances: int, probability: float) -> float:
    """``ln[(1 - p)^calm · p^exceedances]``, in which nothing to the power of nothing is 1."""
    found = 0.0
    if calm:
        found += calm * math.log1p(-probability)
    if exceedances:
        found += exceedances * math.log(probability)
    return found


def _one_degree(log_ratio: float) -> LikelihoodRatio:
    """A log of likelihoods as a chi-squared statistic with one degree of freedom, the square of a normal variable."""
    statistic = max(0.0, -2.0 * log_ratio)
    return LikelihoodRatio(statistic, math.erfc(math.sqrt(statistic / 2.0)))
