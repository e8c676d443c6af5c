"""Draws depend on (seed, epoch, case) alone; image and mask move together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from busutils import augment
from busutils.errors import UserError

IMAGE = np.arange(12, dtype=float).reshape(3, 4, 1)
MASK = IMAGE[..., 0] > 8


def test_same_seed_epoch_and_case_same_draw():
    first = augment.draw("flips_brightness", 3, 5, 7)
    assert first == augment.draw("flips_brightness", 3, 5, 7)
    others = [augment.draw("flips_brightness", *k) for k in [(4, 5, 7), (3, 6, 7), (3, 5, 8)]]
    assert first not in others


def test_none_changes_nothing():
    image, mask = augment.apply(augment.draw("none", 0, 1, 2), IMAGE, MASK)
    assert image is IMAGE
    assert mask is MASK


def test_image_and_mask_move_together():
    image, mask = augment.apply(augment.Draw(mirror=True), IMAGE, MASK)
    np.testing.assert_array_equal(mask, image[..., 0] > 8)
    np.testing.assert_array_equal(image[:, 0, 0], IMAGE[:, 3, 0])


def test_brightness_is_clipped_and_leaves_the_mask():
    image, mask = augment.apply(augment.Draw(gain=1.2), IMAGE + 240, MASK)
    assert image.max() == 255
    assert image.min() == pytest.approx(255)
    assert mask is MASK


def test_half_are_mirrored_and_gains_fill_their_range():
    draws = [augment.draw("flips_brightness", 0, 1, case) for case in range(400)]
    assert 150 < sum(d.mirror for d in draws) < 250
    gains = [d.gain for d in draws]
    assert 0.8 <= min(gains) < 0.83
    assert 1.17 < max(gains) <= 1.2


def test_unknown_kind_is_refused():
    with pytest.raises(UserError, match="unknown augmentation"):
        augment.draw("rotate", 0, 1, 2)


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_quarter_turns_are_those_of_numpy(quarter):
    image = np.random.default_rng(0).integers(0, 256, (9, 9, 3)).astype(float)
    mask = image[..., 0] > 128
    turned, turned_mask = augment.apply(augment.Draw(degrees=90.0 * quarter), image, mask)
    np.testing.assert_allclose(turned, np.rot90(image, quarter), atol=1e-3)
    np.testing.assert_array_equal(turned_mask, np.rot90(mask, quarter))


@given(st.integers(0, 2**16), st.floats(-20, 20))
def test_what_is_drawn_in_the_image_stays_under_its_mask(seed, degrees):
    """A bright lesion on black: after any turn the mask is where the image is over one half."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:48, :64]
    lesion = np.hypot((y - rng.uniform(15, 33)) / 9, (x - rng.uniform(20, 44)) / 12) < 1
    drawn = augment.Draw(mirror=bool(seed % 2), degrees=degrees)
    image, mask = augment.apply(drawn, 255.0 * lesion[..., None], lesion)
    np.testing.assert_array_equal(mask, image[..., 0] >= 127.5)
    assert mask.sum() == pytest.approx(lesion.sum(), rel=0.03)


def test_turns_fill_their_range():
    turns = [augment.draw("flips_rotation", 0, 1, case).degrees for case in range(400)]
    assert -20 <= min(turns) < -19
    assert 19 < max(turns) <= 20
    assert augment.draw("flips", 0, 1, 2).degrees == 0


def test_all_three_are_drawn_apart():
    drawn = [augment.draw("flips_rotation_brightness", 0, 1, case) for case in range(400)]
    values = np.array([[d.mirror, d.gain, d.degrees] for d in drawn], float)
    assert (values.min(axis=0) < [1, 0.81, -19]).all()
    assert (values.max(axis=0) > [0, 1.19, 19]).all()
    assert np.abs(np.corrcoef(values.T)[np.triu_indices(3, 1)]).max() < 0.15
