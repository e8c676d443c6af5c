"""Lesions found and missed, counted as lesions and not as pixels.

References
----------
Maier-Hein, Reinke et al.: Metrics reloaded. Nature Methods 21 (2024) 195: object detection.
"""

import numpy as np
import pandas as pd
from scipy.ndimage import label


def counts(truths: np.ndarray, predicted: np.ndarray, overlap: float = 0.5) -> pd.DataFrame:
    """Count connected lesions of each case, and how many are found.

    A lesion is what hangs together, also by corners. It is found if at least `overlap` of its
    pixels are predicted. A predicted piece that touches no lesion is false.

    Parameters
    ----------
    truths, predicted : bool arrays of shape (n, height, width)
    overlap : above 0, at most 1

    Returns
    -------
    DataFrame with integer columns lesions, found, false; a row a case.

    Raises
    ------
    ValueError
        If the shapes differ, or `overlap` is no such share.
    """
    truths, predicted = np.asarray(truths, bool), np.asarray(predicted, bool)
    if truths.shape != predicted.shape or truths.ndim != 3:
        raise ValueError(
            f"truths {truths.shape} and predictions {predicted.shape} are not of one shape "
            "(cases, height, width)"
        )
    if not 0 < overlap <= 1:
        raise ValueError(f"overlap is a share above 0, not {overlap}")
    rows = [_case(*of, overlap) for of in zip(truths, predicted, strict=True)]
    return pd.DataFrame(rows, columns=["lesions", "found", "false"])


def _case(truth: np.ndarray, predicted: np.ndarray, overlap: float) -> tuple[int, int, int]:
    covered, touching = _shares(truth, predicted), _shares(predicted, truth)
    found, false = (covered >= overlap).sum(), (touching == 0).sum()
    return len(covered), int(found), int(false)


def _shares(pieces: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Share of each connected piece of a mask that lies in another mask."""
    numbered, n = label(pieces, structure=np.ones((3, 3)))
    sizes = np.bincount(numbered.ravel(), minlength=n + 1)[1:]
    return np.bincount(numbered[other], minlength=n + 1)[1:] / sizes
