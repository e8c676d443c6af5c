"""Bins of probabilities, by hand and against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve

from busutils import calibration


def test_bins_by_hand():
    truths = np.array([[False, True, True, False]])
    probabilities = np.array([[0.0, 0.04, 0.98, 1.0]])
    table = calibration.bins(truths, probabilities)
    assert table["pixels"].tolist() == [2] + [0] * 13 + [2]
    assert table.loc[0].tolist() == pytest.approx([2, 0.02, 0.5])
    assert table.loc[14].tolist() == pytest.approx([2, 0.99, 0.5])
    assert table["lesion"].isna().sum() == 13
    assert calibration.expected_error(table) == pytest.approx((0.48 + 0.49) / 2)


def test_they_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    p = rng.beta(0.3, 0.5, (7, 40, 30))
    y = rng.random(p.shape) < p**1.4
    table = calibration.bins(y, p).dropna()
    share, mean = calibration_curve(y.ravel(), p.ravel(), n_bins=calibration.BINS)
    assert np.allclose(table["lesion"], share)
    assert np.allclose(table["probability"], mean)


def test_what_tells_the_truth_has_no_error_and_what_is_sure_and_wrong_has_all():
    rng = np.random.default_rng(1)
    p = rng.random((10, 100, 100))
    honest = calibration.bins(rng.random(p.shape) < p, p)
    assert calibration.expected_error(honest) < 0.01
    y = rng.random((1, 9, 9)) < 0.5
    assert calibration.expected_error(calibration.bins(y, (~y).astype(float))) == 1


def test_images_are_added_up_pixel_by_pixel():
    rng = np.random.default_rng(2)
    p, y = rng.random((3, 8, 8)), rng.random((3, 8, 8)) < 0.3
    parts = pd.concat([calibration.bins(y[i], p[i]) for i in range(3)])
    whole = calibration.bins(y, p)
    assert np.allclose(calibration.joined(parts), whole, equal_nan=True)


def test_the_band_lies_on_both_sides_of_the_outline():
    mask = np.zeros((2, 9, 9), bool)
    mask[0, 2:7, 2:7] = True
    (near, none) = calibration.band(mask, 1)
    assert near.sum() == 16 + 20  # the ring of the square, and what touches its sides
    assert near[2, 2] and near[1, 2] and not near[1, 1] and not near[3, 3]
    assert not none.any()
    assert calibration.band(mask, 0).sum() == 0


def test_a_lesion_that_fills_the_image_has_an_outline_at_its_border():
    assert calibration.band(np.ones((1, 5, 5), bool), 1).sum() == 16


def test_only_some_pixels_count():
    y, p = np.array([[True, False]]), np.array([[0.2, 0.9]])
    table = calibration.bins(y, p, where=np.array([[True, False]]))
    assert table["pixels"].sum() == 1
    assert calibration.expected_error(table) == pytest.approx(0.8)


def test_what_is_no_probability_is_refused():
    y = np.zeros((1, 2), bool)
    for bad in (1.2, -0.1, np.nan):
        with pytest.raises(ValueError, match="not from 0 to 1"):
            calibration.bins(y, np.array([[0.5, bad]]))
    with pytest.raises(ValueError, match="differ in shape"):
        calibration.bins(y, np.zeros((1, 3)))
