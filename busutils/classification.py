"""Images told apart as wholes: counts and curves from the cases of finished jobs.

An image is counted like a pixel elsewhere: malignant (or: holding a lesion) is the positive class,
and exactly one of tp, fp, fn, tn is 1. So every score and interval of pixels serves images too.
"""

import numpy as np
import pandas as pd
from sklearn.metrics import auc, average_precision_score, roc_curve

from busutils import statistics
from busutils.data.dataset import positives
from busutils.statistics import Interval

AREAS = {  # a third of the time of `roc_auc_score`, whose number it is
    "ROC": lambda truth, told: auc(*roc_curve(truth, told)[:2]),
    "precision-recall": average_precision_score,
}
CLASSES = ("malignant", "benign")


def counts(cases: pd.DataFrame, positive: str = "malignant") -> pd.DataFrame:
    """Count images in place of pixels, at a probability of one half.

    Parameters
    ----------
    cases : the long table of :func:`busutils.jobs.cases` with a column p_malignant, or p_lesion
    positive : "malignant", "lesion", or "benign" for the scores of the class that is not malignant

    Returns
    -------
    DataFrame with columns job, case, label, group, split, threshold (0.5), the probability, tp, fp,
    fn, tn; one row an image and job.
    """
    table = cases[np.isclose(cases["threshold"], 0.5)].reset_index(drop=True)
    truth = positives(table["label"], positive)
    told = table["p_lesion" if positive == "lesion" else "p_malignant"] >= 0.5
    if positive == "benign":
        told = ~told
    cells = {"tp": truth & told, "fp": ~truth & told, "fn": truth & ~told, "tn": ~truth & ~told}
    return table.assign(**{name: cell.astype(int) for name, cell in cells.items()})


def cross_entropy(images: pd.DataFrame) -> pd.Series:
    """Binary cross-entropy of the probability of malignancy, a value an image, in nats.

    Probabilities are known to a millionth, so they are kept half of one away from 0 and 1.
    """
    told = images["p_malignant"].clip(5e-7, 1 - 5e-7)
    return -np.log(told.where(images["label"] == "malignant", 1 - told))


def always(images: pd.DataFrame, label: str) -> pd.DataFrame:
    """The same images if every one is called `label`: what needs no network."""
    return counts(images.assign(p_malignant=float(label == "malignant")))


def majority(images: pd.DataFrame) -> str:
    """The more frequent class of some images."""
    return str(images["label"].mode()[0])


def area(images: pd.DataFrame, curve: str, positive: str = "malignant") -> float:
    """Area under a curve of `AREAS`; NaN where all images are of one class."""
    truth, told = positives(images["label"], positive).to_numpy(), images[f"p_{positive}"]
    return AREAS[curve](truth, told.to_numpy()) if truth.any() and not truth.all() else np.nan


def area_interval(images: pd.DataFrame, curve: str) -> Interval:
    """Area for malignancy, with its bootstrap interval over groups."""
    return statistics.resampled_interval(lambda t: area(t, curve), images, images["group"])
