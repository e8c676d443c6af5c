"""Distances between the outlines of two masks, and how much of an outline is close enough.

A distance needs two outlines. Where truth and prediction are both empty, distances are 0 and the
surface Dice is 1. Where one of them is empty there is no distance (NaN) and the surface Dice is 0;
the case is *missed* or *false*. A mean of distances leaves such cases out, so a table says how many
there are (:func:`means`): an HD95 gets better when misses are dropped.

References
----------
Taha, Hanbury: Metrics for evaluating 3D medical image segmentation. BMC Medical Imaging 15 (2015)
29: Hausdorff and average distance. Nikolov et al.: Clinically applicable segmentation of head and
neck anatomy. J Med Internet Res 23 (2021) e26151: surface Dice at a tolerance. Reinke et al.:
Understanding metric-related pitfalls in image analysis validation. Nature Methods 21 (2024) 182.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.spatial import KDTree

DISTANCES = ["hd95", "hd95_max", "assd"]
"""Columns of :func:`scores` that are distances, in the unit of its spacing."""
_PAIRS = np.array([0, 1, 1, 2, 1, 3, 4, 1, 1, 4, 3, 1, 2, 1, 1, 0])
"""How an outline crosses four neighbours (upper left, upper right, lower left, lower right as the
bits of a number): not, by one corner, along a row, along a column, by two corners."""


def scores(
    truth: np.ndarray, predicted: np.ndarray, spacing: ArrayLike = 1.0, tolerance: float = 1.0
) -> pd.DataFrame:
    """Compare the outlines of each case.

    The outline is the pixels of a mask of which one of four neighbours lies outside it or outside
    the image; a directed distance is that of each of them to the nearest one of the other mask.

    Parameters
    ----------
    truth, predicted : bool arrays of shape (n, height, width)
    spacing : height and width of a pixel, above 0
        One number, a pair, or a pair for each case of shape (n, 2): millimetres where they are
        known, or pixels of the original image a pixel of the mask.
    tolerance : float, at least 0
        What counts as close enough, in the unit of `spacing`.

    Returns
    -------
    DataFrame with one row a case and the columns

    - hd95: 95th percentile of both sets of directed distances together (MedPy's definition)
    - hd95_max: the larger one of the two sets' 95th percentiles
    - assd: mean of both sets together, the average symmetric surface distance
    - nsd: share, from 0 to 1, of both outlines' length that lies within `tolerance` of the other
      one, the normalised surface Dice (Nikolov et al., their lengths)
    - missed: bool, there is a lesion and nothing is predicted
    - false: bool, there is no lesion and something is predicted

    Raises
    ------
    ValueError
        If the shapes differ, or a spacing or the tolerance is not a number as above.
    """
    truth, predicted = np.asarray(truth, bool), np.asarray(predicted, bool)
    if truth.shape != predicted.shape or truth.ndim != 3:
        raise ValueError(
            f"truth {truth.shape} and prediction {predicted.shape} are not of one shape "
            "(cases, height, width)"
        )
    spacing = np.asarray(spacing, float)
    if spacing.shape not in ((), (2,), (len(truth), 2)) or not np.all(spacing > 0):
        raise ValueError(
            "spacing is one number above 0, a pair (height, width), or a pair for each case, not "
            f"{spacing.tolist() if spacing.size < 5 else spacing.shape}"
        )
    if not tolerance >= 0:
        raise ValueError(f"a tolerance is 0 or more, not {tolerance}")
    sides = np.broadcast_to(spacing, (len(truth), 2))
    rows = [_case(*of, tolerance) for of in zip(truth, predicted, sides, strict=True)]
    return pd.DataFrame(rows, columns=[*DISTANCES, "nsd", "missed", "false"])


def means(table: pd.DataFrame) -> dict[str, float]:
    """Mean of each score over cases, and how many cases have no distance.

    Returns
    -------
    Means by column, distances over the `cases` that have one; and the counts `cases`, `missed` and
    `false`.
    """
    of = {name: float(table[name].mean()) for name in [*DISTANCES, "nsd"]}
    of["cases"] = int(table[DISTANCES[0]].notna().sum())
    return of | {name: int(table[name].sum()) for name in ("missed", "false")}


def _case(truth: np.ndarray, predicted: np.ndarray, sides: np.ndarray, tolerance: float) -> tuple:
    if not truth.any() or not predicted.any():
        missed, false = bool(truth.any()), bool(predicted.any())
        alike = not (missed or false)
        return (*[0.0 if alike else np.nan] * len(DISTANCES), float(alike), missed, false)
    truth, predicted = _cropped(truth, predicted)
    there, back = _directed(_border(truth), _border(predicted), sides)
    joined = np.concatenate([there, back])
    larger = max(np.percentile(there, 95), np.percentile(back, 95))
    near = _near(truth, predicted, sides, tolerance)
    return np.percentile(joined, 95), larger, joined.mean(), near, False, False


def _cropped(*masks: np.ndarray) -> tuple[np.ndarray, ...]:
    """Cut masks to where any of them is, with an empty pixel around: outlines lie nowhere else."""
    joined = np.any(masks, axis=0)
    window = tuple(
        slice(inside[0], inside[-1] + 1)
        for inside in (np.flatnonzero(joined.any(axis=axis)) for axis in (1, 0))
    )
    return tuple(np.pad(mask[window], 1) for mask in masks)


def _border(mask: np.ndarray) -> np.ndarray:
    """Pixels of a mask, padded with an empty one, that have a neighbour outside."""
    border = mask.copy()
    inside = mask[1:-1, :-2] & mask[1:-1, 2:] & mask[:-2, 1:-1] & mask[2:, 1:-1]
    border[1:-1, 1:-1] &= ~inside
    return border


def _near(truth: np.ndarray, predicted: np.ndarray, sides: np.ndarray, tolerance: float) -> float:
    height, width = sides
    corner = np.hypot(height, width) / 2
    lengths = np.array([0, corner, width, height, 2 * corner])
    of_truth, of_prediction = (lengths[_crossings(mask)] for mask in (truth, predicted))
    there, back = _directed(of_truth > 0, of_prediction > 0, sides)
    length = np.concatenate([of_truth[of_truth > 0], of_prediction[of_prediction > 0]])
    close = np.concatenate([there, back]) <= tolerance
    return float(length[close].sum() / length.sum())


def _crossings(mask: np.ndarray) -> np.ndarray:
    """How the outline crosses each four neighbours of a padded mask, an index of lengths."""
    bits = mask.astype(np.uint8)
    code = 8 * bits[:-1, :-1] + 4 * bits[:-1, 1:] + 2 * bits[1:, :-1] + bits[1:, 1:]
    return _PAIRS[code]


def _directed(one: np.ndarray, other: np.ndarray, sides: np.ndarray) -> tuple[np.ndarray, ...]:
    """Distance of each point of one set to the nearest of the other, and the other way."""
    ones, others = (sides * np.argwhere(points) for points in (one, other))
    return KDTree(others).query(ones)[0], KDTree(ones).query(others)[0]
