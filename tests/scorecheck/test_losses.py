"""Losses against scores: a case at one half, and Tversky indices by hand."""

import numpy as np
import pytest

from scorecheck import losses
from tests.scorecheck.tables import checks, verdict


@pytest.mark.parametrize(
    ("loss", "answer"),
    [("0.0700", "fits"), ("0.0693", "fits"), ("0.0600", "does not fit")],  # 0.1 ln 2 is 0.0693
)
def test_cross_entropy_has_a_floor(loss, answer):
    columns = {"L": "cross_entropy", "A": "accuracy"}
    assert verdict("cross-entropy floor", columns, {"a": [loss, "0.9000"]}) == answer


def test_the_floor_under_other_averaging():
    columns, rows = {"L": "cross_entropy", "A": "accuracy"}, {"a": ["0.0600", "0.9000"]}
    kind = "cross-entropy floor"
    assert verdict(kind, columns, rows, averaging="by column") == "cannot be checked"
    assert verdict(kind, columns, rows, averaging="by column", one_size=True) == "does not fit"
    balanced = columns | {"A": {"is": "accuracy", "macro": True}}
    assert verdict(kind, balanced, rows) == "cannot be checked"


def test_the_floor_holds_for_random_probabilities():
    rng = np.random.default_rng(1)
    truth, p = rng.integers(0, 2, (100, 50)), rng.uniform(0.01, 0.99, (100, 50))
    loss = -np.where(truth, np.log(p), np.log(1 - p)).mean(axis=1)
    accuracy = ((p > 0.5) == truth).mean(axis=1)
    assert (loss >= (1 - accuracy) * np.log(2)).all()


def test_an_accuracy_one_point_too_low_is_named():
    columns = {"L": "cross_entropy", "A": "accuracy"}
    (one,) = checks("cross-entropy floor", columns, {"a": ["0.0001", "99.00%"]})
    assert "1.00 point too low" in one.causes[0]


def test_tversky_by_hand():
    # TP 6, FP 2, FN 4: 6 / (6 + 0.3 x 2 + 0.7 x 4)
    assert losses.tversky(6 / 8, 6 / 10, 0.3, 0.7) == pytest.approx(6 / 9.4)
    assert losses.tversky(0, 0, 0.3, 0.7) == 0


TVERSKY = {
    **{"a": "false_positives", "b": "false_negatives"},
    "L": {"is": "region_loss", "masks": "hard"},
    **{"P": "precision", "R": "sensitivity"},
}


@pytest.mark.parametrize(
    ("averaging", "loss", "answer"),
    [
        ("pooled", "0.3617", "fits"),  # 1 - 6/9.4
        ("pooled", "0.4000", "does not fit"),
        ("means", "0.4000", "fits"),
        ("means", "0.3000", "does not fit"),  # under what any mixture gives
    ],
)
def test_a_tversky_loss(averaging, loss, answer):
    rows = {"x": ["0.3", "0.7", loss, "0.7500", "0.6000"]}
    assert verdict("Tversky loss", TVERSKY, rows, averaging=averaging) == answer


def test_a_loss_of_probabilities_is_not_that_of_the_masks():
    columns = TVERSKY | {"L": "region_loss"}  # nobody trains on thresholded masks
    rows = {"x": ["0.3", "0.7", "0.4000", "0.7500", "0.6000"]}
    assert verdict("Tversky loss", columns, rows, averaging="pooled") == "cannot be checked"


def test_the_weight_that_was_used_is_recovered():
    rows = {"x": ["0.7", "0.75", "0.0537", "0.9632", "0.9097"]}
    (one,) = checks("Tversky loss", TVERSKY, rows)
    assert "a second weight of 0.30 would give it" in one.shown


def test_mean_losses_obey_the_bound():
    rng = np.random.default_rng(2)
    tp, fp, fn = rng.integers(1, 50, (3, 300, 10)).astype(float)
    for a, b in ((0.3, 0.7), (0.7, 0.75), (1, 1)):
        mean = (tp / (tp + a * fp + b * fn)).mean(axis=1)
        p, r = (tp / (tp + fp)).mean(axis=1), (tp / (tp + fn)).mean(axis=1)
        bound = (a + b) / (a / p + b / r)
        assert (mean <= bound + 1e-12).all()
