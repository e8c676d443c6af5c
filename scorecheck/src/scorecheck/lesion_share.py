"""The share of lesion pixels that printed scores imply, in one row and in rows of one set.

Three scores of pooled counts fix the share p of lesion pixels, and rows that were scored on one set
of images must share a value. Means over images fix no p: where the averaging is not printed, a
spread is at most unusual. An empty answer has accuracy 1 - p and, with background, a mean IoU of
(1 - p)/2. Formulas are in ``METHODS.md``.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from scorecheck import confusion, innocent
from scorecheck.checks import FITS, NO_READING, NOT, RECOVERED, UNUSUAL, Check, judged, remark
from scorecheck.confusion import RATES, class_means, given, iou_of_rates
from scorecheck.overlap import class_mean
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, asked, averaging, nearest, plain
from scorecheck.spans import Span, clipped, common, image

OF_SHARE = ("dice", "precision", "sensitivity", "specificity", "accuracy")
OTHER_IMAGES = "rows of different images or crops"
MEANS = "means, which fix none"
NEAR = ", but all within a twentieth of each other, as counts of one set are"
SPREADS = 5
"""A row stands apart if it is farther from the middle of the others than this many spreads."""


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check each row by itself."""
    for row in paper.rows():
        quantities = given(row)
        if len(quantities) >= 3 and _one_matrix_meant(row):
            yield from asked(row, "one confusion matrix", _one_matrix, *quantities)
        yield from empty_answer(row)


def check_sets(paper: PrintedPaper) -> Iterator[Check]:
    """Check the rows of each table and set against each other."""
    for table in paper.tables:
        rows = paper.rows(table)
        for of in dict.fromkeys(row.of for row in rows):
            yield from one_set([row for row in rows if row.of == of])


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


def share_by_iou(row: PrintedRow) -> Span | None:
    """Share of lesion pixels that accuracy and an IoU allow, if it is that of the lesion."""
    iou, accuracy = row.span("any_iou") or row.span("iou"), row.span("accuracy")
    if iou is None or accuracy is None:
        return None
    return confusion.allowed("share", {"iou": iou, "accuracy": accuracy})


def counted(row: PrintedRow, *quantities: str) -> bool:
    """Whether scores are said to be those of one confusion matrix."""
    pooled = averaging(row, *quantities) in COUNTS
    told = row.about.two_classes or "accuracy" not in quantities
    return pooled and told and plain(row, *quantities) and row.about.epoch == "same"


def empty_answer(row: PrintedRow) -> Iterator[Check]:
    """Accuracy against the 1 - p that doing nothing scores, with the p that the other scores imply.

    An IoU below one half may be (1 - p)/2, the class mean of an empty answer; what it says as the
    IoU of the lesion stands beside it.
    """
    name = next((n for n in ("any_iou", "mean_iou") if row.has(n)), "")
    iou, accuracy = row.span(name), row.span("accuracy")
    if iou and iou.high < 0.5 and accuracy:
        p, other = 1 - 2 * iou, share_by_iou(row)
        why = (
            f"if {row.said(name)} is (1 - p)/2, the class mean of an empty answer, then p = {p} and"
        )
        beside = f"; as the lesion's IoU it allows p = {other}" if other else ""
    else:
        p = share(row)
        why, beside = f"the scores imply a lesion share p = {p}, so that", ""
    if p is None or accuracy is None:
        return
    nothing = 1 - p
    below = accuracy.low < nothing.high
    told = "not above" if below else "above"
    shown = f"{why} doing nothing is right on {nothing}; printed {accuracy}: {told}{beside}"
    readings = ["pooled", "IoU with background of an empty answer"]
    yield row.check(
        "doing nothing", shown, readings, remark(below, (innocent.AVERAGING, innocent.LIBRARY))
    )


def one_set(rows: Sequence[PrintedRow]) -> Iterator[Check]:
    """Rows of one set must share the lesion share; a row far from the others is named."""
    rows = [row for row in rows if row.about.one_set]
    shares = [(row, p) for row in rows if (p := share(row)) is not None]
    if len(shares) > 1:
        one = _one_share(*zip(*shares, strict=True))
        yield one
        if one.strength == RECOVERED and len(shares) > 4:
            yield from _class_means([row for row, _ in shares])
    residuals = [(row, r) for row in rows if (r := _iou_residual(row)) is not None]
    yield from _standing_apart("lesion share", shares)
    yield from _standing_apart("IoU against precision and recall", residuals)


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


def _one_share(rows: Sequence[PrintedRow], shares: Sequence[Span]) -> Check:
    all_have = common(shares)
    weak = not all(counted(row, *OF_SHARE) for row in rows)
    middles = [p.middle for p in shares]
    told = f"lesion shares of {len(rows)} rows from {min(middles):.4f} to {max(middles):.4f}"
    near = max(middles) - min(middles) < 0.05 * float(np.mean(middles))
    said = f"common to all: {all_have}" if all_have else f"no value common to all{NEAR * near}"
    causes = () if all_have or near else (innocent.AVERAGING, innocent.EPOCH, OTHER_IMAGES)
    strength = RECOVERED if all_have or near else UNUSUAL if weak else NO_READING
    answer = (FITS if all_have or weak else NOT, strength, causes)
    readings = ["pooled over one set", *[MEANS] * weak]
    return rows[0].check_table("one lesion share", f"{told}; {said}", readings, answer)


def _standing_apart(what: str, found: Sequence[tuple[PrintedRow, Span]]) -> Iterator[Check]:
    middles = np.array([span.middle for _, span in found])
    for i, (row, span) in enumerate(found if len(found) > 4 else ()):
        others = np.delete(middles, i)
        spread = max(float(others.std()), span.width)
        away = abs(middles[i] - others.mean()) / spread if spread else 0
        if away > SPREADS:
            shown = (
                f"{what}: {middles[i]:.4f} here, {others.mean():.4f} (sd {others.std():.4f}) in "
                f"{len(others)} other rows, {away:.0f} sd away (a distance and no probability: "
                "these differ among themselves too)"
            )
            answer = remark(True, ("a row from another set or from training", *innocent.ALWAYS))
            readings = ["all rows scored on one set"]
            yield row.check("a row apart", shown, readings, answer, column=what)


def _class_means(rows: Sequence[PrintedRow]) -> Iterator[Check]:
    """Rows that share a lesion share as pooled counts do, against the class mean IoU of such."""
    tried = [one for row in rows for one in class_mean(nearest(row))]
    off = [one for one in tried if not any(one.printed.meets(f) for f in one.feasible[:2])]
    if tried:
        pairs = [(one.printed.low, one.feasible[0].low) for one in tried]
        low, high = (f"{min(of):.3f} to {max(of):.3f}" for of in zip(*pairs, strict=True))
        shown = (
            f"the other scores fix a class mean IoU of {high} as pooled counts; "
            f"printed {low}; {len(off)} of {len(tried)} rows differ"
        )
        readings = ["of lesion and background, pooled", "of the lesion, pooled"]
        answer = remark(bool(off), (innocent.AVERAGING, innocent.EPOCH, innocent.LIBRARY))
        yield rows[0].check_table("class mean IoU of pooled rows", shown, readings, answer)


def _iou_residual(row: PrintedRow) -> Span | None:
    """Printed IoU less that of precision and recall."""
    iou, *rates = row.span("iou") or row.span("any_iou"), *map(row.span, RATES)
    return None if None in (iou, *rates) else iou - image(iou_of_rates, *map(clipped, rates))
