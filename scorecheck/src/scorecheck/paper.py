"""Printed numbers with their meaning: cells, the rows of a table, a paper."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from scorecheck.intervals import Interval, decimals_that_count, exactly, piece, printed
from scorecheck.context import Column, Meaning
from scorecheck.errors import UserError

OVERLAPS = ("dice", "iou", "any_iou", "precision", "sensitivity", "tversky")
LABELS = {"dice": "Dice", "any_iou": "IoU", "iou": "IoU", "mean_iou": "mean IoU"}
"""How quantities are called where no column heads them."""
Reference = Sequence | float


@dataclass(frozen=True)
class Number:
    """One printed number: what it can stand for, as it was printed, and where.

    `cell` is its key among the paper's cells, where it is all that stands there; `meant` is its
    column, with what the table says of all columns; `sd` is what a standard deviation printed with
    it can stand for.
    """

    text: str
    interval: Interval
    column: str = ""
    unit: str = ""
    cell: tuple[str, str, str] | None = None
    meant: Column = field(default_factory=lambda: Column("other"))
    sd: Interval | None = None

    @property
    def value(self) -> float:
        """The number itself, exact; per cent as a share."""
        return float(self.text) / (100 if self.unit == "%" else 1)

    @property
    def plain(self) -> str:
        """As printed, with its unit."""
        return " ".join(filter(None, [self.text, self.unit]))

    def __str__(self) -> str:
        return " ".join(filter(None, [self.column, self.plain]))


@dataclass(frozen=True)
class Row:
    """What one row of a table prints of one set: quantities, each once or, rarely, twice."""

    table: str
    name: str
    of: str
    numbers: Mapping[str, Sequence[Number]]
    meaning: Meaning
    columns: Mapping[str, Column] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the row stands, for people."""
        return ", ".join(
            filter(None, [self.meaning.where or f"table {self.table}", self.name, self.of])
        )

    def first(self, quantity: str) -> Number | None:
        """The number of a quantity, or None where the row has none or two that differ."""
        found = self.numbers.get(quantity, ())
        return found[0] if len({n.text for n in found}) == 1 else None

    def interval(self, quantity: str) -> Interval | None:
        """What that number can stand for."""
        number = self.first(quantity)
        return number and number.interval

    def each(self, quantity: str) -> list[Interval]:
        """What its numbers can stand for: several where two columns print one quantity."""
        return list(dict.fromkeys(n.interval for n in self.numbers.get(quantity, ())))

    def each_column(self, quantity: str) -> list[Interval]:
        """What each column of a quantity prints, in the order of the columns, equal or not."""
        return [n.interval for n in self.numbers.get(quantity, ())]

    def has(self, *quantities: str) -> bool:
        """Whether each quantity is there."""
        return all(self.numbers.get(q) for q in quantities)

    def may_be_empty(self) -> bool:
        """Whether the overlaps may be those of no lesion at all: undefined, set to 0 or to 1."""
        ends = (exactly(0), exactly(1))
        overlaps = [i for q in OVERLAPS for i in self.each(q)]
        return self.meaning.empty != "none" and all(
            any(i.meets(end) for end in ends) for i in overlaps
        )

    def how(self, key: str, *quantities: str) -> set[Any]:
        """What the columns of these quantities say of `averaging`, `masks`, `smoothed`, `macro`."""
        return {getattr(n.meant, key) for q in quantities for n in self.numbers.get(q, ())}

    def said(self, *quantities: str) -> str:
        """The quantities as printed, for people."""
        numbers = [n for q in quantities for n in self.numbers.get(q, ())]
        return ", ".join(str(n) for n in numbers)


@dataclass(frozen=True)
class Paper:
    """All printed numbers of a paper with their meaning."""

    cells: Mapping[tuple[str, str, str], tuple[str, str]]
    tables: Mapping[str, Meaning] = field(default_factory=dict)
    statements: Sequence[Mapping[str, Any]] = ()
    not_by_code: Mapping[str, str] = field(default_factory=dict)
    settle: Sequence[str] = ()
    name: str = ""
    notes: Sequence[str] = ()
    """How its files were read, where that is not plain."""

    def number(self, reference: Reference) -> Number:
        """Return the number that [table, row, column] or [table, row, column, part] names.

        A plain number is taken as it is: something known from elsewhere.

        Raises
        ------
        UserError
            If there is no such cell.
        """
        if isinstance(reference, int | float):
            return Number(f"{reference:g}", exactly(reference))
        table, row, column, *part = (str(r) for r in reference)
        if (table, row, column) not in self.cells:
            names = {" / ".join(key): key for key in self.cells}
            near = get_close_matches(f"{table} / {row} / {column}", names, n=1)
            hint = f"did you mean {near[0]}?" if near else "a cell is [table, row, column]"
            raise UserError(f"there is no printed number {table} / {row} / {column}: {hint}")
        text, unit = self.cells[table, row, column]
        which = int(part[0]) if part else None
        meant = self.tables[table].columns.get(column) if table in self.tables else None
        told = meant.decimals if meant else None
        decimals = self._decimals.get((table, column)) if told is None else told
        interval = printed(text, unit, which, decimals)
        cell = (table, row, column) if which is None else None
        unit = unit if unit == "%" else ""
        sd = printed(text, unit, 1) if which is None and " +- " in text else None
        return Number(piece(text, which), interval, column, unit, cell=cell, sd=sd)

    def reread(self, cell: tuple[str, str, str], text: str) -> "Paper":
        """Return the paper with one cell read as another number."""
        before, unit = self.cells[cell]
        again = before.replace(piece(before, None), text, 1)
        return replace(self, cells={**self.cells, cell: (again, unit)})

    def interval(self, reference: Reference) -> Interval:
        """Return what that number can stand for."""
        return self.number(reference).interval

    def chosen(self, cells: Any) -> list[Sequence]:
        """References of several cells: a list, or {table, column} with `rows` or `without`."""
        if not isinstance(cells, Mapping):
            return list(cells)
        table, column = str(cells["table"]), cells["column"]
        rows = cells.get("rows") or [r for t, r, c in self.cells if (t, c) == (table, column)]
        return [[table, row, column] for row in rows if row not in cells.get("without", ())]

    def rows(self, table: str | None = None) -> list[Row]:
        """Return the rows of all tables or of one, each set of columns by itself."""
        return [row for row in self._every_row if table in (None, row.table)]

    @cached_property
    def _decimals(self) -> dict[tuple[str, str], int | None]:
        """Decimals that count in each column."""
        texts: dict[tuple[str, str], list[str]] = {}
        for (table, _, column), (text, _) in self.cells.items():
            texts.setdefault((table, column), []).append(text)
        return {column: decimals_that_count(of) for column, of in texts.items()}

    @cached_property
    def _every_row(self) -> list[Row]:
        found: list[Row] = []
        for name, about in self.tables.items():
            made = self._elsewhere if about.cells else self._rows
            found += (self._joined if about.join else made)(name, about)
        return found

    def _rows(self, table: str, about: Meaning) -> Iterator[Row]:
        averages = {row for m in about.means for row in (m.mean, m.sd)}
        for row in dict.fromkeys(r for t, r, _ in self.cells if t == table):
            if row in averages:
                continue
            for of in dict.fromkeys(c.of for c in about.columns.values()):
                columns = {n: c for n, c in about.columns.items() if c.of == of}
                found = self._numbers(table, row, columns, about)
                if found:
                    by_quantity = {c.is_: c for c in columns.values()}
                    yield Row(table, row, of, found, about, by_quantity)

    def _numbers(
        self, table: str, row: str, columns: Mapping[str, Column], about: Meaning
    ) -> dict[str, list[Number]]:
        found: dict[str, list[Number]] = {}
        for name, column in columns.items():
            if column.is_ != "other" and (table, row, name) in self.cells:
                number = replace(self.number((table, row, name)), meant=about.resolved(column))
                if (table, row, column.sd) in self.cells:
                    number = replace(number, sd=self.interval((table, row, column.sd)))
                number = _of_several(number)
                found.setdefault(column.is_, []).append(number)
        return found

    def _joined(self, name: str, about: Meaning) -> Iterator[Row]:
        """Rows of the same name in several tables, as one row each."""
        by_row: dict[str, dict[str, list[Number]]] = {}
        columns: dict[str, Column] = {}
        for table in about.join:
            of_table = self.tables[table].columns
            columns |= {c.is_: c for c in of_table.values()}
            for row in dict.fromkeys(r for t, r, _ in self.cells if t == table):
                by_row[row] = self._numbers(table, row, of_table, about) | by_row.get(row, {})
        for row, numbers in by_row.items():
            yield Row(name, row, "", numbers, about, columns)

    def _elsewhere(self, table: str, about: Meaning) -> Iterator[Row]:
        """Rows of cells elsewhere; what their table leaves out is what the cells' tables say."""
        for row, cells in about.cells.items():
            numbers, two_classes = {}, about.two_classes
            for q, cell in cells.items():
                source = self.tables.get(str(cell[0]), Meaning())
                two_classes |= source.two_classes
                meant = about.resolved(Column(q))
                left_out = [k for k in ("smoothed", "macro") if getattr(meant, k) is None]
                meant = replace(meant, **{k: getattr(source, k) for k in left_out})
                column = LABELS.get(q, q)
                number = replace(self.number(cell), column=column, meant=meant)
                numbers[q] = [_of_several(number)]
            yield Row(table, row, "", numbers, replace(about, two_classes=two_classes))


def _of_several(number: Number) -> Number:
    """A score with a deviation is a mean of several, each of one mask, or pooled, or not."""
    if number.sd is None or number.meant.averaging not in ("one mask", "pooled"):
        return number
    return replace(number, meant=replace(number.meant, averaging="unknown"))
