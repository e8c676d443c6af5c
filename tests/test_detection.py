"""Lesions found and missed, on hand-drawn masks."""

import numpy as np
import pytest

from busutils import detection


def drawn(*pictures):
    """Masks from pictures whose rows are parted by a space."""
    return np.array([[[c == "#" for c in row] for row in of.split()] for of in pictures])


@pytest.mark.parametrize(
    ("truth", "predicted", "counted"),
    [
        ("##.. ##.. .... ....", "##.. ##.. .... ....", (1, 1, 0)),
        ("##.. ##.. .... ....", "#... #... .... ....", (1, 1, 0)),  # half of it
        ("##.. ##.. .... ....", "#... .... .... ....", (1, 0, 0)),  # a quarter: missed, not false
        ("##.. ##.. .... ...#", "##.. ##.. .... ....", (2, 1, 0)),
        ("##.. ##.. .... ....", "##.. ##.. .... ...#", (1, 1, 1)),
        ("#... .#.. .... ....", "#... .#.. .... ....", (1, 1, 0)),  # together by a corner
        ("#..# .... .... ....", "#### .... .... ....", (2, 2, 0)),  # one piece finds both
        (".... .... .... ....", "#.#. .... #... ....", (0, 0, 3)),
        ("#... .... .... ....", ".... .... .... ....", (1, 0, 0)),
        (".... .... .... ....", ".... .... .... ....", (0, 0, 0)),
    ],
)
def test_by_hand(truth, predicted, counted):
    (row,) = detection.counts(drawn(truth), drawn(predicted)).itertuples(index=False)
    assert tuple(row) == counted


def test_overlap_says_how_much_of_a_lesion_is_enough():
    truth, predicted = drawn("####"), drawn("#...")
    assert detection.counts(truth, predicted, 0.25)["found"].item() == 1
    assert detection.counts(truth, predicted, 0.26)["found"].item() == 0


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(ValueError, match="not of one shape"):
        detection.counts(drawn("##"), drawn("###"))
    for bad in (0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="overlap is a share above 0"):
            detection.counts(drawn("##"), drawn("##"), bad)
