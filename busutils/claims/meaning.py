"""What a table means: which quantity a column is, and how its scores were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
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
CHOICES = {
    "averaging": {
        "one mask": "each row is one image",
        "pooled": "counts of all cases added first",
        "means": "mean over images, batches or folds",
        "unknown": "pooled or means, the same for all columns",
        "by column": "may differ from column to column",
    },
    "masks": {
        "hard": "thresholded masks, as formulas of TP, FP, FN say",
        "soft": "overlaps of probabilities; others of masks",
        "unknown": "either",
    },
    "epoch": {
        "same": "all columns of a row are of one epoch and threshold",
        "best by column": "each column shows its own best epoch",
        "unknown": "any epoch or threshold a column",
    },
    "empty": {
        "none": "every image has a lesion; a prediction may be empty, which breaks no bound",
        "unknown": "images without a lesion may be averaged in, by some rule",
    },
}


@dataclass(frozen=True)
class Column:
    """What a column is.

    Attributes
    ----------
    is_ : a key of `QUANTITIES` (in the file: `is`)
    of : which set or task, where a table shows several (training, validation)
    smoothed : a constant is added to both parts of the fraction
    decimals : how many decimals count at most, where zeros were appended to the whole column
    items : number of things that a share counts, or several numbers to try
    loss : for `region_loss`: its false_positives, false_negatives and exponent, as far as known
    """

    is_: str
    of: str = ""
    smoothed: bool = False
    decimals: int | None = None
    items: Sequence[int] = ()
    loss: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Means:
    """A row that is the mean of others, and the row with their standard deviation."""

    of: Sequence[str]
    mean: str = ""
    sd: str = ""


@dataclass(frozen=True)
class Meaning:
    """What a table means; see `CHOICES` for the first four.

    Attributes
    ----------
    one_set : all rows were scored on the same images
    background_larger : in every image more background than lesion is found rightly
    split : numbers of images of the column groups that one random split made, as
        {training: 624, validation: 156}, and `spread`, the standard deviation over images of the
        lesion share
    means : rows that average others
    classes : pairs of rows that are the two classes of one experiment, and `mix`, the population
        that its images were drawn from
    cells : a table that is put together from cells elsewhere: row, quantity, cell
    join : a table that is put together from the rows of the same name in others
    findings : by kind of check, what the list of findings calls it
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    averaging: str = "unknown"
    masks: str = "unknown"
    epoch: str = "unknown"
    empty: str = "unknown"
    one_set: bool = False
    background_larger: bool = False
    split: Mapping[str, float] = field(default_factory=dict)
    means: Sequence[Means] = ()
    classes: Mapping[str, Any] = field(default_factory=dict)
    cells: Mapping[str, Mapping[str, Sequence]] = field(default_factory=dict)
    join: Sequence[str] = ()
    findings: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    @property
    def pooled(self) -> bool:
        """Whether the scores may be those of one confusion matrix."""
        return self.averaging in ("one mask", "pooled", "unknown")

    @property
    def means_possible(self) -> bool:
        """Whether they may be means of several."""
        return self.averaging in ("means", "unknown")


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
    return Meaning(**known | {"columns": columns, "means": means})


def _column(values: Mapping[str, Any], place: str) -> Column:
    if not isinstance(values, Mapping) or "is" not in values:
        raise UserError(f"{place} has no `is`: write {{is: dice}} or another quantity")
    choose(values["is"], QUANTITIES, f"quantity of {place}")
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
