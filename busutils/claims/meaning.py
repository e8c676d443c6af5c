"""What a table means: which quantity a column is, and how its scores were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from busutils.errors import UserError, choose

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


def meaning(values: Mapping[str, Any], place: str) -> Meaning:
    """Read what a table means from plain values.

    Raises
    ------
    UserError
        If a key or a choice is unknown.
    """
    known = _known(values, Meaning, place)
    for key, needs in (("split", "spread"), ("classes", "pairs")):
        if values.get(key) and needs not in values[key]:
            raise UserError(f"{key} of {place} lacks {needs}: add it")
    columns = {n: _column(v, f"{place}, column {n}") for n, v in values.get("columns", {}).items()}
    means = [Means(**_known(m, Means, f"{place}, means")) for m in values.get("means", ())]
    for name, choices in CHOICES.items():
        if name in values:
            choose(values[name], choices, f"{name} of {place}")
    if values.get("classes"):
        known = {"smoothed": False, "macro": False, "two_classes": True} | known
    return Meaning(**known | {"columns": columns, "means": means})


def _column(values: Mapping[str, Any], place: str) -> Column:
    if not isinstance(values, Mapping) or "is" not in values:
        raise UserError(f"{place} has no `is`: write {{is: dice}} or another quantity")
    choose(values["is"], QUANTITIES, f"quantity of {place}")
    for name in ("averaging", "masks"):
        if name in values:
            choose(values[name], CHOICES[name], f"{name} of {place}")
    items = values.get("items", ())
    plain = {("is_" if key == "is" else key): value for key, value in values.items()}
    return Column(
        **_known(plain, Column, place) | {"items": [items] if isinstance(items, int) else items}
    )


def _known(values: Mapping[str, Any], kind: type, place: str) -> dict[str, Any]:
    """The values, if `kind` has all of these keys."""
    if not isinstance(values, Mapping):
        raise UserError(f"{place} is {values!r}: write keys with values below it")
    for key in values:
        choose(key, [f.name for f in fields(kind)], f"key of {place}")
    return dict(values)
