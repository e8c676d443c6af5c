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
        ({"cells": [x("a"), x("share")]}, "some cells are in % and others are not"),
        ({"cells": [x("share"), x("other")], "sd": 0.2}, "write 20 for a deviation of 0.2"),
    ],
)
def test_a_winner_that_cannot_be_asked_is_refused(changed, message):
    asked = {"cells": [x("a"), x("b")], "n": 10, "sd": 1}
    rows = ROWS | {"a": ["0.86"], "share": ["85.0%"], "other": ["90.0%"]}
    with pytest.raises(InputError, match=message):
        stated({"winner": asked | changed}, rows)


UNLIKE = {
    "mega": ["31 M"],
    "kilo": ["31 k"],
    "bare": ["31"],
    "share": ["40%"],
    "images": ["9 images"],
}


@pytest.mark.parametrize(
    "statement",
    [
        {"same": [x("mega"), x("kilo")]},
        {"same": [x("mega"), x("bare")]},
        {"same": [x("share"), x("mega")]},
        {"sum": {"total": x("mega"), "parts": [x("kilo")]}},
        {"ratio": {"value": 1, "of": [x("mega"), x("kilo")]}},
        {"mean": {"value": x("mega"), "of": [x("kilo"), x("mega")]}},
        {"best": {"cell": x("mega"), "among": [x("kilo")]}},
        {"larger": [x("mega"), x("kilo")]},
        {"above": {"cells": [x("mega")], "limit": x("kilo")}},
        {"winner": {"cells": [x("mega"), x("kilo")], "n": 9, "sd": 1}},
    ],
)
def test_numbers_in_unlike_units_are_not_compared(statement):
    with pytest.raises(InputError, match="differ: give both the same unit"):
        stated(statement, UNLIKE)


def test_units_that_name_what_is_counted_may_differ():
    assert stated({"same": [x("images"), x("nine")]}, UNLIKE | {"nine": ["9"]}).verdict == "fits"
    assert stated({"same": [x("mega"), 31]}, UNLIKE).verdict == "fits"  # the number takes its unit
    rate = {"value": x("rate"), "of": [x("mega"), x("images")]}
    assert stated({"ratio": rate}, UNLIKE | {"rate": ["3.44 M"]}).verdict == "fits"


@pytest.mark.parametrize(
    "statement",
    [
        {"same": [40, x("share")]},
        {"sum": {"total": 100, "parts": [x("share")]}},
        {"mean": {"value": 40, "of": [x("share")]}},
        {"best": {"cell": x("share"), "among": [x("bare")]}},
        {"larger": [x("share"), 35]},
        {"above": {"cells": [x("share")], "limit": 35}},
    ],
)
def test_a_forgotten_per_cent_is_asked_for(statement):
    with pytest.raises(InputError, match="write % in the unit of what is in per cent"):
        stated(statement, UNLIKE)


def test_methods_may_be_columns():
    def cell(column):
        return ["T", "Dice", column]

    rows, columns = {"Dice": ["90.0%", "86.0%"]}, ("U-Net", "Ours")
    asked = {"cell": cell("Ours"), "among": [cell("U-Net"), cell("Ours")]}
    one = stated({"best": asked}, rows, columns)
    assert (one.verdict, one.shown) == (
        "does not fit",
        "86.0 % has rank 2 of 2, behind U-Net 90.0 %",
    )
    assert stated({"best": asked | {"but_for": ["U-Net"]}}, rows, columns).verdict == "fits"
    asked = {"cells": asked["among"], "n": 100, "sd": 20}
    one = stated({"winner": asked}, rows, columns)
    assert one.shown.startswith("U-Net 90 before Ours 86")


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
