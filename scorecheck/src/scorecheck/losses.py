"""Printed losses against printed scores of the same head, weights, epoch and cases.

Cross-entropy: mean BCE >= (1 - A) ln 2 (threshold 0.5, natural logarithm, no weights), for means
over folds too, and with the best epoch of each column. Tversky, with weights a of false positives
and b of false negatives: 1/T = 1 + a(1/P - 1) + b(1/R - 1), and the loss is (1 - T)^e; means of T
have a bound. ``METHODS.md`` proves both.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy

from scorecheck import innocent
from scorecheck.checks import FITS, RECOVERED, Check, judged, remark
from scorecheck.confusion import RATES
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, asked, averaging, plain
from scorecheck.spans import Span, clipped, image

WEIGHTS = ("false_positives", "false_negatives")
TVERSKY = ("region_loss", *RATES)
FLOOR = ("cross_entropy", "accuracy")


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check the losses of every row, then what a column of losses says of its constants."""
    for row in paper.rows():
        if all(map(row.first, FLOOR)):
            yield from asked(row, "cross-entropy floor", _floor, *FLOOR)
        if all(map(row.first, TVERSKY)) and _weights(row, "region_loss"):
            yield from asked(row, "Tversky loss", _tversky_loss, *TVERSKY)
    for table in paper.tables:
        rows = paper.rows(table)
        yield from constants(rows)
        yield from orientation(rows)


def tversky(p: float, r: float, a: float, b: float) -> float:
    """Tversky index from precision, recall and the weights of false positives and negatives."""
    return 1 / (1 + a * (1 / p - 1) + b * (1 / r - 1)) if p and r else 0.0


def constants(rows: Sequence[PrintedRow]) -> Iterator[Check]:
    """Fit the unprinted weight and exponent of a focal Tversky loss to a column."""
    needed = ("region_loss", "dice", "sensitivity")
    fitted = [row for row in rows if all(map(row.first, needed))]
    if len(fitted) < 5 or any(_weights(row, "region_loss") for row in fitted):
        return
    loss, d, r = (np.array([row.span(q).middle for row in fitted]) for q in needed)
    if min(*d, *r) <= 0:
        return
    p = 1 / (2 / d - 1 / r)

    def misses(x: np.ndarray) -> np.ndarray:
        index = 1 / (1 + (1 - x[0]) * (1 / p - 1) + x[0] * (1 / r - 1))
        return np.clip(1 - index, 1e-9, 1) ** x[1] - loss

    best = scipy.optimize.least_squares(misses, [0.5, 1.0], bounds=([0, 0.2], [1, 4]))
    rms = float(np.sqrt(np.mean(best.fun**2)))
    if rms < 0.005:
        shown = (
            f"weight {best.x[0]:.3f} on false negatives and exponent {best.x[1]:.3f} give "
            f"{len(fitted)} printed losses from Dice and sensitivity, rms {rms:.4f}"
        )
        readings, answer = ["focal Tversky, weights that sum to 1"], (FITS, RECOVERED, ())
        yield rows[0].check_table("constants of a loss", shown, readings, answer)


def orientation(rows: Sequence[PrintedRow]) -> Iterator[Check]:
    """Which of the two printed weights of a Tversky index acted on false negatives."""
    needed = ("tversky", *RATES)
    pairs = [(row, _weights(row, "tversky")) for row in rows if all(map(row.first, needed))]
    pairs = [(row, w) for row, w in pairs if w and w[0] != w[1]]
    if not pairs:
        return
    misses = []
    for row, weights in pairs:
        index, p, r = (row.span(q).middle for q in needed)
        misses.append([abs(tversky(p, r, *ab) - index) for ab in (weights, weights[::-1])])
    turned = sum(exchanged < kept for kept, exchanged in misses)
    kept, exchanged = (min(of) for of in zip(*misses, strict=True))
    shown = (
        f"{turned} of {len(pairs)} rows are nearer to the weights exchanged; the smallest "
        f"miss is {exchanged:.4f} exchanged, {kept:.4f} as printed"
    )
    readings = ["weights as printed", "weights exchanged"]
    causes = ("labels exchanged in the formula or in the text", innocent.SOFT)
    answer = remark(turned > len(pairs) / 2, causes)
    yield rows[0].check_table("orientation of Tversky weights", shown, readings, answer)


def _floor(row: PrintedRow) -> Check | None:
    """BCE >= (1 - accuracy) ln 2.

    Both sides are linear, so where all images have one size, it holds between a mean of any kind
    and pooled counts.
    """
    how = averaging(row, *FLOOR)
    alike = how != "unknown" and (how != "by column" or row.about.one_size)
    if not alike or row.about.epoch == "unknown" or row.how("macro", "accuracy") != {False}:
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
    weights, how, about = _weights(row, "region_loss"), averaging(row, *TVERSKY), row.about
    exponent = row.first("region_loss").meant.loss.get("exponent", 1)
    bounded = how in COUNTS or (how in ("means", "alike") and about.empty == "none")
    if exponent != 1 or not bounded or not plain(row, *TVERSKY):
        return None
    if about.epoch == "unknown" or row.may_be_empty():
        return None
    loss, *rates = (row.span(q) for q in TVERSKY)
    p, r = map(clipped, rates)
    exact = _index(p, r, *weights)
    allowed = 1 - exact
    if how not in COUNTS or about.epoch != "same":
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


def _weights(row: PrintedRow, quantity: str) -> tuple[float, float] | None:
    """Weights of false positives and negatives, from the row or else from its column."""
    own = [row.span(w) for w in WEIGHTS]
    if quantity == "region_loss" and None not in own:
        return own[0].low + own[0].width / 3, own[1].low + own[1].width / 3
    told = row.first(quantity).meant.loss
    return tuple(told[w] for w in WEIGHTS) if set(WEIGHTS) <= set(told) else None


def _index(p: Span, r: Span, a: float, b: float) -> Span:
    return image(lambda x, y: tversky(x, y, a, b), p, r)
