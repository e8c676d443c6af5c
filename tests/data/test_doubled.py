"""Sets in which every image stands twice."""

import numpy as np
import pytest

from busutils import promises
from busutils.data import doubled, reading, sets
from busutils.data.dataset import open_cached
from busutils.errors import UserError


@pytest.fixture
def data(phantoms, store):
    return reading.load(sets.listing("phantom", str(phantoms)), 32)


def kept(both, store):
    """Nothing is written before the promise is kept."""
    assert not both.has_pixels and not (store / "cache" / both.fingerprint).exists()
    promises.keep(f"cache/{both.fingerprint}", store)
    there = open_cached(both.fingerprint, store)
    assert both.cases.equals(there.cases[both.cases.columns])
    return there


def test_second_items_follow_the_first(data, store):
    both = kept(doubled.doubled(data, "image"), store)
    n = len(data)
    assert len(both) == 2 * n == both.cases["case"].nunique()
    np.testing.assert_array_equal(both.images[n:], data.images)
    np.testing.assert_array_equal(both.masks[n:], both.masks[:n])
    assert both.cases["twin"][n:].tolist() == data.cases["case"].tolist()
    assert both.cases["group"][n:].tolist() == data.cases["group"].tolist()


def test_masks_as_images_are_black_and_white(data, store):
    both = kept(doubled.doubled(data, "mask"), store)
    second = both.images[len(data) :, ..., 0]
    np.testing.assert_array_equal(second, np.where(data.masks, 255, 0))
    assert both.fingerprint != doubled.doubled(data, "image").fingerprint


def test_another_second_item_is_refused(data):
    with pytest.raises(UserError, match="second item 'masks': did you mean 'mask'"):
        doubled.doubled(data, "masks")
