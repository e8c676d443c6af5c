"""Paper 3: its claims, answered by our own runs."""

import numpy as np
from scipy import stats

from busutils import classification, compare, statistics
from busutils.compare import Claim
from busutils.statistics import Interval
from busutils.studies.common import REPORTED, Results
from busutils.studies.multitask_unet import results as made
from busutils.studies.multitask_unet.settings import RIVALS


def claims(results: Results) -> list[Claim]:
    """The paper's claims; one that this run has nothing to say about is undecided."""
    said = {c["id"]: c["sentence"] for c in compare.context(REPORTED, 3)["claims"]}
    return [
        _classifies(said["classifies"], results),
        _segments(said["segments"], results),
        _stable(said["stable"], results),
    ]


def _classifies(sentence: str, results: Results) -> Claim:
    """Accuracy of test images minus that of always naming the more frequent class."""
    images = made.tested(results, results.of("folds"))
    common = classification.majority(images)
    both = (
        of.assign(score=of["tp"] + of["tn"], repeat="folds")
        for of in (images, classification.always(images, common))
    )
    own = made.accuracy(images)
    note = (
        f"test accuracy {own.estimate:.3f} ({own.low:.3f} to {own.high:.3f}), "
        f"minus that of always saying {common}"
    )
    return compare.claim(sentence, statistics.paired_difference(*both), note)


def _segments(sentence: str, results: Results) -> Claim:
    """Dice minus that of each network of Table X that was run, on the same folds."""
    against = {}
    for name in RIVALS:
        if rivals := results.of("rival", name):
            folds = {e.repeat for e in rivals}
            own = [e for e in results.of("folds") if e.repeat in folds]
            both = (made.dice(results, entries) for entries in (own, rivals))
            against[name] = statistics.paired_difference(*both)
    if not against:
        return compare.claim(sentence, None, "no other network of Table X was run")
    return compare.claim_best(sentence, against)


def _stable(sentence: str, results: Results) -> Claim:
    """Printed standard deviation over folds minus ours, in points."""
    accuracies = 100 * made.fold_accuracies(results)
    if len(accuracies) < 3:
        return compare.claim(sentence, None, f"{len(accuracies)} of the ten folds have run")
    printed = float(compare.reported(REPORTED, 3, "5").printed("sd", "TsA"))
    ours = _deviation(accuracies.to_numpy())
    n = len(accuracies)
    difference = Interval(
        printed - ours.estimate, printed - ours.high, printed - ours.low, 0.95, ours.method, n, n
    )
    size = made.tested(results, results.of("folds")).groupby("job").size().mean()
    chance = 100 * np.sqrt(accuracies.mean() / 100 * (1 - accuracies.mean() / 100) / size)
    note = (
        f"printed minus ours, in points; ours {ours.estimate:.2f}, and chance alone gives "
        f"{chance:.2f} with {size:.0f} test images"
    )
    return compare.claim(sentence, difference, note, relevant=1)


def _deviation(values: np.ndarray) -> Interval:
    """Standard deviation with its chi-squared interval."""
    n, sd = len(values), float(np.std(values, ddof=1))
    low, high = sd * np.sqrt((n - 1) / stats.chi2.ppf([0.975, 0.025], n - 1))
    return Interval(sd, float(low), float(high), 0.95, f"chi-squared over {n} folds", n, n)
