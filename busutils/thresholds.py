"""Counts at every threshold in one pass, and the choice of one (paper 1, section 2.6).

Probabilities are kept as k / 255 with k in 0..255; a pixel is lesion where k / 255 >= threshold.
One histogram of (truth, k) a case holds everything; counts are its cumulative sums.
"""

import numpy as np
import pandas as pd

from busutils import metrics

GRID = np.round(np.arange(0.05, 0.951, 0.05), 2)
PAPER_GRID = GRID[(GRID >= 0.4) & (GRID <= 0.9)]


def quantise(probabilities: np.ndarray) -> np.ndarray:
    """Round probabilities in [0, 1] to uint8 levels k of k / 255."""
    return np.rint(np.asarray(probabilities, np.float64) * 255).astype(np.uint8)


def counts(truth: np.ndarray, levels: np.ndarray, grid: np.ndarray = GRID) -> pd.DataFrame:
    """Count pixels of each case at each threshold.

    Parameters
    ----------
    truth : bool array of shape (n, height, width)
    levels : uint8 array of shape (n, height, width), probabilities as k of k / 255
    grid : float array of shape (m,)

    Returns
    -------
    DataFrame with columns row (0..n-1), threshold, tp, fp, fn, tn; n * m rows.
    """
    first = np.ceil(np.asarray(grid) * 255 - 1e-9).astype(int)
    above = _at_least(truth, levels)
    fp, tp = above[:, 0, first], above[:, 1, first]
    tn, fn = above[:, 0, :1] - fp, above[:, 1, :1] - tp
    n, m = tp.shape
    columns = {"row": np.repeat(np.arange(n), m), "threshold": np.tile(grid, n)}
    counted = {"tp": tp.ravel(), "fp": fp.ravel(), "fn": fn.ravel(), "tn": tn.ravel()}
    return pd.DataFrame(columns | counted)


def curve(cases: pd.DataFrame) -> pd.DataFrame:
    """Mean over cases of every score at each threshold; index is the threshold."""
    return metrics.scores(cases).groupby(cases["threshold"]).mean()


def best(cases: pd.DataFrame, score: str = "dice", grid: np.ndarray = PAPER_GRID) -> float:
    """Threshold of `grid` with the highest mean score over cases; the lowest of equals.

    Paper 1 takes the maxima of Dice and of mean IoU on its grid 0.40 to 0.90; it does not say what
    happens where they differ.
    """
    mean = curve(cases[cases["threshold"].isin(grid)])[score]
    return float(mean.idxmax())


def _at_least(truth: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Number of pixels of each case with level >= k, shape (n, 2, 256): background, lesion."""
    n = len(truth)
    histogram = np.zeros((n, 512), np.int64)
    for i in range(n):
        key = levels[i].ravel() + 256 * truth[i].ravel().astype(np.int64)
        histogram[i] = np.bincount(key, minlength=512)
    return histogram.reshape(n, 2, 256)[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
