"""What papers say of their own numbers: each kind once right and once wrong."""

from types import SimpleNamespace

import pytest
from scorecheck.errors import InputError
from scorecheck.spans import Span, exactly

from scorecheck import counts, whole_numbers
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
        ({"draw": {"drawn": x("a"), "sample": x("c"), "marked": 40, "population": 100}}, FITS),
        ({"draw": {"drawn": x("c"), "sample": x("c"), "marked": 30, "population": 100}}, UNUSUAL),
    ],
)
def test_each_kind(statement, answer):
    one = stated(statement, ROWS)
    assert (one.verdict, one.strength) == answer


def test_a_limit_in_words_is_exact_and_ranks_say_what_rounding_leaves_open():
    rows = {"a": ["0.987"], "b": ["0.994"], "limit": ["99%"]}
    one = stated({"above": {"cells": [x("a"), x("b")], "limit": x("limit")}}, rows)
    assert (one.verdict, one.shown) == ("does not fit", "1 of 2 are above 99 %; not a 0.987")
    rows = {"a": ["0.50"], "b": ["0.51"], "c": ["0.90"]}
    one = stated({"best": {"cell": x("a"), "among": {"table": "T", "column": "x"}}}, rows)
    assert one.shown == "0.50 has rank 2 to 3 of 3, behind c 0.90"


def test_a_slip_of_one_unit_is_named():
    rows = {"a": ["0.9024"], "b": ["0.9034"], "mean": ["0.8929"]}
    statement = {"mean": {"value": x("mean"), "of": [x("a"), x("b")], "stated": False}}
    one = stated(statement, rows)
    assert (one.verdict, one.strength) == UNUSUAL
    assert "with -0.01, one of 6 slips tried, it fits" in one.shown


def test_one_digit_and_a_factor_are_named():
    rows = {"a": ["98.08"], "b": ["99.08"], "c": ["874"], "d": ["437"]}
    assert stated({"same": [x("a"), x("b")]}, rows).shown.endswith("differ, in one digit")
    assert "exactly 2 times" in stated({"same": [x("c"), x("d")]}, rows).shown


def test_an_improbable_draw():
    statement = {"draw": {"drawn": 50, "sample": 63, "marked": 209, "population": 630}}
    one = stated(statement, ROWS)
    assert (one.verdict, one.strength) == ("does not fit", "improbable")
    one = stated(statement | {"weak": True}, ROWS)  # nobody says that it was random
    assert (one.verdict, one.strength) == UNUSUAL


def test_tails_by_hand():
    assert whole_numbers.tail(2, 2, 2, 4) == pytest.approx(2 / 6)
    assert whole_numbers.tail(1, 2, 2, 4) == 1


def test_a_cell_that_is_not_there_is_named():
    with pytest.raises(InputError, match="unknown row of T 'd'"):
        stated({"same": [x("d"), 1]}, ROWS)


# --- what is handed to mlscorecheck


def test_what_mlscorecheck_would_ignore_is_refused():
    with pytest.raises(InputError, match="would ignore dice of means over folds"):
        counts.mean_of_folds({"dice": exactly(0.5)}, [(10, 10)])
    with pytest.raises(InputError, match="would ignore mean_iou of one test set"):
        counts.one_set({"mean_iou": exactly(0.5)}, 10, 10)


COUNTS = {"counts": {"scores": {"accuracy": x("best")}, "positives": 5, "negatives": 6}}


def test_what_mlscorecheck_is_asked(monkeypatch):
    asked = []

    def answer(**values):
        asked.append(values)
        return {"inconsistency": True}

    binary = SimpleNamespace(
        check_1_testset_no_kfold=answer, check_1_dataset_known_folds_mos=answer
    )
    monkeypatch.setattr(counts, "_binary", lambda: binary)
    verdict, strength, _ = counts.one_set({"iou": Span(0.4, 0.6)}, 5, 6)
    assert (verdict, strength) == ("does not fit", "fits under no reading tried")
    assert asked[0]["testset"] == {"p": 5, "n": 6}
    assert (asked[0]["scores"], asked[0]["eps"]) == ({"ji": 0.5}, {"ji": pytest.approx(0.1)})
    counts.mean_of_folds({"accuracy": exactly(0.5)}, [(2, 3), (4, 5)])
    assert asked[1]["dataset"] == {"p": 6, "n": 8}
    assert asked[1]["folding"] == {"folds": [{"p": 2, "n": 3}, {"p": 4, "n": 5}]}


def test_mlscorecheck_enumerates_counts():
    assert stated(COUNTS, ROWS).verdict == "fits"  # 10/11 = 0.909
    wrong = {"counts": {**COUNTS["counts"], "negatives": 5}}
    assert stated(wrong, ROWS).verdict == "does not fit"


def test_mlscorecheck_knows_f1_and_means_over_folds():
    f1 = {"counts": {"scores": {"dice": 0.8}, "positives": 3, "negatives": 3}}
    assert stated(f1, ROWS).verdict == "fits"  # 2 TP, 1 FN: 4/5
    f1["counts"]["scores"]["dice"] = 0.81
    assert stated(f1, ROWS).verdict == "does not fit"
    folds = {"counts": {"scores": {"accuracy": 0.625}, "folds": [[2, 2], [1, 1]]}}
    assert stated(folds, ROWS).verdict == "fits"  # (3/4 + 1/2)/2
    folds["counts"]["scores"]["accuracy"] = 0.6
    assert stated(folds, ROWS).verdict == "does not fit"
    with pytest.raises(InputError, match="need accuracy, or sensitivity and specificity"):
        stated({"counts": {"scores": {"sensitivity": 0.5}, "folds": [[2, 2]]}}, ROWS)
