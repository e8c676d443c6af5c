"""The check of a pasted table in the browser asks what `scorecheck` asks, with the same answers."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

import scorecheck
from tests.scorecheck import tables
from tests.site import browser

SCRIPT = Path(__file__).resolve().parents[2] / "book" / "_static" / "check.js"
COLUMNS = {
    "Dice": "dice",
    "IoU": "iou",
    "Precision": "precision",
    "Recall": "sensitivity",
    "Accuracy": "accuracy",
}
KINDS = {
    "a share",
    "Dice and IoU",
    "F1, precision and recall",
    "IoU, precision and recall",
    "IoU and accuracy",
}


pytestmark = pytest.mark.skipif(not browser.CHROMIUM, reason="Chromium is not installed")


def asked(texts):
    """What the browser says of pasted tables: a list of rows, or the error's sentence."""

    async def ask():
        with browser.chromium() as port:
            tab = await browser.connect(port)
            await tab.evaluate(SCRIPT.read_text(encoding="utf-8"))
            told = "(() => { try { return checkTable(%s); } catch (e) { return e.message; } })()"
            return [await tab.evaluate(told % json.dumps(text)) for text in texts]

    return asyncio.run(ask())


def pasted(columns, rows):
    lines = ["network, " + ", ".join(columns)]
    return "\n".join(lines + [f"{name}, " + ", ".join(values) for name, values in rows.items()])


def drawn(rng):
    """A table of one to four rows: scores of pooled counts, some digits changed, some left out."""
    kept = [name for name in COLUMNS if rng.random() < 0.8] or ["Dice"]
    decimals, percent = rng.integers(1, 5), rng.random() < 0.3
    rows = {}
    for name in ("A", "B", "C", "D")[: rng.integers(1, 5)]:
        lesion = rng.uniform(0.02, 0.4)
        tp, fp = lesion * rng.uniform(0.2, 1), rng.uniform(0, 0.1)
        fn = lesion - tp
        scores = {
            "Dice": 2 * tp / (2 * tp + fp + fn),
            "IoU": tp / (tp + fp + fn),
            "Precision": tp / (tp + fp),
            "Recall": tp / lesion,
            "Accuracy": 1 - fp - fn,
        }
        changed = {k: v + (rng.random() < 0.3) * rng.normal(0, 0.08) for k, v in scores.items()}
        scaled = {k: max(v, 0) * (100 if percent else 1) for k, v in changed.items()}
        shown = {k: f"{v:.{decimals}f}" for k, v in scaled.items()}
        rows[name] = [(shown[k] + "%" * percent) * (rng.random() < 0.95) for k in kept]
    return kept, rows


def test_random_tables_are_judged_as_scorecheck_judges_them():
    rng = np.random.default_rng(0)
    papers = [drawn(rng) for _ in range(200)]
    answers, misfits = asked([pasted(*of) for of in papers]), 0
    for (columns, rows), answer in zip(papers, answers, strict=True):
        kinds = {name: COLUMNS[name] for name in columns}
        python = {}
        for check in scorecheck.check(tables.paper(kinds, rows)):
            if check.kind in KINDS:
                key = check.kind, check.row
                python[key] = python.get(key, True) and check.verdict != "does not fit"
        mine = {}
        for row in answer:
            for check in row["checks"]:
                key = check["kind"], row["row"]
                mine[key] = mine.get(key, True) and check["fits"]
        # the browser tells of every share, Python only of one that is none
        mine = {k: fits for k, fits in mine.items() if k[0] != "a share" or k in python}
        assert mine == python, pasted(columns, rows)
        misfits += sum(not fits for fits in python.values())
    assert misfits > 50


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dice, IoU", "at least one row"),
        ("network Dice\nA 0.8", "No tab, comma"),
        ("a, b\n1, 2", "No column is named"),
        ("Dice, F1\n0.8, 0.8", "Two columns are dice"),
        ("Dice, IoU\n0.8", "Row 1 has 1 cells, the head 2"),
        ("Dice, IoU\n0.8, high", 'Row 1, IoU: "high" is no number'),
        ("Dice; IoU\n0,8; 0,7", '"0,8" is no number: write 0.85'),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, words):
    assert words in asked([text])[0]


def test_a_table_in_per_cent_and_with_zeros_appended():
    (per_cent, zeros) = asked(
        ["Dice\tIoU\n86.0\t88.0\n80.1\t69.2", "Dice, IoU\n0.8600, 0.7700\n0.8500, 0.7300"]
    )
    assert [check["fits"] for check in per_cent[0]["checks"]] == [True, True, False]
    assert all(check["fits"] for check in per_cent[1]["checks"])
    # 0.8600 stands for 0.855 to 0.87, of which D/(2 - D) and D are the least and the largest IoU
    dice = next(check for check in zeros[0]["checks"] if check["kind"] == "Dice and IoU")
    low, high = dice["allowed"]
    assert low == pytest.approx(0.855 / 1.145) and high == pytest.approx(0.87)
