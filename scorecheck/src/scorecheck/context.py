"""What a table means: which quantity a column is, and how its scores were made.

Each field of :class:`ColumnContext` and :class:`TableContext` is a key of a context file; beside
it stands the kind of its values. None is what a paper does not say. The book's page on the checker
says what each key, choice and quantity means.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from scorecheck import kinds
from scorecheck.kinds import Kind, Place, between, choice, keys, many, named, text, whole, yes

QUANTITIES = (
    *("dice", "iou", "mean_iou", "any_iou", "sensitivity", "specificity", "precision", "accuracy"),
    *("tversky", "cross_entropy", "region_loss", "false_positives", "false_negatives", "other"),
)
OF_PROBABILITIES = ("dice", "iou", "any_iou", "mean_iou", "tversky")
"""Quantities that are also made from probabilities."""
CHOICES = {
    "averaging": ("one mask", "pooled", "means", "medians", "alike", "by column", "unknown"),
    "masks": ("hard", "soft", "unknown"),
    "epoch": ("same", "best by column", "unknown"),
    "empty": ("none", "counted", "unknown"),
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
    return {f.name.rstrip("_"): f.metadata["kind"] for f in fields(of) if f.metadata}


def _word(name: str, default: str = "unknown") -> Any:
    return _key(choice(CHOICES[name], f"value of {name}"), default)


WEIGHT = between(0, 1e6)
LOSS = keys({"false_positives": WEIGHT, "false_negatives": WEIGHT, "exponent": between(1e-3, 1e3)})
QUANTITY = choice(QUANTITIES, "quantity")
COUNTS = kinds.one_or_many(whole(1))
CLASSES = {
    "pairs": many(many(kinds.row, least=2, most=2)),
    "items": COUNTS,
    "up_to": whole(1, 300),
    "mix": kinds.all_of(marked=whole(), population=whole(1, POPULATION)),
}


@dataclass(frozen=True)
class ColumnContext:
    """What a column is, and what of the table's context is another in this column."""

    is_: str = _key(QUANTITY)
    of: str = _key(text, "")  # which set or task, where a table shows several
    averaging: str = _word("averaging", "")
    masks: str = _word("masks", "")
    smoothed: float | None = _key(_smoothed)
    macro: bool | None = _key(yes)
    sd: str = _key(kinds.column, "")  # the column with its deviations, if not as 0.8 ± 0.1
    over: int | None = _key(whole(2))  # how many values (images, folds) these are over
    decimals: int | None = _key(whole(1, 30))  # how many count, where zeros were appended
    items: Sequence[int] = _key(COUNTS, ())  # number of things that a share counts, or several
    loss: Mapping[str, float] = _key(LOSS, dict)  # weights and exponent of a `region_loss`


@dataclass(frozen=True)
class SummaryRows:
    """A row that is the mean of others, and the row with their standard deviation.

    Unless both are `plain`, the mean may be weighted by images, and the deviation be over them.
    """

    mean: str = _key(kinds.row, "")
    sd: str = _key(kinds.row, "")
    of: Sequence[str] = _key(many(kinds.row, least=2), ())
    plain: bool = _key(yes, False)


@dataclass(frozen=True)
class TableContext:
    """What a table means."""

    columns: Mapping[str, ColumnContext] = _key(
        named(keys(_keys(ColumnContext), ["is"]), kinds.column), dict
    )
    averaging: str = _word("averaging")
    masks: str = _word("masks")
    smoothed: float | None = _key(_smoothed)  # a constant is added to both parts of a fraction
    macro: bool | None = _key(yes)  # means over the classes, not scores of the lesion
    epoch: str = _word("epoch")
    empty: str = _word("empty")
    two_classes: bool = _key(yes, False)  # lesion and background are the only ones
    one_size: bool = _key(yes, False)  # of all images in pixels, of all batches in images
    one_set: bool = _key(yes, False)  # all rows were scored on the same images
    background_larger: bool = _key(yes, False)  # than the lesion, of what is found rightly
    means: Sequence[SummaryRows] = _key(many(keys(_keys(SummaryRows), ["of"])), ())
    classes: Mapping[str, Any] = _key(keys(CLASSES, ["pairs"]), dict)  # pairs of rows that are such
    cells: Mapping[str, Mapping[str, Sequence]] = _key(named(named(kinds.amount, QUANTITY)), dict)
    join: Sequence[str] = _key(many(text), ())  # tables whose rows of one name are put together
    findings: Mapping[str, Any] = _key(named(_finding), dict)
    weak: Mapping[str, str] = _key(named(text), dict)  # why a kind's misfits are remarks only
    where: str = _key(text, "")
    more: Mapping[str, Any] = field(default_factory=dict)  # what a project added

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
    """Read what a table means from plain values; `more` are keys that a project adds."""
    place, more = Place(place) if isinstance(place, str) else place, more or {}
    if place.printed and isinstance(given, Mapping) and "columns" in given:
        place.choose(place.table, place.names(), "table")
    found = keys(_keys(TableContext) | dict.fromkeys(more, kinds.as_it_is))(given, place)
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
