"""Printed losses against printed scores of the same head, weights, epoch and cases.

Cross-entropy. A case on the wrong side of 0.5 gives its true class a probability of at most one
half, so it costs at least ln 2, and the others cost at least 0: mean BCE >= (1 - A) ln 2 (threshold
0.5, natural logarithm, no weights). The bound is linear, so it holds for means over folds too, and
with the best epoch of each column.

Tversky. With weights a of false positives and b of false negatives, T = TP/(TP + a FP + b FN), so
1/T = 1 + a(1/P - 1) + b(1/R - 1), and the loss is (1 - T)^e. For a + b >= 1,
1/T >= 1 + u(1/P - 1) + v(1/R - 1) with u = a/(a + b), v = b/(a + b), which is 1 over the weighted
harmonic mean of P and R. That mean is concave, so mean T is at most its value at mean P and mean R:
a loss (e = 1) under 1 minus that value fits neither pooled counts nor means.

References
----------
Salehi, Erdoğmuş, Gholipour: Tversky loss function. MLMI 2017. Abraham, Khan: A novel focal Tversky
loss function. ISBI 2019.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.optimize import least_squares

from scorecheck.answers import RATES
from scorecheck.intervals import Interval, clipped, image
from scorecheck.readings import COUNTS, asked, averaging, plain
from scorecheck.checks import (
    ALWAYS,
    EPOCH,
    FITS,
    MISPRINT,
    NO_READING,
    NOT,
    RECOVERED,
    SOFT,
    UNUSUAL,
    Check,
)
from scorecheck.paper import Paper, Row

WEIGHTS = ("false_positives", "false_negatives")
TVERSKY = ("region_loss", *RATES)


def check(paper: Paper) -> Iterator[Check]:
    """Check the losses of every row, then what a column of losses says of its constants."""
    for row in paper.rows():
        yield from cross_entropy_floor(row)
        yield from tversky_loss(row)
    for table in paper.tables:
        rows = paper.rows(table)
        yield from constants(rows)
        yield from orientation(rows)


def cross_entropy_floor(row: Row) -> Iterator[Check]:
    """BCE >= (1 - accuracy) ln 2."""
    if row.first("cross_entropy") and row.first("accuracy"):
        yield from asked(row, "cross-entropy floor", _floor, "cross_entropy", "accuracy")


def _floor(row: Row) -> Check | None:
    if not _alike(row, "cross_entropy", "accuracy") or row.how("macro", "accuracy") != {False}:
        return None
    loss, accuracy = row.interval("cross_entropy"), row.interval("accuracy")
    floor = (1 - min(1.0, accuracy.high)) * np.log(2)
    good = loss.high >= floor * (1 - 1e-9)
    higher = (1 - min(1.0, accuracy.high + 0.01)) * np.log(2)
    hint = ["an accuracy printed 1.00 point too low"] if not good and loss.high >= higher else []
    return Check(
        kind="cross-entropy floor",
        place=row.place,
        verdict=FITS if good else NOT,
        strength="" if good else NO_READING,
        shown=f"(1 - accuracy) ln 2 is at least {floor:.4f}; "
        + row.said("cross_entropy", "accuracy"),
        readings=["same head, epoch and cases; threshold 0.5; natural logarithm; no weights"],
        causes=() if good else (*hint, "a loss of another head or base", EPOCH, MISPRINT),
        table=row.table,
        row=row.name,
        printed=(loss.low, loss.high),
        feasible=((float(floor), max(float(floor), loss.high)),),
    )


def tversky(p: float, r: float, a: float, b: float) -> float:
    """Tversky index from precision, recall and the weights of false positives and negatives.

    Examples
    --------
    >>> round(tversky(0.5, 0.5, 0.5, 0.5), 4)
    0.5
    """
    return 1 / (1 + a * (1 / p - 1) + b * (1 / r - 1)) if p and r else 0.0


def tversky_loss(row: Row) -> Iterator[Check]:
    """A loss 1 - T against precision and recall, where the weights are printed."""
    if all(row.first(q) for q in TVERSKY) and _weights(row, "region_loss"):
        yield from asked(row, "Tversky loss", _tversky_loss, *TVERSKY)


def _tversky_loss(row: Row) -> Check | None:
    weights, how = _weights(row, "region_loss"), averaging(row, *TVERSKY)
    exponent = row.first("region_loss").meant.loss.get("exponent", 1)
    if exponent != 1 or not plain(row, *TVERSKY):
        return None
    if how not in COUNTS and (how not in ("means", "alike") or row.meaning.empty != "none"):
        return None
    if row.meaning.epoch == "unknown" or row.may_be_empty():
        return None
    p, r, loss = (row.interval(q) for q in (*RATES, "region_loss"))
    p, r = clipped(p), clipped(r)
    exact = _index(p, r, *weights)
    allowed = Interval(1 - exact.high, 1 - exact.low)
    if how not in COUNTS or row.meaning.epoch != "same":
        total = max(1.0, sum(weights))
        top = _index(p, r, *(w / total for w in weights))
        allowed = Interval(1 - top.high, 1.0)
    good = loss.meets(allowed)
    other = 1 - _index(p, r, *weights[::-1]).middle
    fitting = _second_weight(p.middle, r.middle, loss.middle, weights[0])
    return Check(
        kind="Tversky loss",
        place=row.place,
        verdict=FITS if good else NOT,
        strength="" if good else NO_READING,
        shown=f"weights {weights[0]:g}, {weights[1]:g} with {row.said('precision', 'sensitivity')} "
        f"give {1 - exact.middle:.4f} (exchanged {other:.4f}), as means at least "
        f"{allowed.low:.4f}; printed {row.said('region_loss')}"
        + ("" if good or not fitting >= 0 else f"; a second weight of {fitting:.2f} would give it"),
        readings=["pooled counts", "means over cases"],
        causes=() if good else ("another weight was used", "a loss in training", *ALWAYS),
        table=row.table,
        row=row.name,
        printed=(loss.low, loss.high),
        feasible=((allowed.low, allowed.high),),
    )


def constants(rows: Sequence[Row]) -> Iterator[Check]:
    """Fit the unprinted weight and exponent of a focal Tversky loss to a column."""
    fitted = [r for r in rows if all(map(r.first, ("region_loss", "dice", "sensitivity")))]
    if len(fitted) < 5 or any(_weights(r, "region_loss") for r in fitted):
        return
    loss, d, r = (
        np.array([row.interval(q).middle for row in fitted])
        for q in ("region_loss", "dice", "sensitivity")
    )
    if min(*d, *r) <= 0:
        return
    p = 1 / (2 / d - 1 / r)

    def misses(x: np.ndarray) -> np.ndarray:
        index = 1 / (1 + (1 - x[0]) * (1 / p - 1) + x[0] * (1 / r - 1))
        return np.clip(1 - index, 1e-9, 1) ** x[1] - loss

    best = least_squares(misses, [0.5, 1.0], bounds=([0, 0.2], [1, 4]))
    rms = float(np.sqrt(np.mean(best.fun**2)))
    if rms < 0.005:
        yield Check(
            kind="constants of a loss",
            place=rows[0].meaning.where or f"table {rows[0].table}",
            verdict=FITS,
            strength=RECOVERED,
            shown=f"weight {best.x[0]:.3f} on false negatives and exponent {best.x[1]:.3f} give "
            f"{len(fitted)} printed losses from Dice and sensitivity, rms {rms:.4f}",
            readings=["focal Tversky, weights that sum to 1"],
            table=rows[0].table,
        )


def orientation(rows: Sequence[Row]) -> Iterator[Check]:
    """Which of the two printed weights of a Tversky index acted on false negatives."""
    pairs = [(row, w) for row in rows if (w := _weights(row, "tversky")) and w[0] != w[1]]
    needed = ("tversky", "precision", "sensitivity")
    pairs = [(row, w) for row, w in pairs if all(map(row.first, needed))]
    if not pairs:
        return
    misses = np.array([_orientation_misses(row, w) for row, w in pairs])
    turned = int((misses[:, 1] < misses[:, 0]).sum())
    yield Check(
        kind="orientation of Tversky weights",
        place=rows[0].meaning.where or f"table {rows[0].table}",
        verdict=FITS,
        strength=UNUSUAL if turned > len(pairs) / 2 else "",
        shown=f"{turned} of {len(pairs)} rows are nearer to the weights exchanged; the smallest "
        f"miss is {misses[:, 1].min():.4f} exchanged, {misses[:, 0].min():.4f} as printed",
        readings=["weights as printed", "weights exchanged"],
        causes=("labels exchanged in the formula or in the text", SOFT),
        table=rows[0].table,
    )


def _orientation_misses(row: Row, weights: tuple[float, float]) -> tuple[float, float]:
    p, r, t = (row.interval(q).middle for q in ("precision", "sensitivity", "tversky"))
    return abs(tversky(p, r, *weights) - t), abs(tversky(p, r, *weights[::-1]) - t)


def _weights(row: Row, quantity: str) -> tuple[float, float] | None:
    """Weights of false positives and negatives, from the row or else from its column."""
    own = [row.interval(w) for w in WEIGHTS]
    if quantity == "region_loss" and None not in own:
        return own[0].low + own[0].width / 3, own[1].low + own[1].width / 3
    column = row.columns.get(quantity)
    if column and all(w in column.loss for w in WEIGHTS):
        return column.loss[WEIGHTS[0]], column.loss[WEIGHTS[1]]
    return None


def _alike(row: Row, *quantities: str) -> bool:
    """Whether columns are of one epoch, or each of its best, and averaged alike.

    Both sides of the floor are linear, so where all images have one size, it holds between a mean
    of any kind and pooled counts.
    """
    how = averaging(row, *quantities)
    alike = how != "unknown" and (how != "by column" or row.meaning.one_size)
    return row.meaning.epoch != "unknown" and alike


def _index(p: Interval, r: Interval, a: float, b: float) -> Interval:
    return image(lambda x, y: tversky(x, y, a, b), p, r)


def _second_weight(p: float, r: float, loss: float, a: float) -> float:
    """The weight of false negatives that gives a loss, or NaN where no weight does."""
    if not (p > 0 and 0 < r < 1 and loss < 1):
        return np.nan
    return (1 / (1 - loss) - 1 - a * (1 / p - 1)) / (1 / r - 1)
