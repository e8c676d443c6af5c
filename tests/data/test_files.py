"""Masks of every mode and size are read alike; broken files are refused by name."""

import numpy as np
import pytest
from PIL import Image

from busutils.data import files, masks
from busutils.errors import UserError

MASK = np.array([[0, 255, 255], [0, 0, 255]], np.uint8)


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P"])
def test_masks_of_every_mode(tmp_path, mode):
    image = Image.fromarray(MASK).convert(mode)
    if mode == "RGBA":
        image.putalpha(0)  # a transparent mask still is one
    image.save(tmp_path / "mask.png")
    np.testing.assert_array_equal(masks.read(tmp_path / "mask.png").lesion, MASK > 0)


def test_coloured_image_becomes_grey(tmp_path):
    Image.new("RGB", (4, 2), (30, 30, 30)).save(tmp_path / "image.png")
    image = files.read_image(tmp_path / "image.png")
    assert image.shape == (2, 4)
    assert (image == 30).all()


def test_masks_are_joined_and_resized_to_their_image(tmp_path):
    Image.fromarray(MASK).save(tmp_path / "a.png")
    other = np.zeros((4, 6), np.uint8)
    other[:2, :2] = 255  # twice the size: one pixel, top left
    Image.fromarray(other).save(tmp_path / "b.png")
    case = files.Case("x", "benign", tmp_path / "x.png", (tmp_path / "a.png", tmp_path / "b.png"))
    expected = MASK > 0
    expected[0, 0] = True
    np.testing.assert_array_equal(files.joined_mask(case, (2, 3)), expected)


def test_truncated_image_is_refused(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    data = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match=r"half.png cannot be read.*replace it"):
        files.read_image(tmp_path / "half.png")


@pytest.mark.parametrize(
    ("mask", "image", "same"),
    [
        ((420, 420), (128, 128), True),
        ((383, 512), (96, 128), True),  # 96 is 95.75, rounded
        ((56, 85), (113, 170), True),  # half, rounded down
        ((96, 80), (80, 96), False),
        ((101, 100), (100, 101), False),
        ((202, 200), (100, 101), False),  # turned and enlarged
        ((100, 150), (120, 150), False),
    ],
)
def test_a_mask_may_be_scaled_but_not_stretched(mask, image, same):
    assert files.same_shape(mask, image) == files.same_shape(image, mask) == same
