"""Paper 3: its tables beside ours, from the cases of finished jobs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from busutils import classification, compare, jobs, metrics, statistics
from busutils.compare import Row
from busutils.data.dataset import Dataset
from busutils.figures import by_rank
from busutils.statistics import Interval
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.multitask_unet.settings import LABELS, RIVALS

ROLES = {"T": "train", "V": "val", "Ts": "test"}
"""First letters of Table V's columns and the split that they are of."""
RANKS = (0, 0.2, 0.4, 0.6, 0.8, 1)
PIXELS = {
    "Accuracy": "accuracy",
    "Precision": "precision",
    "Specificity": "specificity",
    "F1 Score": "dice",
    "Recall": "sensitivity",
    "IoU": "iou",
}
"""Columns of Table IX and what they are."""


def table3(data: Dataset) -> pd.DataFrame:
    """Table III: images by class, printed and ours."""
    cells = compare.reported(REPORTED, 3, "3").cells
    counts = data.cases["label"].value_counts()
    ours = [
        len(data) if name == "Total" else int(counts.get(name.split()[0].lower(), 0))
        for name in cells["row"]
    ]
    return pd.DataFrame({"class": cells["row"], "printed": cells["value"], "ours": ours})


def table5(results: Results) -> pd.DataFrame:
    """Table V: accuracy of images and loss by fold, their mean and standard deviation."""
    entries = results.of("folds")
    rows = {e.repeat: _row(results, [e], _losses(results, [e])) for e in entries}
    rows["mean"] = _row(results, entries, _losses(results, entries))
    rows["sd"] = _row(results, [], _spreads(results, entries))
    images = classification.counts(_classified(results))
    return compare.table(compare.reported(REPORTED, 3, "5"), images, rows)


def table6(results: Results) -> pd.DataFrame:
    """Table VI: scores of images by class and fold, their mean and standard deviation; test images.

    As printed, the deviation is that over folds, with n in the denominator.
    """
    reported, entries = compare.reported(REPORTED, 3, "6"), results.of("folds")
    cases = _classified(results)
    tables = []
    for label in classification.CLASSES:
        word, images = label.capitalize(), classification.counts(cases, positive=label)
        rows = {f"{e.repeat} {word}": _row(results, [e], {}) for e in entries}
        folds = compare.table(reported, images, rows)
        deviation = folds[folds["key"].isin(rows)].groupby("column")["ours"].std(ddof=0) / 100
        rows[f"mean {word}"] = _row(results, entries, {})
        rows[f"sd {word}"] = _row(results, [], deviation.to_dict())
        table = compare.table(reported, images, rows)
        tables.append(table[table["key"].str.endswith(word)])
    return pd.concat(tables).sort_index()


def table7(results: Results) -> pd.DataFrame:
    """Table VII: confusion matrix of test images; ours of the first fold and of all folds.

    Columns: actual, predicted, printed, first fold, all folds (every image once).
    """
    printed = compare.reported(REPORTED, 3, "7")
    folds = results.of("folds")
    both = tested(results, folds[:1]), tested(results, folds)
    rows = []
    for actual in classification.CLASSES:
        for predicted in classification.CLASSES:
            cell = printed.printed(f"Actual {actual.title()}", f"Predicted {predicted.title()}")
            ours = (_cell(of, actual, predicted) for of in both)
            rows.append((actual, predicted, cell, *ours))
    return pd.DataFrame(rows, columns=["actual", "predicted", "printed", "first fold", "all folds"])


def table9(results: Results) -> pd.DataFrame:
    """Table IX: six images of the paper, then six of our test images by rank of Dice.

    Which images the paper shows is not printed, so these are not compared. Columns: whose, image,
    and the scores of `PIXELS`.
    """
    cells = compare.reported(REPORTED, 3, "9").cells
    printed = cells.pivot_table(index="row", columns="column", values="value", aggfunc="first")
    half = _at_half(results.cases, results.of("folds")[0], "test").set_index("case")
    scores = metrics.scores(half)
    ours = scores.iloc[by_rank(scores["dice"].to_numpy(), RANKS)]
    ours = ours.rename(columns={score: name for name, score in PIXELS.items()})
    both = {"printed": printed.astype(float), "ours": ours}
    table = pd.concat({whose: one[list(PIXELS)] for whose, one in both.items()})
    return table.rename_axis(["whose", "image"]).reset_index()


def table10(results: Results) -> pd.DataFrame:
    """Table X: networks that exist here are run on the same folds, the others are quoted."""
    rows = {name: Row(not_rerun="quoted") for name in _quoted()}
    # The table lives on the folds on which the rivals ran, so that all saw the same images.
    folds = {e.repeat for e in results.of("rival")} or {e.repeat for e in results.of("folds")}
    own = [e for e in results.of("folds") if e.repeat in folds]
    rows["Proposed"] = _row(results, own, {})
    for name, printed in RIVALS.items():
        if entries := results.of("rival", name):
            rows[printed] = _row(results, entries, {})
    return compare.table(compare.reported(REPORTED, 3, "10"), results.cases, rows)


def trivial(results: Results, data: Dataset) -> dict[str, dict[str, float]]:
    """Mean scores of three answers that need no training, on the test images of all folds.

    The ellipse of a fold is fitted to its training images. By score (dice, iou, precision), then by
    answer.
    """
    told = []
    for e in results.of("folds"):
        train, test = (
            data.masks[jobs.rows(e.job, data.cases["case"], r)] for r in ("train", "test")
        )
        told.append(statistics.trivial_answers(test, statistics.best_ellipse(train)))
    answers = [(name, metrics.per_case(of)) for name, of in pd.concat(told).groupby("answer")]
    wanted = ("dice", "iou", "precision")
    return {score: {name: float(means[score]) for name, means in answers} for score in wanted}


def classified(results: Results) -> pd.DataFrame:
    """Scores of all test images, beside always naming the more frequent class.

    Columns: score, ours, low, high, majority (class).
    """
    images = tested(results, results.of("folds"))
    common = classification.majority(images)
    empty = classification.always(images, common)
    rows = []
    for name in ("accuracy", "balanced_accuracy", "sensitivity", "specificity", "precision"):
        one = statistics.pooled_interval(
            metrics.SCORES[name], images[metrics.COUNTS], images["group"]
        )
        majority = float(metrics.pooled(empty)[name])
        rows.append((name.replace("_", " "), one.estimate, one.low, one.high, majority))
    for curve in classification.AREAS:
        one = classification.area_interval(images, curve)
        chance = 0.5 if curve == "ROC" else float((images["label"] == "malignant").mean())
        rows.append((f"area under {curve}", one.estimate, one.low, one.high, chance))
    columns = ["score", "ours", "low", "high", f"always {common}"]
    return pd.DataFrame(rows, columns=columns)


def tested(results: Results, entries: Sequence[Entry], split: str = "test") -> pd.DataFrame:
    """Images of a split of some entries, counted as :mod:`busutils.classification` does."""
    ids = [e.job.id for e in entries]
    of = results.cases[results.cases["job"].isin(ids) & (results.cases["split"] == split)]
    return classification.counts(of)


def heads(results: Results) -> pd.DataFrame:
    """What each head costs and does, on the folds on which all ran.

    Columns: head, parameters, of which in the classifier, test accuracy (images), low, high, test
    Dice, folds.
    """
    folds = {e.repeat for e in results.of("head")}
    own = [e for e in results.of("folds") if e.repeat in folds or not folds]
    rows = []
    for name, entries in {results.settings.head: own, **_by_name(results.of("head"))}.items():
        one = accuracy(tested(results, entries))
        dice = pd.concat([results.scores(e) for e in entries])["score"].mean()
        counts = head_parameters(results.settings, name)
        limits = (one.estimate, one.low, one.high)
        rows.append((name, *counts, *limits, dice, len(entries)))
    columns = ["head", "parameters", "in the classifier", "test accuracy", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "test Dice", "folds"])


def alone(results: Results) -> pd.DataFrame:
    """The ablation: the network trained for one task alone, against both, on the same folds.

    Columns: trained for, score, ours, low, high, minus both, from, to (of the paired difference),
    folds; no rows where no task was trained alone.
    """
    rows = []
    for score, task, of in (("accuracy", "classification", _right), ("Dice", "segmentation", dice)):
        entries = results.of("alone", task)
        folds = {e.repeat for e in entries}
        both = [e for e in results.of("folds") if e.repeat in folds]
        for name, some in {"both": both, f"{task} alone": entries}.items() if entries else ():
            cases = of(results, some)
            one = statistics.interval(cases["score"], cases["group"])
            row = {"trained for": name, "score": score, "ours": one.estimate}
            row |= {"low": one.low, "high": one.high, "folds": len(some)}
            if some is entries:
                paired = statistics.paired_difference(cases, of(results, both))
                row |= {"minus both": paired.estimate, "from": paired.low, "to": paired.high}
            rows.append(row)
    columns = ["trained for", "score", "ours", "low", "high", "minus both", "from", "to", "folds"]
    return pd.DataFrame(rows, columns=columns)


def _right(results: Results, entries: Sequence[Entry]) -> pd.DataFrame:
    """1 for each test image that is told right; each is tested once, so folds are one repeat."""
    images = tested(results, entries)
    return images.assign(score=(images["tp"] + images["tn"]).astype(float), repeat="folds")


def dice(results: Results, entries: Sequence[Entry]) -> pd.DataFrame:
    """Test Dice of several folds; each image is tested once, so folds are one repeat."""
    return pd.concat([results.scores(e) for e in entries]).assign(repeat="folds")


def head_parameters(settings, head: str, size: int | None = None) -> tuple[int, int]:
    """Parameters of the network with a head, and of the dense layers alone."""
    from busutils import models

    model = models.outline("multitask_unet", size or settings.size, 1, **settings.options(head))
    dense = (model.get_layer(n).count_params() for n in ("malignant_dense", "malignant"))
    return model.count_params(), sum(dense)


def sizes(settings, at: int = 256) -> pd.DataFrame:
    """Parameters of each head at this run's size and at the paper's.

    Columns: head, parameters, in the classifier, parameters at `at` px, in the classifier there.
    """
    from busutils import models

    rows = [
        (head, *head_parameters(settings, head), *head_parameters(settings, head, at))
        for head in models.networks()["multitask_unet"].choices("head")
    ]
    names = ["head", f"parameters, {settings.size} px", "in the classifier"]
    return pd.DataFrame(rows, columns=[*names, f"parameters, {at} px", f"there, {at} px"])


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


def _row(results: Results, entries: Sequence[Entry], given: Mapping) -> Row:
    flat = compare.converged(results.history)
    return Row(
        jobs={e.job.id: e.repeat for e in entries},
        parameters={
            "dataset": results.settings.dataset,
            "classes": list(LABELS),
            "size": results.settings.size,
            "epochs": results.settings.epochs,
        },
        given=given,
        converged=bool(all(flat[e.job.id] or _stopped(results, e) for e in entries)),
    )


def _stopped(results: Results, entry: Entry) -> bool:
    """Whether a training ended by the paper's own early stopping."""
    return bool(results.manifests.loc[entry.job.id, "epochs"] < entry.job.epochs)


def _losses(results: Results, entries: Sequence[Entry]) -> dict[str, float]:
    found = [_loss(results, e) for e in entries]
    return {f"{letter}L": float(np.mean([one[r] for one in found])) for letter, r in ROLES.items()}


def _loss(results: Results, entry: Entry) -> dict[str, float]:
    told = results.manifests.loc[entry.job.id, "by_keras"]
    return {role: told[role]["loss"] for role in ROLES.values()}


def _spreads(results: Results, entries: Sequence[Entry]) -> dict[str, float]:
    """Standard deviations over folds, with n in the denominator as printed ones have; shares."""
    found = [_loss(results, e) for e in entries]
    given = {}
    for letter, role in ROLES.items():
        given[f"{letter}A"] = float(fold_accuracies(results, role).std(ddof=0))
        given[f"{letter}L"] = float(np.std([one[role] for one in found]))
    return given


def _classified(results: Results) -> pd.DataFrame:
    """Cases of the networks that tell classes."""
    return results.cases[results.cases["p_malignant"].notna()]


def _quoted() -> list[str]:
    known = {"Proposed", *RIVALS.values()}
    rows = compare.reported(REPORTED, 3, "10").cells["row"].unique()
    return [row for row in rows if row not in known]


def _cell(images: pd.DataFrame, actual: str, predicted: str) -> int:
    told = np.where(images["p_malignant"] >= 0.5, "malignant", "benign")
    return int(((images["label"] == actual) & (told == predicted)).sum())


def _at_half(cases: pd.DataFrame, entry: Entry, split: str) -> pd.DataFrame:
    of = cases[(cases["job"] == entry.job.id) & (cases["split"] == split)]
    return of[np.isclose(of["threshold"], 0.5)]


def _by_name(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.name, []).append(entry)
    return found


def shown(results: Results, data: Dataset) -> tuple:
    """Images, truths, probabilities and names (with what they are called) of the first fold."""
    entry = results.of("folds")[0]
    half = _at_half(results.cases, entry, "test").set_index("case")
    rows = jobs.rows(entry.job, data.cases["case"], "test")
    cases = data.cases["case"].iloc[rows]
    names = [f"{case}: malignant {half.loc[case, 'p_malignant']:.2f}" for case in cases]
    return data.images[rows], data.masks[rows], jobs.probabilities(entry.job), names
