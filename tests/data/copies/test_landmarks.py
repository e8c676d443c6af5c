"""Landmarks survive cropping and scaling, and common ones count little."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from busutils.data.copies import landmarks


def picture(seed: int, shape=(200, 260)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rough = ndimage.gaussian_filter(rng.rayleigh(1, shape), 2.5)
    return (255 * (rough - rough.min()) / np.ptp(rough)).astype(np.uint8)


FRAME = picture(1)


def test_description():
    places, descriptions = landmarks.describe(FRAME)
    assert 60 < len(places) == len(descriptions) <= sum(landmarks.SIZES.values())
    np.testing.assert_allclose(np.linalg.norm(descriptions, axis=1), 1, atol=1e-5)
    assert (places[:, :2] >= 0).all()
    assert (places[:, :2] < FRAME.shape).all()


def test_brightness_does_not_matter():
    darker = (FRAME * 0.5).astype(np.uint8)
    places = [{tuple(p) for p in landmarks.describe(image)[0]} for image in (FRAME, darker)]
    assert len(places[0] & places[1]) > 0.8 * len(places[0])


def test_a_flat_picture_has_none():
    places, descriptions = landmarks.describe(np.full((40, 30), 90, np.uint8))
    assert places.shape == (0, 3)
    assert descriptions.shape == (0, 128)


@pytest.mark.parametrize("zoom", [0.6, 1.0, 1.7])
def test_the_transform_of_a_crop_is_found(zoom):
    crop = FRAME[30:190, 50:240]
    size = [round(n * zoom) for n in crop.shape[::-1]]
    crop = np.asarray(Image.fromarray(crop).resize(size, Image.Resampling.BICUBIC))
    first = landmarks.candidates([FRAME, picture(2), crop, picture(3)], 0.25).iloc[0]
    assert (first["a"], first["b"]) == (0, 2)
    assert first["scale"] == pytest.approx(zoom, rel=0.03)
    assert first["row"] == pytest.approx(-30 * zoom, abs=4)
    assert first["column"] == pytest.approx(-50 * zoom, abs=4)


def test_what_many_pictures_show_counts_less():
    pair = landmarks.candidates([FRAME, FRAME], 0.25)["evidence"].max()
    many = landmarks.candidates([FRAME] * 5, 0.25)["evidence"].max()
    # of two copies each landmark has one look-alike, of five it has four
    assert many == pytest.approx(pair / 4, rel=0.1)


@pytest.mark.parametrize("pictures", [[], [FRAME], [FRAME, FRAME * 0], [FRAME * 0] * 3])
def test_nothing_to_compare(pictures):
    found = landmarks.candidates(pictures, 0.25)
    assert found.empty
    assert {"a", "b", "evidence", "scale", "row", "column"} <= set(found.columns)
