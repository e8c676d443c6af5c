"""Paper 4's Table 3: models that call an image, and masks that can answer the same question.

The paper's column sets pixel accuracies of two networks beside image accuracies of ten: most of the
latter are k of 117, a sample of all 780 images. Here every model answers "is there a lesion?" on
the same images, and the classifiers also "is it malignant?", which a mask cannot tell.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from busutils import classification, compare, metrics, statistics
from busutils.compare import Row
from busutils.data.dataset import Dataset
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.fgfeu_net import svm
from busutils.studies.fgfeu_net.planning import roles
from busutils.studies.fgfeu_net.settings import CLASSIFIERS, SVM

MASKS = {"combo": ("loss", "FgFEU-Net (Ours)"), "unet": ("unet", "U-Net")}
"""Networks whose masks answer: name of the entry -> its part, and the row of Table 3."""


def answers(results: Results, data: Dataset, question: str) -> dict[str, pd.DataFrame]:
    """What every model says of the images of the first fold.

    Returns
    -------
    Row of Table 3 -> images as :func:`busutils.classification.counts` has them, train and test.
    """
    found = {}
    for name, chosen in CLASSIFIERS.items():
        for e in results.of(question, name):
            of = results.cases[results.cases["job"] == e.job.id]
            found[chosen.printed] = classification.counts(of, question)
    if SVM in results.settings.classifiers:
        first = results.settings.folds[0]
        table = roles(results.settings, data, first, question)
        found["SVM"] = svm.classified(data, table, question, first)
    if question == "lesion":
        for name, (part, printed) in MASKS.items():
            for e in results.of(part, name)[:1]:
                found[printed] = by_mask(results, e)
    return found


def by_mask(results: Results, entry: Entry) -> pd.DataFrame:
    """Read "is there a lesion?" off masks: yes where any pixel is found at the job's threshold.

    As a probability serves the highest of the thresholds at which anything is found.
    """
    of = results.cases[results.cases["job"] == entry.job.id]
    of = of[of["split"].isin(["test", "normal"])]
    seen = of["threshold"].where(of["tp"] + of["fp"] > 0, 0.0)
    highest = seen.groupby(of["case"]).max()
    once = of[np.isclose(of["threshold"], results.threshold[entry.job.id])]
    told = (once["tp"] + once["fp"] > 0).astype(float)
    counted = classification.counts(once.assign(threshold=0.5, p_lesion=told), "lesion")
    return counted.assign(p_lesion=counted["case"].map(highest), split="test")


def table(found: Mapping[str, pd.DataFrame], question: str) -> pd.DataFrame:
    """Score the test images of each model, and the answer that needs none, best first.

    Columns: model, accuracy, low, high, balanced accuracy, F1, ROC area, images.
    """
    rows = []
    for name, images in found.items():
        test = images[images["split"] == "test"]
        one = _accuracy(test)
        pooled = metrics.pooled(test)
        area = classification.area(test, "ROC", question)
        scores = (pooled["balanced_accuracy"], pooled["dice"], area)
        rows.append((name, one.estimate, one.low, one.high, *scores, len(test)))
    columns = ["model", "accuracy", "low", "high", "balanced accuracy", "F1", "ROC area", "images"]
    made = pd.DataFrame(rows, columns=columns).sort_values("accuracy", ascending=False)
    if found:
        made.loc[len(made)] = _always(next(iter(found.values())), question)
    return made.reset_index(drop=True)


def table3(results: Results, found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Table 3 beside ours, which is the question that every model can answer.

    A mask has another loss than a classifier, and the masks' training images are lesions only, so
    those cells stay empty.
    """
    settings = results.settings
    did = {
        "encoder_weights": settings.encoder_weights,
        "dataset": settings.dataset,
        "classes": ["benign", "malignant", "normal"],
        "size": settings.size,
        "epochs": settings.classifier_epochs,
    }
    rows = {name: Row(given=_given(images), parameters=did) for name, images in found.items()}
    return compare.table(compare.reported(REPORTED, 4, "3"), results.cases, rows)


def right(images: pd.DataFrame) -> pd.DataFrame:
    """1 for each test image that is told right, as paired differences take it."""
    test = images[images["split"] == "test"]
    return test.assign(score=(test["tp"] + test["tn"]).astype(float), repeat="first fold")


def _given(images: pd.DataFrame) -> dict[str, float]:
    test = images[images["split"] == "test"]
    given = {
        "Accuracy Test": _accuracy(test).estimate,
        "F1": float(metrics.pooled(test)["dice"]),
        "ROC": classification.area(test, "ROC", "lesion"),
    }
    train = images[images["split"] == "train"]
    if len(train):
        given["Accuracy Training"] = _accuracy(train).estimate
        for printed, part in {"Loss Training": train, "Loss Test": test}.items():
            given[printed] = _cross_entropy(part)
    return given


def _cross_entropy(images: pd.DataFrame) -> float:
    """Mean negative logarithm of the probability that was given to the truth."""
    p = images["p_lesion"].clip(1e-7, 1 - 1e-7)
    return float(-np.log(np.where(images["label"] != "normal", p, 1 - p)).mean())


def _accuracy(images: pd.DataFrame) -> statistics.Interval:
    return statistics.pooled_interval(
        metrics.SCORES["accuracy"], images[metrics.COUNTS], images["group"]
    )


def _always(images: pd.DataFrame, question: str) -> list:
    """The row of calling every image what most are."""
    test = images[images["split"] == "test"]
    positive = test["tp"] + test["fn"] == 1
    yes = positive.mean() >= 0.5
    told = classification.counts(test.assign(**{f"p_{question}": float(yes)}), question)
    pooled = metrics.pooled(told)
    name = f"always {'yes' if yes else 'no'}"
    return [name, pooled["accuracy"], np.nan, np.nan, 0.5, pooled["dice"], 0.5, len(test)]
