"""Every bound against all sets of small images: counted exactly, under each way of averaging."""

import random
from fractions import Fraction
from itertools import combinations_with_replacement, product
from statistics import median

import pytest
from scorecheck.checks import NOT

from scorecheck import overlap
from tests.scorecheck.tables import paper

PIXELS = 3
IMAGES = [x for x in product(range(PIXELS + 1), repeat=4) if sum(x) == PIXELS]
"""All counts TP, FP, FN, TN of an image of three pixels."""
LESIONS = [x for x in IMAGES if x[0] + x[2]]
COLUMNS = {q: q for q in ("dice", "iou", "mean_iou", "precision", "sensitivity", "accuracy")}


def ratio(part, whole, empty):
    return Fraction(part, whole) if whole else empty


def scores(image, empty=0):
    """Exact scores of one image or of added counts; `empty` is what 0/0 counts, or None."""
    tp, fp, fn, tn = image
    return {
        "dice": ratio(2 * tp, 2 * tp + fp + fn, empty),
        "iou": ratio(tp, tp + fp + fn, empty),
        "background": ratio(tn, tn + fp + fn, empty),
        "precision": ratio(tp, tp + fp, empty),
        "sensitivity": ratio(tp, tp + fn, empty),
        "accuracy": Fraction(tp + tn, sum(image)),
    }


def of_both_classes(image, empty):
    lesion, background = scores(image, empty), scores(image[::-1], empty)
    return {q: (lesion[q] + background[q]) / 2 for q in lesion}


def add(images):
    return tuple(map(sum, zip(*images, strict=True)))


def mean(values):
    return sum(values, Fraction(0)) / len(values)


def of_defined(reduce, values):
    """A mean or median of the values that are defined, or None."""
    kept = [v for v in values if v is not None]
    return reduce(kept) if kept else None


def averaged(images, how, empty=0, of=scores):
    """Scores of a set of images, with the IoU's mean over lesion and background."""
    each = [of(add(images), empty)] if how == "pooled" else [of(x, empty) for x in images]
    reduce = median if how == "medians" else mean
    for one in each:
        both = [one[q] for q in ("iou", "background")]
        one["mean_iou"] = of_defined(mean, both)
    return {q: of_defined(reduce, [one[q] for one in each]) for q in each[0]}


def sets(images, n=120):
    """Sets of one to three images; a part of them, always the same."""
    found = [s for size in (1, 2, 3) for s in combinations_with_replacement(images, size)]
    return random.Random(0).sample(found, n)


def other_epoch(images, rng):
    """Other predictions of the same lesions."""
    return tuple(rng.choice([x for x in IMAGES if x[0] + x[2] == t[0] + t[2]]) for t in images)


def misfits(rows, columns=COLUMNS, **about):
    texts = {
        f"r{i}": ["" if row[q] is None else f"{float(row[q]):.6f}" for q in columns]
        for i, row in enumerate(rows)
    }
    found = overlap.check(paper(columns, texts, **about))
    return [(one.kind, one.shown) for one in found if one.verdict == NOT]


@pytest.mark.parametrize("empty", [0, 1, None])  # of precision, where nothing is predicted
@pytest.mark.parametrize("how", ["pooled", "means", "medians"])
def test_no_bound_is_broken(how, empty):
    rows = [averaged(images, how, empty) for images in sets(LESIONS)]
    assert misfits(rows, averaging=how) == []
    assert misfits(rows, averaging="unknown", smoothed=None, macro=None) == []


@pytest.mark.parametrize("how", ["pooled", "means", "medians"])
def test_no_bound_is_broken_by_the_best_epoch_of_each_column(how):
    rng, rows = random.Random(1), []
    for images in sets(LESIONS):
        epochs = [averaged(one, how) for one in (images, other_epoch(images, rng))]
        rows.append({q: max(one[q] for one in epochs) for q in epochs[0]})
    assert misfits(rows, averaging=how, epoch="best by column") == []


@pytest.mark.parametrize("how", ["pooled", "means", "medians"])
def test_no_bound_of_both_classes_is_broken(how):
    columns = {q: q for q in COLUMNS if q != "mean_iou"}
    rows = [averaged(images, how, 0, of_both_classes) for images in sets(LESIONS)]
    assert misfits(rows, columns, averaging=how, macro=True) == []


@pytest.mark.parametrize("empty", [0, 1])
@pytest.mark.parametrize("iou", ["pooled", "means"])
def test_the_accuracy_bounds_an_iou_of_any_averaging_and_images_without_a_lesion(iou, empty):
    columns = {q: q for q in ("iou", "mean_iou", "accuracy")}
    rows = [
        averaged(images, iou, empty) | {"accuracy": averaged(images, "means")["accuracy"]}
        for images in sets(IMAGES)
    ]
    told = {"averaging": "by column", "one_size": True, "empty": "counted"}
    assert misfits(rows, columns, **told) == []


def test_an_iou_without_the_empty_images_may_be_above_the_accuracy():
    images = [(2, 0, 1, 0), (0, 3, 0, 0)]  # a lesion found, and a false alarm
    row = averaged(images, "means") | {"iou": averaged(images[:1], "means")["iou"]}
    columns = {"iou": "iou", "accuracy": "accuracy"}
    assert (row["iou"], row["accuracy"]) == (Fraction(2, 3), Fraction(1, 3))
    assert misfits([row], columns, empty="unknown") == []
    assert misfits([row], columns, empty="counted") != []  # which says that none was left out


@pytest.mark.parametrize("s", [1, 5])
def test_no_bound_is_broken_by_a_constant(s):
    rows = []
    for images in sets(IMAGES):
        found = averaged(images, "means")
        for q, (a, b) in {"dice": (2, 2), "iou": (1, 1)}.items():
            tp, wrong = [x[0] for x in images], [x[1] + x[2] for x in images]
            found[q] = mean(
                [Fraction(a * t + s, b * t + w + s) for t, w in zip(tp, wrong, strict=True)]
            )
        rows.append(found)
    columns = {"dice": {"is": "dice", "smoothed": s}, "iou": {"is": "iou", "smoothed": s}}
    assert misfits(rows, columns, averaging="means") == []
    columns |= {"precision": "precision", "sensitivity": "sensitivity"}
    assert misfits(rows, columns, averaging="means", empty="none", smoothed=None) == []


def test_bounds_of_the_lesion_do_not_hold_for_five_classes():
    # three of ten pixels told rightly, among them both of the first class
    row = {"iou": Fraction(1), "accuracy": Fraction(3, 10)}
    columns = {"iou": "iou", "accuracy": "accuracy"}
    assert misfits([row], columns, two_classes=False) == []
