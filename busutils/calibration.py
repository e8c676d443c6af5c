"""Whether a pixel's probability can be believed: bins of pixels, and the error they show.

References
----------
Guo et al.: On calibration of modern neural networks. ICML 2017. Maier-Hein, Reinke et al.: Metrics
reloaded. Nature Methods 21 (2024) 195: most pixels are easy background, so that the error of a
whole image is small whatever the network does at the lesion.
"""

import numpy as np
import pandas as pd
from scipy.ndimage import distance_transform_edt

BINS = 15


def bins(
    truths: np.ndarray, probabilities: np.ndarray, where: np.ndarray | None = None
) -> pd.DataFrame:
    """Put pixels into bins of equal width by their probability of lesion.

    Parameters
    ----------
    truths : bool array
    probabilities : floats of the same shape, from 0 to 1; 1 is of the last bin
    where : bool array of the same shape, optional
        Which pixels count; all if left out.

    Returns
    -------
    DataFrame with a row for each of 15 bins and the columns pixels (how many), probability (their
    mean) and lesion (the share of them that is lesion); NaN in an empty bin.

    Raises
    ------
    ValueError
        If shapes differ, or a probability is none.
    """
    truths, probabilities = np.asarray(truths, bool), np.asarray(probabilities, float)
    where = np.ones_like(truths) if where is None else np.asarray(where, bool)
    if not truths.shape == probabilities.shape == where.shape:
        shapes = ", ".join(str(of.shape) for of in (truths, probabilities, where))
        raise ValueError(f"truths, probabilities and where differ in shape: {shapes}")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("a probability is not from 0 to 1")
    p, y = probabilities[where], truths[where]
    number = np.minimum((p * BINS).astype(int), BINS - 1)
    n, sums, lesions = (np.bincount(number, w, BINS) for w in (None, p, y))
    with np.errstate(invalid="ignore"):
        return pd.DataFrame({"pixels": n, "probability": sums / n, "lesion": lesions / n})


def joined(tables: pd.DataFrame) -> pd.DataFrame:
    """Add up the bins of several images or networks: rows of `bins`, with their index."""
    sums = tables.assign(
        probability=(tables["probability"] * tables["pixels"]).fillna(0),
        lesion=(tables["lesion"] * tables["pixels"]).fillna(0),
    )
    sums = sums.groupby(level=0)[["pixels", "probability", "lesion"]].sum()
    n = sums["pixels"].where(sums["pixels"] > 0)
    return sums.assign(probability=sums["probability"] / n, lesion=sums["lesion"] / n)


def expected_error(table: pd.DataFrame) -> float:
    """Mean distance of probability and share of lesion over all pixels of the bins, from 0 to 1."""
    apart = (table["probability"] - table["lesion"]).abs().fillna(0)
    return float((apart * table["pixels"]).sum() / table["pixels"].sum())


def band(truths: np.ndarray, width: float) -> np.ndarray:
    """Tell which pixels are no more than `width` pixels from the outline of a lesion.

    Parameters
    ----------
    truths : bool array of shape (n, height, width)

    Returns
    -------
    bool array of that shape; an image without a lesion has no such pixel.
    """
    near = np.zeros_like(truths, bool)
    for i, mask in enumerate(truths):
        if mask.any():
            wide = np.pad(mask, 1)  # an outline is also where a lesion ends at the image's border
            distance = distance_transform_edt(wide) + distance_transform_edt(~wide)
            near[i] = distance[1:-1, 1:-1] <= width
    return near
