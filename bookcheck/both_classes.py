"""An innocent cause that is computed: precision and recall that are means of both classes.

Libraries call it "macro". Of the one confusion matrix that comes closest to the scores of a row,
the largest miss is compared for both readings.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import scipy
from scorecheck.checks import BOTH_CLASSES, NOT, Check
from scorecheck.confusion import ONE_MATRIX, RATES, RATIOS, given
from scorecheck.overlap import ACCURACY, BOTH_IOUS, DICE, F1, IOU
from scorecheck.printed_numbers import PrintedPaper, PrintedRow


def named(one: Check, paper: PrintedPaper) -> Check:
    """Name the cause of a misfit where the scores of its row fit far better so."""
    if one.verdict != NOT or one.kind not in (ONE_MATRIX, BOTH_IOUS, DICE, F1, IOU, ACCURACY):
        return one
    row = next(r for r in paper.rows(one.table) if r.place(r.name, r.of) == one.place)
    told = _far_better(row)
    if not told:
        return one
    shown = one.shown + told if one.kind == ONE_MATRIX else one.shown
    return replace(one, shown=shown, causes=(BOTH_CLASSES, *one.causes))


@cache  # asked anew by each check of a row
def distance(scores: tuple[tuple[str, float], ...], class_means: bool = False) -> float:
    """Largest miss of the one confusion matrix that comes closest to scores (least squares).

    With `class_means`, precision and sensitivity are means of both classes.
    """

    parts = {name: np.array(RATIOS[name]) for name, _ in scores}

    def ratio(name: str, x: np.ndarray) -> float:
        top, bottom = parts[name] @ x
        return float(top / bottom)

    def misses(logits: np.ndarray) -> np.ndarray:
        lesion, recall, specificity = scipy.special.expit(logits)
        missed, called = lesion * (1 - recall), (1 - lesion) * (1 - specificity)
        x = np.array([lesion * recall, called, missed, (1 - lesion) * specificity])
        found = {name: ratio(name, x) for name, _ in scores}
        for name in RATES if class_means else ():  # the background's: both classes exchanged
            found[name] = (found[name] + ratio(name, x[::-1])) / 2
        return np.array([found[name] - value for name, value in scores])

    starts = [scipy.special.logit([share, 0.9, 0.95]) for share in (0.01, 0.1, 0.4)]
    exact = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "bounds": (-15, 15)}
    fits = [scipy.optimize.least_squares(misses, start, **exact) for start in starts]
    return float(np.abs(min(fits, key=lambda fit: fit.cost).fun).max())


def _far_better(row: PrintedRow) -> str:
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
