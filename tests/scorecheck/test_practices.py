"""Consistent papers by practices that a paper does not print: none of their numbers misfits."""

import pytest
from scorecheck.checks import NOT
from scorecheck.context import TableContext
from scorecheck.kinds import Place, made
from scorecheck.printed_numbers import PrintedPaper

import scorecheck

SAID = {"masks": "hard", "epoch": "same", "empty": "none"}
"""All that such a paper says of its scores, beside what a practice names."""
FOLDS = [f"fold {i}" for i in range(1, 6)]
PRACTICES = {
    "zeros appended, counts added": (
        "dice iou",
        ["0.8600 0.7600", "0.8500 0.7400", "0.9100 0.8300"],
        {"averaging": "pooled"},
    ),
    "an image without a lesion counts 0 for Dice and 1 for IoU": (
        "dice iou",
        ["0.5481 0.6164", "0.5107 0.5881"],
        {"averaging": "means", "empty": "unknown"},
    ),
    "a constant in Dice and IoU, of small lesions": (
        "dice iou precision sensitivity",
        ["0.6187 0.5166 0.6188 0.6177", "0.8838 0.8144 0.8876 0.8848"],
        {"averaging": "means"},
    ),
    "means of both classes, counts added": (
        "dice precision sensitivity",
        ["0.8697 0.8961 0.8502", "0.8789 0.8891 0.8701"],
        {"averaging": "pooled"},
    ),
    "medians": (
        "dice iou precision sensitivity",
        ["0.8964 0.8122 0.8920 0.8959", "0.9154 0.8440 0.9233 0.9236"],
        {},
    ),
    "IoU of added counts, Dice over images": (
        "dice iou precision sensitivity",
        ["0.9081 0.8314 0.9311 0.8859", "0.7871 0.6258 0.7486 0.7923"],
        {},
    ),
    "five classes": (
        "dice mean_iou accuracy",
        ["0.8730 0.8042 0.7123", "0.8840 0.8164 0.7371"],
        {"averaging": "means"},
    ),
    "Dice beside an F1 of added counts": ("dice dice", ["0.8610 0.9020", "0.8333 0.8805"], {}),
}


@pytest.mark.parametrize("practice", PRACTICES)
def test_a_practice_is_no_misfit(practice):
    quantities, lines, about = PRACTICES[practice]
    columns = {f"{i}": {"is": q} for i, q in enumerate(quantities.split())}
    cells = {
        ("T", f"model {i}", column): (text, "")
        for i, line in enumerate(lines)
        for column, text in zip(columns, line.split(), strict=True)
    }
    said = made(TableContext, SAID | about | {"columns": columns}, Place("T"))
    found = scorecheck.check(PrintedPaper(cells, {"T": said}))
    assert [one.shown for one in found if one.verdict == NOT] == []


def test_a_deviation_over_images_and_a_weighted_mean_are_no_misfit():
    texts = ["71.99", "77.39", "71.49", "75.96", "71.12", "74.31", "31.93"]
    cells = {
        ("T", row, "Dice"): (text, "%")
        for row, text in zip([*FOLDS, "Mean", "SD"], texts, strict=True)
    }
    means = [{"mean": "Mean", "sd": "SD", "of": FOLDS}]
    about = SAID | {"averaging": "means", "columns": {"Dice": {"is": "dice"}}, "means": means}
    said = made(TableContext, about, Place("T"))
    found = scorecheck.check(PrintedPaper(cells, {"T": said}))
    assert {(one.kind, one.verdict, one.strength) for one in found} == {
        ("mean of rows", "fits", "unusual"),
        ("sd of rows", "fits", "unusual"),
    }
