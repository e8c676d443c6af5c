"""What mlscorecheck does well, asked of it; what it would ignore, refused.

mlscorecheck enumerates confusion matrices of known totals: a classifier's counts on one test set,
means over folds with known class counts, and pixels of images whose lesion pixels are known,
pooled. It drops scores that it does not know, such as Dice and IoU given as means over images,
without a word, so such a call is refused here; and it can say only that numbers are inconsistent,
so the opposite answer is given as "no contradiction found".

References
----------
Kovács, Fazekas: Testing the consistency of performance scores. Knowledge-Based Systems 294 (2024)
111652.
"""

import logging
from collections.abc import Mapping, Sequence
from importlib import import_module

from scorecheck.intervals import UNIT, Interval, clipped
from scorecheck.checks import FITS, MISPRINT, NO_READING, NOT, Check
from scorecheck.errors import UserError

NAMES = {
    "accuracy": "acc",
    "sensitivity": "sens",
    "specificity": "spec",
    "precision": "ppv",
    "dice": "f1p",
    "iou": "ji",
}
"""Our quantities by its names; of pooled counts Dice is F1."""
EXACT = 1e-5
"""Room of an exact number; mlscorecheck refuses less than ten times its tolerance."""
MEANS = ("accuracy", "sensitivity", "specificity")
"""What it can check as means over folds."""


def one_set(scores: Mapping[str, Interval], positives: int, negatives: int) -> Check:
    """Scores of one test set, or of the pooled pixels of known images.

    Parameters
    ----------
    scores : intervals by quantity
    positives, negatives : numbers of things, or of pixels, of each class

    Raises
    ------
    UserError
        If a score would be ignored.
    """
    given, eps = _asked(scores, NAMES, "one test set")
    testset = {"p": int(positives), "n": int(negatives)}
    answer = _binary().check_1_testset_no_kfold(testset=testset, scores=given, eps=eps)
    return _check(answer, given, f"{positives} and {negatives} things")


def mean_of_folds(scores: Mapping[str, Interval], folds: Sequence[tuple[int, int]]) -> Check:
    """Scores that are means over folds with known numbers of positives and negatives.

    Raises
    ------
    UserError
        If a score would be ignored.
    """
    given, eps = _asked(scores, MEANS, "means over folds")
    if "accuracy" not in scores and len(scores) < 2:  # it would fail
        raise UserError("means over folds need accuracy, or sensitivity and specificity: add one")
    parts = [{"p": int(p), "n": int(n)} for p, n in folds]
    dataset = {"p": sum(f["p"] for f in parts), "n": sum(f["n"] for f in parts)}
    answer = _binary().check_1_dataset_known_folds_mos(
        dataset=dataset,
        folding={"folds": parts},
        scores=given,
        eps=max(eps.values()),  # it takes one for all here
        verbosity=0,
    )
    return _check(answer, given, f"{len(parts)} folds")


def _asked(
    scores: Mapping[str, Interval], known: Sequence[str] | Mapping, what: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Middles and half-widths by its names; refuse what it would drop."""
    ignored = [name for name in scores if name not in known]
    if ignored:
        raise UserError(
            f"mlscorecheck would ignore {', '.join(ignored)} of {what}: "
            f"leave them out, or ask only for {', '.join(known)}"
        )
    if outside := [name for name, interval in scores.items() if not interval.meets(UNIT)]:
        raise UserError(f"{outside[0]} is no share between 0 and 1: mend it, or write its unit %")
    shares = {NAMES[name]: clipped(interval) for name, interval in scores.items()}
    eps = {name: max(interval.width / 2, EXACT) for name, interval in shares.items()}
    return {name: interval.middle for name, interval in shares.items()}, eps


def _binary():
    try:
        binary = import_module("mlscorecheck.check.binary")  # takes seconds, and few papers need it
    except ModuleNotFoundError as error:
        raise UserError("counts are asked of mlscorecheck: pip install mlscorecheck") from error
    logging.getLogger("mlscorecheck").setLevel(logging.WARNING)  # it tells every step
    return binary


def _check(answer: Mapping, given: Mapping[str, float], of: str) -> Check:
    wrong = bool(answer["inconsistency"])
    told = ", ".join(f"{name} {value:.4f}" for name, value in given.items())
    return Check(
        kind="counts, by mlscorecheck",
        place=of,
        verdict=NOT if wrong else FITS,
        strength=NO_READING if wrong else "",
        shown=f"{told}: " + ("no counts give them" if wrong else "no contradiction found"),
        readings=["whole counts of known classes"],
        causes=(MISPRINT, "other numbers in each class") if wrong else (),
    )
