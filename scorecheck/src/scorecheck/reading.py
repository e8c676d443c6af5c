"""Printed numbers with their context: a CSV of cells and a YAML file that says what they mean.

:mod:`scorecheck.cells` reads the CSV. The YAML file has, under the key `checks`: `tables`
(:class:`scorecheck.context.TableContext` by the table's name) and `statements`
(:mod:`scorecheck.statements`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from scorecheck import cells, yaml_values
from scorecheck.cells import CsvCell
from scorecheck.context import TableContext
from scorecheck.kinds import Key, Kind, keys
from scorecheck.overlap import SHARES
from scorecheck.printed_numbers import PrintedPaper
from scorecheck.statements import KINDS, StatementKind, statement


def read(
    files: Iterable[Path],
    file: Path,
    *,
    top: Iterable[str] = (),
    tables: Iterable[str] = (),
    checks: Mapping[str, Kind] | None = None,
    table: type[TableContext] = TableContext,
    statements: Mapping[str, StatementKind] = KINDS,
) -> PrintedPaper:
    """Read the printed numbers of a paper from `files`, and what they mean from `file`.

    A project's files may hold more: keys at the `top` and below a key ``tables`` there, which are
    not read; `checks` beside the tables and statements, by their kind; fields of a class of its
    own in a `table`; and other kinds of `statements`.
    """
    about, whole, notes = yaml_values.read(Path(file))
    if not isinstance(about, Mapping) or not about.get("checks"):
        raise whole.error("there is no key checks with tables or statements below it: add it")
    lines: list[CsvCell] = []
    for one in files:
        found, told = cells.read(Path(one))
        lines += found
        notes += told
    of_table = dict.fromkeys(tables, object) | {"transposed": bool}
    layout = dict[str, of_table]
    known = {"paper": str, "tables": layout, "checks": object}
    about = keys(dict.fromkeys(top, object) | known, about, whole)
    turned = {n for n, of in about.get("tables", {}).items() if of.get("transposed")}
    name = about.get("paper") or next((c.paper for c in lines if c.paper), "")
    for one in turned:
        (whole / "tables").choose(one, dict.fromkeys(c.key[0] for c in lines), "table")
    printed = _by_key(lines, name, turned)
    stated = partial(statement, known=statements)
    known = {"tables": dict[str, table], "statements": Annotated[list[stated], 0]}
    place = replace(whole / "checks", printed=printed)
    said = keys(known | (checks or {}), about["checks"], place)
    paper = PrintedPaper(
        {key: (c.text, c.unit) for key, c in printed.items() if c.text is not None},
        said.pop("tables", {}),
        said.pop("statements", ()),
        about.get("paper", Path(file).stem),
        notes,
        more=said,
    )
    with_columns = [name for name, of in paper.tables.items() if of.columns]
    for name, of in paper.tables.items():
        for i, other in enumerate(of.join):
            (place / "tables" / name / "join" / i).choose(other, with_columns, "table with columns")
        _in_one_unit(list(_numbers(name, of, printed)))
    return paper


def _by_key(lines: Sequence[CsvCell], paper: str, turned: set[str]) -> dict[Key, CsvCell]:
    """Cells of one paper by table, row and column; a table that it prints turned is turned back."""
    found: dict[Key, CsvCell] = {}
    for one in lines:
        if one.paper not in ("", paper):
            raise one.error(
                f"this number is of paper {one.paper!r}, others or the context are of {paper!r}: "
                "check one paper at a time, or give both the same name"
            )
        table, row, column = one.key
        key = (table, column, row) if table in turned else one.key
        if key in found:
            told = f"{' / '.join(key)} is there twice (see {found[key].place})"
            raise one.error(f"{told}: leave one out")
        found[key] = one
    return found


def _numbers(
    name: str, table: TableContext, printed: Mapping[Key, CsvCell]
) -> Iterator[tuple[str, str, CsvCell, float]]:
    """Each number that a table's checks read: group, quantity, its cell, its least value.

    A deviation in another unit than its mean is refused.
    """
    summarised = {row for rows in table.means for row in (*rows.of, rows.mean, rows.sd)}
    for (of, row, column), cell in printed.items():
        meant = table.columns.get(column)
        if of != name or not meant or cell.text is None:
            continue
        if meant.is_ != "other":
            yield column, meant.is_, cell, cell.span().low
        elif row in summarised:
            cell.span()
        sd = printed.get((name, row, meant.sd))
        if sd and sd.text is not None and sd.span().high < 0:
            raise sd.error(f"a deviation of {sd.text} is below 0: mend it")
        if sd and sd.text is not None and sd.span() and sd.unit != cell.unit:
            units = "the deviation is in {!r}, its mean in {!r}: give both the same unit"
            raise sd.error(units.format(sd.unit or "no unit", cell.unit or "no unit"))
    for quantities in table.cells.values():
        for quantity, reference in quantities.items():
            if isinstance(reference, list):
                cell = printed[tuple(reference[:3])]
                yield quantity, quantity, cell, cell.span(*reference[3:]).low


def _in_one_unit(numbers: Sequence[tuple[str, str, CsvCell, float]]) -> None:
    """Refuse units that are not known, and shares whose unit is forgotten, column by column."""
    for _, quantity, cell, _ in numbers:
        if cell.unit not in ("", "%"):
            told = f"{quantity} in {cell.unit!r} is not understood"
            raise cell.error(f"{told}: write the unit %, or none")
    for group in dict.fromkeys(g for g, q, _, _ in numbers if q in SHARES):
        column = [(low, cell) for g, _, cell, low in numbers if g == group]
        plain, percent = ([(x, c) for x, c in column if c.unit == unit] for unit in ("", "%"))
        above = [(low, cell) for low, cell in plain if low > 1]
        low, cell = max(above, key=lambda pair: pair[0], default=(0, None))
        if cell and (2 * len(above) > len(plain) or low > 2):
            told = f"{group} {cell.text} is a share above 1 without a unit"
            raise cell.error(f"{told}: write % in the column unit if it is in per cent, or mend it")
        if len(percent) > 1 and 0 < max(low for low, _ in percent) < 0.01:
            cell = percent[0][1]
            told = f"{group} {cell.text} % and all others are below 1 per cent"
            raise cell.error(f"{told}: leave the unit out if they are shares")
