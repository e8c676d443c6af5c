"""Means, standard deviations, repeated columns: three values by hand."""

import pytest

from tests.claims.tables import checks

MEANS = [{"mean": "mean", "sd": "sd", "of": ["a", "b", "c"]}]
ROWS = {"a": ["1.00"], "b": ["2.00"], "c": ["4.00"]}  # mean 2.333, sd 1.247 or 1.528


def answers(mean, sd):
    rows = ROWS | {"mean": [mean], "sd": [sd]}
    found = [
        checks(kind, {"x": "other"}, rows, means=MEANS) for kind in ("mean of rows", "sd of rows")
    ]
    return [one.verdict for (one,) in found]


@pytest.mark.parametrize(
    ("mean", "sd", "expected"),
    [
        ("2.33", "1.25", ["fits", "fits"]),
        ("2.33", "1.53", ["fits", "fits"]),
        ("2.33", "1.24", ["fits", "fits"]),  # cut
        ("2.35", "1.40", ["does not fit", "does not fit"]),
    ],
)
def test_means_and_both_standard_deviations(mean, sd, expected):
    assert answers(mean, sd) == expected


def test_one_quantity_in_two_columns():
    columns = {"Rec": "sensitivity", "Sen": "sensitivity"}
    rows = {"a": ["0.90", "0.90"], "b": ["0.90", "0.95"]}
    (one,) = checks("one quantity in two columns", columns, rows)
    assert (one.verdict, one.strength) == ("does not fit", "two printed places contradict")
    assert "differ in 1 of 2 rows" in one.shown


def test_dice_and_iou_that_order_rows_differently_are_unusual():
    columns = {"D": "dice", "J": "iou"}
    rows = {f"r{i}": [f"0.7{i}", f"0.6{6 - i}"] for i in range(7)}
    (one,) = checks("order by Dice and IoU", columns, rows)
    assert (one.verdict, one.strength) == ("fits", "unusual")
