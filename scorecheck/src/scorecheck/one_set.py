"""Rows that were scored on one set of images, and parts of one random split, against each other.

Rows of one set have one share of lesion pixels (:mod:`scorecheck.lesion_share`). A row far from
all others in that share, or in what its IoU lacks against precision and recall, is named; the
others differ among themselves as well, so that is a remark and no probability.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import norm

from scorecheck.answers import IOUS, iou_of_rates
from scorecheck.intervals import Interval, clipped, hull, image
from scorecheck.overlap import class_mean
from scorecheck.lesion_share import counted, share, share_by_iou
from scorecheck.readings import nearest
from scorecheck.checks import (
    ALWAYS,
    AVERAGING,
    EPOCH,
    FITS,
    IMPROBABLE,
    LIBRARY,
    LIMIT,
    NO_READING,
    NOT,
    RECOVERED,
    UNUSUAL,
    Check,
)
from scorecheck.paper import Paper, Row

OF_SHARE = ("dice", "precision", "sensitivity", "specificity", "accuracy")
Shares = list[tuple[Row, Interval]]
NEAR = ", but all within a twentieth of each other, as counts of one set are"
SPREADS = 5
"""A row stands apart if it is farther from the middle of the others than this many spreads."""


def check(paper: Paper) -> Iterator[Check]:
    """Check the rows of each table and set, then the parts of a split."""
    for table in paper.tables:
        rows = paper.rows(table)
        for of in dict.fromkeys(row.of for row in rows):
            yield from one_set([row for row in rows if row.of == of])
        yield from one_split(rows)


def one_set(rows: Sequence[Row]) -> Iterator[Check]:
    """Rows of one set must share the lesion share; a row far from the others is named."""
    rows = [row for row in rows if row.meaning.one_set]
    found = [(row, s) for row in rows if (s := share(row)) is not None]
    if len(found) > 1:
        one = _one_share(found)
        yield one
        if one.strength == RECOVERED and len(found) > 4:
            yield from _class_means([row for row, _ in found])
    residuals = [(row, r) for row in rows if (r := _iou_residual(row)) is not None]
    for what, pairs in (("lesion share", found), ("IoU against precision and recall", residuals)):
        yield from _standing_apart(what, pairs)


def one_split(rows: Sequence[Row]) -> Iterator[Check]:
    """Two parts of one random split have nearly the same lesion share.

    The difference has the standard deviation s sqrt(1/m + 1/n) for parts of m and n images, where
    s is that of the share over images. Of the readings (IoU of the lesion, IoU of an empty answer
    with background) the one with the smaller gap counts; a larger gap under the other is a remark,
    and so is any gap where the scores need not be of added counts.
    """
    split = rows[0].meaning.split if rows else {}
    parts = [of for of in split if of != "spread"]
    if len(parts) != 2:
        return
    sd = split["spread"] * float(np.sqrt(sum(1 / split[of] for of in parts)))
    gaps, told = [], []
    for reading, function in (
        ("if it is the IoU of the lesion", share_by_iou),
        ("if it is the class mean of an empty answer", _empty_share),
    ):
        found = [[p for r in rows if r.of == of and (p := function(r))] for of in parts]
        if all(found):
            first, second = (_common(f) or hull(f) for f in found)
            gaps.append(first.gap(second) / sd)
            told.append(
                f"{reading}: {parts[0]} {first}, {parts[1]} {second}, apart by {gaps[-1]:.1f} sd"
            )
    if gaps:
        chance = 2 * float(norm.sf(min(gaps))) * len(gaps)
        sure = all(counted(row, *IOUS, "mean_iou", "accuracy") for row in rows)
        improbable = chance < LIMIT and sure
        yield Check(
            kind="one random split",
            place=rows[0].meaning.where or f"table {rows[0].table}",
            verdict=NOT if improbable else FITS,
            strength=IMPROBABLE if improbable else UNUSUAL if max(gaps) > 3 else "",
            shown=f"lesion shares, {'; '.join(told)}; one sd is {sd:.4f} where the share varies by "
            f"{split['spread']:g} between images",
            readings=told,
            causes=("a split that was not drawn at random", AVERAGING, LIBRARY),
            table=rows[0].table,
        )


def _common(found: Sequence[Interval]) -> Interval | None:
    """What all intervals hold."""
    common: Interval | None = found[0]
    for interval in found[1:]:
        common = common and common.common(interval)
    return common


def _one_share(found: Shares) -> Check:
    common = _common([s for _, s in found])
    row = found[0][0]
    weak = not all(counted(r, *OF_SHARE) for r, _ in found)
    middles = [s.middle for _, s in found]
    told = f"lesion shares of {len(found)} rows from {min(middles):.4f} to {max(middles):.4f}"
    near = max(middles) - min(middles) < 0.05 * float(np.mean(middles))
    said = f"common to all: {common}" if common else f"no value common to all{NEAR * near}"
    return Check(
        kind="one lesion share",
        place=row.meaning.where or f"table {row.table}",
        verdict=FITS if common or weak else NOT,
        strength=RECOVERED if common or near else UNUSUAL if weak else NO_READING,
        shown=f"{told}; {said}",
        readings=["pooled over one set", *(["means, which fix none"] if weak else [])],
        causes=() if common or near else (AVERAGING, EPOCH, "rows of different images or crops"),
        table=row.table,
    )


def _standing_apart(what: str, found: Shares) -> Iterator[Check]:
    middles = np.array([s.middle for _, s in found])
    for i, (row, interval) in enumerate(found):
        others = np.delete(middles, i)
        if len(others) < 4:
            return
        spread = max(float(others.std()), interval.width)
        if spread == 0:
            continue
        away = abs(middles[i] - others.mean()) / spread
        if away > SPREADS:
            yield Check(
                kind="a row apart",
                place=row.place,
                verdict=FITS,
                strength=UNUSUAL,
                shown=f"{what}: {middles[i]:.4f} here, {others.mean():.4f} (sd {others.std():.4f}) "
                f"in {len(others)} other rows, {away:.0f} sd away (a distance and no probability: "
                "these differ among themselves too)",
                readings=["all rows scored on one set"],
                causes=("a row from another set or from training", *ALWAYS),
                table=row.table,
                row=row.name,
                column=what,
            )


def _class_means(rows: Sequence[Row]) -> Iterator[Check]:
    """Rows that share a lesion share as pooled counts do, against the class mean IoU of such."""
    tried = [one for row in rows for one in class_mean(nearest(row))]
    off = [one for one in tried if not any(_holds(one.printed, f) for f in one.feasible[:2])]
    if tried:
        pairs = [(one.printed[0], one.feasible[0][0]) for one in tried]
        low, high = (
            f"{min(p[i] for p in pairs):.3f} to {max(p[i] for p in pairs):.3f}" for i in (0, 1)
        )
        yield Check(
            kind="class mean IoU of pooled rows",
            place=rows[0].meaning.where or f"table {rows[0].table}",
            verdict=FITS,
            strength=UNUSUAL if off else "",
            shown=f"the other scores fix a class mean IoU of {high} as pooled counts; "
            f"printed {low}; {len(off)} of {len(tried)} rows differ",
            readings=["of lesion and background, pooled", "of the lesion, pooled"],
            causes=(AVERAGING, EPOCH, LIBRARY),
            table=rows[0].table,
        )


def _holds(printed: tuple[float, float], allowed: tuple[float, float]) -> bool:
    return Interval(*printed).meets(Interval(*allowed))


def _iou_residual(row: Row) -> Interval | None:
    """Printed IoU less that of precision and recall."""
    name = next((n for n in IOUS if row.first(n)), "")
    if not name or not row.first("precision") or not row.first("sensitivity"):
        return None
    p, r = (clipped(row.interval(q)) for q in ("precision", "sensitivity"))
    exact = image(iou_of_rates, p, r)
    return row.interval(name).plus(exact, -1)


def _empty_share(row: Row) -> Interval | None:
    iou = row.interval("any_iou") or row.interval("mean_iou")
    return image(lambda j: 1 - 2 * j, iou) if iou and iou.high < 0.5 else None
