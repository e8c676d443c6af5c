"""The share of lesion pixels that printed scores imply, in one row and in rows of one set.

Three scores of pooled counts fix the share p of lesion pixels, and rows that were scored on one set
of images must share a value. Means over images fix no p: where the averaging is not printed, a
spread is at most unusual. Formulas are in ``METHODS.md``.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from scorecheck import confusion, innocent
from scorecheck.checks import FITS, NO_READING, NOT, RECOVERED, UNUSUAL, Check, judged
from scorecheck.confusion import class_means, given
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, asked, averaging, plain
from scorecheck.spans import Span, common

OF_SHARE = ("dice", "precision", "sensitivity", "specificity", "accuracy")
OTHER_IMAGES = "rows of different images or crops"
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
        yield from asked(row, "one confusion matrix", _one_matrix, *quantities)


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
    found = confusion.allowed("share", scores)
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
    causes = () if all_have or near else (innocent.AVERAGING, innocent.EPOCH, OTHER_IMAGES)
    strength = RECOVERED if all_have or near else UNUSUAL if weak else NO_READING
    answer = (FITS if all_have or weak else NOT, strength, causes)
    readings = ["pooled over one set", *[MEANS] * weak]
    yield rows[0].check_table("one lesion share", f"{told}; {said}", readings, answer)


def counted(row: PrintedRow, *quantities: str) -> bool:
    """Whether scores are said to be those of one confusion matrix."""
    pooled = averaging(row, *quantities) in COUNTS
    told = row.about.two_classes or "accuracy" not in quantities
    return pooled and told and plain(row, *quantities) and row.about.epoch == "same"


def _one_matrix(row: PrintedRow) -> Check | None:
    """Some confusion matrix must give all scores of one mask, or of pooled counts."""
    scores = given(row)
    weak = averaging(row, *scores) == "alike"
    if not weak and not counted(row, *scores):
        return None
    found = confusion.allowed("share", scores)
    nearer = "" if found or weak else class_means(row)
    told = f"share of positives {found}" if found else _apart(scores) + nearer
    readings = ["one confusion matrix", *[MEANS] * weak]
    answer = judged(
        bool(found or weak), (*[innocent.BOTH_CLASSES] * bool(nearer), *innocent.ALWAYS)
    )
    return row.check("one confusion matrix", f"{row.said(*scores)}: {told}", readings, answer)


def _one_matrix_meant(row: PrintedRow) -> bool:
    """Whether a row's scores may all be those of one confusion matrix of thresholded masks."""
    same_masks = row.about.epoch == "same" and row.how("masks", *given(row)) == {"hard"}
    apart = averaging(row, *given(row)) in ("means", "medians", "by column")
    return same_masks and not apart and not row.may_be_empty()


def _apart(scores: Mapping[str, Span]) -> str:
    """Name scores that need different shares of positives, or that no matrix gives."""
    threes = combinations(scores, 3)
    told = {", ".join(q): confusion.allowed("share", {k: scores[k] for k in q}) for q in threes}
    if lost := next((names for names, p in told.items() if p is None), ""):
        return f"no confusion matrix gives {lost}"
    for (first, p), (other, q) in combinations(told.items(), 2):
        if not p.meets(q):
            return f"{first} need {p} positives, but {other} {q}"
    return "no confusion matrix gives all"
