"""Which confusion matrices give printed scores, and the share of lesion pixels that they imply.

A score between l and h is two linear conditions on x = (TP, FP, FN, TN), so the matrices that give
all printed scores of one mask, or of added counts, form a cone, and another ratio takes its
extremes on the cone's edges (see ``METHODS.md``). A general solver is too coarse for shares of a
thousandth. Three such scores fix the share of lesion pixels, and rows that were scored on one set
of images must share a value. Means over images fix none: where the averaging is not printed, a
spread is at most unusual.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

from scorecheck import checks
from scorecheck.checks import FITS, NO_READING, NOT, RECOVERED, UNUSUAL, Check, judged
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, asked, averaging, plain
from scorecheck.spans import Span, common

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
ROOM = 1e-9
TOLERANCE = 1e-13
ONE_MATRIX = "one confusion matrix"
OF_SHARE = ("dice", "precision", "sensitivity", "specificity", "accuracy")
MEANS = "means, which fix none"
NEAR = ", but all within a twentieth of each other, as counts of one set are"
Shares = Sequence[tuple[PrintedRow, Span]]
"""Rows of one set with the lesion shares that they fix."""


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check each row by itself."""
    for row in paper.rows():
        yield from one_matrix(row)


def check_sets(paper: PrintedPaper) -> Iterator[Check]:
    """Check the rows that were scored on one set against each other."""
    for rows in paper.sets():
        yield from one_share(shares(rows))


def one_matrix(row: PrintedRow) -> Iterator[Check]:
    """Three scores or more of one mask, or of pooled counts, are of some confusion matrix."""
    quantities = given(row)
    if len(quantities) >= 3 and _one_matrix_meant(row):
        yield from asked(row, ONE_MATRIX, _one_matrix, *quantities)


def shares(rows: Sequence[PrintedRow]) -> Shares:
    """The rows that were scored on one set and fix a lesion share, with that."""
    return [(row, p) for row in rows if row.about.one_set and (p := share(row)) is not None]


def share(row: PrintedRow) -> Span | None:
    """Share of lesion pixels that a row's scores fix, or None where they fix none.

    Dice is used where the others are too few, and IoU never: its definition is the least sure.
    """
    scores = {q: span for q, span in given(row).items() if q != "iou"}
    without = {q: span for q, span in scores.items() if q != "dice"}
    scores = without if len(without) >= 3 else scores
    if len(scores) < 3 or not _one_matrix_meant(row):
        return None
    found = allowed("share", scores)
    return found if found and found.width < 0.1 else None  # wider: they say nothing


def one_share(shares: Shares) -> Iterator[Check]:
    """Rows of one set must share the lesion share."""
    if len(shares) < 2:
        return
    rows, spans = zip(*shares, strict=True)
    all_have = common(spans)
    weak = not all(counted(row, *OF_SHARE) for row in rows)
    middles = [p.middle for p in spans]
    told = f"lesion shares of {len(rows)} rows from {min(middles):.4f} to {max(middles):.4f}"
    near = max(middles) - min(middles) < 0.05 * float(np.mean(middles))
    said = f"common to all: {all_have}" if all_have else f"no value common to all{NEAR * near}"
    causes = (checks.AVERAGING, checks.EPOCH, "rows of different images or crops")
    strength = RECOVERED if all_have or near else UNUSUAL if weak else NO_READING
    answer = (FITS if all_have or weak else NOT, strength, () if strength == RECOVERED else causes)
    readings = ["pooled over one set", *[MEANS] * weak]
    yield rows[0].check_table("one lesion share", f"{told}; {said}", readings, answer)


def counted(row: PrintedRow, *quantities: str) -> bool:
    """Whether scores are said to be those of one confusion matrix."""
    pooled = averaging(row, *quantities) in COUNTS
    told = row.about.two_classes or "accuracy" not in quantities
    return pooled and told and plain(row, *quantities) and row.about.epoch == "same"


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


def _one_matrix(row: PrintedRow) -> Check | None:
    """Some confusion matrix must give all scores of one mask, or of pooled counts."""
    scores = given(row)
    weak = averaging(row, *scores) == "alike"
    if not weak and not counted(row, *scores):
        return None
    found = allowed("share", scores)
    told = f"share of positives {found}" if found else _apart(scores)
    readings = [ONE_MATRIX, *[MEANS] * weak]
    answer = judged(bool(found or weak), checks.ALWAYS)
    return row.check(ONE_MATRIX, f"{row.said(*scores)}: {told}", readings, answer)


def _one_matrix_meant(row: PrintedRow) -> bool:
    """Whether a row's scores may all be those of one confusion matrix of thresholded masks."""
    same_masks = row.about.epoch == "same" and row.how("masks", *given(row)) == {"hard"}
    apart = averaging(row, *given(row)) in ("means", "medians", "by column")
    return same_masks and not apart and not row.may_be_empty()


def _apart(scores: Mapping[str, Span]) -> str:
    """Name scores that need different shares of positives, or that no matrix gives."""
    threes = combinations(scores, 3)
    told = {", ".join(q): allowed("share", {k: scores[k] for k in q}) for q in threes}
    if lost := next((names for names, p in told.items() if p is None), ""):
        return f"no confusion matrix gives {lost}"
    for (first, p), (other, q) in combinations(told.items(), 2):
        if not p.meets(q):
            return f"{first} need {p} positives, but {other} {q}"
    return "no confusion matrix gives all"


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
