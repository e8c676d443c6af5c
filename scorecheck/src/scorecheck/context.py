"""What a table means: which quantity a column is, and how its scores were made.

Each field of :class:`ColumnContext` and :class:`TableContext` is a key of a context file; beside
it stands the kind of its values. None is what a paper does not say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from scorecheck import kinds
from scorecheck.kinds import (
    Kind,
    Place,
    as_it_is,
    between,
    choice,
    keys,
    many,
    named,
    one_or_many,
    text,
    whole,
    yes,
)

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
POPULATION = 10**7
"""Largest population of a draw; its tail is summed term by term."""


def _smoothed(value: Any, place: Place) -> float:
    """Yes or no, or the constant that is added."""
    return yes(value, place) if str(value).lower() in kinds.YES else between(0, 1e6)(value, place)


def _finding(value: Any, place: Place) -> Any:
    """What a finding is called, for the whole table or row by row."""
    return (named(text, kinds.row) if isinstance(value, Mapping) else text)(value, place)


def _key(kind: Kind, default: Any = None) -> Any:
    """A field that is a key of a context file, with the kind of its values."""
    first = {"default_factory": dict} if default is dict else {"default": default}
    return field(metadata={"kind": kind}, **first)


def _keys(of: type) -> dict[str, Kind]:
    known = {f.name: f.metadata["kind"] for f in fields(of) if f.metadata}
    return {{"is_": "is"}.get(name, name): kind for name, kind in known.items()}


def _word(name: str, default: str = "unknown") -> Any:
    return _key(choice(CHOICES[name], f"value of {name}"), default)


WEIGHT = between(0, 1e6)
LOSS = keys({"false_positives": WEIGHT, "false_negatives": WEIGHT, "exponent": between(1e-3, 1e3)})
CLASSES = {
    "pairs": many(many(kinds.row, least=2, most=2)),
    "items": one_or_many(whole(1)),
    "up_to": whole(1, 300),
    "mix": kinds.all_of(marked=whole(), population=whole(1, POPULATION)),
}


@dataclass(frozen=True)
class ColumnContext:
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

    is_: str = _key(choice(QUANTITIES, "quantity"))
    of: str = _key(text, "")
    averaging: str = _word("averaging", "")
    masks: str = _word("masks", "")
    smoothed: float | None = _key(_smoothed)
    macro: bool | None = _key(yes)
    sd: str = _key(kinds.column, "")
    over: int | None = _key(whole(2))
    decimals: int | None = _key(whole(1, 30))
    items: Sequence[int] = _key(one_or_many(whole(1)), ())
    loss: Mapping[str, float] = _key(LOSS, dict)


@dataclass(frozen=True)
class SummaryRows:
    """A row that is the mean of others, and the row with their standard deviation.

    `plain` says that both are of the rows themselves. Else the mean may be weighted by the number
    of images of each row, and the deviation may be that over images.
    """

    mean: str = _key(kinds.row, "")
    sd: str = _key(kinds.row, "")
    of: Sequence[str] = _key(many(kinds.row, least=2), ())
    plain: bool = _key(yes, False)


@dataclass(frozen=True)
class TableContext:
    """What a table means; see `CHOICES` for averaging, masks, epoch and empty.

    Attributes
    ----------
    smoothed : whether a constant is added to both parts of each fraction, as in
        (TP + 1)/(TP + FP + 1); or that constant, where it is printed
    macro : scores are means over the classes, not those of the lesion alone
    two_classes : lesion and background are the only classes
    one_size : all images have one number of pixels, all batches or folds one number of images
    one_set : all rows were scored on the same images
    background_larger : in every image more background than lesion is found rightly
    means : rows that average others
    classes : pairs of rows that are the two classes of one experiment, and `mix`, the population
        that its images were drawn from; such rows count things, without a constant, one class each
    cells : a table that is put together from cells elsewhere: row, quantity, cell
    join : a table that is put together from the rows of the same name in others
    findings : by kind of check, what the list of findings calls it
    weak : by kind of check, why its misfits are remarks only
    more : keys that a project added (:class:`scorecheck.reading.Additions`)
    """

    columns: Mapping[str, ColumnContext] = _key(
        named(keys(_keys(ColumnContext), ["is"]), kinds.column), dict
    )
    averaging: str = _word("averaging")
    masks: str = _word("masks")
    smoothed: float | None = _key(_smoothed)
    macro: bool | None = _key(yes)
    epoch: str = _word("epoch")
    empty: str = _word("empty")
    two_classes: bool = _key(yes, False)
    one_size: bool = _key(yes, False)
    one_set: bool = _key(yes, False)
    background_larger: bool = _key(yes, False)
    means: Sequence[SummaryRows] = _key(many(keys(_keys(SummaryRows), ["of"])), ())
    classes: Mapping[str, Any] = _key(keys(CLASSES, ["pairs"]), dict)
    cells: Mapping[str, Mapping[str, Sequence]] = _key(
        named(named(kinds.amount, choice(QUANTITIES, "quantity"))), dict
    )
    join: Sequence[str] = _key(many(text), ())
    findings: Mapping[str, Any] = _key(named(_finding), dict)
    weak: Mapping[str, str] = _key(named(text), dict)
    where: str = _key(text, "")
    more: Mapping[str, Any] = field(default_factory=dict)

    def resolved(self, column: ColumnContext) -> ColumnContext:
        """A column with what the table says where the column itself is silent.

        Overlaps and losses alone can be of probabilities, a loss is never said to be of masks by
        what the table says of its scores, the name of an IoU, or of the accuracy, says of which
        classes it is, and nobody adds a constant to an accuracy.
        """
        masks = self.masks if column.is_ in OF_PROBABILITIES or self.masks != "soft" else "hard"
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


AddedKind = Callable[[Any, Place, Mapping[str, ColumnContext]], Any]
"""A kind that a project adds, which is asked with the columns of its table as well."""


def table_context(
    given: Mapping[str, Any], place: Place | str, more: Mapping[str, AddedKind] | None = None
) -> TableContext:
    """Read what a table means from plain values; `more` are keys that a project adds.

    Raises
    ------
    InputError
        If a key, a choice, a name or the type of a value is wrong; the sentence names its place.
    """
    place, more = Place(place) if isinstance(place, str) else place, more or {}
    if place.printed and isinstance(given, Mapping) and "columns" in given:
        place.choose(place.table, place.names(), "table")
    found = keys(_keys(TableContext) | dict.fromkeys(more, as_it_is))(given, place)
    _complete(found, place)
    columns = {
        name: ColumnContext(column.pop("is"), **column)
        for name, column in found.get("columns", {}).items()
    }
    means = [SummaryRows(**rows) for rows in found.get("means", ())]
    if found.get("classes"):
        found = {"smoothed": False, "macro": False, "two_classes": True} | found
    added = {k: kind(found.pop(k), place / k, columns) for k, kind in more.items() if k in found}
    return TableContext(**found | {"columns": columns, "means": means, "more": added})


def _complete(found: Mapping[str, Any], place: Place) -> None:
    """Refuse keys that need another one."""
    if not any(found.get(key) for key in ("columns", "cells", "join")):
        raise place.error("columns is missing: add {NAME: {is: dice}} or another quantity")
    for i, rows in enumerate(found.get("means", ())):
        if "mean" not in rows and "sd" not in rows:
            raise (place / "means" / i).error("mean and sd are missing: name one of the two rows")
    if "classes" in found:
        averages = {rows.get(key) for rows in found.get("means", ()) for key in ("mean", "sd")}
        _classes(found["classes"], found.get("columns", {}), averages, place / "classes")


def _classes(classes: Mapping, columns: Mapping, averages: set, place: Place) -> None:
    needed = {n: c["is"] for n, c in columns.items() if c["is"] in ("precision", "sensitivity")}
    if len(set(needed.values())) < 2 or len({columns[n].get("of") for n in needed}) > 1:
        raise place.error("columns of precision and of sensitivity of one set are needed: add them")
    for row in (row for pair in classes["pairs"] for row in pair if place.printed):
        if row in averages:
            raise (place / "pairs").error(f"{row!r} is a mean or deviation: name single rows")
        for column in needed:
            kinds.look_up(place / "pairs", place.table, row, column)
    mix = classes.get("mix")
    if mix and max(mix["marked"], *classes.get("items", [1])) > mix["population"]:
        raise (place / "mix").error("population is too small: mend it")
