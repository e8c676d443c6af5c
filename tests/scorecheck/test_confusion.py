"""Lesion shares that scores imply: from confusion matrices written down by hand."""

import pytest
from scorecheck.spans import Span, exactly, printed

from scorecheck import confusion
from tests.scorecheck.tables import checks, verdict

# TP 6, FP 2, FN 4, TN 88 of 100 pixels: share 0.10
MATRIX = {
    "dice": 12 / 18,
    "iou": 6 / 12,
    "sensitivity": 0.6,
    "specificity": 88 / 90,
    "precision": 0.75,
    "accuracy": 0.94,
}
NAMES = dict(zip("DJRSPA", MATRIX, strict=True))
ROW = [f"{v:.4f}" for v in MATRIX.values()]


def test_all_scores_of_one_matrix_fit_and_give_its_share():
    given = {name: exactly(value) for name, value in MATRIX.items()}
    assert confusion.allowed("share", given).middle == pytest.approx(0.10, abs=1e-6)


@pytest.mark.parametrize(
    "three",
    [
        ("accuracy", "sensitivity", "specificity"),
        ("accuracy", "sensitivity", "precision"),
        ("dice", "sensitivity", "specificity"),
    ],
)
def test_three_scores_fix_the_share(three):
    found = confusion.allowed("share", {n: printed(f"{MATRIX[n]:.4f}") for n in three})
    assert found.low <= 0.10 <= found.high
    assert found.width < 0.003


def test_two_scores_bound_it():
    found = confusion.allowed("share", {"iou": exactly(0.5), "accuracy": exactly(0.9)})
    # wrong pixels 0.1 = TP: all missed gives share 0.2, all false alarms 0.1
    assert (found.low, found.high) == pytest.approx((0.1, 0.2), abs=1e-6)


def test_scores_that_contradict_leave_nothing():
    wrong = {"dice": exactly(0.9), "precision": exactly(0.5), "sensitivity": exactly(0.5)}
    assert confusion.allowed("share", wrong) is None


def test_shares_of_a_thousandth_are_exact():
    # TP 5e-4, FN 5e-4, FP 1e-4: precision 5/6
    given = {"sensitivity": Span(0.4999, 0.5001), "precision": Span(0.8332, 0.8334)}
    given |= {"accuracy": Span(0.99939, 0.99941)}
    found = confusion.allowed("share", given)
    assert found.low < 0.001 < found.high
    assert found.width < 5e-5


def test_one_row_that_no_matrix_gives():
    good = {"a": ROW}
    wrong = {"a": [*ROW[:-1], "0.9800"]}
    assert verdict("one confusion matrix", NAMES, good, averaging="one mask") == "fits"
    assert verdict("one confusion matrix", NAMES, wrong, averaging="one mask") == "does not fit"
    assert verdict("one confusion matrix", NAMES, wrong, averaging="unknown") == "fits"  # as means


COLUMNS = {"R": "sensitivity", "S": "specificity", "A": "accuracy"}
# A = pR + (1 - p)S with p 0.1, 0.1, 0.2
ROWS = {"a": ["0.8010", "0.9010", "0.8910"], "b": ["0.6010", "0.9510", "0.9160"]}
OTHER = {"c": ["0.7010", "0.9010", "0.8610"]}


def test_what_the_context_leaves_out_makes_no_misfit_of_a_matrix():
    wrong = {"a": [*ROW[:-1], "0.9800"]}
    kind, told = "one confusion matrix", {"averaging": "pooled"}
    for silent in ({"smoothed": None}, {"macro": None}, {"two_classes": False}):
        assert verdict(kind, NAMES, wrong, **told | silent) == "cannot be checked"
        assert verdict(kind, NAMES, {"a": ROW}, **told | silent) == "fits"
    assert checks(kind, NAMES, wrong, epoch="best by column", **told) == []


def test_rows_of_one_set_share_it():
    known = {"one_set": True, "averaging": "pooled"}
    assert verdict("one lesion share", COLUMNS, ROWS, **known) == "fits"
    assert verdict("one lesion share", COLUMNS, ROWS | OTHER, **known) == "does not fit"
    (one,) = checks("one lesion share", COLUMNS, ROWS | OTHER, one_set=True, averaging="unknown")
    assert (one.verdict, one.strength) == ("fits", "unusual")  # the averaging is not known
