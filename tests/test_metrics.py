"""Scores against hand-computed values, scikit-learn, and their own algebra."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from busutils import metrics

TRUTH = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], bool)
PREDICTED = np.array([[1, 0, 1, 0], [1, 0, 0, 0]], bool)
EMPTY = np.zeros((2, 4), bool)


def one(truth, predicted):
    return metrics.scores(metrics.counts(truth[None], predicted[None])).iloc[0]


def test_counts_by_hand():
    counts = metrics.counts(TRUTH[None], PREDICTED[None]).iloc[0]
    assert counts.to_dict() == {"tp": 2, "fp": 1, "fn": 1, "tn": 4}


def test_scores_by_hand():
    scores = one(TRUTH, PREDICTED)
    assert scores["dice"] == pytest.approx(4 / 6)
    assert scores["iou"] == pytest.approx(2 / 4)
    assert scores["sensitivity"] == pytest.approx(2 / 3)
    assert scores["precision"] == pytest.approx(2 / 3)
    assert scores["specificity"] == pytest.approx(4 / 5)
    assert scores["accuracy"] == pytest.approx(6 / 8)
    assert scores["mean_iou"] == pytest.approx((2 / 4 + 4 / 6) / 2)
    assert scores["balanced_accuracy"] == pytest.approx((2 / 3 + 4 / 5) / 2)


@pytest.mark.parametrize(
    ("truth", "predicted", "dice", "sensitivity", "precision"),
    [(EMPTY, EMPTY, 1, 1, 1), (TRUTH, EMPTY, 0, 0, 0), (EMPTY, PREDICTED, 0, 0, 0)],
)
def test_empty_masks(truth, predicted, dice, sensitivity, precision):
    scores = one(truth, predicted)
    assert (scores["dice"], scores["iou"]) == (dice, dice)
    assert (scores["sensitivity"], scores["precision"]) == (sensitivity, precision)


def test_full_truth_has_specificity_one():
    assert one(~EMPTY, ~EMPTY)["specificity"] == 1


@given(st.integers(0, 2**32 - 1))
def test_agrees_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    truth, predicted = rng.random((2, 5, 6)) < rng.uniform(0.2, 0.8)
    truth[0, 0] = predicted[0, 0] = True
    truth[0, 1] = predicted[0, 1] = False
    t, p, scores = truth.ravel(), predicted.ravel(), one(truth, predicted)
    assert scores["dice"] == pytest.approx(sk.f1_score(t, p), abs=1e-6)
    assert scores["iou"] == pytest.approx(sk.jaccard_score(t, p), abs=1e-6)
    assert scores["sensitivity"] == pytest.approx(sk.recall_score(t, p), abs=1e-6)
    balanced = sk.balanced_accuracy_score(t, p)
    assert scores["balanced_accuracy"] == pytest.approx(balanced, abs=1e-6)
    assert scores["precision"] == pytest.approx(sk.precision_score(t, p), abs=1e-6)
    assert scores["specificity"] == pytest.approx(sk.recall_score(~t, ~p), abs=1e-6)
    assert scores["accuracy"] == pytest.approx(sk.accuracy_score(t, p), abs=1e-6)
    assert scores["mean_iou"] == pytest.approx(sk.jaccard_score(t, p, average="macro"), abs=1e-6)


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
def test_iou_is_dice_over_two_minus_dice(tp, fp, fn):
    dice = metrics.dice(tp, fp, fn)
    assert metrics.iou(tp, fp, fn) == pytest.approx(dice / (2 - dice))


def test_per_case_and_pooled_differ():
    cases = pd.DataFrame({"tp": [1, 90], "fp": [1, 5], "fn": [1, 5], "tn": [97, 0]})
    assert metrics.per_case(cases)["dice"] == pytest.approx((2 / 4 + 180 / 190) / 2)
    assert metrics.pooled(cases)["dice"] == pytest.approx(182 / 194)


def test_left_empty():
    cases = pd.DataFrame({"tp": [0, 0], "fp": [0, 3], "fn": [0, 0], "tn": [9, 6]})
    assert metrics.left_empty(cases) == 0.5


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="differ in shape"):
        metrics.counts(TRUTH[None], EMPTY[None, :1])


@given(*[st.integers(0, 1000)] * 3)
def test_tversky_holds_dice_and_iou(tp, fp, fn):
    assert metrics.tversky(tp, fp, fn) == pytest.approx(metrics.dice(tp, fp, fn))
    assert metrics.tversky(tp, fp, fn, 1, 1) == pytest.approx(metrics.iou(tp, fp, fn))


def test_tversky_by_hand():
    assert metrics.tversky(6, 2, 4, 0.7, 0.3) == pytest.approx(6 / (6 + 2.8 + 0.6))
    assert metrics.tversky(6, 2, 4, 0.3, 0.7) == pytest.approx(6 / (6 + 1.2 + 1.4))
    assert metrics.tversky(0, 0, 0, 0.7, 0.3) == 1
