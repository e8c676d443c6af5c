"""What a context leaves out: bounds that hold all the same, or answers side by side.

A question is asked of a row as its context stands. Where that bounds nothing, because the context
leaves something out, the question is asked again with the nearest reading of what is left out, and
with each epoch that is tried. If the numbers fit all of these, they fit. If not, nobody can say:
the answers stand side by side, and none is a misfit.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from scorecheck.checks import FITS, NOT, OPEN, Check
from scorecheck.printed_numbers import PrintedRow

Question = Callable[[PrintedRow], Check | None]
"""Asks a row; None where its context bounds nothing."""

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


def asked(row: PrintedRow, kind: str, ask: Question, *quantities: str) -> Iterator[Check]:
    """Ask a question of the columns of some quantities, if printed, and of what they leave out."""
    if not row.has(*quantities):
        return
    one = ask(row)
    left_out = _left_out(row, *quantities)
    epochs = [row.about.epoch] if row.about.epoch in EPOCHS else list(EPOCHS)
    if one and (one.verdict == NOT or not (left_out or len(epochs) > 1)):
        yield one
        return
    tried = {epoch: ask(nearest(row, epoch)) for epoch in epochs}
    if None in tried.values():
        told = f"as the context describes {', '.join(quantities)}, no bound holds between them"
        yield row.check(kind, told, (), (OPEN, "", ()))
    elif all(found.verdict == FITS for found in tried.values()):
        yield next(iter(tried.values()))
    else:
        first = next(found for found in tried.values() if found.verdict == NOT)
        beside = [
            f"{', '.join([*left_out, EPOCHS[epoch]])}: {found.verdict}"
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


def bounding(row: PrintedRow, *quantities: str) -> str:
    """The averaging of some columns, or "" where it, the epoch or empty images bound nothing.

    By some rule an image without a lesion may count 0 in one mean and 1 in another.
    """
    how = averaging(row, *quantities)
    one = how in COUNTS or (how in ("means", "alike", "medians") and row.about.empty == "none")
    return how if one and row.about.epoch in EPOCHS else ""


def linear(row: PrintedRow, *quantities: str) -> bool:
    """Whether a bound that is linear in scores of single images holds between some columns."""
    how = averaging(row, *quantities)
    alike = how != "unknown" and (how != "by column" or row.about.one_size)
    return alike and row.about.epoch in EPOCHS


def _left_out(row: PrintedRow, *quantities: str) -> list[str]:
    """Names of the nearest readings of what the context of some columns leaves out."""
    of_columns = [name for k, (out, _, name) in NEAREST.items() if out in row.how(k, *quantities)]
    facts = [k for k in FACTS if k != "two_classes" or OF_TWO_CLASSES & set(quantities)]
    return of_columns + [FACTS[k][2] for k in facts if getattr(row.about, k) in FACTS[k][0]]
