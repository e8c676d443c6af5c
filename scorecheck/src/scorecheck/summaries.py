"""Rows that summarise others, columns that repeat others, and columns that should move together.

The mean of n printed values lies between the means of their lower and of their upper ends. The
standard deviation, with denominator n or n - 1, is a convex function of the values (a norm of the
deviations), so over the box of what was printed its largest value is at a corner; it changes by at
most the root mean square of the half-widths (triangle inequality), which gives a safe interval.

A mean weighted by the number of images of each row still lies between the least and the largest
row. A standard deviation over images, of all rows or as a mean over rows, is one of shares with
mean m: x^2 <= x gives a variance of at most m(1 - m), times n/(n - 1) <= 2 for another denominator.

References
----------
Heathers, Anaya, van der Zee, Brown: SPRITE. PeerJ Preprints 6 (2018) e26968, for the same idea.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from scorecheck.answers import IOUS
from scorecheck.intervals import Interval, clipped, hull
from scorecheck.context import Means
from scorecheck.overlap import SHARES
from scorecheck.readings import COUNTS, EPOCHS, averaging
from scorecheck.checks import (
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
from scorecheck.paper import Paper, Row

CAUSES = (MISPRINT, "a mean of values with more decimals", "a row left out or added")
WEIGHTED = "a mean weighted by the number of images of each row"
OVER_IMAGES = "a standard deviation over images"


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
    over_images = _over_images(paper, table, column, values)
    loose = {means.mean: {"weighted mean": hull(values)}, means.sd: {"sd over images": over_images}}
    loose = {} if means.plain else loose
    for row, readings in wanted.items():
        if (table, row, column) not in paper.cells:
            continue
        found = paper.number((table, row, column))
        good, other = (
            any(found.interval.meets(allowed) for allowed in tried.values())
            for tried in (readings, loose.get(row, {}))
        )
        told = "; ".join(
            f"{reading} {_scaled(allowed, paper, (table, row, column))}"
            for reading, allowed in readings.items()
        )
        of_mean = row == means.mean
        kind, cause = ("mean of rows", WEIGHTED) if of_mean else ("sd of rows", OVER_IMAGES)
        yield Check(
            kind=kind,
            place=f"{paper.tables[table].where or 'table ' + table}, {row}, {column}",
            verdict=FITS if good or other else NOT,
            strength="" if good else UNUSUAL if other else TWO_PLACES,
            shown=f"{len(cells)} rows have {told}; printed {found.text}",
            readings=[*readings, *loose.get(row, {})],
            causes=() if good else (*CAUSES, cause),
            table=table,
            row=row,
            column=column,
            printed=(found.interval.low, found.interval.high),
            feasible=tuple((i.low, i.high) for i in readings.values()),
        )


def repeated(rows: Sequence[Row]) -> Iterator[Check]:
    """Two columns that print one quantity of one set must agree in every row.

    Where they may differ in averaging, masks, classes, a constant or epoch, nobody can say.
    """
    for quantity in dict.fromkeys(q for row in rows for q in row.numbers):
        several = [row for row in rows if len(row.numbers.get(quantity, ())) > 1]
        if not several:
            continue
        wrong = [row for row in several if not _agree(row.each_column(quantity))]
        names = " and ".join(n.column for n in several[0].numbers[quantity])
        told = "; ".join(f"{row.name}: {row.said(quantity)}" for row in wrong[:3])
        known = all(_one_meaning(row, quantity) for row in wrong)
        misfit = bool(wrong) and known
        yield Check(
            kind="one quantity in two columns",
            place=f"{rows[0].meaning.where or 'table ' + rows[0].table}, {names}",
            verdict=NOT if misfit else FITS if known else OPEN,
            strength=TWO_PLACES if misfit else "",
            shown=f"{names} are one quantity ({quantity}) and differ in {len(wrong)} of "
            f"{len(several)} rows" + (f", such as {told}" if told else ""),
            readings=["both columns of one set, threshold and averaging"]
            if known
            else ["of one threshold and averaging: does not fit", "of unlike ones: fits"],
            causes=(MISPRINT, "columns exchanged in some rows", AVERAGING) if misfit else (),
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


def _over_images(paper: Paper, table: str, column: str, values: Sequence[Interval]) -> Interval:
    """What a standard deviation over images can be: no more than about 0.7 for shares."""
    about = paper.tables[table].columns.get(column)
    if about is None or about.is_ not in SHARES:
        return Interval(0.0, np.inf)
    m = hull([clipped(v) for v in values])
    largest = max(x * (1 - x) for x in (m.low, m.high, clipped(Interval(0.5, 0.5), m).low))
    return Interval(0.0, float(np.sqrt(2 * largest)))


def _one_meaning(row: Row, quantity: str) -> bool:
    """Whether all columns of a quantity are said to be made in one way, at one epoch."""
    about = row.meaning
    left_out = {"unknown", "by column", None}
    said = [row.how(key, quantity) for key in ("averaging", "masks", "smoothed", "macro")]
    alike = all(len(values) == 1 and not values & left_out for values in said)
    counted = averaging(row, quantity) in COUNTS or about.empty == "none"
    return alike and counted and about.epoch in EPOCHS


def _agree(values: Sequence[Interval]) -> bool:
    return all(a.meets(b) for a, b in combinations(values, 2))


def _scaled(interval: Interval, paper: Paper, cell: tuple[str, str, str]) -> Interval:
    """An interval in the unit in which a cell is printed."""
    scale = 100 if paper.cells[cell][1] == "%" else 1
    return Interval(scale * interval.low, scale * interval.high)
