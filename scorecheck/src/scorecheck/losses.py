"""Printed cross-entropy against the accuracy of the same head, weights, epoch and cases.

Mean BCE >= (1 - A) ln 2 (threshold 0.5, natural logarithm, no weights), for means over folds too,
and with the best epoch of each column; ``METHODS.md`` proves it.
"""

from collections.abc import Iterator

import numpy as np

from scorecheck import innocent
from scorecheck.checks import Check, judged
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import asked, linear
from scorecheck.spans import Span

FLOOR = ("cross_entropy", "accuracy")


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check every row that prints both."""
    for row in paper.rows():
        if all(map(row.first, FLOOR)):
            yield from asked(row, "cross-entropy floor", _floor, *FLOOR)


def _floor(row: PrintedRow) -> Check | None:
    """BCE >= (1 - accuracy) ln 2.

    Both sides are linear, so where all images have one size, it holds between a mean of any kind
    and pooled counts.
    """
    if not linear(row, *FLOOR) or row.how("macro", "accuracy") != {False}:
        return None
    loss, accuracy = (row.span(q) for q in FLOOR)
    floor, higher = (float((1 - min(1.0, accuracy.high + more)) * np.log(2)) for more in (0, 0.01))
    hint = ["an accuracy printed 1.00 point too low"] * (loss.high >= higher)
    causes = (*hint, "a loss of another head or base", innocent.EPOCH, innocent.MISPRINT)
    answer = judged(loss.high >= floor * (1 - 1e-9), causes)
    shown = f"(1 - accuracy) ln 2 is at least {floor:.4f}; {row.said(*FLOOR)}"
    readings = ["same head, epoch and cases; threshold 0.5; natural logarithm; no weights"]
    of = {"printed": loss, "feasible": (Span(floor, max(floor, loss.high)),)}
    return row.check("cross-entropy floor", shown, readings, answer, **of)
