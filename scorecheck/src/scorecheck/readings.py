"""One printed score against what the readings of it allow, and what a context leaves out.

A question is asked of a row as its context stands. Where that bounds nothing, because the context
leaves something out, the question is asked again with the nearest reading of what is left out, and
with each epoch that is tried. If the numbers fit all of these, they fit. If not, nobody can say:
the answers stand side by side, and none is a misfit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from scorecheck import confusion, innocent
from scorecheck.checks import FITS, NOT, OPEN, Check, judged
from scorecheck.confusion import RATES, harmonic, iou_of_rates
from scorecheck.printed_numbers import PrintedRow
from scorecheck.spans import Span, clipped, hull, image

Question = Callable[[PrintedRow], Check | None]
"""Asks a row; None where its context bounds nothing."""
Readings = dict[str, Span]
"""What a number can be, by the name of the reading."""

COUNTS = ("one mask", "pooled")
"""Ways of averaging by which all scores are of one confusion matrix."""
NEAREST = {
    "averaging": ("unknown", "alike", "all columns averaged alike"),
    "masks": ("unknown", "hard", "thresholded masks"),
    "smoothed": (None, False, "no smoothing constant"),
    "macro": (None, False, "scores of the lesion alone"),
}
"""Of what a column may leave out: the value that says so, the nearest reading, and its name."""
FACTS = {
    "empty": (("counted", "unknown"), "none", "a lesion in every image"),
    "two_classes": ((False,), True, "two classes"),
}
"""The same of a table, with all values that leave something open."""
OF_TWO_CLASSES = {"any_iou", "mean_iou", "accuracy"}
"""Quantities that depend on how many classes there are."""
EPOCHS = {"same": "one epoch a row", "best by column": "the best epoch of each column"}
IOUS = ("iou", "any_iou")
CLASS_MEAN = "class mean with background"
ACCURACY = "IoU and accuracy"


def asked(row: PrintedRow, kind: str, ask: Question, *quantities: str) -> Iterator[Check]:
    """Ask a question of the columns of some quantities, and of what they leave out."""
    one = ask(row)
    if one and (one.verdict == NOT or not _left_out(row, *quantities)):
        yield one
        return
    epochs = [row.about.epoch] if row.about.epoch in EPOCHS else list(EPOCHS)
    tried = {epoch: ask(nearest(row, epoch)) for epoch in epochs}
    if None in tried.values():
        told = f"as the context describes {', '.join(quantities)}, no bound holds between them"
        yield row.check(kind, told, (), (OPEN, "", ()))
    elif all(found.verdict == FITS for found in tried.values()):
        yield next(iter(tried.values()))
    else:
        first = next(found for found in tried.values() if found.verdict == NOT)
        known = [name for name in _left_out(row, *quantities) if name != "one epoch"]
        beside = [
            f"{', '.join([*known, EPOCHS[epoch]])}: {found.verdict}"
            for epoch, found in tried.items()
        ]
        yield replace(first, verdict=OPEN, strength="", readings=beside, causes=())


def nearest(row: PrintedRow, epoch: str = "same") -> PrintedRow:
    """The row with the nearest reading of all that its context leaves out, and an epoch."""

    def told(meant):
        known = {k: near for k, (out, near, _) in NEAREST.items() if getattr(meant, k) == out}
        return replace(meant, **known)

    facts = {k: near for k, (out, near, _) in FACTS.items() if getattr(row.about, k) in out}
    numbers = {
        quantity: [replace(number, meant=told(number.meant)) for number in found]
        for quantity, found in row.numbers.items()
    }
    return replace(row, about=replace(row.about, epoch=epoch, **facts), numbers=numbers)


def averaging(row: PrintedRow, *quantities: str) -> str:
    """The averaging of some columns: one for all, or "by column", or "unknown"."""
    said = row.how("averaging", *quantities)
    if len(said) == 1:
        return said.pop()
    return "unknown" if said & {"unknown", "medians"} else "by column"


def plain(row: PrintedRow, *quantities: str) -> bool:
    """Whether scores are of thresholded masks, of the lesion alone, without a constant."""
    wanted = {"masks": {"hard"}, "smoothed": {False}, "macro": {False}}
    return all(row.how(key, *quantities) == value for key, value in wanted.items())


def answered(
    row: PrintedRow,
    kind: str,
    name: str,
    readings: Readings,
    formula: str,
    causes: Sequence[str] = (),
) -> Check | None:
    """Say whether a printed number lies in what one of the readings allows.

    None where there is no reading, or where the overlaps may be those of no lesion at all.
    """
    one = answer(row, kind, name, readings, formula, causes) if readings else None
    return None if one and one.verdict == NOT and row.may_be_empty() else one


def answer(
    row: PrintedRow,
    kind: str,
    name: str,
    readings: Readings,
    formula: str,
    causes: Sequence[str] = (),
) -> Check:
    """The same, whatever the overlaps."""
    found, number = hull(row.each(name)), row.numbers[name][0]
    good = any(found.meets(allowed) for allowed in readings.values())
    if not good:
        causes = (*causes, *_other_numbers(row, kind, name, readings), *innocent.ALWAYS)
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
    found, causes = hull(row.each(name)), [innocent.LIBRARY] * (name in ("any_iou", "mean_iou"))
    if row.has(*RATES):
        causes += [innocent.BOTH_CLASSES] * bool(confusion.class_means(row))
        p, r = (clipped(hull(row.each(q))) for q in RATES)
        other, label = (harmonic, "the F1") if name in IOUS else (iou_of_rates, "the IoU")
        if found.gap(image(other, p, r)) < 0.0015:
            causes += [f"it is {label} of this precision and recall: a column or step exchanged"]
    if name == "iou" and kind != ACCURACY:
        whole = with_background(row, "mean_iou", readings).values()
        causes += [innocent.WITH_BACKGROUND] * any(found.meets(one) for one in whole)
    return causes


def _left_out(row: PrintedRow, *quantities: str) -> list[str]:
    """Names of the nearest readings of what the context of some columns leaves out."""
    of_columns = [name for k, (out, _, name) in NEAREST.items() if out in row.how(k, *quantities)]
    facts = [k for k in FACTS if k != "two_classes" or OF_TWO_CLASSES & set(quantities)]
    of_table = [FACTS[k][2] for k in facts if getattr(row.about, k) in FACTS[k][0]]
    return of_columns + of_table + ["one epoch"] * (row.about.epoch not in EPOCHS)
