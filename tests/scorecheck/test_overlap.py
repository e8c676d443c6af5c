"""Dice, IoU, precision, recall, accuracy: pencil values, one relation at a time."""

import numpy as np
import pytest
from scorecheck.checks import WITH_BACKGROUND

from scorecheck import confusion
from tests.scorecheck.tables import checks, verdict

FITS, NOT, OPEN = "fits", "does not fit", "cannot be checked"


def test_formulas_of_one_mask_by_hand():
    # TP 3, FP 1, FN 2: precision 3/4, recall 3/5, Dice 6/9, IoU 3/6
    assert confusion.harmonic(3 / 4, 3 / 5) == pytest.approx(6 / 9)
    assert confusion.iou_of_dice(6 / 9) == pytest.approx(3 / 6)
    assert confusion.harmonic(0, 0) == 0


@pytest.mark.parametrize(
    ("averaging", "dice", "iou", "answer"),
    [
        ("one mask", "0.800", "0.667", FITS),  # 0.8 / 1.2 = 0.6667
        ("one mask", "0.800", "0.700", NOT),
        ("means", "0.800", "0.700", FITS),  # between 0.667 and 0.8
        ("means", "0.800", "0.660", NOT),  # below, which no mixture of images gives
        ("means", "0.800", "0.810", NOT),  # IoU above Dice
        ("medians", "0.800", "0.700", FITS),  # as means: each image obeys both
        ("medians", "0.800", "0.660", NOT),
        ("alike", "0.800", "0.750", FITS),
        ("unknown", "0.800", "0.750", FITS),
        ("unknown", "0.800", "0.500", OPEN),
        ("by column", "0.800", "0.500", OPEN),
    ],
)
def test_dice_and_iou(averaging, dice, iou, answer):
    columns = {"D": "dice", "J": "iou"}
    assert verdict("Dice and IoU", columns, {"a": [dice, iou]}, averaging=averaging) == answer


def test_jensens_bounds_are_met_by_mixtures_and_by_their_limits():
    # half the images perfect, half missed: mean D 0.5, mean J 0.5; all alike: D 0.5, J 1/3
    columns = {"D": "dice", "J": "iou"}
    for iou in ("0.5000", "0.3333"):
        assert verdict("Dice and IoU", columns, {"a": ["0.5000", iou]}, averaging="means") == FITS


def test_an_undefined_iou_may_include_the_background():
    columns = {"D": "dice", "J": "any_iou"}
    rows = {"a": ["0.7659", "0.6134"]}  # lesion IoU is at least 0.6206
    assert verdict("Dice and IoU", columns, rows) == FITS  # of a lesion larger than the rest
    assert verdict("Dice and IoU", columns, rows, background_larger=True) == NOT


@pytest.mark.parametrize(
    ("averaging", "f1", "answer"),
    [
        ("one mask", "0.686", FITS),  # 2 x 0.6 x 0.8 / 1.4 = 0.6857
        ("one mask", "0.700", NOT),
        ("means", "0.500", FITS),  # under both: allowed for means, down to 0.6 + 0.8 - 1
        ("means", "0.390", NOT),
        ("means", "0.700", NOT),  # above the harmonic mean
        ("medians", "0.100", FITS),  # half the images without precision, half without recall
        ("medians", "0.740", FITS),
        ("medians", "0.760", NOT),  # above 2 x 0.6 / 1.6
    ],
)
def test_f1_of_means(averaging, f1, answer):
    columns = {"P": "precision", "R": "sensitivity", "F": "dice"}
    rows = {"a": ["0.600", "0.800", f1]}
    assert verdict("F1, precision and recall", columns, rows, averaging=averaging) == answer


def test_bounds_of_means_hold_for_random_masks():
    rng = np.random.default_rng(0)
    tp, fp, fn = rng.integers(1, 100, (3, 500, 20)).astype(float)
    p, r, d = tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)
    j = d / (2 - d)
    P, R, D, J = (x.mean(axis=1) for x in (p, r, d, j))
    assert (D <= 2 * P * R / (P + R) + 1e-12).all() and (D >= P + R - 1).all()
    assert (J >= D / (2 - D) - 1e-12).all() and (J <= D).all()
    assert (np.minimum(P, R) > D).any()  # "F1 lies between precision and recall" is false here


@pytest.mark.parametrize(("iou", "answer"), [("0.90", FITS), ("0.95", NOT)])
def test_no_iou_is_above_the_accuracy(iou, answer):
    columns = {"A": "accuracy", "J": "iou"}
    assert verdict("IoU and accuracy", columns, {"a": ["0.90", iou]}) == answer


def test_class_mean_of_one_confusion_matrix():
    # TP 6, FP 2, FN 2, TN 90: lesion IoU 0.6, background 90/94, their mean 0.7787
    columns = {"D": "dice", "R": "sensitivity", "A": "accuracy", "M": "mean_iou"}
    for m, answer in (("0.7787", FITS), ("0.7000", NOT)):
        rows = {"a": ["0.7500", "0.7500", "0.9600", m]}
        assert verdict("class mean IoU", columns, rows, averaging="pooled") == answer


D_J = {"D": "dice", "J": "iou"}


@pytest.mark.parametrize(
    ("silent", "named"),
    [
        ({"averaging": "unknown"}, "all columns averaged alike"),
        ({"masks": "unknown"}, "thresholded masks"),
        ({"smoothed": None}, "no smoothing constant"),
        ({"macro": None}, "scores of the lesion alone"),
        ({"empty": "unknown"}, "a lesion in every image"),
        ({"empty": "counted"}, "a lesion in every image"),
    ],
)
def test_what_the_context_leaves_out_is_no_misfit_and_named(silent, named):
    (one,) = checks("Dice and IoU", D_J, {"a": ["0.80", "0.85"]}, **silent)
    assert (one.verdict, one.readings) == (OPEN, [f"{named}, one epoch a row: {NOT}"])
    assert verdict("Dice and IoU", D_J, {"a": ["0.80", "0.70"]}, **silent) == FITS


def test_answers_for_each_epoch_stand_side_by_side():
    columns = {"P": "precision", "R": "sensitivity", "F": "dice"}
    kind = "F1, precision and recall"
    told = {"averaging": "pooled", "epoch": "unknown"}
    (one,) = checks(kind, columns, {"a": ["0.80", "0.80", "0.75"]}, **told)
    assert one.verdict == OPEN
    assert one.readings == [f"one epoch a row: {NOT}", f"the best epoch of each column: {FITS}"]
    (one,) = checks(kind, columns, {"a": ["0.80", "0.80", "0.85"]}, **told)
    assert [r.rpartition(": ")[2] for r in one.readings] == [NOT, NOT] and one.verdict == OPEN
    assert verdict(kind, columns, {"a": ["0.80", "0.80", "0.80"]}, **told) == FITS
    assert verdict("Dice and IoU", D_J, {"a": ["0.80", "0.50"]}, epoch="best by column") == NOT


@pytest.mark.parametrize(
    ("dice", "iou", "rows"),
    [  # a constant in one column opens one side: 0.667 to 0.80 without
        (False, True, {"0.85": FITS, "0.60": NOT}),
        (True, False, {"0.85": NOT, "0.60": FITS}),
        (1, 1, {"0.85": NOT, "0.60": NOT}),  # the same constant
        (1, 100, {"0.85": FITS, "0.60": FITS}),
        (True, True, {"0.85": FITS, "0.60": FITS}),
        (False, None, {"0.85": OPEN, "0.60": NOT}),
        (None, None, {"0.85": OPEN, "0.60": OPEN}),
    ],
)
def test_a_smoothing_constant_opens_one_side(dice, iou, rows):
    columns = {"D": {"is": "dice"}, "J": {"is": "iou"}}
    for column, smoothed in (("D", dice), ("J", iou)):
        columns[column] |= {} if smoothed is None else {"smoothed": smoothed}
    for text, word in rows.items():
        assert verdict("Dice and IoU", columns, {"a": ["0.80", text]}, smoothed=None) == word


def test_a_soft_dice_beside_a_hard_iou_bounds_nothing():
    columns = {"D": {"is": "dice", "masks": "soft"}, "J": "iou"}
    assert verdict("Dice and IoU", columns, {"a": ["0.80", "0.50"]}) == OPEN
    both = {"D": "dice", "J": "iou"}
    assert verdict("Dice and IoU", both, {"a": ["0.80", "0.50"]}, masks="soft") == NOT


def test_columns_of_their_own_averaging_bound_nothing_together():
    columns = {"D": {"is": "dice", "averaging": "pooled"}, "J": {"is": "iou", "averaging": "means"}}
    assert verdict("Dice and IoU", columns, {"a": ["0.80", "0.50"]}) == OPEN


def test_scores_of_both_classes_bound_each_other_as_means():
    # lesion P 0.6, R 0.8, F 0.6857; background P 0.95, R 0.85, F 0.8972: means 0.775, 0.825, 0.791
    columns = {"P": "precision", "R": "sensitivity", "F": "dice"}
    kind, told = "F1, precision and recall", {"averaging": "pooled", "macro": True}
    row = ["0.7750", "0.8250", "0.7915"]  # the harmonic mean is 0.7992
    assert verdict(kind, columns, {"a": row}, **told) == FITS
    assert verdict(kind, columns, {"a": row}, averaging="pooled") == NOT
    assert verdict(kind, columns, {"a": [*row[:2], "0.8100"]}, **told) == NOT
    mixed = columns | {"F": {"is": "dice", "macro": False}}
    assert verdict(kind, mixed, {"a": [*row[:2], "0.8100"]}, **told) == OPEN


def test_means_with_undefined_scores_are_left_open():
    columns = {"P": "precision", "R": "sensitivity", "F": "dice"}
    rows = {"a": ["0.50", "0.50", "0.60"]}  # empty masks count 1 for F, 0 for P and R
    for kind in ("F1, precision and recall", "Dice and IoU"):
        columns["J"] = "iou"
        both = {"a": [*rows["a"], "0.70"]}  # 1 for J, 0 for Dice
        for empty in ("unknown", "counted"):
            assert verdict(kind, columns, both, empty=empty) == OPEN
        assert verdict(kind, columns, both, empty="none") == NOT
        assert verdict(kind, columns, both, empty="unknown", averaging="pooled") == NOT


# --- no IoU of two classes above the accuracy


@pytest.mark.parametrize(
    ("about", "answer"),
    [
        ({}, NOT),
        ({"epoch": "best by column"}, NOT),
        ({"averaging": "medians"}, NOT),
        ({"two_classes": False}, OPEN),  # 0.80 of one class and chaos in four others
        ({"averaging": "by column"}, OPEN),
        ({"averaging": "by column", "one_size": True}, NOT),
        ({"averaging": "by column", "one_size": True, "epoch": "best by column"}, NOT),
        ({"averaging": "unknown", "one_size": True}, OPEN),  # a median beside a mean
        ({"empty": "counted"}, NOT),
        ({"empty": "unknown"}, OPEN),  # left out of the IoU, counted in the accuracy
        ({"empty": "unknown", "averaging": "pooled"}, NOT),
        ({"smoothed": None}, OPEN),
        ({"masks": "soft"}, OPEN),
    ],
)
def test_an_iou_above_the_accuracy(about, answer):
    columns, rows = {"A": "accuracy", "J": "iou"}, {"a": ["0.90", "0.95"]}
    assert verdict("IoU and accuracy", columns, rows, **about) == answer


def test_a_balanced_accuracy_is_no_bound():
    columns = {"A": {"is": "accuracy", "macro": True}, "J": "iou"}
    assert verdict("IoU and accuracy", columns, {"a": ["0.90", "0.95"]}) == OPEN


def test_a_score_above_one_is_not_a_share():
    (one,) = checks("a share", {"A": "accuracy"}, {"a": ["1.20"], "b": ["1.00"]})
    assert (one.row, one.verdict) == ("a", NOT)


def test_a_column_exchanged_is_named():
    columns = {"P": "precision", "R": "sensitivity", "F": "dice"}
    rows = {"a": ["0.9759", "0.9659", "0.9435"]}
    (one,) = checks("F1, precision and recall", columns, rows, averaging="one mask")
    assert "it is the IoU of this precision and recall" in " ".join(one.causes)


def test_two_columns_of_recall_are_two_readings_and_not_all_between():
    columns = {"P": "precision", "R": "sensitivity", "S": "sensitivity", "F": "dice"}
    told = {"averaging": "pooled", "empty": "none"}
    kind = "F1, precision and recall"
    for f, word in (("0.800", FITS), ("0.889", FITS), ("0.850", NOT)):
        assert verdict(kind, columns, {"a": ["0.800", "0.800", "1.000", f]}, **told) == word


def test_a_mean_with_the_background_is_named_where_it_would_fit():
    columns = {"D": "dice", "J": "iou"}
    for j, named in (("0.85", True), ("0.50", False)):  # of D 0.80 the lesion's is 0.67 to 0.80
        (one,) = checks("Dice and IoU", columns, {"a": ["0.80", j]}, background_larger=True)
        assert (one.verdict, WITH_BACKGROUND in one.causes) == (NOT, named)
