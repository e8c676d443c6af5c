"""Losses against scores: a case at one half, and Tversky indices by hand."""

import numpy as np
import pytest

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
