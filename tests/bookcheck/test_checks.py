"""What the book asks beyond scorecheck: sizes by hand, misread digits, two parts of a split."""

from contextlib import nullcontext

import pytest
from scorecheck.checks import BOTH_CLASSES, NOT
from scorecheck.errors import InputError
from scorecheck.kinds import Place, made
from scorecheck.printed_numbers import PrintedPaper

import bookcheck
from bookcheck import both_classes, experiments, said
from bookcheck.context import BookTable
from scorecheck import statements
from tests.scorecheck.tables import paper, read_statements

TWO = "two printed places contradict"


def checks(kind, *args, **about):
    """All checks of one kind, misread digits named."""
    found = bookcheck.check(paper(*args, meant=BookTable, **about))
    return [one for one in found if one.kind == kind]


def verdict(kind, *args, **about):
    """The verdict of the one check of a kind."""
    (one,) = checks(kind, *args, **about)
    return one.verdict


def test_a_digit_that_looks_alike_is_named():
    columns = {"D": "dice", "J": "iou"}
    (one,) = checks("Dice and IoU", columns, {"a": ["0.800", "0.607"]}, averaging="one mask")
    assert one.shown.endswith("printed J 0.607 (0.667, which looks alike, would fit)")
    (one,) = checks("Dice and IoU", columns, {"a": ["0.800", "0.111"]}, averaging="one mask")
    assert "looks alike" not in one.shown


def test_a_digit_that_other_numbers_confirm_is_not_named():
    columns, rows = {"D": "dice", "J": "iou"}, {"a": ["0.800", "0.607"]}
    told = {"averaging": "one mask", "statements": [{"same": [["T", "a", "J"], 0.607]}]}
    (one,) = checks("Dice and IoU", columns, rows, **told)
    assert one.verdict == NOT and "looks alike" not in one.shown


def test_a_scan_does_not_misread_every_row():
    rows = {name: ["0.800", "0.607"] for name in "abc"}
    found = checks("Dice and IoU", {"D": "dice", "J": "iou"}, rows, averaging="one mask")
    assert [one.verdict for one in found] == [NOT] * 3
    assert "looks alike" not in "".join(one.shown for one in found)


def test_two_parts_of_a_random_split_have_one_share():
    columns = {
        f"{q} {of}": {"is": q, "of": of} for of in ("train", "val") for q in ("any_iou", "accuracy")
    }
    split = {"train": 400, "val": 100, "spread": 0.05}
    kind, about = "one random split", {"one_set": True, "split": split}
    same = {"a": ["0.4500", "0.9000", "0.4510", "0.9020"]}
    (one,) = checks(kind, columns, same, **about)
    assert one.strength == ""
    # an empty answer: shares 0.10 and 0.02; of the lesion: 0.08 to 0.16 and 0.015 to 0.03
    other = {"a": ["0.4500", "0.9120", "0.4900", "0.9840"]}
    (one,) = checks(kind, columns, other, **about)
    assert (one.verdict, one.strength) == ("fits", "unusual")  # means fix no share
    about["averaging"] = "pooled"
    (one,) = checks(kind, columns, other, **about)
    assert (one.verdict, one.strength) == ("does not fit", "improbable")


def test_sizes_by_hand():
    # 2 x 2 from 4 to 2 channels with bias: 34; then 3 x 3 from 2 + 1 to 2, with bias and norm
    # 54 + 2 + 8; and again from 2: 36 + 2 + 8; head 2 + 1
    assert said.Decoder(4, [2], [1]).parameters() == 34 + 64 + 46 + 3
    assert said.expansion_channels(1.4, [16, 24, 32, 96]) == [144, 192, 288, 816]


def asked(statement, rows=None):
    """The check of one statement of this book about a table of plain numbers."""
    cells = {("T", row, "x"): (text, "") for row, text in (rows or {}).items()}
    read = read_statements([statement], cells, bookcheck.STATEMENTS)
    (one,) = statements.check(PrintedPaper(cells, statements=read))
    return one


def stated(statement, rows=None):
    """The verdict and strength of one statement."""
    one = asked(statement, rows)
    return one.verdict, one.strength


def x(row):
    return ["T", row, "x"]


ROWS = {"a": "3", "b": "4", "c": "7"}


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ({"halved": {"size": 256, "times": 3}}, ("fits", "")),
        ({"halved": {"size": 255, "times": 3}}, (NOT, TWO)),
        ({"files": {"rows": [[1, 2**18, 0]], "room": 0.1}}, ("fits", "recovered")),
        ({"edge": {"cells": [x("a"), x("b")], "start": 3, "stop": 9}}, ("fits", "")),
        ({"edge": {"cells": [x("a"), x("c")], "start": 3, "stop": 7}}, ("fits", "unusual")),
        ({"one_method": {"rows": [x("a"), x("b")], "claimed": [x("a"), x("c")]}}, ("fits", "")),
        (
            {"one_method": {"rows": [x("a"), x("c")], "claimed": [x("a"), x("b")]}},
            ("fits", "unusual"),
        ),
    ],
)
def test_each_kind_of_statement(statement, answer):
    assert stated(statement, ROWS) == answer


def test_a_slip_of_one_unit_is_named():
    rows = {"a": "0.9024", "b": "0.9034", "mean": "0.8929"}
    one = asked({"slip": {"value": x("mean"), "of": [x("a"), x("b")]}}, rows)
    assert (one.verdict, one.strength) == ("fits", "unusual")
    assert "with -0.01, one of 6 slips tried, it fits" in one.shown
    assert stated({"slip": {"value": x("a"), "of": [x("a")]}}, rows) == ("fits", "")


def test_a_split_that_lacks_a_part_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("paper,table,row,column,value,unit\n,1,a,Dice,0.80,\n")
    columns = "checks: {tables: {'1': {columns: {Dice: {is: dice, of: val}}, split: "
    for split, sentence in {
        "{train: 9, val: 1}": r"split: two groups of columns and spread",
        "{train: 9, val: 1, spread: 0.1}": r"split / train: unknown group .*choose one of val",
    }.items():
        (tmp_path / "t.yaml").write_text(columns + split + "}}}\n")
        with pytest.raises(InputError, match=sentence):
            bookcheck.read([tmp_path / "t.csv"], tmp_path / "t.yaml")


@pytest.mark.parametrize("key", ["weak", "findings"])
def test_a_check_that_its_table_does_not_have_is_refused(tmp_path, key):
    lines = "paper,table,row,column,value,unit\n,1,a,Dice,0.86,\n,1,a,IoU,0.88,\n"
    (tmp_path / "t.csv").write_text(lines)
    about = "checks: {tables: {'1': {columns: {Dice: {is: dice}, IoU: {is: iou}}, masks: hard, "
    about += "averaging: pooled, smoothed: no, macro: no, epoch: same, empty: none, "
    for name, refused in {"Dice and IoU": False, "Dice and IuO": True}.items():
        (tmp_path / "t.yaml").write_text(f"{about}{key}: {{{name}: P9.1}}}}}}}}\n")
        paper = bookcheck.read([tmp_path / "t.csv"], tmp_path / "t.yaml")
        sentence = f"checks / tables / 1 / {key}: unknown check .*did you mean 'Dice and IoU'"
        with pytest.raises(InputError, match=sentence) if refused else nullcontext():
            bookcheck.check(paper)


# --- two classes of one experiment

CLASSES = {"P": "precision", "R": "sensitivity"}
PAIR = {"pairs": [["one", "other"]], "up_to": 60, "items": [50]}
# TP 18, FN 2, FP 3, TN 27 of 50
GOOD = {"one": ["85.71%", "90.00%"], "other": ["93.10%", "90.00%"]}


def test_whole_tables_are_found():
    rows = {row.name: row for row in paper(CLASSES, GOOD).rows("T")}
    found = experiments.solutions(rows["one"], rows["other"], 60)
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


def test_what_a_table_says_of_its_scores_holds_in_tables_made_of_its_cells():
    # TP 18, FN 2, FP 3, TN 27 of 50: accuracy 0.90, F1 of the first class 36/41
    cells = {
        ("T", row, column): (text, "%")
        for row, texts in (("one", ["85.71", "90.00", "87.80"]), ("other", ["93.10", "90.00", ""]))
        for column, text in zip("PRF", texts, strict=True)
        if text
    }
    told = {"averaging": "pooled", "masks": "hard", "epoch": "same", "empty": "none"}
    counts = {"smoothed": False, "macro": False, "two_classes": True}
    columns = {"P": {"is": "precision"}, "R": {"is": "sensitivity"}, "F": {"is": "dice"}}
    joined = {"precision": ["T", "one", "P"], "sensitivity": ["T", "one", "R"]}
    joined |= {"specificity": ["T", "other", "R"], "accuracy": ["A", "one", "acc"]}
    said = told | counts | {"columns": columns, "classes": PAIR}
    tables = {
        "T": made(BookTable, said, Place("T")),
        "J": made(BookTable, told | {"cells": {"both": joined}}, Place("J")),
    }
    for accuracy, f1, answers in (
        ("90.00", "87.80", ["fits", "fits"]),
        ("94.00", "89.80", ["does not fit", "does not fit"]),
    ):
        new = {("A", "one", "acc"): (accuracy, "%"), ("T", "one", "F"): (f1, "%")}
        found = bookcheck.check(PrintedPaper(cells | new, tables))
        asked = {(c.kind, c.table): c.verdict for c in found}
        kinds = [("one confusion matrix", "J"), ("F1, precision and recall", "T")]
        assert [asked[kind] for kind in kinds] == answers


# --- means of both classes


def test_precision_and_recall_as_means_of_both_classes_are_a_cause_that_is_computed():
    # TP 6, FP 2, FN 4, TN 88 of 100 pixels
    of_lesion = {"dice": 12 / 18, "specificity": 88 / 90, "accuracy": 0.94}
    both = {"precision": (0.75 + 88 / 92) / 2, "sensitivity": (0.6 + 88 / 90) / 2}
    scores = of_lesion | both
    by_name = tuple(scores.items())
    assert both_classes.distance(by_name, class_means=True) == pytest.approx(0, abs=1e-9)
    assert both_classes.distance(by_name) > 0.01
    columns, row = {name: name for name in scores}, [f"{v:.4f}" for v in scores.values()]
    (one,) = checks("one confusion matrix", columns, {"x": row}, averaging="one mask")
    assert one.verdict == "does not fit"
    assert BOTH_CLASSES in one.causes and "miss one matrix by 0.000" in one.shown
