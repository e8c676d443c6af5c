"""Printed numbers with their context: a CSV of cells and a YAML file that says what they mean.

The CSV has the columns paper, table, row, column, value, unit; values stay text. The YAML file has,
under the key `checks`: `tables` (:class:`busutils.claims.meaning.Meaning` by the table's name),
`statements` (:mod:`busutils.claims.statements`), `not_by_code` (findings with the reason why code
cannot find them), `settle` (what would answer the open questions) and `note` (for readers).
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from busutils.claims.meaning import meaning
from busutils.claims.schema import Paper
from busutils.errors import UserError, choose

HEAD = ["paper", "table", "row", "column", "value", "unit"]
KEYS = ("tables", "statements", "not_by_code", "settle", "note")


def read(files: Iterable[Path], context: Path) -> Paper:
    """Read the printed numbers of a paper and what they mean.

    Raises
    ------
    UserError
        If a file is malformed; the sentence names file, line or key, and the remedy.
    """
    about = _context(Path(context))
    turned = {name for name, t in about.get("tables", {}).items() if (t or {}).get("transposed")}
    cells: dict[tuple[str, str, str], tuple[str, str]] = {}
    for file in files:
        _add(cells, Path(file), turned)
    checks = about.get("checks", {})
    for key in checks:
        choose(key, KEYS, f"key of checks in {context}")
    paper = Paper(
        cells=cells,
        tables={
            str(name): meaning(values, f"table {name} in {context}")
            for name, values in (checks.get("tables") or {}).items()
        },
        statements=checks.get("statements") or (),
        not_by_code=checks.get("not_by_code") or {},
        settle=checks.get("settle") or (),
        name=str(about.get("paper", Path(context).stem)),
    )
    _every_column_is_there(paper, context)
    return paper


def _context(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise UserError(f"{file} is not there: give the YAML file that says what the columns mean")
    try:
        about = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise UserError(f"{file}, line {line}: this is not YAML: {_problem(error)}") from error
    if not isinstance(about, dict) or not isinstance(about.get("checks", {}), dict):
        raise UserError(f"{file} has no key `checks` with keys below it: see the page on claims")
    return about


def _problem(error: yaml.YAMLError) -> str:
    return getattr(error, "problem", None) or str(error).splitlines()[0]


def _add(cells: dict, file: Path, turned: set[str]) -> None:
    """Add the cells of one CSV; a table that the paper prints turned is turned back."""
    if not file.is_file():
        raise UserError(f"{file} is not there: give a CSV with the columns {','.join(HEAD)}")
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != HEAD:
            raise UserError(f"{file}, line 1: the columns must be {','.join(HEAD)}, in this order")
        for line in reader:
            if None in line or None in line.values():
                raise UserError(
                    f"{file}, line {reader.line_num}: {len(HEAD)} values are needed: "
                    "quote a value that holds a comma"
                )
            row, column = (
                (line["column"], line["row"])
                if line["table"] in turned
                else (
                    line["row"],
                    line["column"],
                )
            )
            key = (line["table"], row, column)
            if key in cells:
                raise UserError(f"{file}, line {reader.line_num}: {' / '.join(key)} is there twice")
            cells[key] = (line["value"].strip(), line["unit"].strip())


def _every_column_is_there(paper: Paper, context: Path) -> None:
    for name, about in paper.tables.items():
        printed_columns = list(dict.fromkeys(c for t, _, c in paper.cells if t == name))
        for column in about.columns:
            choose(column, printed_columns, f"column of table {name} in {context}")
