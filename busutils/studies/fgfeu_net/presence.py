"""Paper 4's Table 3: models that call an image, and masks that can answer the same question.

The paper's column sets pixel accuracies of two networks beside image accuracies of ten: most of the
latter are k of 117, a sample of all 780 images. Here every model answers "is there a lesion?" on
the same images, and the classifiers also "is it malignant?", which a mask cannot tell.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from busutils import classification, compare, metrics, statistics
from busutils.compare import Reported, Row
from busutils.data.dataset import Dataset
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.fgfeu_net import svm
from busutils.studies.fgfeu_net.planning import roles
from busutils.studies.fgfeu_net.settings import CLASSIFIERS

MASKS = {"combo": ("loss", "FgFEU-Net (Ours)"), "unet": ("unet", "U-Net")}
"""Networks whose masks answer: name of the entry -> its part, and the row of Table 3."""


def answers(
    results: Results, question: str, by_svm: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    """What every model says of the images of the first fold.

    Parameters
    ----------
    by_svm : what :func:`by_svm` gives, if it was asked too

    Returns
    -------
    Row of Table 3 -> images as :func:`busutils.classification.counts` has them, train and test.
    """
    found = {}
    for name, chosen in CLASSIFIERS.items():
        for e in results.of(question, name):
            of = results.cases[results.cases["job"] == e.job.id]
            found[chosen.printed] = classification.counts(of, question)
    if by_svm is not None:
        found["SVM"] = by_svm
    if question == "lesion":
        for name, (part, printed) in MASKS.items():
            for e in results.of(part, name)[:1]:
                found[printed] = by_mask(results, e)
    return found


def by_svm(results: Results, data: Dataset, question: str) -> pd.DataFrame:
    """What the support vector machine says of the same images; it is trained for it."""
    first = results.settings.folds[0]
    return svm.classified(data, roles(results.settings, data, first, question), question, first)


def by_mask(results: Results, entry: Entry) -> pd.DataFrame:
    """Read "is there a lesion?" off masks: yes where any pixel is found at the job's threshold.

    As a probability serves the share of the image that is found, mean over the thresholds.
    """
    of = results.cases[results.cases["job"] == entry.job.id]
    of = of[of["split"].isin(["test", "normal"])]
    found = of["tp"] + of["fp"]
    share = (found / (found + of["fn"] + of["tn"])).groupby(of["case"]).mean()
    once = of[np.isclose(of["threshold"], results.threshold[entry.job.id])]
    told = (once["tp"] + once["fp"] > 0).astype(float)
    counted = classification.counts(once.assign(threshold=0.5, p_lesion=told), "lesion")
    return counted.assign(p_lesion=counted["case"].map(share), split="test")


def table(found: Mapping[str, pd.DataFrame], question: str) -> pd.DataFrame:
    """Score the test images of each model, and the answer that needs none, best first.

    Columns: model, accuracy, low, high, balanced accuracy, F1, ROC area, images, better (than the
    answer that needs none, after Holm's correction over the models).
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
        always = _always(next(iter(found.values())), question)
        better = made["model"].map(_better(found, always))
        made = made.assign(better=better)
        made.loc[len(made)] = [*_told(always), False]
    return made.reset_index(drop=True)


def table3(results: Results, found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Table 3 beside ours, which is the question that every model can answer.

    A mask has another loss than a classifier, and the masks' training images are lesions only, so
    those cells stay empty.
    """
    reported = compare.reported(REPORTED, 4, "3")
    rows = {name: _row(results, reported, name, images) for name, images in found.items()}
    return compare.table(reported, results.cases, rows)


def right(images: pd.DataFrame) -> pd.DataFrame:
    """1 for each test image that is told right, as paired differences take it."""
    test = images[images["split"] == "test"]
    return test.assign(score=(test["tp"] + test["tn"]).astype(float), repeat="first fold")


def _row(results: Results, reported: Reported, name: str, images: pd.DataFrame) -> Row:
    """A row of Table 3: what its model starts from, and whether it has finished."""
    settings, told = results.settings, reported.protocol
    entry = next((e for e in results.entries if _printed(e) == name), None)
    weights = told["encoder_weights"]  # where there is nothing to start from
    if entry and entry.job.model in ("fgfeu_net", "classifier"):
        weights = "phantom" if entry.job.needs else entry.job.encoder_weights
    flat = compare.converged(results.history)
    return Row(
        given=_given(images),
        parameters={
            "encoder_weights": weights,
            "dataset": settings.dataset,
            "classes": told["classes"],
            "size": settings.size,
            "epochs": entry.job.epochs if entry else told["epochs"],
        },
        converged=bool(entry is None or flat[entry.job.id]),
        obstacle="question not printed",
    )


def _printed(entry: Entry) -> str:
    """Row of Table 3 that an entry answers for; empty if none."""
    masks = {(part, name): printed for name, (part, printed) in MASKS.items()}
    chosen = CLASSIFIERS[entry.name].printed if entry.part == "lesion" else ""
    return masks.get((entry.part, entry.name), chosen)


def _given(images: pd.DataFrame) -> dict[str, statistics.Interval | float]:
    test = images[images["split"] == "test"]
    given = {
        "Accuracy Test": _accuracy(test),
        "F1": float(metrics.pooled(test)["dice"]),
        "ROC": classification.area(test, "ROC", "lesion"),
    }
    train = images[images["split"] == "train"]
    if len(train):
        given["Accuracy Training"] = _accuracy(train)
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


def _always(images: pd.DataFrame, question: str) -> pd.DataFrame:
    """Call every test image what most are."""
    test = images[images["split"] == "test"]
    yes = float((test["tp"] + test["fn"] == 1).mean() >= 0.5)
    return classification.counts(test.assign(**{f"p_{question}": yes}), question)


def _told(always: pd.DataFrame) -> list:
    """The row of the answer that needs no image."""
    pooled = metrics.pooled(always)
    name = "always yes" if (always["tp"] + always["fp"]).all() else "always no"
    return [name, pooled["accuracy"], np.nan, np.nan, 0.5, pooled["dice"], 0.5, len(always)]


def _better(found: Mapping[str, pd.DataFrame], always: pd.DataFrame) -> dict[str, bool]:
    """Whether each model is right more often than that answer, on the same images."""
    differences = {
        name: statistics.paired_difference(right(images), right(always))
        for name, images in found.items()
    }
    adjusted = statistics.holm(differences)
    return {n: bool(d.estimate > 0 and adjusted[n] < 0.05) for n, d in differences.items()}
