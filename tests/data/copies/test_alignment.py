"""Known shifts and scalings are found; agreement is told from chance."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.feature import match_template

from busutils.data.copies import alignment


def picture(seed: int, shape=(200, 260)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (np.sqrt(ndimage.gaussian_filter(rng.rayleigh(1, shape), 1.5)) * 12).astype(np.float32)


FRAME = picture(1)


def test_prepare_evens_out_brightness():
    grey = np.arange(0, 256, 2, dtype=np.uint8).reshape(8, 16)
    prepared = alignment.prepare(grey)
    np.testing.assert_allclose(alignment.prepare(grey // 2), prepared, rtol=1e-5)
    assert prepared.max() == pytest.approx(16, abs=0.2)
    assert prepared[0, 0] == 0
    assert (alignment.prepare(np.zeros((5, 5), np.uint8)) == 0).all()


def test_correlation_is_that_of_scikit_image():
    blocks, windows = picture(2, (3, 20, 20)), picture(3, (3, 32, 32))
    windows[0, 5:25, 7:27] = blocks[0]
    cosine = alignment._correlate(blocks[:, None], windows[:, None])[:, 0]
    for ours, block, window in zip(cosine, blocks, windows, strict=True):
        np.testing.assert_allclose(ours, match_template(window, block), atol=1e-3)
    assert np.unravel_index(cosine[0].argmax(), (13, 13)) == (5, 7)


@pytest.mark.parametrize(("scale", "shift"), [(1, (0, 0)), (1, (9, -14)), (0.8, (5, 3))])
def test_a_wrong_guess_is_corrected(scale, shift):
    shift = np.array(shift, float)
    shape = (220, 280)
    drawn = ndimage.affine_transform(FRAME, np.eye(2) / scale, -shift / scale, shape, order=1)
    found = alignment.agreement(FRAME, drawn, scale * 1.03, shift + np.array([4, -5]))
    assert found.score > 0.9
    corners = np.array([[20, 20, 1], [20, 230, 1], [170, 20, 1], [170, 230, 1]])
    expected = corners[:, :2] * scale + shift
    np.testing.assert_allclose(corners @ found.transform.T, expected, atol=1.5)


def test_overlap_is_the_share_of_the_larger_picture():
    # 100 of 200 rows in common, all of the columns
    found = alignment.agreement(FRAME, np.roll(FRAME, 100, 0), 1, np.array([100, 0]))
    assert found.overlap == pytest.approx(0.5)
    crop = FRAME[50:150, 60:190]
    found = alignment.agreement(FRAME, crop, 1, np.array([-50, -60]))
    assert found.overlap == pytest.approx(0.25)
    assert found.score > 0.95


def test_other_pictures_do_not_agree():
    scores = [alignment.agreement(FRAME, picture(i), 1, np.zeros(2)).score for i in range(2, 8)]
    assert max(scores) < 0.15


def test_nothing_in_common_or_nothing_to_see():
    assert alignment.agreement(FRAME, FRAME, 1, np.array([190, 0])) is alignment.NONE
    flat = np.full((200, 260), 8, np.float32)
    assert alignment.agreement(FRAME, flat, 1, np.zeros(2)) is alignment.NONE
