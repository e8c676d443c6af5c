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
    rows = []
    for case, label, mask in zip(data.cases["case"], data.cases["label"], data.masks, strict=True):
        for region in regionprops(mask.astype(np.uint8)):  # one, and none where no lesion is
            y, x = (np.array(region.centroid) + 0.5) / mask.shape
            height, width = np.subtract(region.bbox[2:], region.bbox[:2]) / mask.shape
            rows.append((case, label, region.area / mask.size, y, x, height, width))
    columns = ["case", "label", "area", "y", "x", "height", "width"]
    return pd.DataFrame(rows, columns=columns)
