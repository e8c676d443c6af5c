"""Shares of few things and whole 2 x 2 tables: counted by hand."""

import numpy as np
import pytest
from scorecheck.context import table_context
from scorecheck.printed_numbers import PrintedPaper
from scorecheck.spans import printed

import scorecheck
from scorecheck import whole_numbers
from tests.scorecheck.tables import checks, paper, verdict


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


CLASSES = {"P": "precision", "R": "sensitivity"}
PAIR = {"pairs": [["one", "other"]], "up_to": 60, "items": [50]}
# TP 18, FN 2, FP 3, TN 27 of 50
GOOD = {"one": ["85.71%", "90.00%"], "other": ["93.10%", "90.00%"]}


def test_whole_tables_are_found():
    rows = {row.name: row for row in paper(CLASSES, GOOD).rows("T")}
    found = whole_numbers.solutions(rows["one"], rows["other"], 60)
    assert [18, 2, 3, 27] in found.tolist()
    (one,) = checks("whole 2 x 2 table", CLASSES, GOOD, classes=PAIR)
    assert (one.verdict, one.strength) == ("fits", "recovered")
    assert "TP 18 FN 2 FP 3 TN 27" in one.shown


def test_rates_that_no_table_gives():
    wrong = GOOD | {"other": ["93.17%", "90.00%"]}
    kind = "whole 2 x 2 table"
    assert verdict(kind, CLASSES, wrong, classes=PAIR, averaging="pooled") == "does not fit"
    assert verdict(kind, CLASSES, wrong, classes=PAIR) == "cannot be checked"  # means over folds


def test_the_class_mix_takes_the_likeliest_table():
    mix = PAIR | {"mix": {"population": 1000, "marked": 400}}
    (one,) = checks("class mix of a fold", CLASSES, GOOD, classes=mix, averaging="pooled")
    assert one.strength == ""  # 20 of 50 are expected
    mix = PAIR | {"mix": {"population": 1000, "marked": 100}}
    (one,) = checks("class mix of a fold", CLASSES, GOOD, classes=mix, averaging="pooled")
    assert (one.verdict, one.strength) == ("does not fit", "improbable")


def test_rows_that_are_two_classes_count_things_here_and_in_tables_made_of_their_cells():
    # TP 18, FN 2, FP 3, TN 27 of 50: accuracy 0.90, F1 of the first class 36/41
    cells = {
        ("T", row, column): (text, "%")
        for row, texts in (("one", ["85.71", "90.00", "87.80"]), ("other", ["93.10", "90.00", ""]))
        for column, text in zip("PRF", texts, strict=True)
        if text
    }
    told = {"averaging": "pooled", "masks": "hard", "epoch": "same", "empty": "none"}
    columns = {"P": {"is": "precision"}, "R": {"is": "sensitivity"}, "F": {"is": "dice"}}
    joined = {"precision": ["T", "one", "P"], "sensitivity": ["T", "one", "R"]}
    joined |= {"specificity": ["T", "other", "R"], "accuracy": ["A", "one", "acc"]}
    tables = {
        "T": table_context(told | {"columns": columns, "classes": PAIR}, "T"),
        "J": table_context(told | {"cells": {"both": joined}}, "J"),
    }
    for accuracy, f1, answers in (
        ("90.00", "87.80", ["fits", "fits"]),
        ("94.00", "89.80", ["does not fit", "does not fit"]),
    ):
        new = {("A", "one", "acc"): (accuracy, "%"), ("T", "one", "F"): (f1, "%")}
        found = scorecheck.check(PrintedPaper(cells | new, tables))
        asked = {(c.kind, c.table): c.verdict for c in found}
        kinds = [("one confusion matrix", "J"), ("F1, precision and recall", "T")]
        assert [asked[kind] for kind in kinds] == answers
