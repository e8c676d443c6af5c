"""Scores of binary segmentation, made from integer pixel counts.

Counts come first (:func:`counts`), scores second; a reduction is always named:
:func:`per_case` is the mean over cases, :func:`pooled` adds the counts of all cases first.

Empty masks: where truth and prediction are both empty, Dice, IoU, sensitivity and precision are
1; where one of them is empty, Dice and IoU are 0. Sensitivity of an empty truth with a non-empty
prediction and precision of an empty prediction with a non-empty truth are 0 as well: nothing that
was asked for was found. Tables keep images without a lesion apart (share left empty).

References
----------
Taha, Hanbury: Metrics for evaluating 3D medical image segmentation. BMC Medical Imaging 15
(2015) 29. Paper 1, equations 1 to 4.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

COUNTS = ["tp", "fp", "fn", "tn"]


def counts(truth: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    """Count pixels of each case.

    Parameters
    ----------
    truth, predicted : bool arrays of shape (n, height, width)

    Returns
    -------
    DataFrame with integer columns tp, fp, fn, tn, one row a case.
    """
    truth, predicted = np.asarray(truth, bool), np.asarray(predicted, bool)
    if truth.shape != predicted.shape:
        raise ValueError(f"truth {truth.shape} and prediction {predicted.shape} differ in shape")
    axes = tuple(range(1, truth.ndim))
    tp = (truth & predicted).sum(axis=axes)
    fp = (~truth & predicted).sum(axis=axes)
    fn = (truth & ~predicted).sum(axis=axes)
    tn = (~truth & ~predicted).sum(axis=axes)
    return pd.DataFrame({"tp": tp, "fp": fp, "fn": fn, "tn": tn})


def dice(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike) -> np.ndarray:
    """Dice coefficient 2 TP / (2 TP + FP + FN), in [0, 1]; 1 where both masks are empty.

    Examples
    --------
    >>> float(dice(3, 1, 2))
    0.6666666666666666
    """
    tp, fp, fn = _arrays(tp, fp, fn)
    return _ratio(2 * tp, 2 * tp + fp + fn)


def iou(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike) -> np.ndarray:
    """Intersection over union TP / (TP + FP + FN), in [0, 1]; 1 where both masks are empty."""
    tp, fp, fn = _arrays(tp, fp, fn)
    return _ratio(tp, tp + fp + fn)


def tversky(
    tp: ArrayLike,
    fp: ArrayLike,
    fn: ArrayLike,
    false_negatives: float = 0.5,
    false_positives: float = 0.5,
) -> np.ndarray:
    """Tversky index TP / (TP + a FN + b FP), in [0, 1]; 1 where both masks are empty.

    With both weights 1/2 it is Dice, with both 1 the IoU.

    Examples
    --------
    >>> float(tversky(3, 1, 2, 0.7, 0.3))
    0.6382978723404256
    """
    tp, fp, fn = _arrays(tp, fp, fn)
    return _ratio(tp, tp + false_negatives * fn + false_positives * fp)


def sensitivity(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike) -> np.ndarray:
    """Sensitivity (recall) TP / (TP + FN), in [0, 1].

    An empty truth gives 1 if the prediction is empty too, else 0.
    """
    tp, fp, fn = _arrays(tp, fp, fn)
    return _ratio(tp, tp + fn, fp == 0)


def precision(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike) -> np.ndarray:
    """Precision TP / (TP + FP), in [0, 1].

    An empty prediction gives 1 if the truth is empty too, else 0.
    """
    tp, fp, fn = _arrays(tp, fp, fn)
    return _ratio(tp, tp + fp, fn == 0)


def specificity(tn: ArrayLike, fp: ArrayLike) -> np.ndarray:
    """Specificity TN / (TN + FP), in [0, 1]; 1 where the truth covers the whole image."""
    tn, fp = _arrays(tn, fp)
    return _ratio(tn, tn + fp)


def accuracy(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, tn: ArrayLike) -> np.ndarray:
    """Share of pixels told rightly (TP + TN) / all, in [0, 1]."""
    tp, fp, fn, tn = _arrays(tp, fp, fn, tn)
    return (tp + tn) / (tp + fp + fn + tn)


def mean_iou(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, tn: ArrayLike) -> np.ndarray:
    """Mean of the IoU of lesion and of background, in [0, 1]."""
    return (iou(tp, fp, fn) + iou(tn, fn, fp)) / 2


def balanced_accuracy(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, tn: ArrayLike) -> np.ndarray:
    """Mean of sensitivity and specificity, in [0, 1]: 1/2 for any answer that ignores the case."""
    return (sensitivity(tp, fp, fn) + specificity(tn, fp)) / 2


SCORES: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "dice": lambda c: dice(c.tp, c.fp, c.fn),
    "iou": lambda c: iou(c.tp, c.fp, c.fn),
    "sensitivity": lambda c: sensitivity(c.tp, c.fp, c.fn),
    "precision": lambda c: precision(c.tp, c.fp, c.fn),
    "specificity": lambda c: specificity(c.tn, c.fp),
    "accuracy": lambda c: accuracy(c.tp, c.fp, c.fn, c.tn),
    "balanced_accuracy": lambda c: balanced_accuracy(c.tp, c.fp, c.fn, c.tn),
    "mean_iou": lambda c: mean_iou(c.tp, c.fp, c.fn, c.tn),
}


def scores(cases: pd.DataFrame) -> pd.DataFrame:
    """Score each row of a table with columns tp, fp, fn, tn; one column a score."""
    return pd.DataFrame({name: f(cases) for name, f in SCORES.items()}, index=cases.index)


def per_case(cases: pd.DataFrame) -> pd.Series:
    """Mean over cases of each score."""
    return scores(cases).mean()


def pooled(cases: pd.DataFrame) -> pd.Series:
    """Each score of the counts added over all cases."""
    return scores(cases[COUNTS].sum().to_frame().T).iloc[0]


def called(cases: pd.DataFrame) -> float:
    """Return the share of all pixels of all cases that is called lesion."""
    counts = cases[COUNTS].sum()
    return float((counts["tp"] + counts["fp"]) / counts.sum())


def left_empty(cases: pd.DataFrame) -> float:
    """Share of rows in which nothing was predicted, in [0, 1]: the score of normal images."""
    return float(((cases.tp + cases.fp) == 0).mean())


def _arrays(*values: ArrayLike) -> list[np.ndarray]:
    return [np.asarray(v, np.float64) for v in values]


def _ratio(part: np.ndarray, whole: np.ndarray, if_empty: ArrayLike = 1.0) -> np.ndarray:
    empty = whole == 0
    return np.where(empty, if_empty, part / np.where(empty, 1, whole))
