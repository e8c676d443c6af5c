"""Lesions are measured as a person can with a pencil."""

import numpy as np
import pandas as pd
import pytest

from busutils.data import lesions
from busutils.data.dataset import Dataset


def test_sizes_and_places_by_hand():
    masks = np.zeros((3, 10, 10), bool)
    masks[0, 2:4, 5:9] = True  # 8 px, centre (2.5, 6.5)
    masks[1, :, :5] = True
    masks[1, 0, 9] = True  # in two parts, which count as one
    cases = pd.DataFrame({"case": ["a", "b", "c"], "label": ["benign", "malignant", "normal"]})
    data = Dataset("Tiny", np.zeros((3, 10, 10, 1), np.uint8), masks, cases, "f")
    first, second = lesions.measure(data).to_dict("records")
    assert (first.pop("case"), first.pop("label")) == ("a", "benign")
    assert first == pytest.approx({"area": 0.08, "y": 0.3, "x": 0.7, "height": 0.2, "width": 0.4})
    assert (second["case"], second["width"]) == ("b", 1)
    assert second["area"] == pytest.approx(0.51)
