"""Rows that summarise others, columns that repeat others, and columns that should move together.

The mean of n printed values lies between the means of their lower and of their upper ends. The
standard deviation, with denominator n or n - 1, is a convex function of the values (a norm of the
deviations), so over the box of what was printed its largest value is at a corner; it changes by at
most the root mean square of the half-widths (triangle inequality), which gives a safe interval.

References
----------
Heathers, Anaya, van der Zee, Brown: SPRITE. PeerJ Preprints 6 (2018) e26968, for the same idea.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from busutils.claims.intervals import Interval
from busutils.claims.meaning import Means
from busutils.claims.overlap import IOUS
from busutils.claims.result import (
    AVERAGING,
    EPOCH,
    FITS,
    MISPRINT,
    NOT,
    OPEN,
    TWO_PLACES,
    UNUSUAL,
    Check,
)
from busutils.claims.schema import Paper, Row

CAUSES = (MISPRINT, "a mean of values with more decimals", "a row left out or added")


def check(paper: Paper) -> Iterator[Check]:
    """Check every mean and sd row, every repeated column, and the order of rows by two columns."""
    for table, about in paper.tables.items():
        for means in about.means:
            for column in about.columns:
                yield from summary(paper, table, column, means)
        rows = paper.rows(table)
        yield from repeated(rows)
        for of in dict.fromkeys(row.of for row in rows):
            yield from order([row for row in rows if row.of == of])


def mean(values: Sequence[Interval]) -> Interval:
    """Mean of printed values."""
    return Interval(
        float(np.mean([v.low for v in values])), float(np.mean([v.high for v in values]))
    )


def deviation(values: Sequence[Interval], ddof: int) -> Interval:
    """Standard deviation of printed values, with denominator n - `ddof`."""
    middles = np.array([v.middle for v in values])
    room = np.sqrt(np.sum([(v.width / 2) ** 2 for v in values]) / (len(values) - ddof))
    sd = middles.std(ddof=ddof)
    return Interval(max(0.0, float(sd - room)), float(sd + room))


def summary(paper: Paper, table: str, column: str, means: Means) -> Iterator[Check]:
    """A mean and a standard deviation row against the rows that they summarise."""
    cells = [(table, row, column) for row in means.of if (table, row, column) in paper.cells]
    if len(cells) < 2:
        return
    if len(cells) < len(means.of):
        place = f"{paper.tables[table].where or 'table ' + table}, {column}"
        told = "not every row that is summarised is printed here"
        yield Check("mean of rows", place, OPEN, told, table=table, column=column)
        return
    values = [paper.interval(cell) for cell in cells]
    wanted = {means.mean: {"mean": mean(values)}}
    wanted[means.sd] = {f"sd, denominator n - {d}": deviation(values, d) for d in (0, 1)}
    for row, readings in wanted.items():
        if (table, row, column) not in paper.cells:
            continue
        found = paper.number((table, row, column))
        good = any(found.interval.meets(allowed) for allowed in readings.values())
        told = "; ".join(
            f"{reading} {_scaled(allowed, paper, (table, row, column))}"
            for reading, allowed in readings.items()
        )
        yield Check(
            kind="mean of rows" if row == means.mean else "sd of rows",
            place=f"{paper.tables[table].where or 'table ' + table}, {row}, {column}",
            verdict=FITS if good else NOT,
            strength="" if good else TWO_PLACES,
            shown=f"{len(cells)} rows have {told}; printed {found.text}",
            readings=list(readings),
            causes=() if good else CAUSES,
            table=table,
            row=row,
            column=column,
            printed=(found.interval.low, found.interval.high),
            feasible=tuple((i.low, i.high) for i in readings.values()),
        )


def repeated(rows: Sequence[Row]) -> Iterator[Check]:
    """Two columns that print one quantity of one set must agree in every row."""
    for quantity in dict.fromkeys(q for row in rows for q in row.numbers):
        several = [row for row in rows if len(row.numbers.get(quantity, ())) > 1]
        if not several:
            continue
        wrong = [row for row in several if not _agree(row.each_column(quantity))]
        names = " and ".join(n.column for n in several[0].numbers[quantity])
        told = "; ".join(f"{row.name}: {row.said(quantity)}" for row in wrong[:3])
        yield Check(
            kind="one quantity in two columns",
            place=f"{rows[0].meaning.where or 'table ' + rows[0].table}, {names}",
            verdict=NOT if wrong else FITS,
            strength=TWO_PLACES if wrong else "",
            shown=f"{names} are one quantity ({quantity}) and differ in {len(wrong)} of "
            f"{len(several)} rows" + (f", such as {told}" if told else ""),
            readings=["both columns of one set and threshold"],
            causes=(MISPRINT, "columns exchanged in some rows", AVERAGING) if wrong else (),
            table=rows[0].table,
            column=names,
        )


def order(rows: Sequence[Row]) -> Iterator[Check]:
    """Dice and IoU of the same masks put models in nearly the same order."""
    for name in (*IOUS, "mean_iou"):
        both = [(r.interval("dice"), r.interval(name)) for r in rows if r.has("dice", name)]
        both = [pair for pair in both if None not in pair]
        if len(both) < 6:
            continue
        rho, p = spearmanr([d.middle for d, _ in both], [j.middle for _, j in both])
        yield Check(
            kind="order by Dice and IoU",
            place=rows[0].meaning.where or f"table {rows[0].table}",
            verdict=FITS,
            strength=UNUSUAL if rho < 0.5 else "",
            shown=f"rank correlation of Dice and IoU over {len(both)} rows is {rho:.2f} "
            f"(p {p:.2g}); of the same masks it is near 1",
            readings=["same masks"],
            causes=(AVERAGING, EPOCH) if rho < 0.5 else (),
            table=rows[0].table,
            column=name,
        )


def _agree(values: Sequence[Interval]) -> bool:
    return all(a.meets(b) for a, b in combinations(values, 2))


def _scaled(interval: Interval, paper: Paper, cell: tuple[str, str, str]) -> Interval:
    """An interval in the unit in which a cell is printed."""
    scale = 100 if paper.cells[cell][1] == "%" else 1
    return Interval(scale * interval.low, scale * interval.high)
