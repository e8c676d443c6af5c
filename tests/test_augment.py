"""Draws depend on (seed, epoch, case) alone; image and mask move together."""

import numpy as np
import pytest

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
