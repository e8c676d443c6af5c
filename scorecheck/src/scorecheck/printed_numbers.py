"""Printed numbers with their meaning: one number, the rows of a table, a paper."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from scorecheck.checks import Check, Judgement
from scorecheck.context import ColumnContext, TableContext
from scorecheck.spans import Span, decimals_that_count, exactly, piece, printed

OVERLAPS = ("dice", "iou", "any_iou", "precision", "sensitivity", "tversky")
LABELS = {"dice": "Dice", "any_iou": "IoU", "iou": "IoU", "mean_iou": "mean IoU"}
"""How quantities are called where no column heads them."""
Reference = Sequence | float


@dataclass(frozen=True)
class PrintedNumber:
    """One printed number: what it can stand for, as it was printed, and where.

    `cell` is its key among the paper's cells, where it is all that stands there; `meant` is its
    column, with what the table says of all columns; `sd` is what a standard deviation printed with
    it can stand for.
    """

    text: str
    span: Span
    column: str = ""
    unit: str = ""
    cell: tuple[str, str, str] | None = None
    meant: ColumnContext = field(default_factory=lambda: ColumnContext("other"))
    sd: Span | None = None

    @property
    def plain(self) -> str:
        """As printed, with % where it is in per cent."""
        return f"{self.text} %" if self.unit == "%" else self.text

    @property
    def value(self) -> float:
        """What is printed, as if nothing was rounded; a share where it is in per cent."""
        return float(self.text) / (100 if self.unit == "%" else 1)

    def __str__(self) -> str:
        return " ".join(filter(None, [self.column, self.plain]))

    def of(self, meant: ColumnContext, **told: Any) -> "PrintedNumber":
        """The number as that of a column.

        A score with a deviation is a mean of several, each of one mask, or pooled, or not.
        """
        number = replace(self, **told)
        several = number.sd is not None and meant.averaging in ("one mask", "pooled")
        return replace(number, meant=replace(meant, averaging="unknown") if several else meant)


@dataclass(frozen=True)
class PrintedRow:
    """What one row of a table prints of one set: quantities, each once or, rarely, twice."""

    table: str
    name: str
    of: str
    numbers: Mapping[str, Sequence[PrintedNumber]]
    about: TableContext

    def place(self, *parts: str) -> str:
        """Where its table stands, or a part of it, for people."""
        return ", ".join(filter(None, [self.about.where or f"table {self.table}", *parts]))

    def check(
        self, kind: str, shown: str, readings: Sequence[str], answer: Judgement, **more: Any
    ) -> Check:
        """A check of this row."""
        at = {"row": self.name, "place": self.place(self.name, self.of)}
        return self.check_table(kind, shown, readings, answer, **at | more)

    def check_table(
        self, kind: str, shown: str, readings: Sequence[str], answer: Judgement, **more: Any
    ) -> Check:
        """A check of the table of this row."""
        verdict, strength, causes = answer
        at = {"place": self.place(), "table": self.table} | more
        told = {"strength": strength, "readings": readings, "causes": causes}
        return Check(kind, verdict=verdict, shown=shown, **told, **at)

    def first(self, quantity: str) -> PrintedNumber | None:
        """The number of a quantity, or None where the row has none or two that differ."""
        found = self.numbers.get(quantity, ())
        return found[0] if len({n.text for n in found}) == 1 else None

    def span(self, quantity: str) -> Span | None:
        """What that number can stand for."""
        number = self.first(quantity)
        return number and number.span

    def each(self, quantity: str) -> list[Span]:
        """What each column of a quantity prints, in the order of the columns, equal or not."""
        return [n.span for n in self.numbers.get(quantity, ())]

    def has(self, *quantities: str) -> bool:
        """Whether each quantity is there."""
        return all(self.numbers.get(q) for q in quantities)

    def may_be_empty(self) -> bool:
        """Whether the overlaps may be those of no lesion at all: undefined, set to 0 or to 1."""
        overlaps = [span for q in OVERLAPS for span in self.each(q)]
        return self.about.empty != "none" and all(
            span.meets(exactly(0)) or span.meets(exactly(1)) for span in overlaps
        )

    def how(self, key: str, *quantities: str) -> set[Any]:
        """What the columns of these quantities say of `averaging`, `masks`, `smoothed`, `macro`."""
        return {getattr(n.meant, key) for q in quantities for n in self.numbers.get(q, ())}

    def said(self, *quantities: str) -> str:
        """The quantities as printed, for people."""
        return ", ".join(str(n) for q in quantities for n in self.numbers.get(q, ()))


@dataclass(frozen=True)
class PrintedPaper:
    """All printed numbers of a paper with their meaning.

    `notes` say how its files were read; `more` is what stands under the keys of a project.
    """

    cells: Mapping[tuple[str, str, str], tuple[str, str]]
    tables: Mapping[str, TableContext] = field(default_factory=dict)
    statements: Sequence[Callable[["PrintedPaper"], Check]] = ()
    name: str = ""
    notes: Sequence[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def number(self, reference: Reference) -> PrintedNumber:
        """Return the number that [table, row, column] or [table, row, column, part] names.

        A plain number is taken as it is: something known from elsewhere.
        """
        if isinstance(reference, int | float):
            return PrintedNumber(f"{reference:g}", exactly(reference))
        table, row, column, *part = (str(r) for r in reference)
        text, unit = self.cells[table, row, column]
        which = int(part[0]) if part else None
        span = printed(text, unit, which, self._decimals[table, column])
        cell = (table, row, column) if which is None else None
        sd = printed(text, unit, 1) if which is None and " +- " in text else None
        return PrintedNumber(piece(text, which), span, column, unit, cell=cell, sd=sd)

    def span(self, reference: Reference) -> Span:
        """Return what that number can stand for."""
        return self.number(reference).span

    def rows(self, table: str | None = None) -> list[PrintedRow]:
        """Return the rows of all tables or of one, each set of columns by itself."""
        return [row for row in self._every_row if table in (None, row.table)]

    def sets(self) -> list[list[PrintedRow]]:
        """Return the rows of each table and, there, of each set."""
        found: dict[tuple[str, str], list[PrintedRow]] = {}
        for row in self._every_row:
            found.setdefault((row.table, row.of), []).append(row)
        return list(found.values())

    @cached_property
    def _decimals(self) -> dict[tuple[str, str], int | None]:
        """Decimals that count in each column."""
        texts: dict[tuple[str, str], list[str]] = {}
        for (table, _, column), (text, _) in self.cells.items():
            texts.setdefault((table, column), []).append(text)
        found = {column: decimals_that_count(of) for column, of in texts.items()}
        for table, about in self.tables.items():
            told = {(table, name): column.decimals for name, column in about.columns.items()}
            found |= {column: n for column, n in told.items() if n is not None}
        return found

    @cached_property
    def _every_row(self) -> list[PrintedRow]:
        return [row for name, about in self.tables.items() for row in self._rows(name, about)]

    def _rows(self, table: str, about: TableContext) -> Iterator[PrintedRow]:
        if about.join:  # rows of the same name in several tables, as one row each
            for row in dict.fromkeys(row for other in about.join for row in self._names(other)):
                numbers: dict[str, list[PrintedNumber]] = {}
                for other in about.join:
                    numbers = self._numbers(other, row, self.tables[other].columns, about) | numbers
                yield PrintedRow(table, row, "", numbers, about)
            return
        if about.cells:
            yield from self._elsewhere(table, about)
            return
        averages = {row for summary in about.means for row in (summary.mean, summary.sd)}
        for row in (row for row in self._names(table) if row not in averages):
            for of in dict.fromkeys(c.of for c in about.columns.values()):
                columns = {n: c for n, c in about.columns.items() if c.of == of}
                if found := self._numbers(table, row, columns, about):
                    yield PrintedRow(table, row, of, found, about)

    def _names(self, table: str) -> list[str]:
        """Rows of a table, in their order."""
        return list(dict.fromkeys(row for of, row, _ in self.cells if of == table))

    def _numbers(
        self, table: str, row: str, columns: Mapping[str, ColumnContext], about: TableContext
    ) -> dict[str, list[PrintedNumber]]:
        found: dict[str, list[PrintedNumber]] = {}
        for name, column in columns.items():
            if column.is_ != "other" and (table, row, name) in self.cells:
                number = self.number((table, row, name))
                has_sd = (table, row, column.sd) in self.cells
                sd = self.span((table, row, column.sd)) if has_sd else number.sd
                found.setdefault(column.is_, []).append(number.of(about.resolved(column), sd=sd))
        return found

    def _elsewhere(self, table: str, about: TableContext) -> Iterator[PrintedRow]:
        """Rows of cells elsewhere; what their table leaves out is what the cells' tables say."""
        for row, cells in about.cells.items():
            numbers, two_classes = {}, about.two_classes
            for quantity, cell in cells.items():
                of = str(cell[0]) if isinstance(cell, Sequence) else ""
                source = self.tables.get(of, TableContext())
                two_classes |= source.two_classes
                meant = about.resolved(ColumnContext(quantity))
                left_out = [k for k in ("smoothed", "macro") if getattr(meant, k) is None]
                meant = replace(meant, **{k: getattr(source, k) for k in left_out})
                column = LABELS.get(quantity, quantity)
                numbers[quantity] = [self.number(cell).of(meant, column=column)]
            yield PrintedRow(table, row, "", numbers, replace(about, two_classes=two_classes))
