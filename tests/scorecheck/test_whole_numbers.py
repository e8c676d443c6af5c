"""Shares of few things: counted by hand."""

import pytest
from scorecheck.spans import printed

from scorecheck import columns
from tests.scorecheck.tables import checks, verdict


@pytest.mark.parametrize(
    ("text", "n"), [("98.22", 169), ("98.11", 53), ("97.45", 118), ("98.00", 50), ("33.33", 3)]
)
def test_smallest_number_of_things(text, n):
    share = printed(text, "%")
    assert columns.smallest(share) == n
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
