"""Small papers for tests: a table from rows of text, with what it means."""

import re

from scorecheck.cells import CsvCell
from scorecheck.context import TableContext
from scorecheck.kinds import Place, made
from scorecheck.printed_numbers import PrintedPaper
from scorecheck.statements import KINDS, statement

import scorecheck

PLAIN = {
    **{"averaging": "alike", "masks": "hard", "smoothed": False, "macro": False},
    **{"epoch": "same", "empty": "none", "two_classes": True},
}
"""All that a paper can say of its scores; what a test sets to None is left out."""


def paper(columns, rows, statements=(), meant=TableContext, **about):
    """A paper with one table ``T``; `columns` by name, `rows` by name with values as text.

    A value may be followed by its unit; `meant` is the class of a table, which may have the keys
    of a project.
    """
    kinds = {
        name: {"is": kind} if isinstance(kind, str) else kind for name, kind in columns.items()
    }
    cells = {
        ("T", row, column): re.fullmatch(r"(.*?) ?(%|[a-zA-Z]{2,}|[kM])?", text).groups("")
        for row, values in rows.items()
        for column, text in zip(columns, values, strict=True)
        if text
    }
    said = {key: value for key, value in (PLAIN | about).items() if value is not None}
    tables = {"T": made(meant, {"columns": kinds} | said, Place("T"))}
    return PrintedPaper(cells, tables, read_statements(statements, cells))


def read_statements(given, cells, known=KINDS):
    """Statements as a file would give them, with the cells that they name."""
    printed = {key: CsvCell("", key, text, unit, "T") for key, (text, unit) in cells.items()}
    return [statement(one, Place("T", printed=printed), known) for one in given]


def checks(kind, *args, **about):
    """All checks of one kind."""
    return [one for one in scorecheck.check(paper(*args, **about)) if one.kind == kind]


def verdict(kind, *args, **about):
    """The verdict of the one check of a kind."""
    (one,) = checks(kind, *args, **about)
    return one.verdict


def stated(statement, rows, columns=("x",)):
    """The answer to one statement about a table of plain numbers."""
    made = paper(dict.fromkeys(columns, "other"), rows, [statement])
    (one,) = [c for c in scorecheck.check(made)]
    return one
