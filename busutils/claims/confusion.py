"""Which confusion matrices give printed ratios: a linear programme.

Let x = (TP, FP, FN, TN) be shares of all pixels. A score is a ratio a·x / b·x of two sums, and
"the score lies between l and h" is a·x >= l b·x and a·x <= h b·x: two linear conditions without a
constant. So the matrices that give all printed scores of one mask, or of added counts, form a
convex cone, and whether there is one, and what any other ratio can be on it, are linear
programmes. For the range of c·x / d·x the scale of x is free, so d·x = 1 may be set and c·x
minimised.

References
----------
Charnes, Cooper: Programming with linear fractional functionals. Naval Research Logistics
Quarterly 9 (1962) 181-186.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linprog

from busutils.claims.intervals import Interval

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
ROOM = 1e-9


def possible(given: Mapping[str, Interval]) -> bool:
    """Whether one confusion matrix with a lesion pixel, in truth or prediction, gives these ratios.

    Without TP + FP + FN > 0 a picture without lesions would give any overlap, as 0/0.
    """
    return _solve(np.zeros(4), (1, 1, 1, 0), _limits(given)) is not None


def span(ratio: str, given: Mapping[str, Interval]) -> Interval | None:
    """Return what a ratio can be where others are given, or None where no matrix gives those.

    Parameters
    ----------
    ratio : a key of `RATIOS`
    given : intervals by key of `RATIOS`

    Examples
    --------
    >>> print(span("iou", {"dice": Interval(0.8, 0.8)}))
    0.6667
    """
    if not possible(given):
        return None
    top, bottom = (np.array(part, float) for part in RATIOS[ratio])
    ends = [_solve(sign * top, bottom, _limits(given)) for sign in (1, -1)]
    if any(end is None for end in ends):
        return None
    low, high = sorted(float(top @ end) for end in ends)
    return Interval(low, low if high - low < 10 * ROOM else high)


def _solve(cost: np.ndarray, one: Sequence[float], limits: np.ndarray) -> np.ndarray | None:
    """The x >= 0 with one·x = 1 within the limits that costs least, or None."""
    return linprog(cost, limits, np.zeros(len(limits)), [one], [1.0], method="highs").x


def _limits(given: Mapping[str, Interval]) -> np.ndarray:
    """Rows r with r·x <= 0, two a ratio."""
    rows = []
    for name, interval in given.items():
        a, b = (np.array(part, float) for part in RATIOS[name])
        rows += [(interval.low - ROOM) * b - a, a - (interval.high + ROOM) * b]
    return np.array(rows)
