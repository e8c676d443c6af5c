"""Weights of a Tversky loss: those that are not printed, and which of two acted on what."""

from collections.abc import Iterator, Sequence

import numpy as np
import scipy
from scorecheck.checks import FITS, RECOVERED, Check, remark
from scorecheck.confusion import RATES
from scorecheck.innocent import SOFT
from scorecheck.losses import printed_weights, tversky
from scorecheck.printed_numbers import PrintedPaper, PrintedRow


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Ask every column of losses for its constants, and of indices for their weights."""
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
