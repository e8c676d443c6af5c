"""What a table means: which quantity a column is, and how its scores were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scorecheck import sampling, values
from scorecheck.kinds import Place, between, choice, keys, many, named, text, whole, yes

QUANTITIES = {
    "dice": "Dice coefficient or F1 of one mask, of added counts, or a mean of those",
    "iou": "intersection over union of the lesion",
    "mean_iou": "mean of the IoU of lesion and of background",
    "any_iou": "IoU whose definition is not printed: of the lesion, or a mean with background",
    "sensitivity": "sensitivity or recall",
    "specificity": "specificity",
    "precision": "precision",
    "accuracy": "share of pixels, or of items, told rightly",
    "tversky": "Tversky index",
    "cross_entropy": "binary cross-entropy, mean, natural logarithm",
    "region_loss": "loss made of a Tversky index: see `loss`",
    "false_positives": "weight of false positives in a row's loss",
    "false_negatives": "weight of false negatives in a row's loss",
    "other": "anything else; no check looks at it by itself",
}
OF_PROBABILITIES = ("dice", "iou", "any_iou", "mean_iou", "tversky")
"""Quantities that are also made from probabilities."""
CHOICES = {
    "averaging": {
        "one mask": "each row is one image",
        "pooled": "counts of all cases added first",
        "means": "mean over images, or batches, or folds: one of these for all columns",
        "medians": "median over images",
        "alike": "pooled or means, the same for all columns",
        "by column": "pooled or means, which may differ from column to column",
        "unknown": "any of these, which may differ from column to column",
    },
    "masks": {
        "hard": "thresholded masks, as formulas of TP, FP, FN say",
        "soft": "overlaps of probabilities, by plain sums; others of masks",
        "unknown": "either",
    },
    "epoch": {
        "same": "all columns of a row are of one epoch and threshold",
        "best by column": "each column shows its own best epoch",
        "unknown": "any epoch or threshold a column",
    },
    "empty": {
        "none": "every image has a lesion; a prediction may be empty, which breaks no bound",
        "counted": "images without a lesion may be averaged in, where 0/0 counts as 0 or as 1",
        "unknown": "such images may be averaged in or left out, by another rule a column",
    },
}


@dataclass(frozen=True)
class Column:
    """What a column is.

    Attributes
    ----------
    is_ : a key of `QUANTITIES` (in the file: `is`)
    of : which set or task, where a table shows several (training, validation)
    averaging, masks, smoothed, macro : as those of the table, where this column has its own
    sd : the column with its standard deviations, where these are not printed as 0.8 ± 0.1
    over : how many values (images, folds, runs) these are over, where that is printed
    decimals : how many decimals count at most, where zeros were appended to the whole column
    items : number of things that a share counts, or several numbers to try
    loss : for `region_loss`: its false_positives, false_negatives and exponent, as far as known
    """

    is_: str
    of: str = ""
    averaging: str = ""
    masks: str = ""
    smoothed: float | None = None
    macro: bool | None = None
    sd: str = ""
    over: int | None = None
    decimals: int | None = None
    items: Sequence[int] = ()
    loss: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Means:
    """A row that is the mean of others, and the row with their standard deviation.

    `plain` says that both are of the rows themselves. Else the mean may be weighted by the number
    of images of each row, and the deviation may be that over images.
    """

    of: Sequence[str]
    mean: str = ""
    sd: str = ""
    plain: bool = False


@dataclass(frozen=True)
class Meaning:
    """What a table means; see `CHOICES` for the first four. None is what a paper does not say.

    Attributes
    ----------
    smoothed : whether a constant is added to both parts of each fraction, as in
        (TP + 1)/(TP + FP + 1); or that constant, where it is printed
    macro : scores are means over the classes, not those of the lesion alone
    two_classes : lesion and background are the only classes
    one_size : all images have one number of pixels, all batches or folds one number of images
    one_set : all rows were scored on the same images
    background_larger : in every image more background than lesion is found rightly
    split : numbers of images of the column groups that one random split made, as
        {training: 624, validation: 156}, and `spread`, the standard deviation over images of the
        lesion share
    means : rows that average others
    classes : pairs of rows that are the two classes of one experiment, and `mix`, the population
        that its images were drawn from; such rows count things, without a constant, one class each
    cells : a table that is put together from cells elsewhere: row, quantity, cell
    join : a table that is put together from the rows of the same name in others
    findings : by kind of check, what the list of findings calls it
    weak : by kind of check, why its misfits are remarks only
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    averaging: str = "unknown"
    masks: str = "unknown"
    epoch: str = "unknown"
    empty: str = "unknown"
    smoothed: float | None = None
    macro: bool | None = None
    two_classes: bool = False
    one_size: bool = False
    one_set: bool = False
    background_larger: bool = False
    split: Mapping[str, float] = field(default_factory=dict)
    means: Sequence[Means] = ()
    classes: Mapping[str, Any] = field(default_factory=dict)
    cells: Mapping[str, Mapping[str, Sequence]] = field(default_factory=dict)
    join: Sequence[str] = ()
    findings: Mapping[str, Any] = field(default_factory=dict)
    weak: Mapping[str, str] = field(default_factory=dict)
    where: str = ""

    def resolved(self, column: Column) -> Column:
        """A column with what the table says where the column itself is silent.

        Overlaps and losses alone can be of probabilities, a loss is never said to be of masks by
        what the table says of its scores, the name of an IoU, or of the accuracy, says of which
        classes it is, and nobody adds a constant to an accuracy.
        """
        overlap = column.is_ in OF_PROBABILITIES
        masks = self.masks if overlap or self.masks != "soft" else "hard"
        masks = "unknown" if column.is_ == "region_loss" else masks
        macro = self.macro if column.macro is None else column.macro
        by_name = {"iou": bool(macro), "any_iou": False, "mean_iou": True}
        by_name["accuracy"] = bool(column.macro)
        smoothed = self.smoothed if column.smoothed is None else column.smoothed
        if column.is_ == "accuracy":
            smoothed = column.smoothed or False
        return replace(
            column,
            averaging=column.averaging or self.averaging,
            masks=column.masks or masks,
            smoothed=smoothed,
            macro=by_name.get(column.is_, macro),
        )


def _finding(value: Any, place: Place) -> Any:
    """What a finding is called, for the whole table or row by row."""
    return (
        named(text, values.row)(value, place) if isinstance(value, Mapping) else text(value, place)
    )


def _smoothed(value: Any, place: Place) -> float:
    """Yes or no, or the constant that is added."""
    return yes(value, place) if str(value).lower() in values.YES else between(0, 1e6)(value, place)


def _choice(name: str) -> values.Kind:
    return choice(CHOICES[name], f"value of {name}")


HOW = {
    "averaging": _choice("averaging"),
    "masks": _choice("masks"),
    "smoothed": _smoothed,
    "macro": yes,
}
"""What a table says of all its columns, and a column of its own."""
COLUMN = {
    "is": choice(QUANTITIES, "quantity"),
    "of": text,
    **HOW,
    "sd": values.column,
    "over": whole(2),
    "decimals": whole(1, 30),
    "items": values.one_or_many(whole(1)),
    "loss": keys(
        {
            "false_positives": between(0, 1e6),
            "false_negatives": between(0, 1e6),
            "exponent": between(1e-3, 1e3),
        }
    ),
}
"""The keys of a column in a context file; those of `Column`."""
MEANS = {"mean": values.row, "sd": values.row, "of": many(values.row, least=2), "plain": yes}
CLASSES = {
    "pairs": many(many(values.row, least=2, most=2)),
    "items": values.one_or_many(whole(1)),
    "up_to": whole(1, 300),
    "mix": keys(
        {"marked": whole(), "population": whole(1, sampling.MOST)}, ["marked", "population"]
    ),
}
TABLE = {
    "columns": named(keys(COLUMN, ["is"]), values.column),
    **HOW,
    "epoch": _choice("epoch"),
    "empty": _choice("empty"),
    "two_classes": yes,
    "one_size": yes,
    "one_set": yes,
    "background_larger": yes,
    "split": named(between(1e-9, values.MOST)),
    "means": many(keys(MEANS, ["of"])),
    "classes": keys(CLASSES, ["pairs"]),
    "cells": named(named(values.amount, choice(QUANTITIES, "quantity"))),
    "join": many(text),
    "findings": named(_finding),
    "weak": named(text),
    "where": text,
}
"""The keys of a table in a context file; those of `Meaning`."""


def meaning(given: Mapping[str, Any], place: Place | str) -> Meaning:
    """Read what a table means from plain values.

    Raises
    ------
    UserError
        If a key, a choice, a name or the type of a value is wrong; the sentence names its place.
    """
    place = Place(place) if isinstance(place, str) else place
    if place.printed and isinstance(given, Mapping) and "columns" in given:
        place.choose(place.table, dict.fromkeys(t for t, _, _ in place.printed), "table")
    found = keys(TABLE)(given, place)
    _complete(found, place)
    columns = {
        name: Column(**{("is_" if key == "is" else key): value for key, value in column.items()})
        for name, column in found.get("columns", {}).items()
    }
    means = [Means(**m) for m in found.get("means", ())]
    if found.get("classes"):
        found = {"smoothed": False, "macro": False, "two_classes": True} | found
    return Meaning(**found | {"columns": columns, "means": means})


def _complete(found: Mapping[str, Any], place: Place) -> None:
    """Refuse keys that need another one."""
    columns = found.get("columns", {})
    if not any(found.get(key) for key in ("columns", "cells", "join")):
        raise place.error("columns is missing: add {NAME: {is: dice}} or another quantity")
    for i, means in enumerate(found.get("means", ())):
        if "mean" not in means and "sd" not in means:
            raise (place / "means" / i).error("mean and sd are missing: name one of the two rows")
    if "split" in found:
        groups = list(dict.fromkeys(c["of"] for c in columns.values() if "of" in c))
        _split(found["split"], groups, place / "split")
    if "classes" in found:
        averages = {m.get(key) for m in found.get("means", ()) for key in ("mean", "sd")}
        _classes(found["classes"], columns, averages, place / "classes")


def _split(split: Mapping[str, Any], groups: Sequence[str], place: Place) -> None:
    if len(split) != 3 or "spread" not in split:
        raise place.error("two groups of columns and spread are needed: add them")
    for group in split:
        (place / group).choose(group, [*groups, "spread"], "group (`of` of a column)")


def _classes(classes: Mapping, columns: Mapping, averages: set, place: Place) -> None:
    needed = {n: c["is"] for n, c in columns.items() if c["is"] in ("precision", "sensitivity")}
    if len(set(needed.values())) < 2 or len({columns[n].get("of") for n in needed}) > 1:
        raise place.error("columns of precision and of sensitivity of one set are needed: add them")
    for row in (row for pair in classes["pairs"] for row in pair if place.printed):
        if row in averages:
            raise (place / "pairs").error(f"{row!r} is a mean or deviation: name single rows")
        for column in needed:
            values.look_up(place / "pairs", place.table, row, column)
    mix = classes.get("mix")
    if mix and max(mix["marked"], *classes.get("items", [1])) > mix["population"]:
        raise (place / "mix").error("population is too small: mend it")
