"""Dice, IoU, precision, recall and accuracy of the same masks against each other.

Write D, J, P, R, A for Dice, IoU, precision, recall and accuracy of one mask, or of the added
counts of many ("pooled"). From the counts,

- J = D / (2 - D), because 1/J = 1 + (FP + FN)/TP and 2/D = 2 + (FP + FN)/TP;
- D = 2PR / (P + R), the harmonic mean;
- J <= A, because A adds TN to both parts of the fraction J.

Means over images, batches or folds obey inequalities (Jensen): g(D) = D/(2 - D) has g'' > 0, so
mean J = mean g(D) >= g(mean D), and g(D) <= D gives mean J <= mean D. The harmonic mean is concave
in (P, R), so mean D <= H(mean P, mean R); and D >= PR >= P + R - 1 gives mean D >= mean P +
mean R - 1, with no bound by the smaller of the two. The same two bounds hold for mean J, since
PR <= J <= D. J <= A holds for means as well. All upper bounds, and J >= g(D), also hold where each
column shows its own best epoch, since every column then is at least its value at the epoch of
another. A constant s added to both parts raises a ratio; with it in Dice and IoU alike,
g(D) <= J <= D stays true.

References
----------
Taha, Hanbury: BMC Medical Imaging 15 (2015) 29. Jensen: Acta Mathematica 30 (1906) 175-193.
"""

from collections.abc import Iterator

from busutils.claims import confusion, misread
from busutils.claims.intervals import UNIT, Interval, clipped, hull, image
from busutils.claims.prevalence import class_means
from busutils.claims.result import (
    ALWAYS,
    BOTH_CLASSES,
    FITS,
    LIBRARY,
    NO_READING,
    NOT,
    OPEN,
    WITH_BACKGROUND,
    Check,
)
from busutils.claims.schema import Paper, Row

POOLED, MEANS, CLASS_MEAN = "pooled or one mask", "means", "class mean with background"
ACCURACY = "IoU and accuracy"
IOUS = ("iou", "any_iou")
SHARES = (*IOUS, "dice", "mean_iou", "precision", "sensitivity", "specificity", "accuracy")
Readings = dict[str, Interval]


def check(paper: Paper) -> Iterator[Check]:
    """Check every row that prints two or more of the quantities."""
    for row in paper.rows():
        yield from shares(row)
        for question in (dice_and_iou, f1_of_means, iou_of_means, iou_and_accuracy, class_mean):
            yield from question(row)


def iou_of_dice(dice: float) -> float:
    """IoU of a mask with this Dice.

    Examples
    --------
    >>> round(iou_of_dice(0.8), 4)
    0.6667
    """
    return dice / (2 - dice)


def harmonic(precision: float, sensitivity: float) -> float:
    """Dice of a mask with this precision and recall; 0 where both are 0."""
    both = precision + sensitivity
    return 2 * precision * sensitivity / both if both else 0.0


def shares(row: Row) -> Iterator[Check]:
    """No score is above 1 or below 0."""
    numbers = [(q, n) for q in SHARES for n in row.numbers.get(q, ())]
    for name, number in numbers:
        if not number.interval.meets(UNIT):
            readings = {"any": UNIT}
            yield _answer(row, "a share", name, readings, "shares lie between 0 and 1")


def dice_and_iou(row: Row) -> Iterator[Check]:
    """D/(2 - D) <= J <= D, with equality on the left for one mask or pooled counts."""
    for name in (*IOUS, "mean_iou"):
        if not row.has("dice", name):
            continue
        if row.meaning.masks == "unknown":
            yield _open(row, "Dice and IoU", "say whether `masks` are hard or soft")
            continue
        dice = clipped(hull(row.each("dice")))
        exact = image(iou_of_dice, dice)
        low = 0.0 if row.smoothed("dice") and not row.smoothed(name) else exact.low
        high = 1.0 if row.smoothed(name) and not row.smoothed("dice") else dice.high
        equal = row.meaning.epoch == "same" and not (row.smoothed("dice") or row.smoothed(name))
        readings = {POOLED: exact} if equal and row.meaning.pooled else {}
        if row.meaning.means_possible or not equal:
            readings[MEANS] = Interval(low, high)
        formula = f"{row.said('dice')}: D/(2 - D) is {exact}"
        yield from _judged(
            row, "Dice and IoU", name, _with_background(row, name, readings), formula
        )


def f1_of_means(row: Row) -> Iterator[Check]:
    """D is the harmonic mean of P and R, or, of means, at most that."""
    yield from _of_precision_and_recall(row, "dice", "F1, precision and recall", harmonic)


def iou_of_means(row: Row) -> Iterator[Check]:
    """1/J = 1/P + 1/R - 1, or, of means, at most the harmonic mean of P and R."""
    for name in IOUS:
        yield from _of_precision_and_recall(row, name, "IoU, precision and recall", _iou)


def iou_and_accuracy(row: Row) -> Iterator[Check]:
    """No IoU of a class, and so no mean of them, is above the accuracy."""
    for name in (*IOUS, "mean_iou"):
        if not row.has(name, "accuracy"):
            continue
        if row.meaning.masks != "hard" or row.smoothed(name):
            yield _open(row, ACCURACY, "say that `masks` are hard, and not `smoothed`")
            continue
        high = min(1.0, hull(row.each("accuracy")).high)
        formula = f"{row.said('accuracy')}, which no class IoU, and no mean of them, can exceed"
        readings = {f"{POOLED}, or {MEANS}": Interval(0.0, high)}
        unsure = row.meaning.empty != "none" and row.meaning.means_possible
        yield from _judged(row, ACCURACY, name, readings, formula, unsure)


def class_mean(row: Row) -> Iterator[Check]:
    """Mean of lesion and background IoU of the one confusion matrix that the other scores fix."""
    given = {q: row.interval(q) for q in confusion.RATIOS if row.first(q)}
    name = next((n for n in ("mean_iou", "any_iou") if row.has(n)), "")
    if not name or len(given) < 3 or not hard_and_same(row) or not row.meaning.pooled:
        return
    parts = [confusion.span(q, given) for q in ("iou", "background_iou")]
    if None in parts:
        return
    low, high = ((parts[0].low + parts[1].low) / 2, (parts[0].high + parts[1].high) / 2)
    readings = {f"{CLASS_MEAN}, {POOLED}": Interval(low, high)}
    if name == "any_iou":
        readings[f"of the lesion, {POOLED}"] = parts[0]
    formula = f"{row.said(*given)} fix lesion IoU {parts[0]}, background IoU {parts[1]}"
    if row.meaning.means_possible:
        readings[f"{CLASS_MEAN}, {MEANS}: not fixed"] = UNIT
    yield from _judged(row, "class mean IoU", name, readings, formula)


def hard_and_same(row: Row) -> bool:
    """Whether all scores of a row are said to be of the same thresholded masks."""
    plain = not any(n.smoothed for numbers in row.numbers.values() for n in numbers)
    return row.meaning.masks == "hard" and row.meaning.epoch == "same" and plain


def _iou(precision: float, sensitivity: float) -> float:
    return iou_of_dice(harmonic(precision, sensitivity))


def _of_precision_and_recall(row: Row, name: str, kind: str, function) -> Iterator[Check]:
    if not row.has(name, "precision", "sensitivity"):
        return
    if row.meaning.masks != "hard":
        yield _open(row, kind, "say that `masks` are hard")
        return
    precisions, recalls = ([clipped(i) for i in row.each(q)] for q in ("precision", "sensitivity"))
    pairs = [(p, r) for p in precisions for r in recalls]
    exact = list(dict.fromkeys(image(function, *pair) for pair in pairs))
    top = hull([image(harmonic, *pair) for pair in pairs]).high
    bottom = max(0.0, min(p.low + r.low - 1 for p, r in pairs))
    same = row.meaning.epoch == "same"
    readings: Readings = {}
    for i, one in enumerate(exact if row.meaning.pooled else ()):
        label = POOLED + f", other columns {i}" * bool(i)
        readings[label] = Interval(one.low if same else 0.0, one.high)
    if row.meaning.means_possible:
        readings[MEANS] = Interval(bottom if same else 0.0, top)
    if row.smoothed(name):
        readings = {key: Interval(value.low, 1.0) for key, value in readings.items()}
    formula = f"{row.said('precision', 'sensitivity')} give {' or '.join(map(str, exact))}"
    formula += f", as means {bottom:.4f} to {top:.4f}" if row.meaning.means_possible else ""
    unsure = row.meaning.empty != "none" and row.meaning.means_possible
    yield from _judged(row, kind, name, _with_background(row, name, readings), formula, unsure)


def _with_background(row: Row, name: str, readings: Readings) -> Readings:
    """Add the mean with the background's IoU where that is meant, or may be.

    The background's IoU lies between 0 and 1, and above the lesion's in an image with TN > TP, of
    thresholded masks.
    """
    if name not in ("any_iou", "mean_iou") or not readings:
        return readings
    larger = row.meaning.background_larger and row.meaning.masks == "hard"
    lesion = hull(list(readings.values()))
    label = CLASS_MEAN + (" (more background than lesion)" if larger else "")
    both = {label: Interval(lesion.low / (1 if larger else 2), (1 + lesion.high) / 2)}
    return both if name == "mean_iou" else readings | both


def _judged(
    row: Row,
    kind: str,
    name: str,
    readings: Readings,
    formula: str,
    unsure: bool = False,
) -> Iterator[Check]:
    """Say whether a printed number lies in what one of the readings allows."""
    if row.meaning.epoch == "unknown" or row.meaning.averaging == "by column" or not readings:
        yield _open(row, kind, "say whether all columns are of one `epoch` and one `averaging`")
        return
    one = _answer(row, kind, name, readings, formula)
    if one.verdict == NOT and (unsure or row.may_be_empty()):
        one = _open(row, kind, "say that no mask is `empty`, or that the scores are pooled")
    yield one


def _answer(row: Row, kind: str, name: str, readings: Readings, formula: str) -> Check:
    found, number = hull(row.each(name)), row.numbers[name][0]
    fitting = any(found.meets(allowed) for allowed in readings.values())
    alike = misread.fitting(number.text, number.unit, readings.values())
    alike = () if fitting or row.smoothed(name) else alike
    whole = _whole(row, found, readings) if name == "iou" and kind != ACCURACY else []
    return Check(
        kind=kind,
        place=row.place,
        verdict=FITS if fitting else NOT,
        strength="" if fitting else NO_READING,
        shown=f"{formula}; printed {row.said(name)}",
        readings=[f"{reading}: {allowed}" for reading, allowed in readings.items()],
        causes=() if fitting else (*_told_apart(row, name, found), *whole, *ALWAYS),
        table=row.table,
        row=row.name,
        column=number.column,
        printed=(found.low, found.high),
        feasible=tuple((i.low, i.high) for i in readings.values()),
        cell=number.cell,
        alike=alike,
    )


def _whole(row: Row, found: Interval, readings: Readings) -> list[str]:
    """The cause that an IoU of lesions is a mean with the background's, where that fits."""
    allowed = _with_background(row, "mean_iou", readings).values()
    return [WITH_BACKGROUND] * any(found.meets(one) for one in allowed)


def _told_apart(row: Row, name: str, found: Interval) -> list[str]:
    """Name what else the number, or precision and recall, would be."""
    causes = [LIBRARY] * (name in ("any_iou", "mean_iou"))
    if not row.has("precision", "sensitivity"):
        return causes
    if class_means(row):
        causes += [BOTH_CLASSES]
    p, r = (clipped(hull(row.each(q))) for q in ("precision", "sensitivity"))
    other, label = (harmonic, "the F1") if name in IOUS else (_iou, "the IoU")
    near = found.gap(image(other, p, r)) < 0.0015
    why = f"it is {label} of this precision and recall: a column or step exchanged"
    return causes + [why] * near


def _open(row: Row, kind: str, need: str) -> Check:
    """A check that the context does not allow."""
    return Check(kind, row.place, OPEN, f"to check it, {need}", table=row.table, row=row.name)
