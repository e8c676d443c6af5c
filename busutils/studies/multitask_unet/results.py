"""Paper 3: scores of its test images, for its claims."""

from collections.abc import Sequence

import pandas as pd

from busutils import classification, statistics
from busutils.statistics import Interval
from busutils.studies.common import Entry, Results


def tested(results: Results, entries: Sequence[Entry], split: str = "test") -> pd.DataFrame:
    """Images of a split of some entries, counted as :mod:`busutils.classification` does."""
    ids = [e.job.id for e in entries]
    of = results.cases[results.cases["job"].isin(ids) & (results.cases["split"] == split)]
    return classification.counts(of)


def dice(results: Results, entries: Sequence[Entry]) -> pd.DataFrame:
    """Test Dice of several folds; each image is tested once, so folds are one repeat."""
    return pd.concat([results.scores(e) for e in entries]).assign(repeat="folds")


def fold_accuracies(results: Results, split: str = "test") -> pd.Series:
    """Accuracy of images in each fold."""
    folds = results.of("folds")
    images = tested(results, folds, split)
    named = images["job"].map({e.job.id: e.repeat for e in folds})
    return (images["tp"] + images["tn"]).groupby(named, sort=False).mean()


def accuracy(images: pd.DataFrame) -> Interval:
    """Accuracy of images with its interval over groups (NaN for a single group)."""
    right = images["tp"] + images["tn"]
    if images["group"].nunique() < 2:
        return statistics.alone(right)
    return statistics.interval(right, images["group"], statistic="share")
