"""Sizes and places of the lesions of a set."""

import numpy as np
import pandas as pd
from skimage.measure import regionprops

from busutils.data.dataset import Dataset


def measure(data: Dataset) -> pd.DataFrame:
    """Measure the lesion of each case that has one, at the size of `data`.

    Returns
    -------
    DataFrame
        case, label, area (share of the image), y, x (centre, 0 top and left, 1 bottom and right),
        height, width (of the box around it, share of the image).
    """
    cases = zip(data.cases["case"], data.cases["label"], data.masks, strict=True)
    return pd.DataFrame(
        [{"case": case, "label": label, **_region(m)} for case, label, m in cases if m.any()]
    )


def _region(mask: np.ndarray) -> dict[str, float]:
    (region,) = regionprops(mask.astype(np.uint8))
    y, x = region.centroid
    top, left, bottom, right = region.bbox
    height, width = mask.shape
    return {
        "area": region.area / mask.size,
        "y": (y + 0.5) / height,
        "x": (x + 0.5) / width,
        "height": (bottom - top) / height,
        "width": (right - left) / width,
    }
