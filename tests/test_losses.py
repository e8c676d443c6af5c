"""Losses against pencil and paper, and against an independent NumPy computation."""

import keras
import numpy as np
import pytest

from busutils import losses
from busutils.errors import UserError

TRUTH = np.array([1.0, 1.0, 0.0, 0.0]).reshape(1, 2, 2, 1)
SOFT = np.array([0.9, 0.6, 0.2, 0.1]).reshape(1, 2, 2, 1)
# soft counts: TP 1.5, FN 0.5, FP 0.3


def value(name, truth=TRUTH, predicted=SOFT, **options):
    return float(losses.build(name, **options)(truth, predicted))


def test_dice_by_hand():
    assert value("dice", smooth=1) == pytest.approx(1 - (2 * 1.5 + 2) / (3 + 0.8 + 2), abs=1e-6)


def test_tversky_by_hand():
    got = value("tversky", false_negatives=0.7, false_positives=0.3, smooth=0)
    assert got == pytest.approx(1 - 1.5 / (1.5 + 0.35 + 0.09), abs=1e-6)


def test_focal_tversky_has_the_constants_inferred_from_table_2():
    expected = (1 - 2.5 / (2.5 + 0.7 * 0.5 + 0.3 * 0.3)) ** 0.75
    assert value("focal_tversky") == pytest.approx(expected, abs=1e-6)
    expected = (1 - 2.5 / (2.5 + 0.5 * 0.5 + 0.3 * 0.3)) ** 0.75
    assert value("focal_tversky", false_negatives=0.5) == pytest.approx(expected, abs=1e-6)


def test_iou_by_hand():
    assert value("iou") == pytest.approx(1 - (1.5 + 1) / (1.5 + 0.5 + 0.3 + 1), abs=1e-6)


def test_bce_by_hand():
    expected = -np.mean(np.log([0.9, 0.6, 0.8, 0.9]))
    assert value("bce") == pytest.approx(expected, abs=1e-6)


def test_combo_is_the_sum():
    assert value("combo") == pytest.approx(value("dice") + value("bce"), abs=1e-6)


def test_batch_and_image_reduction_differ():
    truth = np.concatenate([TRUTH, 1 - TRUTH])
    predicted = np.concatenate([SOFT, SOFT])
    alone = [value("dice", t[None], p[None]) for t, p in zip(truth, predicted, strict=True)]
    assert value("dice", truth, predicted, reduction="image") == pytest.approx(np.mean(alone))
    assert value("dice", truth, predicted) != pytest.approx(np.mean(alone), abs=1e-3)


def test_perfect_prediction_has_a_finite_gradient():
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Conv2D(1, 1, use_bias=False)])
    model.set_weights([np.ones((1, 1, 1, 1))])
    model.compile("sgd", losses.build("focal_tversky", smooth=0.0))
    model.train_on_batch(TRUTH, TRUTH)
    assert np.isfinite(model.get_weights()[0]).all()


def test_half_precision_is_counted_in_float32():
    shape = (1, 256, 256, 1)
    truth, predicted = np.ones(shape), np.full(shape, 0.5, "float16")
    assert value("dice", truth, predicted) == pytest.approx(1 / 3, abs=1e-4)


@pytest.mark.parametrize(("symmetric", "truth"), [(False, (1.0, 0.2)), (True, (0.9, 0.1))])
def test_label_smoothing_by_hand(symmetric, truth):
    one, zero = truth  # what ones and zeros become with 0.2
    tp = one * 1.5 + zero * 0.3
    fn, fp = one * 0.5 + zero * 1.7, (1 - one) * 1.5 + (1 - zero) * 0.3
    got = value("dice", label_smoothing=0.2, symmetric=symmetric)
    assert got == pytest.approx(1 - (2 * tp + 2) / (2 * tp + fn + fp + 2), abs=1e-6)


def test_impossible_label_smoothing_is_refused():
    with pytest.raises(UserError, match=r"label_smoothing is 1: .* in \[0, 1\)"):
        losses.build("dice", label_smoothing=1)


def test_unknown_names_are_refused():
    with pytest.raises(UserError, match="unknown loss 'dise': did you mean 'dice'"):
        losses.build("dise")
    with pytest.raises(UserError, match="unknown reduction"):
        losses.build("dice", reduction="pixel")
