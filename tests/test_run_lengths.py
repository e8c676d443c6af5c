"""A mask as text: by hand, and back again."""

import numpy as np
import pytest

from busutils import run_lengths


def test_runs_are_counted_from_one_and_column_by_column():
    mask = np.array([[0, 1, 1], [1, 1, 0]], bool)  # columns 01, 11, 10
    assert run_lengths.encode(mask) == "2 4"
    assert run_lengths.encode(mask[::-1]) == "1 1 3 2 6 1"
    assert run_lengths.decode("1 1 3 2 6 1", (2, 3)).tolist() == mask[::-1].tolist()


def test_any_mask_is_read_back():
    rng = np.random.default_rng(0)
    for share in (0, 0.01, 0.5, 0.99, 1):
        mask = rng.random((13, 7)) < share
        read = run_lengths.decode(run_lengths.encode(mask), mask.shape)
        np.testing.assert_array_equal(read, mask)
    assert run_lengths.encode(np.zeros((2, 2))) == ""


@pytest.mark.parametrize("text", ["0 1", "4 2", "1 0", "1 -1", "1", "1 x"])
def test_what_is_no_mask_is_refused(text):
    with pytest.raises(ValueError, match=r"leaves a mask|cannot reshape|invalid literal"):
        run_lengths.decode(text, (2, 2))
