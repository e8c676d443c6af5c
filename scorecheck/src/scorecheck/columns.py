"""Whole columns: rows that summarise others, columns that repeat others, deviations, whole numbers.

What rounding leaves open of a mean and of a standard deviation, and how large the deviation of
values between 0 and 1 can be, is in ``METHODS.md``. A printed share fits n things if k/n lies in
its span for some whole number k.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from scorecheck import checks
from scorecheck.checks import FITS, NOT, OPEN, TWO_PLACES, UNUSUAL, Check, judged, remark
from scorecheck.context import SummaryRows
from scorecheck.overlap import SHARES
from scorecheck.printed_numbers import PrintedNumber, PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, bounding
from scorecheck.spans import SLACK, Span, clipped, common, hull

WEIGHTED = "a mean weighted by the number of images of each row"
OVER_IMAGES = "a standard deviation over images"
CAUSES = (checks.MISPRINT, "a mean of values with more decimals", "a row left out or added")
OF_ITEMS = ("a mean over batches or folds", "another number of items", "a common shift")
ONE_MEANING = ["both columns of one set, threshold and averaging"]
SEVERAL_MEANINGS = ["of one threshold and averaging: does not fit", "of unlike ones: fits"]
OF_DEVIATIONS = (
    "a median, a range or an interval of confidence, and no mean and standard deviation",
    "a mean weighted by the sizes of folds, or of pooled counts, beside a plain deviation",
    checks.MISPRINT,
)


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check every mean and sd row, and every repeated column."""
    for table, about in paper.tables.items():
        for summary in about.means:
            for column in about.columns:
                yield from summarised(paper, table, column, summary)
        yield from repeated(paper.rows(table))


def check_deviations(paper: PrintedPaper) -> Iterator[Check]:
    """Check every share that is printed with a standard deviation."""
    for row in paper.rows():
        for number in (n for q in (*SHARES, "tversky") for n in row.numbers.get(q, ())):
            if number.sd is not None:
                yield beside_mean(row, number)


def check_whole_numbers(paper: PrintedPaper) -> Iterator[Check]:
    """Check columns whose number of items is known."""
    for table, about in paper.tables.items():
        for name, column in about.columns.items():
            if column.items:
                yield from whole_counts(name, column.items, paper.rows(table))


def fits(span: Span, n: int | np.ndarray) -> np.ndarray:
    """Whether some k/n lies in a span."""
    return np.floor(span.high * n + SLACK) >= np.ceil(span.low * n - SLACK)


def smallest(span: Span, most: int = 2000) -> int | None:
    """Return the smallest number of things that gives a share in a span."""
    found = np.flatnonzero(fits(span, np.arange(1, most + 1)))
    return int(found[0]) + 1 if len(found) else None


def mean(values: Sequence[Span]) -> Span:
    """Mean of printed values."""
    return Span(float(np.mean([v.low for v in values])), float(np.mean([v.high for v in values])))


def deviation(values: Sequence[Span], ddof: int) -> Span:
    """Standard deviation of printed values, with denominator n - `ddof`."""
    room = np.sqrt(np.sum([(v.width / 2) ** 2 for v in values]) / (len(values) - ddof))
    sd = np.array([v.middle for v in values]).std(ddof=ddof)
    return Span(max(0.0, float(sd - room)), float(sd + room))


def largest_deviation(mean: Span, over: int | None = None) -> float:
    """Largest standard deviation of shares with this mean; `over` None stands for 2 or more."""
    n = over or 2
    m = min(max(0.5, mean.low), mean.high)
    return (m * (1 - m) * n / (n - 1)) ** 0.5


def beside_mean(row: PrintedRow, number: PrintedNumber) -> Check:
    """A standard deviation against the largest that its mean allows."""
    over = number.meant.over
    name = f"mean and deviation of {over or 'two or more'} values"
    tops = {name: largest_deviation(clipped(number.span), over)}
    if number.meant.averaging != "means":
        tops["pooled counts beside a deviation"] = largest_deviation(Span(0.5, 0.5), over)
    fitting = [name for name, top in tops.items() if number.sd.low <= top]
    mixed = 0 < len(fitting) < len(tops)
    told = "; ".join(f"{name}: at most {top:.4f}" for name, top in tops.items())
    answer = remark(True, OF_DEVIATIONS) if mixed else judged(bool(fitting), OF_DEVIATIONS)
    shown = f"{number} with a deviation of {number.sd}; {told}"
    readings = [f"{name}: 0 to {top:.4f}" for name, top in tops.items()]
    of = {"printed": number.sd, "feasible": tuple(Span(0.0, top) for top in tops.values())}
    return row.check("sd of shares", shown, readings, answer, column=number.column, **of)


def summarised(
    paper: PrintedPaper, table: str, column: str, summary: SummaryRows
) -> Iterator[Check]:
    """A mean and a standard deviation row against the rows that they summarise."""
    about, at = paper.tables[table], {"table": table, "column": column}
    where, cells = about.where or f"table {table}", [(table, row, column) for row in summary.of]
    values = [paper.span(cell) for cell in cells if cell in paper.cells]
    if len(values) < len(cells):
        if len(values) > 1:
            told = "not every row that is summarised is printed here"
            yield Check("mean of rows", f"{where}, {column}", OPEN, told, **at)
        return
    shares = about.columns[column].is_ in SHARES
    top = largest_deviation(hull([clipped(v) for v in values])) if shares else np.inf
    means, weighted = {"mean": mean(values)}, ("weighted mean", hull(values), WEIGHTED)
    sds = {f"sd, denominator n - {ddof}": deviation(values, ddof) for ddof in (0, 1)}
    over_images = ("sd over images", Span(0.0, top), OVER_IMAGES)
    for kind, row, readings, (other, loosely, cause) in (
        ("mean of rows", summary.mean, means, weighted),
        ("sd of rows", summary.sd, sds, over_images),
    ):
        if (table, row, column) not in paper.cells:
            continue
        number = paper.number((table, row, column))
        scale = 100 if number.unit == "%" else 1
        good = any(number.span.meets(allowed) for allowed in readings.values())
        loose = not summary.plain and number.span.meets(loosely)
        told = "; ".join(f"{reading} {scale * allowed}" for reading, allowed in readings.items())
        yield Check(
            kind,
            f"{where}, {row}, {column}",
            verdict=FITS if good or loose else NOT,
            strength="" if good else UNUSUAL if loose else TWO_PLACES,
            shown=f"{len(cells)} rows have {told}; printed {number.text}",
            readings=[*readings, *[other] * (not summary.plain)],
            causes=() if good else (*CAUSES, cause),
            row=row,
            printed=number.span,
            feasible=tuple(readings.values()),
            **at,
        )


def repeated(rows: Sequence[PrintedRow]) -> Iterator[Check]:
    """Two columns that print one quantity of one set must agree in every row.

    Where they may differ in averaging, masks, classes, a constant or epoch, nobody can say.
    """
    for quantity in dict.fromkeys(q for row in rows for q in row.numbers):
        several = [row for row in rows if len(row.each(quantity)) > 1]
        if not several:
            continue
        wrong = [row for row in several if not common(row.each(quantity))]
        names = " and ".join(n.column for n in several[0].numbers[quantity])
        told = "; ".join(f"{row.name}: {row.said(quantity)}" for row in wrong[:3])
        shown = (
            f"{names} are one quantity ({quantity}) and differ in {len(wrong)} of "
            f"{len(several)} rows" + (f", such as {told}" if told else "")
        )
        causes = (checks.MISPRINT, "columns exchanged in some rows", checks.AVERAGING)
        answer, readings = judged(not wrong, causes, TWO_PLACES), ONE_MEANING
        if not all(_one_meaning(row, quantity) for row in wrong):
            answer, readings = (OPEN, "", ()), SEVERAL_MEANINGS
        at = {"place": rows[0].place(names), "column": names}
        yield rows[0].check_table("one quantity in two columns", shown, readings, answer, **at)


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
    readings = [f"{size} items" for size in items]
    answer = judged(not wrong, (checks.MISPRINT, *OF_ITEMS))
    at = {"place": rows[0].place(name), "row": wrong[0][0].name if wrong else "", "column": name}
    yield rows[0].check_table("whole number of items", shown, readings, answer, **at)


def _one_meaning(row: PrintedRow, quantity: str) -> bool:
    """Whether all columns of a quantity are said to be made in one way, at one epoch."""
    left_out = {"unknown", "by column", None}
    said = [row.how(key, quantity) for key in ("averaging", "masks", "smoothed", "macro")]
    alike = all(len(values) == 1 and not values & left_out for values in said)
    return alike and bool(bounding(row, quantity))
