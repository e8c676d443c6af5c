"""Shares of few things: a percentage of n things is k/n for a whole number k.

A printed share x fits n things if some k/n lies in the interval that x stands for. An interval of
width w is hit by chance with probability nw (1 if nw > 1), so several values that all hit one n
tell something about n: the chance of m or more hits of M values is a binomial tail, summed over
every n and every shift that was tried.

Precision and recall of both classes fix a whole 2 x 2 table: TP/(TP + FN), TN/(TN + FP),
TP/(TP + FP) and TN/(TN + FN) leave few tables, or none.

References
----------
Brown, Heathers: The GRIM test. Social Psychological and Personality Science 8 (2017) 363-369.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binom

from scorecheck import sampling
from scorecheck.answers import RATES
from scorecheck.intervals import SLACK, Interval
from scorecheck.readings import COUNTS, averaging
from scorecheck.checks import (
    FITS,
    IMPROBABLE,
    LIMIT,
    MISPRINT,
    NO_READING,
    NOT,
    OPEN,
    RECOVERED,
    UNUSUAL,
    Check,
)
from scorecheck.paper import Paper, Row
from scorecheck.errors import choose

CAUSES = (MISPRINT, "a mean over batches or folds", "another number of items", "a common shift")


def check(paper: Paper) -> Iterator[Check]:
    """Check columns whose number of items is known, then the pairs of classes."""
    for table in paper.tables:
        rows = paper.rows(table)
        for name, column in paper.tables[table].columns.items():
            if column.items:
                yield from whole_counts(name, column.items, rows)
        if paper.tables[table].classes:
            yield from class_tables(table, paper)


def fits(interval: Interval, n: int | np.ndarray) -> np.ndarray:
    """Whether some k/n lies in an interval.

    Examples
    --------
    >>> bool(fits(Interval(0.97995, 0.9801), 50)), bool(fits(Interval(0.97995, 0.9801), 65))
    (True, False)
    """
    return np.floor(interval.high * n + SLACK) >= np.ceil(interval.low * n - SLACK)


def smallest(interval: Interval, most: int = 2000) -> int | None:
    """Return the smallest number of things that gives a share in an interval."""
    found = np.flatnonzero(fits(interval, np.arange(1, most + 1)))
    return int(found[0]) + 1 if len(found) else None


def whole_counts(name: str, items: Sequence[int], rows: Sequence[Row]) -> Iterator[Check]:
    """Every share of a column must be k/n for one of the numbers of items given."""
    cells = [(r, n) for r in rows for ns in r.numbers.values() for n in ns if n.column == name]
    cells = [(r, n) for r, n in cells if n.sd is None]
    if not cells or cells[0][1].meant.averaging not in COUNTS:
        return  # a mean of shares need not be k/n
    hits = {size: sum(bool(fits(n.interval, size)) for _, n in cells) for size in items}
    wrong = [(r, n) for r, n in cells if not any(fits(n.interval, size) for size in items)]
    told = [f"{n.text} ({r.name}; smallest n {smallest(n.interval)})" for r, n in wrong]
    sizes = " or ".join(f"{size} ({hits[size]} of them)" for size in items)
    yield Check(
        kind="whole number of items",
        place=f"{cells[0][0].meaning.where or 'table ' + cells[0][0].table}, {name}",
        verdict=NOT if wrong else FITS,
        strength=NO_READING if wrong else "",
        shown=f"{len(cells) - len(wrong)} of {len(cells)} values are k/n for n = {sizes}"
        + (f"; not: {', '.join(told)}" if wrong else ""),
        readings=[f"{size} items" for size in items],
        causes=CAUSES if wrong else (),
        table=cells[0][0].table,
        row=wrong[0][0].name if wrong else "",
        column=name,
    )


@dataclass(frozen=True)
class Denominator:
    """The n and shift that most values fit, and how often chance does as well.

    `n` values of `of` fit `size` with `shift`; `chance` is summed over all that was tried.
    """

    size: int
    shift: float
    n: int
    of: int
    chance: float


def denominator(
    values: Sequence[Interval], sizes: Sequence[int], shifts: Sequence[float] = (0.0,)
) -> Denominator:
    """Search the number of things, and a shift common to all, that most values fit.

    Values that a shift brings to 0 or 1 fit every n, so they do not count.

    Parameters
    ----------
    values : distinct printed shares
    sizes : numbers of things to try
    shifts : amounts to add to every value
    """
    sizes = np.asarray(sizes)
    tried = [(shift, *_hits(values, sizes, shift)) for shift in shifts]
    shift, hits, counted, tails = min(tried, key=lambda t: float(t[3].min()))
    best = int(tails.argmin())
    chance = sum(_as_good(float(tails[best]), values, sizes, other) for other in shifts)
    return Denominator(int(sizes[best]), shift, int(hits[best]), counted, min(1.0, chance))


def class_tables(table: str, paper: Paper) -> Iterator[Check]:
    """Two rows that are the two classes of one experiment must come from one 2 x 2 table."""
    about = paper.tables[table].classes
    rows = {r.name: r for r in paper.rows(table) if r.has("precision", "sensitivity")}
    named = [[choose(name, rows, f"row of table {table}") for name in p] for p in about["pairs"]]
    pairs = [(rows[a], rows[b]) for a, b in named]
    solved = [(pair, solutions(*pair, about.get("up_to", 150))) for pair in pairs]
    for (first, second), found in solved:
        one = _one_table(first, second, found, about.get("items", ()))
        if one.verdict == NOT and averaging(first, *RATES) not in COUNTS:
            beside = ["counts of one experiment: does not fit", "means over folds: fits"]
            one = replace(one, verdict=OPEN, strength="", readings=beside, causes=())
        yield one
    if about.get("mix"):
        for (first, _), found in solved:
            if averaging(first, *RATES) in COUNTS:
                yield from _mix(first, found, about, len(pairs))


def solutions(first: Row, second: Row, up_to: int) -> np.ndarray:
    """Return all tables (TP, FN, FP, TN), classes up to `up_to`, that give precision and recall.

    Where a row prints recall in two columns that differ, each is tried.
    """
    found = [
        _tables(*(row.each("precision")[0] for row in (first, second)), one, other, up_to)
        for one, other in zip(
            first.each_column("sensitivity"), second.each_column("sensitivity"), strict=True
        )
    ]
    return np.unique(np.concatenate(found), axis=0)


def _tables(p1: Interval, p2: Interval, r1: Interval, r2: Interval, up_to: int) -> np.ndarray:
    (tp, fn), (tn, fp) = _parts(r1, up_to), _parts(r2, up_to)
    tp, fn, tn, fp = tp[:, None], fn[:, None], tn[None], fp[None]
    good = _within(tp, tp + fp, p1) & _within(tn, tn + fn, p2)
    i, j = np.nonzero(good)
    return np.stack([tp[i, 0], fn[i, 0], fp[0, j], tn[0, j]], axis=1)


def _parts(share: Interval, up_to: int) -> tuple[np.ndarray, np.ndarray]:
    """All (k, n - k) with k/n in an interval and n up to `up_to`."""
    n, k = np.mgrid[1 : up_to + 1, 0 : up_to + 1]
    good = (k <= n) & _within(k, n, share)
    return k[good], (n - k)[good]


def _within(part: np.ndarray, whole: np.ndarray, share: Interval) -> np.ndarray:
    low, high = share.low * whole - SLACK, share.high * whole + SLACK
    return (part >= low) & (part <= high) & (whole > 0)


def _hits(
    values: Sequence[Interval], sizes: np.ndarray, shift: float
) -> tuple[np.ndarray, int, np.ndarray]:
    """Values that fit each size, how many count, and the chance of that many or more."""
    moved = _moved(values, shift)
    hits = sum((fits(v, sizes).astype(int) for v in moved), np.zeros(len(sizes), int))
    return hits, len(moved), binom.sf(hits - 1, len(moved), _by_chance(moved, sizes))


def _as_good(best: float, values: Sequence[Interval], sizes: np.ndarray, shift: float) -> float:
    """Expected number of sizes at which chance alone has a tail of `best` or less."""
    moved = _moved(values, shift)
    hits = np.arange(len(moved) + 1)[:, None]
    tails = binom.sf(hits - 1, len(moved), _by_chance(moved, sizes)[None])
    return float(np.where(tails <= best * (1 + SLACK), tails, 0).max(axis=0).sum())


def _moved(values: Sequence[Interval], shift: float) -> list[Interval]:
    """Values with a shift added, without those that then say nothing."""
    moved = [Interval(v.low + shift, v.high + shift) for v in values]
    return [v for v in moved if v.low > 0 and v.high < 1]


def _by_chance(values: Sequence[Interval], sizes: np.ndarray) -> np.ndarray:
    """Chance that a value fits a size although it has nothing to do with it."""
    return np.minimum(1.0, sizes * max((v.width for v in values), default=1.0))


def _one_table(first: Row, second: Row, found: np.ndarray, items: Sequence[int]) -> Check:
    known = found[np.isin(found.sum(axis=1), items)] if len(items) else found
    shown = known if len(known) else found
    told = "; ".join("TP {} FN {} FP {} TN {}".format(*row) for row in shown[:2])
    many = f"{len(found)} tables, such as" if len(found) > 1 else "one table,"
    told = f"{many} {told} (or the classes exchanged)" if told else "no table of whole numbers"
    return Check(
        kind="whole 2 x 2 table",
        place=first.place + " and " + second.name,
        verdict=FITS if len(found) else NOT,
        strength=(RECOVERED if len(known) == 1 else "") if len(found) else NO_READING,
        shown="; ".join(row.said("precision", "sensitivity") for row in (first, second))
        + ": "
        + told,
        readings=["either column of recall, where two are printed"],
        causes=() if len(found) else CAUSES,
        table=first.table,
        row=first.name,
    )


def _mix(first: Row, found: np.ndarray, about: Mapping, tried: int) -> Iterator[Check]:
    """Of the tables that fit, as printed or with the labels exchanged, take the likeliest draw."""
    mix, items = about["mix"], about.get("items", ())
    known = found[np.isin(found.sum(axis=1), items)]
    if len(known) == 0 or len(known) > 50:
        return
    sizes = {(int(r.sum()), int(r[:2].sum())) for r in known}
    sizes |= {(n, n - k) for n, k in sizes}
    chances = {
        (n, k): sampling.tail(k, n, mix["marked"], mix["population"]) for n, k in sorted(sizes)
    }
    (n, k), chance = max(chances.items(), key=lambda item: item[1])
    improbable = chance * tried < LIMIT
    unusual = chance * tried < 0.01
    yield Check(
        kind="class mix of a fold",
        place=first.place,
        verdict=NOT if improbable else FITS,
        strength=IMPROBABLE if improbable else UNUSUAL if unusual else "",
        shown=f"{k} of {n} where {sampling.expected(n, mix['marked'], mix['population']):.1f} are "
        f"expected: chance {chance:.2g}, the largest over all tables that fit, of {tried} folds",
        readings=["labels as printed", "labels of the classes exchanged"],
        causes=("a split that was balanced on purpose", MISPRINT),
        table=first.table,
        row=first.name,
    )
