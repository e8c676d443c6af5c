"""Which confusion matrices give printed ratios: the rays of a cone.

A score between l and h is two linear conditions on x = (TP, FP, FN, TN), so the matrices that give
all printed scores of one mask, or of added counts, form a cone, and another ratio takes its
extremes on the cone's edges (see ``METHODS.md``). A general solver is too coarse for shares of a
thousandth.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
import scipy

from scorecheck.printed_numbers import PrintedRow
from scorecheck.spans import Span

RATIOS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "dice": ((2, 0, 0, 0), (2, 1, 1, 0)),
    "iou": ((1, 0, 0, 0), (1, 1, 1, 0)),
    "background_iou": ((0, 0, 0, 1), (0, 1, 1, 1)),
    "sensitivity": ((1, 0, 0, 0), (1, 0, 1, 0)),
    "specificity": ((0, 0, 0, 1), (0, 1, 0, 1)),
    "precision": ((1, 0, 0, 0), (1, 1, 0, 0)),
    "accuracy": ((1, 0, 0, 1), (1, 1, 1, 1)),
    "share": ((1, 0, 1, 0), (1, 1, 1, 1)),
}
"""Numerator and denominator over (TP, FP, FN, TN); `share` is that of lesion pixels."""
RATES = ("precision", "sensitivity")
"""Scores that libraries also give as means of both classes."""
ROOM = 1e-9
TOLERANCE = 1e-13


def iou_of_dice(dice: float) -> float:
    """IoU of a mask with this Dice."""
    return dice / (2 - dice)


def harmonic(precision: float, sensitivity: float) -> float:
    """Dice of a mask with this precision and recall; 0 where both are 0."""
    both = precision + sensitivity
    return 2 * precision * sensitivity / both if both else 0.0


def iou_of_rates(precision: float, sensitivity: float) -> float:
    """IoU of a mask with this precision and recall."""
    return iou_of_dice(harmonic(precision, sensitivity))


def given(row: PrintedRow) -> dict[str, Span]:
    """Ratios of counts that a row prints once, of one class and without a smoothing constant."""
    kept = [q for q in RATIOS if row.how("smoothed", q) <= {None, False}]
    kept = [q for q in kept if True not in row.how("macro", q)]
    return {q: span for q in kept if (span := row.span(q)) is not None}


def allowed(ratio: str, ratios: Mapping[str, Span]) -> Span | None:
    """Return what a ratio can be where others are given, or None where no matrix gives those.

    A matrix has a lesion pixel, in truth or prediction: without TP + FP + FN > 0 a picture without
    lesions would give any overlap, as 0/0.
    """
    edges = _edges(tuple(ratios.items()))
    if not (edges[:, :3].sum(axis=1) > 0).any():
        return None
    top, bottom = (edges @ np.array(part, float) for part in RATIOS[ratio])
    values = top[bottom > 0] / bottom[bottom > 0]
    low, high = float(values.min()), float(values.max())
    return Span(low, low if high - low < 10 * ROOM else high)


def class_means(row: PrintedRow) -> str:
    """Say how far precision and sensitivity fit as means of both classes, if far better; or ""."""
    scores = tuple((q, span.middle) for q, span in given(row).items())
    if not {*RATES, "specificity"} <= set(dict(scores)):
        return ""
    own, both = (distance(scores, how) for how in (False, True))
    told = (
        f"; they miss one matrix by {both:.5f} at most if precision and sensitivity are means of "
        f"lesion and background, by {own:.5f} if they are the lesion's"
    )
    return "" if 4 * both > own else told


@lru_cache(maxsize=4096)
def distance(scores: Sequence[tuple[str, float]], class_means: bool = False) -> float:
    """Largest miss of the one confusion matrix that comes closest to scores (least squares).

    With `class_means`, precision and sensitivity are means of both classes, as libraries' "macro".
    """

    def misses(logits: np.ndarray) -> np.ndarray:
        share, recall, specificity = scipy.special.expit(logits)
        lesion, background = share, 1 - share
        missed, called = lesion * (1 - recall), background * (1 - specificity)
        x = np.array([lesion * recall, called, missed, background * specificity])
        found = {name: _ratio(name, x) for name, _ in scores}
        if class_means:  # of the background: the same with both classes exchanged
            turned = {n: _ratio(n, x[::-1]) for n in RATES if n in found}
            found |= {n: (found[n] + other) / 2 for n, other in turned.items()}
        return np.array([found[name] - value for name, value in scores])

    starts = [scipy.special.logit([share, 0.9, 0.95]) for share in (0.01, 0.1, 0.4)]
    exact = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "bounds": (-15, 15)}
    fits = [scipy.optimize.least_squares(misses, start, **exact) for start in starts]
    return float(np.abs(min(fits, key=lambda fit: fit.cost).fun).max())


def _ratio(name: str, x: np.ndarray) -> float:
    top, bottom = (x @ np.array(part) for part in RATIOS[name])
    return float(top / bottom)


@lru_cache(maxsize=4096)
def _edges(ratios: tuple[tuple[str, Span], ...]) -> np.ndarray:
    """Edges of the cone, of shape (n, 4), the largest entry 1."""
    planes = [*-np.eye(4)]  # rows r of length 1, with r·x <= 0
    for name, span in ratios:
        a, b = (np.array(part, float) for part in RATIOS[name])
        limits = np.array([(span.low - ROOM) * b - a, a - (span.high + ROOM) * b])
        planes += [*limits / np.linalg.norm(limits, axis=1, keepdims=True)]
    planes = np.array(planes)
    found = _crossings(planes[list(combinations(range(len(planes)), 3))])
    found = np.concatenate([found, -found])
    largest = found.max(axis=1)
    found = found[largest > TOLERANCE] / largest[largest > TOLERANCE, None]
    inside = (found @ planes.T <= TOLERANCE).all(axis=1)
    return np.where(found[inside] < TOLERANCE, 0, found[inside])


def _crossings(threes: np.ndarray) -> np.ndarray:
    """The direction at right angles to three others in four dimensions, (n, 3, 4) to (n, 4)."""
    found = []
    for i in range(4):
        a, b, c = np.delete(threes, i, axis=2).transpose(1, 0, 2)
        found.append((-1) ** i * (a * np.cross(b, c)).sum(axis=1))
    return np.stack(found, axis=1)
