"""Printed numbers with their context: a CSV of cells and a YAML file that says what they mean.

:mod:`scorecheck.cells` reads the CSV. The YAML file has, under the key `checks`: `tables`
(:class:`scorecheck.context.Meaning` by the table's name), `statements`
(:mod:`scorecheck.statements`), `not_by_code` (findings with the reason why code cannot find
them), `settle` (what would answer the open questions) and `note` (for readers).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scorecheck import cells, context
from scorecheck.cells import Cell, interval
from scorecheck.context import Meaning, meaning
from scorecheck.overlap import SHARES
from scorecheck.paper import Paper
from scorecheck.statements import statement
from scorecheck.kinds import Key, Place, anything, keys, many, named, text, yes
from scorecheck.errors import UserError

CHECKS = keys(
    {
        "tables": named(meaning),
        "statements": many(statement, least=0),
        "not_by_code": named(text),
        "settle": many(text),
        "note": text,
    }
)
OF_BOOK = dict.fromkeys(
    ("title", "authors", "source", "sentence", "protocol", "inferred", "claims"), anything
)
TABLE_OF_BOOK = dict.fromkeys(("caption", "doubt", "no_counterpart", "columns", "rows"), anything)
TOP = OF_BOOK | {
    "paper": text,
    "tables": named(keys(TABLE_OF_BOOK | {"transposed": yes})),
    "checks": CHECKS,
}
"""The keys of a context file; what :mod:`busutils.compare` reads is left to it."""


def read(files: Iterable[Path], file: Path) -> Paper:
    """Read the printed numbers of a paper from `files`, and what they mean from `file`.

    Raises
    ------
    UserError
        If a file is malformed; the sentence names file, line or key, and the remedy.
    """
    about, top, notes = context.read(Path(file))
    if not isinstance(about, Mapping) or not about.get("checks"):
        raise top.error("there is no key checks with tables or statements below it: add it")
    lines: list[Cell] = []
    for one in files:
        found, told = cells.read(Path(one))
        lines += found
        notes += told
    _one_paper(lines, about, top)
    turned = {n for n, t in _tables(about, top).items() if t.get("transposed")}
    known = _by_key(lines, turned)
    about = keys(TOP, ["checks"])(about, replace(top, printed=known))
    paper = Paper(
        cells={key: (c.text, c.unit) for key, c in known.items() if c.text is not None},
        tables=about["checks"].get("tables", {}),
        statements=about["checks"].get("statements", ()),
        not_by_code=about["checks"].get("not_by_code", {}),
        settle=about["checks"].get("settle", ()),
        name=about.get("paper", Path(file).stem),
        notes=notes,
    )
    for name, table in paper.tables.items():
        _joined(table, paper, top / "checks" / "tables" / name / "join")
        _in_one_unit(list(_numbers(name, table, known)))
        _with_deviations(name, table, known)
    return paper


def _tables(about: Mapping[str, Any], top: Place) -> Mapping[str, Any]:
    """What the book says of the tables of a paper; read before the cells are known."""
    kind = keys({"tables": TOP["tables"]})
    return kind({k: v for k, v in about.items() if k == "tables"}, top).get("tables", {})


def _one_paper(lines: Sequence[Cell], about: Mapping[str, Any], top: Place) -> None:
    """Refuse numbers of several papers, or of another paper than the context's."""
    named_lines = [c for c in lines if c.paper]
    first = named_lines[0].paper if named_lines else ""
    meant = text(about["paper"], top / "paper") if "paper" in about else first
    for one in named_lines:
        if one.paper != meant:
            raise UserError(
                f"{one.place}: this number is of paper {one.paper!r}, others or the context are "
                f"of {meant!r}: check one paper at a time, or give both the same name"
            )


def _by_key(lines: Sequence[Cell], turned: set[str]) -> dict[Key, Cell]:
    """Cells by table, row and column; a table that the paper prints turned is turned back."""
    found: dict[Key, Cell] = {}
    for one in lines:
        table, row, column = one.key
        key = (table, column, row) if table in turned else one.key
        if key in found:
            raise UserError(
                f"{one.place}: {' / '.join(key)} is there twice (see {found[key].place}): "
                "leave one out"
            )
        found[key] = one
    return found


def _joined(table: Meaning, paper: Paper, place: Place) -> None:
    with_columns = [name for name, other in paper.tables.items() if other.columns]
    for i, name in enumerate(table.join):
        (place / i).choose(name, with_columns, "table with columns")


def _numbers(
    name: str, table: Meaning, known: Mapping[Key, Cell]
) -> Iterator[tuple[str, str, Cell, float]]:
    """Each number that a table's checks read: group, quantity, its cell, its least value."""
    for (of, _, column), cell in known.items():
        meant = table.columns.get(column)
        if of == name and meant and meant.is_ != "other" and cell.text is not None:
            yield column, meant.is_, cell, interval(cell).low
    for quantities in table.cells.values():
        for quantity, (*key, last) in (
            (q, c) for q, c in quantities.items() if isinstance(c, list)
        ):
            part = [last] if len(key) == 3 else []
            cell = known[tuple(key) if part else (*key, last)]
            yield quantity, quantity, cell, interval(cell, *part).low


def _in_one_unit(numbers: Sequence[tuple[str, str, Cell, float]]) -> None:
    """Refuse units that are not known, and shares whose unit is forgotten, column by column."""
    for _, quantity, cell, _ in numbers:
        if cell.unit not in ("", "%"):
            raise UserError(
                f"{cell.place}: {quantity} in {cell.unit!r} is not understood: "
                "write the unit %, or none"
            )
    for group in dict.fromkeys(g for g, q, _, _ in numbers if q in SHARES):
        column = [(cell, low) for g, _, cell, low in numbers if g == group]
        plain = [(cell, low) for cell, low in column if not cell.unit]
        above = [(cell, low) for cell, low in plain if low > 1]
        if above and (2 * len(above) > len(plain) or max(low for _, low in above) > 2):
            cell = max(above, key=lambda pair: pair[1])[0]
            raise UserError(
                f"{cell.place}: {group} {cell.text} is a share above 1 without a unit: "
                "write % in the column unit if it is in per cent, or mend it"
            )
        percent = [(cell, low) for cell, low in column if cell.unit]
        if len(percent) > 1 and 0 < max(low for _, low in percent) < 0.01:
            cell = percent[0][0]
            raise UserError(
                f"{cell.place}: {group} {cell.text} % and all others are below 1 per cent: "
                "leave the unit out if they are shares"
            )


def _with_deviations(name: str, table: Meaning, known: Mapping[Key, Cell]) -> None:
    """Refuse deviations, and rows that summarise others, that are no numbers in the same unit."""
    for (of, row, column), cell in known.items():
        if of != name or column not in table.columns or cell.text is None:
            continue
        if any(row in (*means.of, means.mean, means.sd) for means in table.means):
            interval(cell)
        sd = known.get((name, row, table.columns[column].sd))
        if sd and sd.text is not None and interval(sd) and sd.unit != cell.unit:
            raise UserError(
                f"{sd.place}: the deviation is in {sd.unit or 'no unit'!r}, its mean in "
                f"{cell.unit or 'no unit'!r}: give both the same unit"
            )
