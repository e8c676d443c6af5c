"""The cases of a run that a reader can look into: what the explorer of the site draws and counts.

Everything is counted in the reader's browser (``book/_static/explorer.js``), from the levels k of
the probabilities k / 255 that trainings keep, so that its numbers are those of the tables.
"""

import zlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from busutils import metrics, thresholds
from busutils.figures.cases import by_rank

FEW, MOST = 12, 60
"""Cases of people, and of generated images, that a run shows."""
LARGEST = 5_000_000
"""Bytes that the cases of a run may take."""


def explored(
    images: np.ndarray,
    truths: np.ndarray,
    probabilities: Mapping[str, np.ndarray],
    cases: pd.DataFrame,
    credit: str = "",
    generated: bool = False,
) -> dict[str, Any]:
    """Choose cases by rank of the first network's Dice, and pack what the explorer needs.

    Parameters
    ----------
    images : array of shape (n, height, width) or with a last axis of 1 or 3, 0 to 255
    truths : bool array of shape (n, height, width)
    probabilities : network -> array of that shape, in [0, 1]
    cases : n rows with the columns case and label
    credit : citation and licence of the images
    generated : they show no people, so that up to `MOST` may be shown, and not only `FEW`

    Returns
    -------
    Plain values: of each shown case its pixels, packed by zlib and base64 (image, truth, then the
    levels of each network), and of each network its mean Dice over the cases with a lesion at every
    threshold of :data:`busutils.thresholds.GRID`.
    """
    levels = {name: thresholds.quantise(of) for name, of in probabilities.items()}
    lesion = truths.any(axis=(1, 2))
    first = thresholds.counts(truths, next(iter(levels.values())))
    half = first[first["threshold"] == 0.5]
    dice = np.where(lesion, metrics.SCORES["dice"](half), np.inf)  # those without one come last
    ranks = np.linspace(0, 1, min(MOST if generated else FEW, len(truths)))
    shown = list(dict.fromkeys(by_rank(dice, ranks)))
    grey = images.reshape(*truths.shape, -1).mean(axis=-1).round().astype(np.uint8)
    third = _thirds(truths.sum(axis=(1, 2)), lesion)
    packed = []
    for i in shown:
        layers = [grey[i], truths[i].astype(np.uint8), *(of[i] for of in levels.values())]
        content = zlib.compress(np.stack(layers).tobytes(), 9)
        about = {"case": cases["case"].iloc[i], "label": cases["label"].iloc[i], "size": third[i]}
        packed.append(about | {"pixels": b64encode(content).decode()})
    return {
        "width": truths.shape[2],
        "height": truths.shape[1],
        "networks": list(levels),
        "thresholds": thresholds.GRID.tolist(),
        "curves": {name: _curve(truths[lesion], of[lesion]) for name, of in levels.items()},
        "lesions": int(lesion.sum()),
        "credit": credit,
        "cases": _within(packed),
    }


def _curve(truths: np.ndarray, levels: np.ndarray) -> list[float]:
    """Mean Dice over cases at each threshold."""
    mean = thresholds.curve(thresholds.counts(truths, levels))["dice"]
    return mean.round(6).tolist()


def _thirds(area: np.ndarray, lesion: np.ndarray) -> list[str]:
    """Whether a lesion is among the small, the middle or the large third of those shown here."""
    ends = np.quantile(area[lesion], [1 / 3, 2 / 3]) if lesion.any() else [0, 0]
    words = np.array(["small", "middle", "large"])[np.searchsorted(ends, area)]
    return np.where(lesion, words, "none").tolist()


def _within(packed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many cases as fit, spread over the ranks."""
    total = sum(len(case["pixels"]) for case in packed)
    step = -(-total // LARGEST)  # every case, every second one, ...
    return list(packed[:: max(step, 1)])
