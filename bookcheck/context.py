"""What this book's files say of a table beyond what scorecheck knows: further fields are keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from scorecheck.confusion import RATES
from scorecheck.context import Column, ColumnContext, Items, Row, TableContext, Weight
from scorecheck.kinds import Place, look_up, made, row

from bookcheck.chance import POPULATION

LOSS = {
    **{"false_positives": Weight, "false_negatives": Weight},
    "exponent": Annotated[float, 1e-3, 1e3],
}


def _finding(value: Any, place: Place) -> Any:
    """The label of a finding, or one a row."""
    return made(dict[row, str] if isinstance(value, Mapping) else str, value, place)


@dataclass(frozen=True)
class Mix:
    """How many things of a population are of the first class."""

    marked: Annotated[int, 0]
    population: Annotated[int, 1, POPULATION]


@dataclass(frozen=True)
class Classes:
    """Pairs of rows that are two classes: of how many things, at most, and drawn from what."""

    pairs: list[Annotated[list[Row], 2, 2]]
    items: Items = ()
    up_to: Annotated[int, 1, 300] = 150
    mix: Mix | None = None


@dataclass(frozen=True)
class BookColumn(ColumnContext):
    """A column, with the weights and the exponent of a loss or index."""

    loss: LOSS = field(default_factory=dict)


@dataclass(frozen=True)
class BookTable(TableContext):
    """A table, with what this book asks of it."""

    columns: dict[Column, BookColumn] = field(default_factory=dict)
    split: dict[str, Annotated[float, 1e-9]] = field(default_factory=dict)
    """Numbers of images of two groups of columns, and `spread` of the lesion share over images."""
    classes: Classes | None = None
    weak: dict[str, str] = field(default_factory=dict)
    """Why misfits of a kind of check are remarks only."""
    findings: dict[str, _finding] = field(default_factory=dict)
    """Labels of findings by kind of check, or by kind and row."""

    def verify(self, place: Place) -> None:
        """Refuse a split without its groups, and classes without their rows and rates."""
        super().verify(place)
        if self.split:
            self._verify_split(place / "split")
        if self.classes:
            self._verify_classes(place / "classes")

    def _verify_split(self, place: Place) -> None:
        if len(self.split) != 3 or "spread" not in self.split:
            raise place.error("two groups of columns and spread are needed: add them")
        groups = dict.fromkeys(column.of for column in self.columns.values() if column.of)
        for group in self.split:
            (place / group).choose(group, [*groups, "spread"], "group (`of` of a column)")

    def _verify_classes(self, place: Place) -> None:
        pairs, mix, items = self.classes.pairs, self.classes.mix, self.classes.items
        needed = {n: c for n, c in self.columns.items() if c.is_ in RATES}
        if {c.is_ for c in needed.values()} != {*RATES} or len({c.of for c in needed.values()}) > 1:
            told = "columns of precision and of sensitivity of one set are needed: add them"
            raise place.error(told)
        averages = {row for rows in self.means for row in (rows.mean, rows.sd)}
        for one in (one for pair in pairs for one in pair if place.printed):
            if one in averages:
                raise (place / "pairs").error(f"{one!r} is a mean or deviation: name single rows")
            for column in needed:
                look_up(place / "pairs", place.table, one, column)
        if mix and max(mix.marked, *items, 1) > mix.population:
            raise (place / "mix").error("population is too small: mend it")
