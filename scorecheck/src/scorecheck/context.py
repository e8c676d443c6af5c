"""What a table means: which quantity a column is, and how its scores were made.

Each field of :class:`ColumnContext` and :class:`TableContext` is a key of a context file, its type
the kind of the values there (:mod:`scorecheck.kinds`). None is what a paper does not say. The
book's page on the checker says what each key, choice and quantity means. A project that has more
keys adds them as fields of classes below these.
"""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Any, Literal

from scorecheck import kinds
from scorecheck.kinds import Place, amount, made, several

QUANTITIES = (
    *("dice", "iou", "mean_iou", "any_iou", "sensitivity", "specificity", "precision", "accuracy"),
    *("tversky", "cross_entropy", "region_loss", "false_positives", "false_negatives", "other"),
)
OF_PROBABILITIES = ("dice", "iou", "any_iou", "mean_iou", "tversky")
"""Quantities that are also made from probabilities."""
Quantity = Literal[QUANTITIES]
Averaging = Literal["one mask", "pooled", "means", "medians", "alike", "by column", "unknown"]
Masks = Literal["hard", "soft", "unknown"]
Epoch = Literal["same", "best by column", "unknown"]
Empty = Literal["none", "counted", "unknown"]
Row = Annotated[str, kinds.row]
Column = Annotated[str, partial(kinds.row, what="column", part=2)]
Weight, Count = Annotated[float, 0, 1e6], Annotated[int, 1]


def _smoothed(value: Any, place: Place) -> float:
    """Yes or no, or the constant that is added."""
    return made(bool if str(value).lower() in kinds.YES else Weight, value, place)


Items = Annotated[list[int], partial(several, kind=Count)]


@dataclass(frozen=True)
class ColumnContext:
    """What a column is, and what of the table's context is another in this column."""

    is_: Quantity
    of: str = ""  # which set or task, where a table shows several
    averaging: Averaging = ""
    masks: Masks = ""
    smoothed: Annotated[float | None, _smoothed] = None
    macro: bool | None = None
    sd: Column = ""  # the column with its deviations, if not as 0.8 ± 0.1
    over: Annotated[int, 2] | None = None  # how many values (images, folds) these are over
    decimals: Annotated[int, 1, 30] | None = None  # how many count, where zeros were appended
    items: Items = ()  # number of things that a share counts, or several


@dataclass(frozen=True)
class SummaryRows:
    """A row that is the mean of others, and the row with their standard deviation.

    Unless both are `plain`, the mean may be weighted by images, and the deviation be over them.
    """

    of: Annotated[list[Row], 2]
    mean: Row = ""
    sd: Row = ""
    plain: bool = False

    def verify(self, place: Place) -> None:
        """Refuse a summary without a row."""
        if not (self.mean or self.sd):
            raise place.error("mean and sd are missing: name one of the two rows")
        for name in {self.mean, self.sd} & {*self.of}:
            raise (place / "of").error(f"{name!r} is the mean or deviation itself: leave it out")


@dataclass(frozen=True)
class TableContext:
    """What a table means."""

    columns: dict[Column, ColumnContext] = field(default_factory=dict)
    averaging: Averaging = "unknown"
    masks: Masks = "unknown"
    smoothed: Annotated[float | None, _smoothed] = None  # a constant in both parts of a fraction
    macro: bool | None = None  # means over the classes, not scores of the lesion
    epoch: Epoch = "unknown"
    empty: Empty = "unknown"
    two_classes: bool = False  # lesion and background are the only ones
    one_size: bool = False  # of all images in pixels, of all batches in images
    one_set: bool = False  # all rows were scored on the same images
    background_larger: bool = False  # than the lesion, of what is found rightly
    means: list[SummaryRows] = ()
    cells: dict[str, dict[Quantity, amount]] = field(default_factory=dict)
    join: list[str] = ()  # tables whose rows of one name are put together
    where: str = ""

    def verify(self, place: Place) -> None:
        """Refuse a table that is not printed, or of which nothing is said."""
        if self.columns and place.printed:
            place.choose(place.table, place.names(), "table")
        if not (self.columns or self.cells or self.join):
            raise place.error("columns is missing: add {NAME: {is: dice}} or another quantity")
        ways = [key for key in ("columns", "cells", "join") if getattr(self, key)]
        if len(ways) > 1:
            told = f"{' and '.join(ways)} stand in one table"
            raise place.error(f"{told}: give {ways[-1]} a table of its own, under any other name")
        for name, column in self.columns.items():
            if column.sd == name:
                raise (place / "columns" / name / "sd").error(
                    "a column is not its own deviation: name the other"
                )

    def resolved(self, column: ColumnContext) -> ColumnContext:
        """A column with what the table says where the column itself is silent.

        Overlaps and losses alone can be of probabilities, a loss is never said to be of masks by
        what the table says of its scores, the name of an IoU, or of the accuracy, says of which
        classes it is, and nobody adds a constant to an accuracy.
        """
        masks = self.masks if column.is_ in OF_PROBABILITIES or self.masks != "soft" else "hard"
        masks = "unknown" if column.is_ == "region_loss" else masks
        macro = self.macro if column.macro is None else column.macro
        by_name = {"iou": bool(macro), "accuracy": bool(column.macro)}
        by_name |= {"any_iou": False, "mean_iou": True}
        table = False if column.is_ == "accuracy" else self.smoothed
        smoothed = table if column.smoothed is None else column.smoothed
        return replace(
            column,
            averaging=column.averaging or self.averaging,
            masks=column.masks or masks,
            smoothed=smoothed,
            macro=by_name.get(column.is_, macro),
        )
