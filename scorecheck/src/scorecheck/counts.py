"""What mlscorecheck does well, asked of it; what it would ignore, refused.

mlscorecheck (Kovács, Fazekas, Knowledge-Based Systems 294, 2024, 111652) enumerates confusion
matrices of known totals. It drops scores that it does not know, such as Dice and IoU given as means
over images, without a word, so such a call is refused here; and it can say only that numbers are
inconsistent, so the opposite answer is given as "no contradiction found".
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module

from scorecheck.checks import FITS, NO_READING, NOT, Answer
from scorecheck.errors import InputError
from scorecheck.spans import UNIT, Span, clipped

NAMES = {
    **{"accuracy": "acc", "sensitivity": "sens", "specificity": "spec", "precision": "ppv"},
    **{"dice": "f1p", "iou": "ji"},
}
"""Our quantities by its names; of pooled counts Dice is F1."""
EXACT = 1e-5
"""Room of an exact number; mlscorecheck refuses less than ten times its tolerance."""
MEANS = ("accuracy", "sensitivity", "specificity")
"""What it can check as means over folds."""


def one_set(scores: Mapping[str, Span], positives: int, negatives: int) -> Answer:
    """Scores of one test set of things, or of the pooled pixels of known images."""
    given, eps = _asked(scores, NAMES, "one test set")
    testset = {"p": positives, "n": negatives}
    return _told(_binary().check_1_testset_no_kfold(testset=testset, scores=given, eps=eps), given)


def mean_of_folds(scores: Mapping[str, Span], folds: Sequence[tuple[int, int]]) -> Answer:
    """Scores that are means over folds with known numbers of positives and negatives."""
    given, eps = _asked(scores, MEANS, "means over folds")
    if "accuracy" not in scores and len(scores) < 2:  # it would fail
        raise InputError("means over folds need accuracy, or sensitivity and specificity: add one")
    answer = _binary().check_1_dataset_known_folds_mos(
        dataset={key: sum(of) for key, of in zip("pn", zip(*folds, strict=True), strict=True)},
        folding={"folds": [{"p": p, "n": n} for p, n in folds]},
        scores=given,
        eps=max(eps.values()),  # it takes one for all here
        verbosity=0,
    )
    return _told(answer, given)


def _asked(
    scores: Mapping[str, Span], known: Iterable[str], what: str
) -> tuple[dict[str, float], dict[str, float]]:
    """Middles and half-widths by its names; refuse what it would drop."""
    if ignored := [name for name in scores if name not in known]:
        raise InputError(
            f"mlscorecheck would ignore {', '.join(ignored)} of {what}: "
            f"leave them out, or ask only for {', '.join(known)}"
        )
    if outside := [name for name, span in scores.items() if not span.meets(UNIT)]:
        raise InputError(f"{outside[0]} is no share between 0 and 1: mend it, or write its unit %")
    shares = {NAMES[name]: clipped(span) for name, span in scores.items()}
    eps = {name: max(span.width / 2, EXACT) for name, span in shares.items()}
    return {name: span.middle for name, span in shares.items()}, eps


def _binary():
    try:
        binary = import_module("mlscorecheck.check.binary")  # takes seconds, and few papers need it
    except ModuleNotFoundError as error:
        raise InputError("counts are asked of mlscorecheck: pip install mlscorecheck") from error
    logging.getLogger("mlscorecheck").setLevel(logging.WARNING)  # it tells every step
    return binary


def _told(answer: Mapping, given: Mapping[str, float]) -> Answer:
    told = ", ".join(f"{name} {value:.4f}" for name, value in given.items())
    if answer["inconsistency"]:
        return NOT, NO_READING, f"{told}: no counts give them"
    return FITS, "", f"{told}: no contradiction found"
