"""Dice, IoU, precision, recall, accuracy and cross-entropy of the same masks against each other.

With D, J, P, R, A for Dice, IoU, precision, recall and accuracy, of one mask or added counts:
J = D/(2 - D), D = 2PR/(P + R), and J <= A where there are two classes. Means, medians, means over
classes, best epochs of a column and smoothing constants leave inequalities of these; the
cross-entropy of the same head, weights, epoch and cases has a floor. ``METHODS.md`` proves each.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from math import log

from scorecheck import checks, confusion
from scorecheck.checks import Check, judged
from scorecheck.confusion import RATES, harmonic, iou_of_dice, iou_of_rates
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, IOUS, asked, averaging, bounding, linear, nearest, plain
from scorecheck.spans import UNIT, Span, clipped, hull, image

Readings = dict[str, Span]
"""What a number can be, by the name of the reading."""
POOLED, MEANS, MEDIANS = "pooled or one mask", "means", "medians"
ADDED = (*COUNTS, "alike")
"""Ways of averaging by which scores may be of one confusion matrix; the last need not."""
LABELS = {"means": MEANS, "alike": MEANS, "medians": MEDIANS}
"""What the bounds of each way to average images are called."""
LEFT_OUT = "images without a lesion left out of the IoU, and false alarms in them"
UNEQUAL = "batches or folds of unequal size"
SHARES = (*IOUS, "dice", "mean_iou", *RATES, "specificity", "accuracy")
CLASS_MEAN = "class mean with background"
DICE, F1, IOU = "Dice and IoU", "F1, precision and recall", "IoU, precision and recall"
ACCURACY, SHARE, BOTH_IOUS = "IoU and accuracy", "a share", "class mean IoU"
OF_RATES = (("dice", F1, harmonic), *((name, IOU, iou_of_rates) for name in IOUS))
"""What precision and recall fix: the quantity, the check, and the formula."""
FLOOR = ("cross_entropy", "accuracy")


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check every row that prints two or more of the quantities."""
    for row in paper.rows():
        yield from shares(row)
        for name in (*IOUS, "mean_iou"):  # D/(2 - D) <= J <= D
            yield from asked(row, DICE, partial(_dice_and_iou, name=name), "dice", name)
        for name, kind, exact in OF_RATES:
            ask = partial(_rates, name=name, kind=kind, exact=exact)
            yield from asked(row, kind, ask, name, *RATES)
        for name in (*IOUS, "mean_iou"):
            ask = partial(_iou_and_accuracy, name=name)
            yield from asked(row, ACCURACY, ask, name, "accuracy")
        yield from class_mean(row)


def check_losses(paper: PrintedPaper) -> Iterator[Check]:
    """Check the cross-entropy of every row that prints it beside an accuracy."""
    for row in paper.rows():
        if all(map(row.first, FLOOR)):
            yield from asked(row, "cross-entropy floor", _floor, *FLOOR)


def shares(row: PrintedRow) -> Iterator[Check]:
    """No score is above 1 or below 0."""
    for name in SHARES:
        if not all(span.meets(UNIT) for span in row.each(name)):
            yield answered(row, SHARE, name, {"any": UNIT}, "shares lie between 0 and 1")


def class_mean(row: PrintedRow) -> Iterator[Check]:
    """Mean of lesion and background IoU of the one confusion matrix that the other scores fix."""
    name = next((n for n in ("mean_iou", "any_iou") if row.has(n)), "")
    given = [q for q in confusion.RATIOS if row.first(q)]
    if name and len(given) >= 3 and row.about.epoch == "same" and _class_mean(nearest(row), name):
        yield from asked(row, BOTH_IOUS, partial(_class_mean, name=name), name, *given)


def answered(
    row: PrintedRow, kind: str, name: str, readings: Readings, formula: str, causes: tuple = ()
) -> Check | None:
    """Say whether a printed number lies in what one of the readings allows.

    None where there is no reading, or where the overlaps may be those of no lesion at all.
    """
    if not readings:
        return None
    found, number = hull(row.each(name)), row.numbers[name][0]
    good = any(found.meets(allowed) for allowed in readings.values())
    if not good and kind != SHARE and row.may_be_empty():
        return None
    if not good:
        causes = (*causes, *_other_numbers(row, kind, name, readings), *checks.ALWAYS)
    shown = f"{formula}; printed {row.said(name)}"
    told = [f"{reading}: {allowed}" for reading, allowed in readings.items()]
    of = {"printed": found, "feasible": tuple(readings.values()), "cell": number.cell}
    return row.check(kind, shown, told, judged(good, causes), column=number.column, **of)


def with_background(row: PrintedRow, name: str, readings: Readings) -> Readings:
    """Add the mean with the background's IoU where that is meant, or may be.

    The background's IoU lies between 0 and 1, and above the lesion's in an image with TN > TP, of
    thresholded masks.
    """
    if name not in ("any_iou", "mean_iou") or not readings:
        return readings
    if not row.about.two_classes:
        return {}
    larger = row.about.background_larger and row.how("masks", *IOUS, "mean_iou") == {"hard"}
    lesion = hull(list(readings.values()))
    label = CLASS_MEAN + (" (more background than lesion)" if larger else "")
    both = {label: Span(lesion.low / (1 if larger else 2), (1 + lesion.high) / 2)}
    return both if name == "mean_iou" else readings | both


def _other_numbers(row: PrintedRow, kind: str, name: str, readings: Readings) -> list[str]:
    """Name what else the number, or precision and recall, would be."""
    found, causes = hull(row.each(name)), [checks.LIBRARY] * (name in ("any_iou", "mean_iou"))
    if row.has(*RATES):
        p, r = (clipped(hull(row.each(q))) for q in RATES)
        other, label = (harmonic, "the F1") if name in IOUS else (iou_of_rates, "the IoU")
        if found.gap(image(other, p, r)) < 0.0015:
            causes += [f"it is {label} of this precision and recall: a column or step exchanged"]
    if name == "iou" and kind != ACCURACY:
        whole = with_background(row, "mean_iou", readings).values()
        causes += [checks.WITH_BACKGROUND] * any(found.meets(one) for one in whole)
    return causes


def _dice_and_iou(row: PrintedRow, name: str) -> Check | None:
    how, masks = bounding(row, "dice", name), row.how("masks", "dice", name)
    lesion, macro = (row.how("macro", "dice") == {value} for value in (False, True))
    of_classes = row.how("macro", name) == {True}
    if not how or masks not in ({"hard"}, {"soft"}) or not (lesion or (macro and of_classes)):
        return None
    dice = clipped(hull(row.each("dice")))
    exact = image(iou_of_dice, dice)
    constants = [row.how("smoothed", q) for q in ("dice", name)]
    both = constants[0] == constants[1]
    both &= all(type(c) in (int, float) for one in constants for c in one)
    low = exact.low if both or constants[0] == {False} else 0.0
    high = dice.high if both or constants[1] == {False} else 1.0
    equal = how in ADDED and lesion and row.about.epoch == "same" and constants == [{False}] * 2
    readings = {POOLED: exact} if equal else {}
    if how not in COUNTS or not equal:
        readings[LABELS.get(how, POOLED)] = Span(low, high)
    if lesion:
        readings = with_background(row, "mean_iou" if of_classes else name, readings)
    return answered(row, DICE, name, readings, f"{row.said('dice')}: D/(2 - D) is {exact}")


def _rates(row: PrintedRow, name: str, kind: str, exact: Callable[..., float]) -> Check | None:
    """Dice or IoU against precision and recall."""
    how, macro = bounding(row, name, *RATES), row.how("macro", name, *RATES)
    if not how or row.how("masks", name, *RATES) != {"hard"} or len(macro) != 1 or None in macro:
        return None
    pairs = list(product(*([clipped(i) for i in row.each(q)] for q in RATES)))
    whole = list(dict.fromkeys(image(exact, *pair) for pair in pairs))
    means = Span(
        max(0.0, min(p.low + r.low - 1 for p, r in pairs)),
        hull([image(harmonic, *pair) for pair in pairs]).high,
    )
    readings: Readings = {}
    if macro == {False} and how in ADDED:
        names = (POOLED + f", other columns {i}" * bool(i) for i in range(len(whole)))
        readings = dict(zip(names, whole, strict=True))
    if how in ("means", "alike") or (macro == {True} and how != "medians"):
        readings[MEANS] = means
    if how == "medians":
        least = hull([image(min, *pair) for pair in pairs]).high
        readings[MEDIANS] = Span(0.0, 2 * least / (1 + least) if name == "dice" else least)
    if row.about.epoch != "same" or row.how("smoothed", *RATES) != {False}:
        readings = {key: Span(0.0, value.high) for key, value in readings.items()}
    if row.how("smoothed", name) != {False}:
        readings = {key: Span(value.low, 1.0) for key, value in readings.items()}
    formula = f"{row.said(*RATES)} give {' or '.join(map(str, whole))}"
    formula += f", as means {means}" if MEANS in readings else ""
    return answered(row, kind, name, with_background(row, name, readings), formula)


def _iou_and_accuracy(row: PrintedRow, name: str) -> Check | None:
    """No IoU of one of two classes, and so no mean of them, is above the accuracy."""
    about, how = row.about, averaging(row, name, "accuracy")
    bounded = linear(row, name, "accuracy") and (how in COUNTS or about.empty != "unknown")
    plainly = (row.how("masks", name, "accuracy"), row.how("smoothed", name)) == ({"hard"}, {False})
    two = about.two_classes and row.how("macro", "accuracy") == {False}
    if not (bounded and plainly and two):
        return None
    formula = f"{row.said('accuracy')}, which no IoU of two classes, nor a mean of them, can exceed"
    reading = "any averaging" if about.one_size else "one averaging"
    readings = {reading: Span(0.0, min(1.0, hull(row.each("accuracy")).high))}
    causes = (*[UNEQUAL] * (how == "by column"), *[LEFT_OUT] * (about.empty == "counted"))
    return answered(row, ACCURACY, name, readings, formula, causes)


def _class_mean(row: PrintedRow, name: str) -> Check | None:
    given = {q: row.span(q) for q in confusion.RATIOS if row.first(q)}
    how = bounding(row, name, *given)
    lesion, background = (confusion.allowed(q, given) for q in ("iou", "background_iou"))
    known = plain(row, *given) and row.how("masks", name) == {"hard"} and row.about.two_classes
    if how not in ADDED or not known or row.about.epoch != "same" or not (lesion and background):
        return None
    readings = {f"{CLASS_MEAN}, {POOLED}": 0.5 * (lesion + background)}
    if name == "any_iou":
        readings[f"of the lesion, {POOLED}"] = lesion
    if how == "alike":
        readings[f"{CLASS_MEAN}, {MEANS}: not fixed"] = UNIT
    formula = f"{row.said(*given)} fix lesion IoU {lesion}, background IoU {background}"
    return answered(row, BOTH_IOUS, name, readings, formula)


def _floor(row: PrintedRow) -> Check | None:
    """Mean BCE >= (1 - accuracy) ln 2, of thresholds 0.5, natural logarithms and no weights.

    Both sides are linear, so where all images have one size, it holds between a mean of any kind
    and pooled counts.
    """
    if not linear(row, *FLOOR) or row.how("macro", "accuracy") != {False}:
        return None
    loss, accuracy = (row.span(q) for q in FLOOR)
    floor, higher = ((1 - min(1.0, accuracy.high + more)) * log(2) for more in (0, 0.01))
    hint = ["an accuracy printed 1.00 point too low"] * (loss.high >= higher)
    causes = (*hint, "a loss of another head or base", checks.EPOCH, checks.MISPRINT)
    answer = judged(loss.high >= floor * (1 - 1e-9), causes)
    shown = f"(1 - accuracy) ln 2 is at least {floor:.4f}; {row.said(*FLOOR)}"
    readings = ["same head, epoch and cases; threshold 0.5; natural logarithm; no weights"]
    of = {"printed": loss, "feasible": (Span(floor, max(floor, loss.high)),)}
    return row.check("cross-entropy floor", shown, readings, answer, **of)
