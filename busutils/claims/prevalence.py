"""The share of lesion pixels that printed scores imply, and what doing nothing would score.

For pooled counts with share p of lesion pixels, recall R, specificity S, precision P, accuracy A,

- A = pR + (1 - p)S;
- 1 - A = p (R(1 - P)/P + 1 - R);
- p/(1 - p) = (1 - S) / (R(1/P - 1)).

So three of them fix p (:func:`busutils.claims.confusion.span` gives its interval), and rows that
were scored on one set of images must share a value. Means over images fix no p: where the averaging
is not printed, a spread is at most unusual. An empty answer has accuracy 1 - p and, with
background, a mean IoU of (1 - p)/2.

References
----------
Kovács, Fazekas: Testing the consistency of performance scores. Knowledge-Based Systems 294 (2024)
111652, for the same idea on classification.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.stats import norm

from busutils.claims import confusion
from busutils.claims.intervals import Interval, clipped, hull, image
from busutils.claims.overlap import IOUS, class_mean, harmonic, iou_of_dice
from busutils.claims.result import (
    ALWAYS,
    AVERAGING,
    EPOCH,
    FITS,
    IMPROBABLE,
    LIMIT,
    NO_READING,
    NOT,
    RECOVERED,
    UNUSUAL,
    Check,
)
from busutils.claims.schema import Paper, Row

Shares = list[tuple[Row, Interval]]
NEAR = ", but all within a twentieth of each other, as counts of one set are"
SPREADS = 5
"""A row stands apart if it is farther from the middle of the others than this many spreads."""


def check(paper: Paper) -> Iterator[Check]:
    """Check each row by itself, then the rows of one set together."""
    for row in paper.rows():
        yield from one_matrix(row)
        yield from empty_answer(row)
    for table in paper.tables:
        rows = paper.rows(table)
        for of in dict.fromkeys(row.of for row in rows):
            yield from together([row for row in rows if row.of == of])
        yield from one_split(rows)


def share(row: Row) -> Interval | None:
    """Share of lesion pixels that a row's scores fix, or None where they fix none.

    Dice is used where the others are too few, and IoU never: its definition is the least sure.
    """
    given = {q: i for q, i in _given(row).items() if q not in ("iou", "dice")}
    if len(given) < 3:
        given = {q: i for q, i in _given(row).items() if q != "iou"}
    if len(given) < 3 or not _one_matrix_meant(row):
        return None
    found = confusion.span("share", given)
    return found if found and found.width < 0.1 else None  # wider: they say nothing


def one_matrix(row: Row) -> Iterator[Check]:
    """Some confusion matrix must give all scores of one mask, or of pooled counts."""
    given = _given(row)
    if len(given) < 3 or not _one_matrix_meant(row):
        return
    found = confusion.span("share", given)
    weak = row.meaning.means_possible
    yield Check(
        kind="one confusion matrix",
        place=row.place,
        verdict=FITS if found or weak else NOT,
        strength="" if found or weak else NO_READING,
        shown=f"{row.said(*given)}: " + (f"lesion share {found}" if found else _apart(row, given)),
        readings=["one confusion matrix", *(["means, which fix none"] if weak else [])],
        causes=() if found or weak else ALWAYS,
        table=row.table,
        row=row.name,
    )


def empty_answer(row: Row) -> Iterator[Check]:
    """An IoU below one half may be (1 - p)/2; accuracy is set against the 1 - p of no answer."""
    name = next((n for n in ("any_iou", "mean_iou") if row.has(n)), "")
    iou = row.interval(name) if name else None
    accuracy = row.interval("accuracy")
    if iou and iou.high < 0.5 and accuracy:
        p = image(lambda j: 1 - 2 * j, iou)
        why = f"{row.said(name)} is below 0.5; of an empty answer it is (1 - p)/2, so p = {p}"
    else:
        p = share(row)
        why = f"the scores imply a lesion share p of {p}"
    if p is None or accuracy is None:
        return
    nothing = image(lambda x: 1 - x, p)
    below = accuracy.low < nothing.high
    told = "not above" if below else "above"
    yield Check(
        kind="doing nothing",
        place=row.place,
        verdict=FITS,
        strength=UNUSUAL if below else "",
        shown=f"{why}; doing nothing is right on {nothing}, printed {accuracy}: {told}",
        readings=["pooled", "IoU with background of an empty answer"],
        causes=(AVERAGING,),
        table=row.table,
        row=row.name,
    )


def together(rows: Sequence[Row]) -> Iterator[Check]:
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
    s is that of the share over images. Of the readings (IoU of an empty answer with background, IoU
    of the lesion), the one with the smaller gap counts.
    """
    split = rows[0].meaning.split if rows else {}
    parts = [of for of in split if of != "spread"]
    if len(parts) != 2:
        return
    sd = split["spread"] * float(np.sqrt(sum(1 / split[of] for of in parts)))
    gaps, told = [], []
    for reading, function in (("empty answer", _empty_share), ("lesion IoU", _lesion_share)):
        found = [[p for r in rows if r.of == of and (p := function(r))] for of in parts]
        if all(found):
            first, second = (_common(f) or hull(f) for f in found)
            gaps.append(first.gap(second) / sd)
            told.append(f"{reading}: {parts[0]} {first}, {parts[1]} {second}, {gaps[-1]:.1f} sd")
    if gaps:
        chance = 2 * float(norm.sf(min(gaps))) * len(gaps)
        yield Check(
            kind="one random split",
            place=rows[0].meaning.where or f"table {rows[0].table}",
            verdict=NOT if chance < LIMIT else FITS,
            strength=IMPROBABLE if chance < LIMIT else UNUSUAL if max(gaps) > 3 else "",
            shown=f"lesion shares by {'; '.join(told)}; one sd is {sd:.4f}",
            readings=told,
            causes=("a split that was not drawn at random", AVERAGING),
            table=rows[0].table,
        )


def _common(found: Sequence[Interval]) -> Interval | None:
    """What all intervals hold."""
    common: Interval | None = found[0]
    for interval in found[1:]:
        common = common and common.common(interval)
    return common


def _given(row: Row) -> dict[str, Interval]:
    """Ratios of counts that a row prints once, without a smoothing constant."""
    plain = [q for q in confusion.RATIOS if not row.smoothed(q)]
    return {q: i for q in plain if (i := row.interval(q)) is not None}


def _one_matrix_meant(row: Row) -> bool:
    """Whether a row's scores may all be those of one confusion matrix of thresholded masks."""
    about = row.meaning
    same_masks = about.masks == "hard" and about.epoch == "same"
    return same_masks and about.pooled and not row.may_be_empty()


def _apart(row: Row, given: dict[str, Interval]) -> str:
    """Say which lesion share each three of the scores would need."""
    spans = {
        three: confusion.span("share", {q: given[q] for q in three})
        for three in combinations(given, 3)
    }
    told = [f"{', '.join(three)} need {s or 'none'}" for three, s in spans.items()]
    return "no lesion share gives all: " + "; ".join(told[:3])


def _one_share(found: Shares) -> Check:
    common = _common([s for _, s in found])
    row = found[0][0]
    weak = row.meaning.means_possible
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
        causes=() if common else (AVERAGING, EPOCH, "rows scored on different images or crops"),
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
                f"in {len(others)} other rows, {away:.0f} sd away",
                readings=["all rows scored on one set"],
                causes=("a row from another set or from training", *ALWAYS),
                table=row.table,
                row=row.name,
                column=what,
            )


def _class_means(rows: Sequence[Row]) -> Iterator[Check]:
    """Rows that share a lesion share as pooled counts do, against the class mean IoU of such."""
    tried = [one for row in rows for one in class_mean(row)]
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
            causes=(AVERAGING, EPOCH, "a library's metric that casts probabilities to 0 or 1"),
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
    exact = image(lambda a, b: iou_of_dice(harmonic(a, b)), p, r)
    return row.interval(name).plus(exact, -1)


def _empty_share(row: Row) -> Interval | None:
    iou = row.interval("any_iou") or row.interval("mean_iou")
    return image(lambda j: 1 - 2 * j, iou) if iou and iou.high < 0.5 else None


def _lesion_share(row: Row) -> Interval | None:
    iou, accuracy = row.interval("any_iou") or row.interval("iou"), row.interval("accuracy")
    if iou is None or accuracy is None:
        return None
    return confusion.span("share", {"iou": iou, "accuracy": accuracy})
