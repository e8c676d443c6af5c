"""Two rows that are the two classes of one experiment, and two parts of one random split.

Precision and recall of both classes fix a whole 2 x 2 table, or show that there is none. Two parts
of m and n images have lesion shares whose difference has the standard deviation s sqrt(1/m + 1/n),
where s is that of the share over images.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import norm
from scorecheck.checks import FITS, IMPROBABLE, NOT, OPEN, RECOVERED, Check, judged, remark
from scorecheck.columns import OF_ITEMS
from scorecheck.confusion import RATES
from scorecheck.printed_numbers import PrintedPaper, PrintedRow
from scorecheck.readings import COUNTS, IOUS, averaging
from scorecheck.spans import SLACK, Span, common, hull

from bookcheck.chance import LIMIT, by_chance, tail
from bookcheck.context import Classes
from bookcheck.remarks import share_by_iou, share_if_empty
from scorecheck import checks, confusion

READINGS = {
    "if it is the IoU of the lesion": share_by_iou,
    "if it is the class mean of an empty answer": share_if_empty,
}
"""What an IoU may be, and the lesion share that it then says."""

# --- two classes of one experiment


def classes(paper: PrintedPaper) -> Iterator[Check]:
    """Two rows that are the two classes of one experiment must come from one 2 x 2 table."""
    for table, context in paper.tables.items():
        about = context.classes
        by_name = {r.name: r for r in paper.rows(table) if about and r.has(*RATES)}
        pairs = [[by_name[name] for name in pair] for pair in (about.pairs if about else ())]
        solved = [(pair, solutions(*pair, about.up_to)) for pair in pairs]
        for (first, second), found in solved:
            one = _one_table(first, second, found, about.items)
            if one.verdict == NOT and averaging(first, *RATES) not in COUNTS:
                beside = ["counts of one experiment: does not fit", "means over folds: fits"]
                one = replace(one, verdict=OPEN, strength="", readings=beside, causes=())
            yield one
        for (first, _), found in solved:
            if about.mix and averaging(first, *RATES) in COUNTS:
                yield from _mix(first, found, about)


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
    causes = (checks.MISPRINT, *OF_ITEMS)
    answer = (FITS, RECOVERED, ()) if len(known) == 1 else judged(bool(len(found)), causes)
    one = first.check("whole 2 x 2 table", shown, readings, answer)
    return replace(one, place=f"{one.place} and {second.name}")


def _mix(first: PrintedRow, found: np.ndarray, about: Classes) -> Iterator[Check]:
    """Of the tables that fit, as printed or with the labels exchanged, take the likeliest draw."""
    marked, population, tried = about.mix.marked, about.mix.population, len(about.pairs)
    known = found[np.isin(found.sum(axis=1), about.items)]
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
    causes = ("a split that was balanced on purpose", checks.MISPRINT)
    answer = (*by_chance(chance * tried, (NOT, IMPROBABLE)), causes)
    readings = ["labels as printed", "labels of the classes exchanged"]
    yield first.check("class mix of a fold", shown, readings, answer)


# --- two parts of one random split


def splits(paper: PrintedPaper) -> Iterator[Check]:
    """Two parts of one random split, which a table names under `split`, have nearly one share.

    Of the readings (IoU of the lesion, IoU of an empty answer with background) the one with the
    smaller gap counts; a larger gap under the other is a remark, and so is any gap where the scores
    need not be of added counts.
    """
    for table, about in paper.tables.items():
        split, rows = about.split, paper.rows(table)
        parts = [of for of in split if of != "spread"]
        sd = split["spread"] * float(np.sqrt(sum(1 / split[of] for of in parts))) if split else 0
        gaps, told = [], []
        for reading, function in READINGS.items() if split else ():
            found = [[p for r in rows if r.of == of and (p := function(r))] for of in parts]
            if all(found):
                first, second = (common(f) or hull(f) for f in found)
                gaps.append(first.gap(second) / sd)
                apart = f"{parts[0]} {first}, {parts[1]} {second}, apart by {gaps[-1]:.1f} sd"
                told.append(f"{reading}: {apart}")
        if gaps:
            chance = 2 * float(norm.sf(min(gaps))) * len(gaps)
            quantities = (*IOUS, "mean_iou", "accuracy")
            sure = all(confusion.counted(row, *quantities) for row in rows)
            shown = (
                f"lesion shares, {'; '.join(told)}; one sd is {sd:.4f} where the share varies by "
                f"{split['spread']:g} between images"
            )
            causes = ("a split that was not drawn at random", checks.AVERAGING, checks.LIBRARY)
            answer = remark(max(gaps) > 3, causes)
            answer = (NOT, IMPROBABLE, causes) if chance < LIMIT and sure else answer
            yield rows[0].check_table("one random split", shown, told, answer)
