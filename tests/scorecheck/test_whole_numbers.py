"""Shares of few things and whole 2 x 2 tables: counted by hand."""

import numpy as np
import pytest
from scorecheck.spans import printed

from scorecheck import whole_numbers
from tests.scorecheck.tables import checks, verdict


@pytest.mark.parametrize(
    ("text", "n"), [("98.22", 169), ("98.11", 53), ("97.45", 118), ("98.00", 50), ("33.33", 3)]
)
def test_smallest_number_of_things(text, n):
    share = printed(text, "%")
    assert whole_numbers.smallest(share) == n
    brute = [m for m in range(1, n) if any(share.low <= k / m <= share.high for k in range(m + 1))]
    assert brute == []


@pytest.mark.parametrize(("text", "answer"), [("98.46%", "fits"), ("98.00%", "does not fit")])
def test_a_column_of_known_size(text, answer):  # 64 of 65 are 98.46 %
    columns = {"A": {"is": "accuracy", "items": [64, 65]}}
    rows = {"a": [text], "b": ["100.00%"]}
    assert verdict("whole number of items", columns, rows, averaging="pooled") == answer
    assert checks("whole number of items", columns, rows, averaging="means") == []


def test_how_many_values_each_size_fits_is_told():
    columns = {"A": {"is": "accuracy", "items": [65, 50]}}
    (one,) = checks(
        "whole number of items", columns, {"a": ["98.46%"], "b": ["98.00%"]}, averaging="pooled"
    )
    assert one.verdict == "fits" and "n = 65 (1 of them) or 50 (1 of them)" in one.shown


def test_the_common_denominator_of_several_values():
    values = [printed(t, "%") for t in ("14.29", "42.86", "57.14", "71.43", "28.57")]  # sevenths
    found = whole_numbers.denominator(values, range(2, 40))
    assert (found.size, found.n, found.of) == (7, 5, 5)
    assert found.chance < 1e-10


def test_values_that_a_shift_brings_to_one_say_nothing():
    values = [printed(t, "%") for t in ("99.00", "98.00")]
    found = whole_numbers.denominator(values, range(2, 40), [0.01])
    assert found.of == 1


def test_the_search_is_paid_for():
    rng = np.random.default_rng(0)
    low = 0
    for _ in range(200):  # random shares: a small chance is as rare as it says
        values = [printed(f"{x:.2f}", "%") for x in rng.uniform(50, 99, 4)]
        low += whole_numbers.denominator(values, range(20, 200)).chance < 0.05
    assert low < 20
