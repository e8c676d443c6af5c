"""Dice, IoU, precision, recall and accuracy of the same masks against each other.

Write D, J, P, R, A for Dice, IoU, precision, recall and accuracy of one mask, or of the added
counts of many ("pooled"), and g(D) = D/(2 - D), H(P, R) = 2PR/(P + R). From the counts,

- J = g(D), because 1/J = 1 + (FP + FN)/TP and 2/D = 2 + (FP + FN)/TP;
- D = H(P, R), PR <= J <= D, J <= P, and P >= g(D), because R <= 1;
- J <= A where there are two classes: A adds TN to both parts of the fraction J, and the IoU of the
  background is J with the classes exchanged. With more classes A lacks the pixels of all others.

Means over images, batches, folds or classes ("macro") obey inequalities (Jensen): g'' > 0, so
mean J = mean g(D) >= g(mean D), and g(D) <= D gives mean J <= mean D. H is concave, so
mean D <= H(mean P, mean R); D >= PR >= P + R - 1 gives mean D >= mean P + mean R - 1, with no bound
by the smaller of the two. The same two bounds hold for mean J, and J <= A for means as well.

Medians keep what holds image by image in one number: a <= f(b) with f rising gives the same for
the k-th smallest, so g(D) <= J <= D (g is convex, so also halfway between two middle images),
J <= min(P, R), D <= 2P/(1 + P), D <= 2R/(1 + R), J <= A. From below nothing is left: P = 0 in two
of five images, R = 0 in two others, and 1 else, have medians of 1, and a median D of 0.

One size. If all images have as many pixels, and all batches or folds as many images, then the mean
of A over images, over batches and the pooled A are one number, and each mean of J, as the pooled J,
is at most that: J <= A whichever averaging either column has. An image without a lesion breaks
this only where it is left out of J: a false alarm in it makes J = 0, and without one A = 1 >= 0/0.

Each column at its own best epoch or threshold is at least its value at the epoch of another, so
what bounds a column from above by rising functions, and J >= g(D), hold all the same. A constant s
added to both parts raises a ratio; with one s in Dice and IoU alike, g(D) <= J <= D stays true.

References
----------
Taha, Hanbury: BMC Medical Imaging 15 (2015) 29. Jensen: Acta Mathematica 30 (1906) 175-193.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

from scorecheck import confusion
from scorecheck.answers import (
    ACCURACY,
    CLASS_MEAN,
    DICE,
    IOUS,
    RATES,
    Readings,
    answer,
    answered,
    harmonic,
    iou_of_dice,
    iou_of_rates,
    with_background,
)
from scorecheck.intervals import UNIT, Interval, clipped, hull, image
from scorecheck.readings import COUNTS, EPOCHS, asked, averaging, nearest, plain
from scorecheck.checks import LEFT_OUT, UNEQUAL, Check
from scorecheck.paper import Paper, Row

POOLED, MEANS, MEDIANS = "pooled or one mask", "means", "medians"
ADDED = (*COUNTS, "alike")
"""Ways of averaging by which scores may be of one confusion matrix; the last need not."""
LABELS = {"means": MEANS, "alike": MEANS, "medians": MEDIANS}
"""What the bounds of each way to average images are called."""
SHARES = (*IOUS, "dice", "mean_iou", *RATES, "specificity", "accuracy")


def check(paper: Paper) -> Iterator[Check]:
    """Check every row that prints two or more of the quantities."""
    for row in paper.rows():
        yield from shares(row)
        for question in (dice_and_iou, f1_of_means, iou_of_means, iou_and_accuracy, class_mean):
            yield from question(row)


def shares(row: Row) -> Iterator[Check]:
    """No score is above 1 or below 0."""
    numbers = [(q, n) for q in SHARES for n in row.numbers.get(q, ())]
    for name, number in numbers:
        if not number.interval.meets(UNIT):
            readings = {"any": UNIT}
            yield answer(row, "a share", name, readings, "shares lie between 0 and 1")


def dice_and_iou(row: Row) -> Iterator[Check]:
    """D/(2 - D) <= J <= D, with equality on the left for one mask or pooled counts."""
    for name in (*IOUS, "mean_iou"):
        if row.has("dice", name):
            yield from asked(row, DICE, partial(_dice_and_iou, name=name), "dice", name)


def f1_of_means(row: Row) -> Iterator[Check]:
    """D is the harmonic mean of P and R, or, of means, at most that."""
    if row.has("dice", *RATES):
        ask = partial(_rates, name="dice", kind="F1, precision and recall", exact=harmonic)
        yield from asked(row, "F1, precision and recall", ask, "dice", *RATES)


def iou_of_means(row: Row) -> Iterator[Check]:
    """1/J = 1/P + 1/R - 1, or, of means, at most the harmonic mean of P and R."""
    for name in IOUS:
        if row.has(name, *RATES):
            ask = partial(_rates, name=name, kind="IoU, precision and recall", exact=iou_of_rates)
            yield from asked(row, "IoU, precision and recall", ask, name, *RATES)


def iou_and_accuracy(row: Row) -> Iterator[Check]:
    """No IoU of one of two classes, and so no mean of them, is above the accuracy."""
    for name in (*IOUS, "mean_iou"):
        if row.has(name, "accuracy"):
            ask = partial(_iou_and_accuracy, name=name)
            yield from asked(row, ACCURACY, ask, name, "accuracy")


def class_mean(row: Row) -> Iterator[Check]:
    """Mean of lesion and background IoU of the one confusion matrix that the other scores fix."""
    name = next((n for n in ("mean_iou", "any_iou") if row.has(n)), "")
    given = [q for q in confusion.RATIOS if row.first(q)]
    if name and len(given) >= 3 and row.meaning.epoch == "same" and _class_mean(nearest(row), name):
        yield from asked(row, "class mean IoU", partial(_class_mean, name=name), name, *given)


def _dice_and_iou(row: Row, name: str) -> Check | None:
    how, masks = _bounding(row, "dice", name), row.how("masks", "dice", name)
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
    equal = how in ADDED and lesion and row.meaning.epoch == "same" and constants == [{False}] * 2
    readings = {POOLED: exact} if equal else {}
    if how not in COUNTS or not equal:
        readings[LABELS.get(how, POOLED)] = Interval(low, high)
    if lesion:
        readings = with_background(row, "mean_iou" if of_classes else name, readings)
    return answered(row, DICE, name, readings, f"{row.said('dice')}: D/(2 - D) is {exact}")


def _rates(row: Row, name: str, kind: str, exact: Callable[..., float]) -> Check | None:
    """Dice or IoU against precision and recall."""
    how, macro = _bounding(row, name, *RATES), row.how("macro", name, *RATES)
    if not how or row.how("masks", name, *RATES) != {"hard"} or len(macro) != 1 or None in macro:
        return None
    pairs = list(product(*([clipped(i) for i in row.each(q)] for q in RATES)))
    whole = list(dict.fromkeys(image(exact, *pair) for pair in pairs))
    means = Interval(
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
        top = _top_of_medians if name == "dice" else min
        readings[MEDIANS] = Interval(0.0, hull([image(top, *pair) for pair in pairs]).high)
    if row.meaning.epoch != "same" or row.how("smoothed", *RATES) != {False}:
        readings = {key: Interval(0.0, value.high) for key, value in readings.items()}
    if row.how("smoothed", name) != {False}:
        readings = {key: Interval(value.low, 1.0) for key, value in readings.items()}
    formula = f"{row.said(*RATES)} give {' or '.join(map(str, whole))}"
    formula += f", as means {means}" if MEANS in readings else ""
    return answered(row, kind, name, with_background(row, name, readings), formula)


def _iou_and_accuracy(row: Row, name: str) -> Check | None:
    about, how = row.meaning, averaging(row, name, "accuracy")
    bounded = how != "unknown" and (how != "by column" or about.one_size)
    bounded &= how in COUNTS or about.empty != "unknown"
    plainly = (row.how("masks", name, "accuracy"), row.how("smoothed", name)) == ({"hard"}, {False})
    two = about.two_classes and row.how("macro", "accuracy") == {False}
    if not (bounded and plainly and two and about.epoch in EPOCHS):
        return None
    formula = f"{row.said('accuracy')}, which no IoU of two classes, nor a mean of them, can exceed"
    reading = "any averaging" if about.one_size else "one averaging"
    readings = {reading: Interval(0.0, min(1.0, hull(row.each("accuracy")).high))}
    causes = [UNEQUAL] * (how == "by column") + [LEFT_OUT] * (about.empty == "counted")
    return answered(row, ACCURACY, name, readings, formula, causes)


def _class_mean(row: Row, name: str) -> Check | None:
    given = {q: row.interval(q) for q in confusion.RATIOS if row.first(q)}
    how = _bounding(row, name, *given)
    parts = [confusion.span(q, given) for q in ("iou", "background_iou")]
    known = plain(row, *given) and row.how("masks", name) == {"hard"} and row.meaning.two_classes
    if how not in ADDED or not known or row.meaning.epoch != "same" or None in parts:
        return None
    low, high = ((parts[0].low + parts[1].low) / 2, (parts[0].high + parts[1].high) / 2)
    readings = {f"{CLASS_MEAN}, {POOLED}": Interval(low, high)}
    if name == "any_iou":
        readings[f"of the lesion, {POOLED}"] = parts[0]
    if how == "alike":
        readings[f"{CLASS_MEAN}, {MEANS}: not fixed"] = UNIT
    formula = f"{row.said(*given)} fix lesion IoU {parts[0]}, background IoU {parts[1]}"
    return answered(row, "class mean IoU", name, readings, formula)


def _bounding(row: Row, *quantities: str) -> str:
    """The averaging of some columns, or "" where it, the epoch or empty images bound nothing.

    By some rule an image without a lesion may count 0 in one mean and 1 in another.
    """
    how = averaging(row, *quantities)
    counted = how in COUNTS or (how in LABELS and row.meaning.empty == "none")
    return how if counted and row.meaning.epoch in EPOCHS else ""


def _top_of_medians(precision: float, sensitivity: float) -> float:
    least = min(precision, sensitivity)
    return 2 * least / (1 + least)
