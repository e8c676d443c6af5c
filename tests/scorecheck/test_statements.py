"""What papers say of their own numbers: each kind once right and once wrong."""

import pytest
from scorecheck.errors import InputError

from tests.scorecheck.tables import stated

ROWS = {"a": ["3"], "b": ["4"], "c": ["7"], "half": ["0.43"], "best": ["0.91"], "mean": ["4.67"]}


def x(row):
    return ["T", row, "x"]


FITS, NOT, UNUSUAL = (
    ("fits", ""),
    ("does not fit", "two printed places contradict"),
    ("fits", "unusual"),
)


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ({"same": [x("a"), 3]}, FITS),
        ({"same": [x("a"), x("b")]}, NOT),
        ({"same": [200, 2]}, NOT),  # neither is a share: no unit is forgotten
        ({"same": [x("a"), x("b")], "weak": True}, UNUSUAL),
        ({"sum": {"total": x("c"), "parts": [x("a"), x("b")]}}, FITS),
        ({"sum": {"total": x("c"), "parts": [x("a"), x("b")], "times": [2, 1]}}, NOT),
        ({"ratio": {"value": x("half"), "of": [x("a"), x("c")]}}, FITS),  # 3/7 = 0.4286
        ({"ratio": {"value": x("half"), "of": [x("b"), x("c")]}}, NOT),
        ({"mean": {"value": x("mean"), "of": [x("a"), x("b"), x("c")]}}, FITS),
        ({"mean": {"value": x("mean"), "of": [x("a"), x("b")]}}, NOT),
        ({"mean": {"value": x("b"), "of": [x("a"), x("c")]}}, UNUSUAL),  # 5, or weighted
        ({"mean": {"value": x("b"), "of": [x("a"), x("c")], "plain": True}}, NOT),
        ({"best": {"cell": x("c"), "among": {"table": "T", "column": "x"}}}, FITS),
        (
            {"best": {"cell": x("b"), "among": {"table": "T", "column": "x", "without": ["mean"]}}},
            NOT,
        ),
        ({"best": {"cell": x("b"), "among": [x("a"), x("c")], "but_for": ["c"]}}, FITS),
        ({"best": {"cell": x("a"), "among": [x("b"), x("c")], "order": "smallest"}}, FITS),
        ({"larger": [x("c"), x("a")]}, FITS),
        ({"larger": [x("a"), x("c")]}, NOT),
        ({"above": {"cells": [x("b"), x("c")], "limit": x("a")}}, FITS),
        ({"above": {"cells": [x("a"), x("c")], "limit": x("b")}}, NOT),
    ],
)
def test_each_kind(statement, answer):
    one = stated(statement, ROWS)
    assert (one.verdict, one.strength) == answer


def test_a_winner_is_a_remark_that_rests_on_what_was_given():
    rows = {"a": ["78.0%"], "b": ["77.0%"], "c": ["60.0%"]}
    asked = {"cells": {"table": "T", "column": "x"}, "n": 100, "sd": 20}
    one = stated({"winner": asked | {"correlation": [0.5, 0.995]}}, rows)
    assert (one.verdict, one.strength, one.causes) == ("fits", "may be chance", ())
    assert one.shown == (
        "a 78 before b 77, n = 100: if the score of a case has deviation 20, a is not better with "
        "probability 0.31 at 0.5, 0.00 at 0.995 (the correlation of both scores)"
    )  # 1 point has a standard error of 2, or of 0.2
    assert stated({"winner": asked | {"correlation": 0.995}}, rows).strength == ""
    lowest = stated({"winner": asked | {"correlation": 0.5, "order": "smallest"}}, rows)
    assert lowest.shown.startswith("c 60 before b 77") and "0.00 at 0.5" in lowest.shown


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cells": [x("a")]}, "name two cells or more"),
        ({"n": 1}, "1 is not a whole number from 2"),
        ({"sd": -1}, "-1 is not a number from 0"),
        ({"correlation": [0.5, 2]}, "2 is not a number from -1 to 1"),
        ({"correlations": 0.5}, "did you mean 'correlation'"),
    ],
)
def test_a_winner_that_cannot_be_asked_is_refused(changed, message):
    asked = {"cells": [x("a"), x("b")], "n": 10, "sd": 1}
    with pytest.raises(InputError, match=message):
        stated({"winner": asked | changed}, ROWS)


def test_a_limit_in_words_is_exact_and_ranks_say_what_rounding_leaves_open():
    rows = {"a": ["0.987"], "b": ["0.994"], "limit": ["99%"]}
    one = stated({"above": {"cells": [x("a"), x("b")], "limit": x("limit")}}, rows)
    assert (one.verdict, one.shown) == ("does not fit", "1 of 2 are above 99 %; not a 0.987")
    rows = {"a": ["0.50"], "b": ["0.51"], "c": ["0.90"]}
    one = stated({"best": {"cell": x("a"), "among": {"table": "T", "column": "x"}}}, rows)
    assert one.shown == "0.50 has rank 2 to 3 of 3, behind c 0.90"


def test_one_digit_and_a_factor_are_named():
    rows = {"a": ["98.08"], "b": ["99.08"], "c": ["874"], "d": ["437"]}
    assert stated({"same": [x("a"), x("b")]}, rows).shown.endswith("differ, in one digit")
    assert "exactly 2 times" in stated({"same": [x("c"), x("d")]}, rows).shown


def test_a_cell_that_is_not_there_is_named():
    with pytest.raises(InputError, match="unknown row of T 'd'"):
        stated({"same": [x("d"), 1]}, ROWS)
