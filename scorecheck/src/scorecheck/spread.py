"""A mean of shares beside its standard deviation, printed as 0.86 ± 0.02.

Values between 0 and 1 have x² <= x, so n of them with mean m have a mean square of at most m, and
a variance of at most m(1 - m) with denominator n, and n/(n - 1) times that with n - 1; half zeros
and half ones reach it. What the values are, images, folds or runs, does not matter, as long as
mean and deviation are of the same ones. They are not where a score of pooled counts stands beside
a deviation over images: then only m(1 - m) <= 1/4 holds.

References
----------
Bhatia, Davis: A better bound on the variance. American Mathematical Monthly 107 (2000) 353-357.
"""

from collections.abc import Iterator

from scorecheck.intervals import Interval, clipped
from scorecheck.overlap import SHARES
from scorecheck.checks import FITS, MISPRINT, NO_READING, NOT, UNUSUAL, Check
from scorecheck.paper import Number, Paper, Row

CAUSES = (
    "a median, a range or an interval of confidence, and no mean and standard deviation",
    "a mean weighted by the sizes of folds, or of pooled counts, beside a plain deviation",
    MISPRINT,
)


def check(paper: Paper) -> Iterator[Check]:
    """Check every share that is printed with a standard deviation."""
    for row in paper.rows():
        for quantity in (*SHARES, "tversky"):
            for number in row.numbers.get(quantity, ()):
                if number.sd is not None:
                    yield deviation(row, quantity, number)


def largest(mean: Interval, over: int | None = None) -> float:
    """Largest standard deviation of shares with this mean; `over` None stands for 2 or more.

    Examples
    --------
    >>> round(largest(Interval(0.5, 0.5), 2), 4), round(largest(Interval(0.9, 0.9), 101), 4)
    (0.7071, 0.3015)
    """
    n = over or 2
    m = min(max(0.5, mean.low), mean.high)
    return (m * (1 - m) * n / (n - 1)) ** 0.5


def deviation(row: Row, quantity: str, number: Number) -> Check:
    """A standard deviation against the largest that its mean allows."""
    column = row.columns.get(quantity)
    over = column.over if column else None
    told = f"{over} values" if over else "two or more values"
    readings = {f"mean and deviation of {told}": largest(clipped(number.interval), over)}
    if number.meant.averaging != "means":
        readings["pooled counts beside a deviation"] = largest(Interval(0.5, 0.5), over)
    fitting = [name for name, top in readings.items() if number.sd.low <= top]
    mixed = len(fitting) < len(readings) and bool(fitting)
    tops = "; ".join(f"{name}: at most {top:.4f}" for name, top in readings.items())
    return Check(
        kind="sd of shares",
        place=row.place,
        verdict=FITS if fitting else NOT,
        strength=UNUSUAL if mixed else "" if fitting else NO_READING,
        shown=f"{number} with a deviation of {number.sd}; {tops}",
        readings=[f"{name}: 0 to {top:.4f}" for name, top in readings.items()],
        causes=CAUSES if mixed or not fitting else (),
        table=row.table,
        row=row.name,
        column=number.column,
        printed=(number.sd.low, number.sd.high),
        feasible=tuple((0.0, top) for top in readings.values()),
    )
