"""Means, standard deviations, repeated columns: three values by hand."""

import numpy as np
import pytest

from tests.scorecheck.tables import checks

ROWS = {"a": ["1.00"], "b": ["2.00"], "c": ["4.00"]}  # mean 2.333, sd 1.247 or 1.528


def answers(mean, sd, rows=ROWS, is_="other", **means):
    means = [{"mean": "mean", "sd": "sd", "of": ["a", "b", "c"]} | means]
    found = [
        checks(kind, {"x": is_}, rows | {"mean": [mean], "sd": [sd]}, means=means)
        for kind in ("mean of rows", "sd of rows")
    ]
    return [one.strength or one.verdict for (one,) in found]


TWO = "two printed places contradict"


@pytest.mark.parametrize(
    ("mean", "sd", "expected"),
    [
        ("2.33", "1.25", ["fits", "fits"]),
        ("2.33", "1.53", ["fits", "fits"]),
        ("2.33", "1.24", ["fits", "fits"]),  # cut
        ("2.35", "1.40", [TWO, TWO]),
    ],
)
def test_means_and_both_standard_deviations(mean, sd, expected):
    assert answers(mean, sd, plain=True) == expected


SHARES = {"a": ["0.90"], "b": ["0.93"], "c": ["0.99"]}


@pytest.mark.parametrize(
    ("mean", "sd", "expected"),
    [
        ("0.94", "0.037", ["fits", "fits"]),
        ("0.98", "0.100", ["unusual", "unusual"]),  # the third fold is large; over images
        ("0.88", "0.100", [TWO, "unusual"]),  # below all of them
        ("0.94", "0.450", ["fits", TWO]),  # of shares near 0.9 at most 0.3 times 1.41
    ],
)
def test_weighted_means_and_deviations_over_images_are_remarks(mean, sd, expected):
    assert answers(mean, sd, SHARES, "dice") == expected


def test_no_deviation_of_shares_is_above_the_bound():
    rng = np.random.default_rng(0)
    for n in range(2, 30):
        for x in rng.beta(0.3, rng.uniform(0.1, 2), (200, n)):
            assert x.std(ddof=1) <= np.sqrt(x.mean() * (1 - x.mean()) * n / (n - 1)) + 1e-12


def test_one_quantity_in_two_columns():
    columns = {"Rec": "sensitivity", "Sen": "sensitivity"}
    rows = {"a": ["0.90", "0.90"], "b": ["0.90", "0.95"]}
    (one,) = checks("one quantity in two columns", columns, rows)
    assert (one.verdict, one.strength) == ("does not fit", "two printed places contradict")
    assert "differ in 1 of 2 rows" in one.shown


@pytest.mark.parametrize(
    "silent",
    [{"averaging": "unknown"}, {"masks": "unknown"}, {"macro": None}, {"empty": "unknown"}],
)
def test_two_columns_may_be_made_in_two_ways(silent):
    columns, rows = {"Dice": "dice", "F1": "dice"}, {"a": ["0.90", "0.95"]}
    (one,) = checks("one quantity in two columns", columns, rows, **silent)
    assert one.verdict == "cannot be checked"
