"""Digits that a scan takes for one another.

Only pairs that look alike in print are tried, one digit at a time, so that few of the nine other
digits count. A number that fits so is an innocent cause, never a proof that the scan misread it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scorecheck.checks import NOT, Check
from scorecheck.printed_numbers import PrintedNumber, PrintedPaper
from scorecheck.spans import Span, piece, printed

import scorecheck

ALIKE = {
    **{"0": "689", "1": "47", "2": "7", "3": "58", "4": "19", "5": "36"},
    **{"6": "058", "7": "12", "8": "0369", "9": "048"},
}
"""For each digit, those that scans take it for."""


def variants(number: str) -> Iterator[str]:
    """Yield a printed number with one digit taken for one that looks like it.

    Examples
    --------
    >>> list(variants("0.2"))
    ['6.2', '8.2', '9.2', '0.7']
    """
    for i, digit in enumerate(number):
        for other in ALIKE.get(digit, ""):
            yield number[:i] + other + number[i + 1 :]


def read_again(
    one: Check,
    paper: PrintedPaper,
    found: Sequence[Check],
    families: Sequence[scorecheck.Family],
) -> Check:
    """Name the nearest number that looks like the printed one and fits, here and everywhere.

    Not where most of a column does not fit: a scan does not misread a digit in every row.
    """
    asked = [c for c in found if (c.table, c.column) == (one.table, one.column)]
    wrong = {c.row for c in asked if c.verdict == NOT}
    if one.verdict != NOT or not one.cell or len(wrong) > max(2, len({c.row for c in asked}) / 2):
        return one
    rows = [row for row in paper.rows(one.table) if row.name == one.row]
    numbers = [n for row in rows for of in row.numbers.values() for n in of if n.cell == one.cell]
    if numbers[0].meant.smoothed:
        return one
    before = scorecheck.misfits(found)
    for other in _fitting(numbers[0], one.feasible):
        answers = scorecheck.answers(_with(paper, one.cell, other), families)
        solved = not any(c.cell == one.cell for c in answers if c.verdict == NOT)
        if solved and scorecheck.misfits(answers) < before:
            told = f"{one.shown} ({other}, which looks alike, would fit)"
            return replace(one, shown=told, alike=(other,))
    return one


def _fitting(number: PrintedNumber, allowed: Sequence[Span]) -> list[str]:
    """The variants of a printed number that some reading allows, nearest to it first."""
    tried = ((v, printed(v, number.unit)) for v in variants(number.text))
    found = [v for v, span in tried if any(span.meets(a) for a in allowed)]
    return sorted(found, key=lambda v: abs(float(v) - float(number.text)))


def _with(paper: PrintedPaper, cell: tuple[str, str, str], other: str) -> PrintedPaper:
    """The paper with one cell read as another number."""
    before, unit = paper.cells[cell]
    again = before.replace(piece(before, None), other, 1)
    return replace(paper, cells={**paper.cells, cell: (again, unit)})
