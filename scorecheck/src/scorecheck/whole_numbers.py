"""Shares of few things: a percentage of n things is k/n for a whole number k.

A printed share fits n things if some k/n lies in its span; several values that all fit one n tell
something about n. Precision and recall of both classes fix a whole 2 x 2 table, or show that there
is none. Chances are in ``METHODS.md``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from scorecheck import innocent
from scorecheck.checks import FITS, IMPROBABLE, NOT, OPEN, RECOVERED, Check, by_chance, judged
from scorecheck.confusion import RATES
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, averaging
from scorecheck.spans import SLACK, Span, exactly

CAUSES = (
    innocent.MISPRINT,
    *("a mean over batches or folds", "another number of items", "a common shift"),
)


def check(paper: PrintedPaper) -> Iterator[Check]:
    """Check columns whose number of items is known, then the pairs of classes."""
    for table, about in paper.tables.items():
        rows = paper.rows(table)
        for name, column in about.columns.items():
            if column.items:
                yield from whole_counts(name, column.items, rows)
        if about.classes:
            yield from class_tables(rows, about.classes)


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


def class_tables(rows: Sequence[PrintedRow], about: Mapping) -> Iterator[Check]:
    """Two rows that are the two classes of one experiment must come from one 2 x 2 table."""
    by_name = {r.name: r for r in rows if r.has(*RATES)}
    pairs = [tuple(by_name[name] for name in pair) for pair in about["pairs"]]
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


def solutions(first: PrintedRow, second: PrintedRow, up_to: int) -> np.ndarray:
    """Return all tables (TP, FN, FP, TN), classes up to `up_to`, that give precision and recall.

    Where a row prints recall in two columns that differ, each is tried.
    """
    recalls = zip(first.each("sensitivity"), second.each("sensitivity"), strict=True)
    p1, p2 = (row.each("precision")[0] for row in (first, second))
    found = []
    for r1, r2 in recalls:
        (tp, fn), (tn, fp) = _parts(r1, up_to), _parts(r2, up_to)
        tp, fn, tn, fp = tp[:, None], fn[:, None], tn[None], fp[None]
        i, j = np.nonzero(_within(tp, tp + fp, p1) & _within(tn, tn + fn, p2))
        found.append(np.stack([tp[i, 0], fn[i, 0], fp[0, j], tn[0, j]], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _parts(share: Span, up_to: int) -> tuple[np.ndarray, np.ndarray]:
    """All (k, n - k) with k/n in a span and n up to `up_to`."""
    n, k = np.mgrid[1 : up_to + 1, 0 : up_to + 1]
    good = (k <= n) & _within(k, n, share)
    return k[good], (n - k)[good]


def _within(part: np.ndarray, whole: np.ndarray, share: Span) -> np.ndarray:
    low, high = share.low * whole - SLACK, share.high * whole + SLACK
    return (part >= low) & (part <= high) & (whole > 0)


def _one_table(
    first: PrintedRow, second: PrintedRow, found: np.ndarray, items: Sequence[int]
) -> Check:
    known = found[np.isin(found.sum(axis=1), items)] if len(items) else found
    shown = known if len(known) else found
    told = "; ".join("TP {} FN {} FP {} TN {}".format(*row) for row in shown[:2])
    many = f"{len(found)} tables, such as" if len(found) > 1 else "one table,"
    told = f"{many} {told} (or the classes exchanged)" if told else "no table of whole numbers"
    shown = f"{'; '.join(row.said(*RATES) for row in (first, second))}: {told}"
    readings = ["either column of recall, where two are printed"]
    answer = (FITS, RECOVERED, ()) if len(known) == 1 else judged(bool(len(found)), CAUSES)
    one = first.check("whole 2 x 2 table", shown, readings, answer)
    return replace(one, place=f"{one.place} and {second.name}")


def _mix(first: PrintedRow, found: np.ndarray, about: Mapping, tried: int) -> Iterator[Check]:
    """Of the tables that fit, as printed or with the labels exchanged, take the likeliest draw."""
    marked, population = about["mix"]["marked"], about["mix"]["population"]
    known = found[np.isin(found.sum(axis=1), about.get("items", ()))]
    if len(known) == 0 or len(known) > 50:
        return
    sizes = {(int(r.sum()), int(r[:2].sum())) for r in known}
    sizes |= {(n, n - k) for n, k in sizes}
    chances = {(n, k): tail(k, n, marked, population) for n, k in sorted(sizes)}
    (n, k), chance = max(chances.items(), key=lambda item: item[1])
    shown = (
        f"{k} of {n} where {n * marked / population:.1f} are "
        f"expected: chance {chance:.2g}, the largest over all tables that fit, of {tried} folds"
    )
    causes = ("a split that was balanced on purpose", innocent.MISPRINT)
    answer = (*by_chance(chance * tried, (NOT, IMPROBABLE)), causes)
    readings = ["labels as printed", "labels of the classes exchanged"]
    yield first.check("class mix of a fold", shown, readings, answer)
