"""Intervals of a mean or pooled score over cases, by groups."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from busutils.errors import UserError, choose

FEW = 40
"""From this many groups on the percentile bootstrap is used (with 12 it covers 0.90, not 0.95)."""
DRAWS = 5000
"""Bootstrap samples of a mean or a pooled score."""
TABLES = 1000
"""Resampled tables; fewer, as each is scored on its own."""
LEVEL = 0.95
TAILS = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
SEED = 0


@dataclass(frozen=True)
class Interval:
    """An estimate between two limits, with the way it was made.

    `level` is the nominal coverage (0.95), `method` is words for a caption, `n_cases` and
    `n_groups` count what was averaged. The unit is that of the estimate.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    n_cases: int
    n_groups: int

    @property
    def half_width(self) -> float:
        """Half the distance between the limits."""
        return (self.high - self.low) / 2

    def scaled(self, by: float) -> "Interval":
        """Return it in another unit: estimate and limits times a factor."""
        ends = {name: getattr(self, name) * by for name in ("estimate", "low", "high")}
        return replace(self, **ends)


def exact(value: float, n_cases: int = 0) -> Interval:
    """Return a number without sampling error (a count, a file size) as an interval."""
    return Interval(float(value), float(value), float(value), 1.0, "exact", n_cases, 0)


def alone(values: ArrayLike) -> Interval:
    """Return the mean over cases of one group, which gives no interval: its limits are NaN."""
    mean = float(np.mean(values))
    return Interval(mean, np.nan, np.nan, LEVEL, "one group, no interval", len(values), 1)


def interval(
    values: ArrayLike, groups: ArrayLike | None = None, *, statistic: str = "mean"
) -> Interval:
    """95 % interval of the mean of a score over cases, resampling groups.

    Parameters
    ----------
    values : floats of shape (n,)
        One score a case; average several trainings of one case first.
    groups : labels of shape (n,), optional
        Near-duplicates share a label; None (for all, or for one case) is a group of its own.
    statistic : {"mean", "share"}
        "share" is for values 0 and 1 (normal images left empty): Wilson's interval with the
        number of groups as sample size, which stays honest at 0 and 1.

    Returns
    -------
    Interval
        Percentile bootstrap from 40 groups on; below, a t-interval over group means (weighted by
        their sizes, so that the estimate stays the mean over cases).

    Raises
    ------
    UserError
        For a median, fewer than two groups, a value that is not finite, or unequal lengths.
    """
    if statistic == "median":
        raise UserError(
            "a median gets no interval (the percentile bootstrap fails for it): use the mean, "
            "or print the quartiles"
        )
    choose(statistic, ["mean", "share"], "statistic")
    values = np.asarray(values, float)
    sums = _sums_by_group({"total": values}, groups)
    if statistic == "share":
        return _wilson(values, len(sums))
    made = _resampled(sums, lambda c: c.total / c.n)
    return replace(made, n_cases=len(values))


def case_mean(scores: pd.DataFrame, **options: Any) -> Interval:
    """Interval of the mean over cases of a table of scores; a case scored twice is averaged first.

    Parameters
    ----------
    scores : DataFrame with columns case, group, score
    options : what else :func:`interval` takes

    Returns
    -------
    Interval
        Of :func:`interval`; of a single group its limits are NaN (:func:`alone`).
    """
    cases = scores.groupby("case").agg(score=("score", "mean"), group=("group", "first"))
    if cases["group"].nunique(dropna=False) < 2:
        return alone(cases["score"])
    return interval(cases["score"], cases["group"], **options)


def pooled_interval(
    score: Callable[[pd.DataFrame], ArrayLike],
    counts: pd.DataFrame,
    groups: ArrayLike | None = None,
) -> Interval:
    """95 % interval of a pooled score (counts added over all cases first), resampling groups.

    Parameters
    ----------
    score : function of a table of counts, such as ``metrics.SCORES["dice"]``
    counts : DataFrame with columns tp, fp, fn, tn (pixels), one row a case
    groups : labels, one a case, as for :func:`interval`

    Returns
    -------
    Interval
        Percentile bootstrap from 40 groups on, below a t-interval by leaving out each group; cut
        at 0 and 1, between which all these scores lie.
    """
    numbers = {name: counts[name].to_numpy(float) for name in ["tp", "fp", "fn", "tn"]}
    made = _resampled(_sums_by_group(numbers, groups), score)
    method = made.method.replace("group means", "groups, each left out once")
    low, high = max(made.low, 0.0), min(made.high, 1.0)
    method = f"pooled counts, {method}"
    return replace(made, low=low, high=high, n_cases=len(counts), method=method)


def pooled_parts(score: Callable[[pd.DataFrame], ArrayLike], counts: pd.DataFrame) -> np.ndarray:
    """What each case adds to a pooled score, so that scores of some cases can be set apart.

    Parameters
    ----------
    score, counts : as for :func:`pooled_interval`, of two cases or more

    Returns
    -------
    float array, one a case: the pseudo-values of the jackknife (Tukey 1958). Their mean over any
    share of the cases is to first order the pooled score of these.
    """
    counts = counts[["tp", "fp", "fn", "tn"]].astype(float)
    whole, n = counts.sum(), len(counts)
    every = float(np.squeeze(score(whole.to_frame().T)))
    return n * every - (n - 1) * np.asarray(score(whole - counts), float)


def resampled_interval(
    score: Callable[[pd.DataFrame], float],
    cases: pd.DataFrame,
    groups: ArrayLike | None = None,
) -> Interval:
    """Percentile bootstrap (95 %) of a score of a whole table (an area under a curve), by groups.

    Parameters
    ----------
    score : function of a table of cases; a resampled table for which it is NaN (one class only)
        is left out
    cases : DataFrame, one row a case
    groups : labels, one a case, as for :func:`interval`
    """
    rows = pd.Series(np.arange(len(cases))).groupby(group_codes(groups, len(cases)))
    members = [of.to_numpy() for _, of in rows]
    if len(members) < 2:
        raise UserError(f"an interval needs at least two groups of cases, not {len(members)}")
    drawn = np.random.default_rng(SEED).integers(len(members), size=(TABLES, len(members)))
    tables = (cases.iloc[np.concatenate([members[i] for i in one])] for one in drawn)
    low, high = np.nanquantile([score(table) for table in tables], TAILS)
    method = f"percentile bootstrap over {len(members)} groups"
    estimate = float(score(cases))
    return Interval(estimate, float(low), float(high), LEVEL, method, len(cases), len(members))


def _sums_by_group(columns: Mapping[str, np.ndarray], groups: ArrayLike | None) -> pd.DataFrame:
    table = pd.DataFrame(columns)
    if not np.isfinite(table.to_numpy()).all():
        raise UserError("a value is not a finite number: count such cases apart before averaging")
    table["n"] = 1.0
    sums = table.groupby(group_codes(groups, len(table))).sum()
    if len(sums) < 2:
        raise UserError(f"an interval needs at least two groups of cases, not {len(sums)}")
    return sums


def group_codes(groups: ArrayLike | None, n: int) -> np.ndarray:
    """Whole numbers, one a group; cases without a group get a number of their own."""
    if groups is None:
        return np.arange(n)
    codes, _ = pd.factorize(np.asarray(groups, object))
    if len(codes) != n:
        raise UserError(f"{n} values have {len(codes)} group labels: give one label a value")
    return np.where(codes < 0, codes.max(initial=-1) + 1 + np.arange(n), codes)


def _resampled(sums: pd.DataFrame, score: Callable[[pd.DataFrame], ArrayLike]) -> Interval:
    """Interval of a function of totals over groups; `n_cases` is left for the caller."""
    n = len(sums)
    estimate = float(np.squeeze(score(sums.sum().to_frame().T)))
    if n >= FEW:
        drawn = np.random.default_rng(SEED).integers(n, size=(DRAWS, n))
        totals = pd.DataFrame(
            {name: one.to_numpy()[drawn].sum(axis=1) for name, one in sums.items()}
        )
        low, high = np.quantile(np.asarray(score(totals)), TAILS)
        method = f"percentile bootstrap over {n} groups"
    else:
        without = np.asarray(score(sums.sum() - sums))
        error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
        even = sums.n.sum() ** 2 / (sums.n**2).sum()  # as many groups of equal size say as much
        low, high = estimate + stats.t.ppf(TAILS, max(even - 1, 1)) * error
        method = f"t-interval over {n} group means"
    return Interval(estimate, float(low), float(high), LEVEL, method, 0, n)


def _wilson(values: np.ndarray, n_groups: int) -> Interval:
    if not np.isin(values, [0, 1]).all():
        raise UserError("a share is the mean of values 0 and 1: use the statistic 'mean'")
    share = float(values.mean())
    low, high = proportion_confint(share * n_groups, n_groups, 1 - LEVEL, method="wilson")
    method = f"Wilson's interval, {n_groups} groups as sample size"
    return Interval(share, float(low), float(high), LEVEL, method, len(values), n_groups)
