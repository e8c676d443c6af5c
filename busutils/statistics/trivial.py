"""Three answers that need no training: nothing, everything, the best centred ellipse."""

import numpy as np
import pandas as pd

from busutils import metrics
from busutils.errors import UserError

AXES = np.linspace(0.1, 1.0, 19)
"""Semi-axes tried, as shares of half the height and half the width."""


def trivial_answers(masks: np.ndarray, ellipse: tuple[float, float] | None = None) -> pd.DataFrame:
    """Count what three trivial answers get right.

    Parameters
    ----------
    masks : bool array of shape (n, height, width)
    ellipse : (float, float), optional
        Semi-axes from :func:`best_ellipse` of other masks. Without it the ellipse is fitted to
        these masks, which flatters it.

    Returns
    -------
    DataFrame with columns answer ("nothing", "everything", "best centred ellipse"), row (0..n-1),
    tp, fp, fn, tn (pixels).
    """
    masks = _checked(masks)
    shape = masks.shape[1:]
    answers = {
        "nothing": np.zeros(shape, bool),
        "everything": np.ones(shape, bool),
        "best centred ellipse": centred_ellipse(shape, ellipse or best_ellipse(masks)),
    }
    tables = [
        metrics.counts(masks, np.broadcast_to(answer, masks.shape)).assign(answer=name)
        for name, answer in answers.items()
    ]
    long = pd.concat(tables).rename_axis("row").reset_index()
    return long[["answer", "row", *metrics.COUNTS]]


def best_ellipse(masks: np.ndarray) -> tuple[float, float]:
    """Find the centred ellipse with the highest mean Dice over the cases that hold a lesion.

    Returns
    -------
    (vertical, horizontal) semi-axes as shares of half the height and half the width, from `AXES`.
    """
    masks = _checked(masks)
    masks = masks[masks.any(axis=(1, 2))]
    if len(masks) == 0:
        raise UserError("no mask holds a lesion: fit the ellipse to lesion images and hand it over")
    axes = [(float(a), float(b)) for a in AXES for b in AXES]
    ellipses = np.stack([centred_ellipse(masks.shape[1:], pair).ravel() for pair in axes])
    ellipses = ellipses.astype(np.float32)  # whole numbers below 2^24 are exact, and BLAS is fast
    dice = np.zeros(len(axes))
    for part in np.array_split(masks, range(64, len(masks), 64)):
        flat = part.reshape(len(part), -1).astype(np.float32)
        sizes = flat.sum(axis=1)[:, None] + ellipses.sum(axis=1)
        dice += (2 * flat @ ellipses.T / sizes).sum(axis=0)
    return axes[int(dice.argmax())]


def centred_ellipse(shape: tuple[int, int], semi_axes: tuple[float, float]) -> np.ndarray:
    """Draw an ellipse in the middle of an image, bool of the given (height, width)."""
    y, x = (np.linspace(-1 + 1 / n, 1 - 1 / n, n) for n in shape)
    return (y[:, None] / semi_axes[0]) ** 2 + (x / semi_axes[1]) ** 2 <= 1


def _checked(masks: np.ndarray) -> np.ndarray:
    masks = np.asarray(masks, bool)
    if masks.ndim != 3 or len(masks) == 0:
        raise UserError(f"masks have the shape (cases, height, width), not {masks.shape}")
    return masks
