"""Weights of a Tversky loss: against printed scores, those not printed, and which acted on what.

With weights a of false positives and b of false negatives, 1/T = 1 + a(1/P - 1) + b(1/R - 1) for
the index T, and the loss is (1 - T)^e. Means of T have a bound; ``METHODS.md`` proves it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy
from scorecheck.checks import ALWAYS, FITS, RECOVERED, SOFT, Check, judged, remark
from scorecheck.confusion import RATES
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, asked, bounding, plain
from scorecheck.spans import Span, clipped, image

from bookcheck.context import BookColumn

WEIGHTS = ("false_positives", "false_negatives")
TVERSKY = ("region_loss", *RATES)


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Ask every loss whether it fits its weights, every column for its constants or weights."""
    for row in paper.rows():
        if all(map(row.first, TVERSKY)) and printed_weights(row, "region_loss"):
            yield from asked(row, "Tversky loss", _tversky_loss, *TVERSKY)
    for table in paper.tables:
        rows = paper.rows(table)
        yield from constants(rows)
        yield from orientation(rows)


def constants(rows: Sequence[PrintedRow]) -> Iterator[Check]:
    """Fit the unprinted weight and exponent of a focal Tversky loss to a column."""
    needed = ("region_loss", "dice", "sensitivity")
    fitted = [row for row in rows if all(map(row.first, needed))]
    if len(fitted) < 5 or any(printed_weights(row, "region_loss") for row in fitted):
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
    pairs = [(row, printed_weights(row, "tversky")) for row in rows if all(map(row.first, needed))]
    pairs = [(row, w) for row, w in pairs if w and w[0] != w[1]]
    if not pairs:
        return
    misses = []
    for row, printed in pairs:
        index, p, r = (row.span(q).middle for q in needed)
        misses.append([abs(tversky(p, r, *ab) - index) for ab in (printed, printed[::-1])])
    turned = sum(exchanged < kept for kept, exchanged in misses)
    kept, exchanged = (min(of) for of in zip(*misses, strict=True))
    shown = (
        f"{turned} of {len(pairs)} rows are nearer to the weights exchanged; the smallest "
        f"miss is {exchanged:.4f} exchanged, {kept:.4f} as printed"
    )
    readings = ["weights as printed", "weights exchanged"]
    causes = ("labels exchanged in the formula or in the text", SOFT)
    answer = remark(turned > len(pairs) / 2, causes)
    yield rows[0].check_table("orientation of Tversky weights", shown, readings, answer)


def tversky(p: float, r: float, a: float, b: float) -> float:
    """Tversky index from precision, recall and the weights of false positives and negatives."""
    return 1 / (1 + a * (1 / p - 1) + b * (1 / r - 1)) if p and r else 0.0


def _tversky_loss(row: PrintedRow) -> Check | None:
    """A loss 1 - T against precision and recall, where the weights are printed."""
    weights, how = printed_weights(row, "region_loss"), bounding(row, *TVERSKY)
    exponent = _said(row, "region_loss").get("exponent", 1)
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
    answer = judged(good, ("another weight was used", "a loss in training", *ALWAYS))
    readings, of = ["pooled counts", "means over cases"], {"printed": loss, "feasible": (allowed,)}
    return row.check("Tversky loss", shown, readings, answer, **of)


def printed_weights(row: PrintedRow, quantity: str) -> tuple[float, float] | None:
    """Weights of false positives and negatives, from the row or else from its column."""
    own = [row.span(w) for w in WEIGHTS]
    if quantity == "region_loss" and None not in own:
        return own[0].low + own[0].width / 3, own[1].low + own[1].width / 3
    told = _said(row, quantity)
    return tuple(told[w] for w in WEIGHTS) if set(WEIGHTS) <= set(told) else None


def _said(row: PrintedRow, quantity: str) -> dict[str, float]:
    """What the column of a loss or index says of it; nothing where it stands in no column."""
    meant = row.first(quantity).meant
    return meant.loss if isinstance(meant, BookColumn) else {}


def _index(p: Span, r: Span, a: float, b: float) -> Span:
    return image(lambda x, y: tversky(x, y, a, b), p, r)
