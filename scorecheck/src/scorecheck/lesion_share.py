"""The share of lesion pixels that printed scores imply, and what doing nothing would score.

For pooled counts with share p of lesion pixels, recall R, specificity S, precision P, accuracy A,

- A = pR + (1 - p)S;
- 1 - A = p (R(1 - P)/P + 1 - R);
- p/(1 - p) = (1 - S) / (R(1/P - 1)).

So three of them fix p (:func:`scorecheck.confusion.span` gives its interval), and rows that
were scored on one set of images must share a value. Means over images fix no p: where the averaging
is not printed, a spread is at most unusual. An empty answer has accuracy 1 - p and, with
background, a mean IoU of (1 - p)/2.

References
----------
Kovács, Fazekas: Testing the consistency of performance scores. Knowledge-Based Systems 294 (2024)
111652, for the same idea on classification.
"""

from collections.abc import Iterator
from itertools import combinations

from scorecheck import confusion
from scorecheck.intervals import Interval, image
from scorecheck.readings import COUNTS, asked, averaging, plain
from scorecheck.checks import (
    ALWAYS,
    AVERAGING,
    BOTH_CLASSES,
    FITS,
    LIBRARY,
    NO_READING,
    NOT,
    UNUSUAL,
    Check,
)
from scorecheck.paper import Paper, Row


def check(paper: Paper) -> Iterator[Check]:
    """Check each row by itself; :mod:`scorecheck.one_set` sets rows against each other."""
    for row in paper.rows():
        yield from one_matrix(row)
        yield from empty_answer(row)


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
    if len(given) >= 3 and _one_matrix_meant(row):
        yield from asked(row, "one confusion matrix", _one_matrix, *given)


def _one_matrix(row: Row) -> Check | None:
    given = _given(row)
    weak = averaging(row, *given) == "alike"
    if not weak and not counted(row, *given):
        return None
    found = confusion.span("share", given)
    nearer = "" if found or weak else class_means(row)
    return Check(
        kind="one confusion matrix",
        place=row.place,
        verdict=FITS if found or weak else NOT,
        strength="" if found or weak else NO_READING,
        shown=f"{row.said(*given)}: "
        + (f"share of positives {found}" if found else _apart(given) + nearer),
        readings=["one confusion matrix", *(["means, which fix none"] if weak else [])],
        causes=() if found or weak else (*[BOTH_CLASSES] * bool(nearer), *ALWAYS),
        table=row.table,
        row=row.name,
    )


def counted(row: Row, *quantities: str) -> bool:
    """Whether scores are said to be those of one confusion matrix."""
    pooled = averaging(row, *quantities) in COUNTS
    told = row.meaning.two_classes or "accuracy" not in quantities
    return pooled and told and plain(row, *quantities) and row.meaning.epoch == "same"


def class_means(row: Row) -> str:
    """Say how far precision and sensitivity fit as means of both classes, if far better; or ""."""
    given = {q: i.middle for q, i in _given(row).items()}
    if not {"precision", "sensitivity", "specificity"} <= set(given):
        return ""
    own, both = (confusion.distance(given, how) for how in (False, True))
    if 4 * both > own:
        return ""
    return (
        f"; they miss one matrix by {both:.5f} at most if precision and sensitivity are means of "
        f"lesion and background, by {own:.5f} if they are the lesion's"
    )


def share_by_iou(row: Row) -> Interval | None:
    """Share of lesion pixels that accuracy and an IoU allow, if it is that of the lesion."""
    iou, accuracy = row.interval("any_iou") or row.interval("iou"), row.interval("accuracy")
    if iou is None or accuracy is None:
        return None
    return confusion.span("share", {"iou": iou, "accuracy": accuracy})


def empty_answer(row: Row) -> Iterator[Check]:
    """Accuracy against the 1 - p that doing nothing scores, with the p that the other scores imply.

    An IoU below one half may be (1 - p)/2, the class mean of an empty answer; what it says as the
    IoU of the lesion stands beside it.
    """
    name = next((n for n in ("any_iou", "mean_iou") if row.has(n)), "")
    iou = row.interval(name) if name else None
    accuracy = row.interval("accuracy")
    if iou and iou.high < 0.5 and accuracy:
        p, other = image(lambda j: 1 - 2 * j, iou), share_by_iou(row)
        why = (
            f"if {row.said(name)} is (1 - p)/2, the class mean of an empty answer, then p = {p} and"
        )
        beside = f"; as the lesion's IoU it allows p = {other}" if other else ""
    else:
        p = share(row)
        why, beside = f"the scores imply a lesion share p = {p}, so that", ""
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
        shown=f"{why} doing nothing is right on {nothing}; printed {accuracy}: {told}{beside}",
        readings=["pooled", "IoU with background of an empty answer"],
        causes=(AVERAGING, LIBRARY),
        table=row.table,
        row=row.name,
    )


def _given(row: Row) -> dict[str, Interval]:
    """Ratios of counts that a row prints once, of one class and without a smoothing constant."""
    unlike = [q for q in confusion.RATIOS if row.how("smoothed", q) - {None, False}]
    unlike += [q for q in confusion.RATIOS if True in row.how("macro", q)]
    kept = [q for q in confusion.RATIOS if q not in unlike]
    return {q: i for q in kept if (i := row.interval(q)) is not None}


def _one_matrix_meant(row: Row) -> bool:
    """Whether a row's scores may all be those of one confusion matrix of thresholded masks."""
    same_masks = row.meaning.epoch == "same" and row.how("masks", *_given(row)) == {"hard"}
    apart = averaging(row, *_given(row)) in ("means", "medians", "by column")
    return same_masks and not apart and not row.may_be_empty()


def _apart(given: dict[str, Interval]) -> str:
    """Name scores that need different shares of positives, or that no matrix gives."""
    threes = {names: {q: given[q] for q in names} for names in combinations(given, 3)}
    spans = {names: confusion.span("share", three) for names, three in threes.items()}
    told = {", ".join(names): s for names, s in spans.items()}
    if lost := next((names for names, s in told.items() if s is None), ""):
        return f"no confusion matrix gives {lost}"
    for (first, s), (other, t) in combinations(told.items(), 2):
        if not s.meets(t):
            return f"{first} need {s} positives, but {other} {t}"
    return "no confusion matrix gives all"
