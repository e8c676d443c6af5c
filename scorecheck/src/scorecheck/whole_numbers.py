"""Shares of few things: a percentage of n things is k/n for a whole number k.

A printed share fits n things if some k/n lies in its span; several values that all fit one n tell
something about n. Chances are in ``METHODS.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from scorecheck import innocent
from scorecheck.checks import Check, judged
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS
from scorecheck.spans import SLACK, Span, exactly

CAUSES = (
    innocent.MISPRINT,
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


@dataclass(frozen=True)
class CommonDenominator:
    """The n and shift that most values fit, and how often chance does as well.

    `n` values of `of` fit `size` with `shift`; `chance` is summed over all that was tried.
    """

    size: int
    shift: float
    n: int
    of: int
    chance: float


def denominator(
    values: Sequence[Span], sizes: Sequence[int], shifts: Sequence[float] = (0.0,)
) -> CommonDenominator:
    """Search the number of things, and a shift common to all, that most distinct shares fit.

    Values that a shift brings to 0 or 1 fit every n, so they do not count.
    """
    sizes = np.asarray(sizes)
    tried = []
    for shift in shifts:
        moved = [v + exactly(shift) for v in values]
        moved = [v for v in moved if v.low > 0 and v.high < 1]
        by_chance = np.minimum(1.0, sizes * max((v.width for v in moved), default=1.0))
        hits = sum((fits(v, sizes).astype(int) for v in moved), np.zeros(len(sizes), int))
        tails = scipy.stats.binom.sf(hits - 1, len(moved), by_chance)
        tried.append((float(tails.min()), shift, len(moved), hits, by_chance, int(tails.argmin())))
    least, shift, counted, hits, _, best = min(tried, key=lambda t: t[0])
    chance = 0.0  # expected number of sizes and shifts at which chance alone has such a tail
    for _, _, n, _, by_chance, _ in tried:
        tails = scipy.stats.binom.sf(np.arange(n + 1)[:, None] - 1, n, by_chance[None])
        as_good = np.where(tails <= least * (1 + SLACK), tails, 0)
        chance += float(as_good.max(axis=0).sum())
    return CommonDenominator(int(sizes[best]), shift, int(hits[best]), counted, min(1.0, chance))


def tail(k: int, n: int, marked: int, population: int) -> float:
    """Chance of a draw at least as far out as `k` marked ones of `n`, on both sides.

    The tail of the hypergeometric distribution on its side, doubled because the other side would
    have been noticed too.
    """
    above = scipy.stats.hypergeom.sf(k - 1, population, marked, n)
    below = scipy.stats.hypergeom.cdf(k, population, marked, n)
    return float(min(1.0, 2 * min(above, below)))
