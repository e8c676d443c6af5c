"""Printed losses against printed scores of the same head, weights, epoch and cases.

Cross-entropy: mean BCE >= (1 - A) ln 2 (threshold 0.5, natural logarithm, no weights), for means
over folds too, and with the best epoch of each column. Tversky, with weights a of false positives
and b of false negatives: 1/T = 1 + a(1/P - 1) + b(1/R - 1), and the loss is (1 - T)^e; means of T
have a bound. ``METHODS.md`` proves both.
"""

from collections.abc import Iterator

import numpy as np

from scorecheck import innocent
from scorecheck.checks import Check, judged
from scorecheck.confusion import RATES
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, asked, bounding, linear, plain
from scorecheck.spans import Span, clipped, image

WEIGHTS = ("false_positives", "false_negatives")
TVERSKY = ("region_loss", *RATES)
FLOOR = ("cross_entropy", "accuracy")


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check the losses of every row."""
    for row in paper.rows():
        if all(map(row.first, FLOOR)):
            yield from asked(row, "cross-entropy floor", _floor, *FLOOR)
        if all(map(row.first, TVERSKY)) and printed_weights(row, "region_loss"):
            yield from asked(row, "Tversky loss", _tversky_loss, *TVERSKY)


def tversky(p: float, r: float, a: float, b: float) -> float:
    """Tversky index from precision, recall and the weights of false positives and negatives."""
    return 1 / (1 + a * (1 / p - 1) + b * (1 / r - 1)) if p and r else 0.0


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


def _tversky_loss(row: PrintedRow) -> Check | None:
    """A loss 1 - T against precision and recall, where the weights are printed."""
    weights, how = printed_weights(row, "region_loss"), bounding(row, *TVERSKY)
    exponent = row.first("region_loss").meant.loss.get("exponent", 1)
    bounded = how not in ("", "medians") and not row.may_be_empty()
    if exponent != 1 or not bounded or not plain(row, *TVERSKY):
        return None
    loss, *rates = (row.span(q) for q in TVERSKY)
    p, r = map(clipped, rates)
    exact = _index(p, r, *weights)
    allowed = 1 - exact
    if how not in COUNTS or row.about.epoch != "same":
        total = max(1.0, sum(weights))
        allowed = Span(1 - _index(p, r, *(w / total for w in weights)).high, 1.0)
    good = loss.meets(allowed)
    other = 1 - _index(p, r, *weights[::-1]).middle
    shown = (
        f"weights {weights[0]:g}, {weights[1]:g} with {row.said(*RATES)} "
        f"give {1 - exact.middle:.4f} (exchanged {other:.4f}), as means at least "
        f"{allowed.low:.4f}; printed {row.said('region_loss')}"
    )
    if not good and p.middle > 0 and 0 < r.middle < 1 and loss.middle < 1:
        of_false_positives = weights[0] * (1 / p.middle - 1)
        b = (1 / (1 - loss.middle) - 1 - of_false_positives) / (1 / r.middle - 1)
        shown += f"; a second weight of {b:.2f} would give it" * (b >= 0)
    answer = judged(good, ("another weight was used", "a loss in training", *innocent.ALWAYS))
    readings, of = ["pooled counts", "means over cases"], {"printed": loss, "feasible": (allowed,)}
    return row.check("Tversky loss", shown, readings, answer, **of)


def printed_weights(row: PrintedRow, quantity: str) -> tuple[float, float] | None:
    """Weights of false positives and negatives, from the row or else from its column."""
    own = [row.span(w) for w in WEIGHTS]
    if quantity == "region_loss" and None not in own:
        return own[0].low + own[0].width / 3, own[1].low + own[1].width / 3
    told = row.first(quantity).meant.loss
    return tuple(told[w] for w in WEIGHTS) if set(WEIGHTS) <= set(told) else None


def _index(p: Span, r: Span, a: float, b: float) -> Span:
    return image(lambda x, y: tversky(x, y, a, b), p, r)
