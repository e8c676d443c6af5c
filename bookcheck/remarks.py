"""What is unusual in printed scores, and no misfit.

An empty answer has accuracy 1 - p, where p is the share of lesion pixels, and a mean IoU of
(1 - p)/2 with background, so an accuracy is set against that of doing nothing. Among rows of one
set, one that is far from the others is named; Dice and IoU of the same masks put them in nearly one
order; and where they share a p as pooled counts do, the other scores fix their class mean IoU.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy
from scorecheck.checks import FITS, RECOVERED, Check, remark
from scorecheck.confusion import RATES, iou_of_rates
from scorecheck.overlap import class_mean
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import IOUS, nearest
from scorecheck.spans import Span, clipped, image

from scorecheck import checks, confusion

SPREADS = 5
"""A row stands apart if it is farther from the middle of the others than this many spreads."""


def of_rows(paper: PrintedPaper) -> Iterator[Check]:
    """The one confusion matrix of each row, and its accuracy against doing nothing."""
    for row in paper.rows():
        yield from confusion.one_matrix(row)
        yield from doing_nothing(row)


def of_sets(paper: PrintedPaper) -> Iterator[Check]:
    """The one lesion share of each set, and rows that stand apart."""
    for rows in paper.sets():
        shares = confusion.shares(rows)
        for one in confusion.one_share(shares):
            yield one
            if one.strength == RECOVERED and len(shares) > 4:
                yield from _class_means([row for row, _ in shares])
        kept = [row for row in rows if row.about.one_set]
        residuals = [(row, r) for row in kept if (r := _iou_residual(row)) is not None]
        yield from _standing_apart("lesion share", shares)
        yield from _standing_apart("IoU against precision and recall", residuals)


def order(paper: PrintedPaper) -> Iterator[Check]:
    """Dice and IoU of the same masks put models in nearly the same order."""
    for rows in paper.sets():
        for name in (*IOUS, "mean_iou"):
            both = [(row.span("dice"), row.span(name)) for row in rows]
            both = [(dice.middle, iou.middle) for dice, iou in both if dice and iou]
            if len(both) < 6:
                continue
            rho, p = scipy.stats.spearmanr(*zip(*both, strict=True))
            shown = (
                f"rank correlation of Dice and IoU over {len(both)} rows is {rho:.2f} "
                f"(p {p:.2g}); of the same masks it is near 1"
            )
            causes = (checks.AVERAGING, checks.EPOCH)
            answer = remark(True, causes) if rho < 0.5 else (FITS, "", ())
            kind, readings = "order by Dice and IoU", ["same masks"]
            yield rows[0].check_table(kind, shown, readings, answer, column=name)


def doing_nothing(row: PrintedRow) -> Iterator[Check]:
    """Accuracy against the 1 - p that doing nothing scores, with the p that the other scores imply.

    An IoU below one half may be (1 - p)/2, the class mean of an empty answer; what it says as the
    IoU of the lesion stands beside it.
    """
    accuracy, p, other = row.span("accuracy"), share_if_empty(row), share_by_iou(row)
    if accuracy and p:
        name = "any_iou" if row.span("any_iou") else "mean_iou"
        why = (
            f"if {row.said(name)} is (1 - p)/2, the class mean of an empty answer, then p = {p} and"
        )
        beside = f"; as the lesion's IoU it allows p = {other}" if other else ""
    else:
        p = confusion.share(row)
        why, beside = f"the scores imply a lesion share p = {p}, so that", ""
    if p is None or accuracy is None:
        return
    nothing = 1 - p
    below = accuracy.low < nothing.high
    told = "not above" if below else "above"
    shown = f"{why} doing nothing is right on {nothing}; printed {accuracy}: {told}{beside}"
    readings = ["pooled", "IoU with background of an empty answer"]
    answer = remark(below, (checks.AVERAGING, checks.LIBRARY))
    yield row.check("doing nothing", shown, readings, answer)


def share_if_empty(row: PrintedRow) -> Span | None:
    """Share of lesion pixels, if an IoU below one half is the class mean of an empty answer."""
    iou = row.span("any_iou") or row.span("mean_iou")
    return 1 - 2 * iou if iou and iou.high < 0.5 else None


def share_by_iou(row: PrintedRow) -> Span | None:
    """Share of lesion pixels that accuracy and an IoU allow, if it is that of the lesion."""
    iou, accuracy = row.span("any_iou") or row.span("iou"), row.span("accuracy")
    if iou is None or accuracy is None:
        return None
    return confusion.allowed("share", {"iou": iou, "accuracy": accuracy})


def _standing_apart(what: str, found: confusion.Shares) -> Iterator[Check]:
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
            answer = remark(True, ("a row from another set or from training", *checks.ALWAYS))
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
        answer = remark(bool(off), (checks.AVERAGING, checks.EPOCH, checks.LIBRARY))
        yield rows[0].check_table("class mean IoU of pooled rows", shown, readings, answer)


def _iou_residual(row: PrintedRow) -> Span | None:
    """Printed IoU less that of precision and recall."""
    iou, *rates = row.span("iou") or row.span("any_iou"), *map(row.span, RATES)
    return None if None in (iou, *rates) else iou - image(iou_of_rates, *map(clipped, rates))
