"""One pass over the probabilities gives what a comparison at each threshold gives."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from busutils import metrics, thresholds


@given(st.integers(0, 2**32 - 1))
def test_one_pass_equals_a_comparison_at_each_threshold(seed):
    rng = np.random.default_rng(seed)
    truth = rng.random((3, 4, 5)) < 0.3
    levels = rng.integers(0, 256, truth.shape, dtype=np.uint8)
    counted = thresholds.counts(truth, levels)
    for threshold, at in counted.groupby("threshold"):
        expected = metrics.counts(truth, np.round(levels / 255, 9) >= threshold)
        pd.testing.assert_frame_equal(
            at[metrics.COUNTS].reset_index(drop=True), expected, check_dtype=False
        )


def test_a_level_on_the_threshold_counts_as_lesion():
    levels = np.array([[[50, 51, 52, 204]]], np.uint8)  # 51 / 255 = 0.2, 204 / 255 = 0.8
    truth = np.ones((1, 1, 4), bool)
    counted = thresholds.counts(truth, levels, np.array([0.2, 0.8]))
    assert counted["tp"].tolist() == [3, 1]


def test_grids():
    assert len(thresholds.GRID) == 19
    assert thresholds.PAPER_GRID.tolist() == pytest.approx(
        [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]
    )


def test_best_threshold_by_hand():
    # lesion pixels at 0.71, background at 0.57: everything from 0.60 to 0.70 is perfect
    levels = thresholds.quantise(np.array([[[0.71, 0.57]]]))
    counted = thresholds.counts(np.array([[[True, False]]]), levels)
    assert thresholds.best(counted) == 0.6
    assert thresholds.curve(counted).loc[0.5, "dice"] == pytest.approx(2 / 3)


def test_quantise_rounds_to_the_nearest_level():
    assert thresholds.quantise(np.array([0, 0.5, 1])).tolist() == [0, 128, 255]
