"""Shares of few things: a percentage of n things is k/n for a whole number k.

A printed share fits n things if some k/n lies in its span.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from scorecheck import checks
from scorecheck.checks import Check, judged
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS
from scorecheck.spans import SLACK, Span

CAUSES = (
    checks.MISPRINT,
    *("a mean over batches or folds", "another number of items", "a common shift"),
)


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check columns whose number of items is known."""
    for table, about in paper.tables.items():
        rows = paper.rows(table)
        for name, column in about.columns.items():
            if column.items:
                yield from whole_counts(name, column.items, rows)


def fits(span: Span, n: int | np.ndarray) -> np.ndarray:
    """Whether some k/n lies in a span."""
    return np.floor(span.high * n + SLACK) >= np.ceil(span.low * n - SLACK)


def smallest(span: Span, most: int = 2000) -> int | None:
    """Return the smallest number of things that gives a share in a span."""
    found = np.flatnonzero(fits(span, np.arange(1, most + 1)))
    return int(found[0]) + 1 if len(found) else None


def whole_counts(name: str, items: Sequence[int], rows: Sequence[PrintedRow]) -> Iterator[Check]:
    """Every share of a column must be k/n for one of the numbers of items given."""
    cells = [(r, n) for r in rows for ns in r.numbers.values() for n in ns if n.column == name]
    cells = [(r, n) for r, n in cells if n.sd is None]
    if not cells or cells[0][1].meant.averaging not in COUNTS:
        return  # a mean of shares need not be k/n
    hits = {size: sum(bool(fits(n.span, size)) for _, n in cells) for size in items}
    wrong = [(r, n) for r, n in cells if not any(fits(n.span, size) for size in items)]
    told = [f"{n.text} ({r.name}; smallest n {smallest(n.span)})" for r, n in wrong]
    sizes = " or ".join(f"{size} ({hits[size]} of them)" for size in items)
    shown = f"{len(cells) - len(wrong)} of {len(cells)} values are k/n for n = {sizes}"
    shown += f"; not: {', '.join(told)}" if wrong else ""
    readings, answer = [f"{size} items" for size in items], judged(not wrong, CAUSES)
    at = {"place": rows[0].place(name), "row": wrong[0][0].name if wrong else "", "column": name}
    yield rows[0].check_table("whole number of items", shown, readings, answer, **at)
