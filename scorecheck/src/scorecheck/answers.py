"""One printed score against what the readings of it allow, with the innocent causes of a misfit."""

from collections.abc import Sequence
from dataclasses import replace

from scorecheck import misread
from scorecheck.intervals import Interval, clipped, hull, image
from scorecheck.lesion_share import class_means
from scorecheck.checks import (
    ALWAYS,
    BOTH_CLASSES,
    FITS,
    LIBRARY,
    NO_READING,
    NOT,
    WITH_BACKGROUND,
    Check,
)
from scorecheck.paper import Row

CLASS_MEAN = "class mean with background"
DICE, ACCURACY = "Dice and IoU", "IoU and accuracy"
IOUS = ("iou", "any_iou")
RATES = ("precision", "sensitivity")
Readings = dict[str, Interval]
"""What a number can be, by the name of the reading."""


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


def iou_of_rates(precision: float, sensitivity: float) -> float:
    """IoU of a mask with this precision and recall."""
    return iou_of_dice(harmonic(precision, sensitivity))


def with_background(row: Row, name: str, readings: Readings) -> Readings:
    """Add the mean with the background's IoU where that is meant, or may be.

    The background's IoU lies between 0 and 1, and above the lesion's in an image with TN > TP, of
    thresholded masks.
    """
    if name not in ("any_iou", "mean_iou") or not readings:
        return readings
    if not row.meaning.two_classes:
        return {}
    larger = row.meaning.background_larger and row.how("masks", *IOUS, "mean_iou") == {"hard"}
    lesion = hull(list(readings.values()))
    label = CLASS_MEAN + (" (more background than lesion)" if larger else "")
    both = {label: Interval(lesion.low / (1 if larger else 2), (1 + lesion.high) / 2)}
    return both if name == "mean_iou" else readings | both


def answered(
    row: Row,
    kind: str,
    name: str,
    readings: Readings,
    formula: str,
    causes: Sequence[str] = (),
) -> Check | None:
    """Say whether a printed number lies in what one of the readings allows.

    None where there is no reading, or where the overlaps may be those of no lesion at all.
    """
    if not readings:
        return None
    one = answer(row, kind, name, readings, formula)
    if one.verdict == NOT and row.may_be_empty():
        return None
    return replace(one, causes=(*causes, *one.causes)) if one.verdict == NOT else one


def answer(row: Row, kind: str, name: str, readings: Readings, formula: str) -> Check:
    found, number = hull(row.each(name)), row.numbers[name][0]
    fitting = any(found.meets(allowed) for allowed in readings.values())
    alike = misread.fitting(number.text, number.unit, readings.values())
    alike = () if fitting or number.meant.smoothed else alike
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
    allowed = with_background(row, "mean_iou", readings).values()
    return [WITH_BACKGROUND] * any(found.meets(one) for one in allowed)


def _told_apart(row: Row, name: str, found: Interval) -> list[str]:
    """Name what else the number, or precision and recall, would be."""
    causes = [LIBRARY] * (name in ("any_iou", "mean_iou"))
    if not row.has(*RATES):
        return causes
    if class_means(row):
        causes += [BOTH_CLASSES]
    p, r = (clipped(hull(row.each(q))) for q in RATES)
    other, label = (harmonic, "the F1") if name in IOUS else (iou_of_rates, "the IoU")
    near = found.gap(image(other, p, r)) < 0.0015
    why = f"it is {label} of this precision and recall: a column or step exchanged"
    return causes + [why] * near
