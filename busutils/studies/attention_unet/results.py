"""Paper 2: its table beside ours, and what the networks find."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from busutils import compare, jobs, metrics, statistics
from busutils.compare import Row
from busutils.data.dataset import Dataset
from busutils.statistics import Interval
from busutils.studies.attention_unet.settings import LAST, NETWORKS, RANDOM
from busutils.studies.common import REPORTED, Entry, Results

PARTS = {"train": "Training", "val": "Validation"}


def table1(results: Results, part: str) -> pd.DataFrame:
    """Table I under one split: printed, ours, interval, verdict.

    "IoU" is Keras's MeanIoU of the raw probabilities, the reading that fits the printed values.
    """
    reported = compare.reported(REPORTED, 2, "1")
    rows = {NETWORKS[name][0]: _row(results, results.of(part, name)) for name in _networks(results)}
    rows = {name: row for name, row in rows.items() if row.jobs}
    return compare.table(reported, results.cases, rows)


def nothing(results: Results, part: str) -> pd.DataFrame:
    """What an empty mask, and for the loss the best constant, scores on the same images.

    Columns: part (Training, Validation), p (share of lesion pixels), Loss, Accuracy, IoU; means
    over the repeats of the split.
    """
    splits = {e.job.split["id"]: e for e in results.of(part)}
    rows = []
    for role, word in PARTS.items():
        p = np.array([_lesion_share(_at_half(results, e, role)) for e in splits.values()])
        entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
        scores = {"p": p, "Loss": entropy, "Accuracy": 1 - p, "IoU": (1 - p) / 2}
        rows.append({"part": word} | {name: values.mean() for name, values in scores.items()})
    return pd.DataFrame(rows)


def beside_nothing(table: pd.DataFrame, empty: pd.DataFrame) -> pd.DataFrame:
    """Table I for people, with what an empty mask scores (from `nothing`) beside each number."""
    shown = compare.readable(table)
    told = empty.set_index("part")
    scores = [told.loc[tuple(column.split(" "))] for column in shown["column"]]
    shown.insert(4, "empty mask", [f"{score:.4f}" for score in scores])
    return shown


def readings(results: Results) -> pd.DataFrame:
    """What each network scores by each reading of accuracy and IoU, mean over repeats.

    Columns: split, network, images (training, validation), printed IoU, then IoU by Keras's
    MeanIoU of raw probabilities, class mean at 0.5, IoU of the lesion (pooled pixels), mean IoU
    over images with a lesion, accuracy, and the accuracy of an empty mask.
    """
    printed = compare.reported(REPORTED, 2, "1")
    rows = []
    for part in results.settings.splits:
        for name in _networks(results):
            for role, word in PARTS.items():
                several = [_reading(results, e, role) for e in results.of(part, name)]
                label = NETWORKS[name][0]
                about = {"split": part, "network": label, "images": word.lower()}
                told = {"printed": float(printed.printed(label, f"{word} IoU"))}
                rows.append(about | told | pd.DataFrame(several).mean().to_dict())
    return pd.DataFrame(rows)


def lesion_table(results: Results, trivial: pd.DataFrame) -> pd.DataFrame:
    """IoU and Dice on validation images that hold a lesion, beside answers without training.

    Columns: answer, IoU, low, high, Dice, images (with a lesion). Networks are those of the
    random fifths where there are any, all repeats together; `trivial` as that function gives.
    """
    part = detected_on(results)
    rows = []
    for name in _networks(results):
        iou, dice = (lesion_scores(results, results.of(part, name), s) for s in ("iou", "dice"))
        by_case = iou.groupby("case").agg(score=("score", "mean"), group=("group", "first"))
        one = statistics.interval(by_case["score"], by_case["group"])
        row = {"answer": NETWORKS[name][0], "IoU": one.estimate, "low": one.low, "high": one.high}
        rows.append(row | {"Dice": dice["score"].mean(), "images": len(by_case)})
    for name, counts in trivial.groupby("answer", sort=False):
        scores = metrics.per_case(counts)
        rows.append({"answer": name, "IoU": scores["iou"], "low": np.nan, "high": np.nan})
        rows[-1] |= {"Dice": scores["dice"], "images": counts["case"].nunique()}
    return pd.DataFrame(rows)


def by_class(results: Results) -> pd.DataFrame:
    """Mean validation Dice of the images of each label with interval, by network."""
    part = detected_on(results)
    rows = []
    for name in _networks(results):
        for label, mean in class_means(results, results.of(part, name)).items():
            limits = {"Dice": mean.estimate, "low": mean.low, "high": mean.high}
            about = {"network": NETWORKS[name][0], "class": label}
            rows.append(about | limits | {"images": mean.n_cases})
    return pd.DataFrame(rows)


def class_means(results: Results, entries: Sequence[Entry]) -> dict[str, Interval]:
    """Mean Dice of each class over validation images, repeats averaged within an image.

    The limits of a class of which one group is there are NaN.
    """
    long = lesion_scores(results, entries, "dice")
    once = long.groupby(["label", "case"], as_index=False).agg(
        score=("score", "mean"), group=("group", "first")
    )
    return {label: _mean(of) for label, of in once.groupby("label")}


def _mean(of: pd.DataFrame) -> Interval:
    if len(set(of["group"])) < 2:
        return statistics.alone(of["score"])
    return statistics.interval(of["score"], of["group"])


def lesion_scores(results: Results, entries: Sequence[Entry], score: str) -> pd.DataFrame:
    """Score of every validation image that holds a lesion, by case and repeat."""
    long = pd.concat([results.scores(e, score, "val") for e in entries])
    return long[long["tp"] + long["fn"] > 0]


def first_detection(results: Results) -> pd.DataFrame:
    """First epoch with a mean validation Dice over `detected` on lesions, a row a training.

    Columns: split, network, repeat, epoch (NaN where none is), over everything (first epoch with
    more than calling every pixel lesion scores), printed (the paper's epoch).
    """
    printed = {name: int(printed_epoch(name)) for name in NETWORKS}
    rows = []
    for e in results.entries:
        dice = results.history[results.history["job"] == e.job.id].set_index("epoch")["val_dice"]
        first = {"epoch": results.settings.detected, "over everything": _everything(results, e)}
        about = {"split": e.part, "network": NETWORKS[e.name][0], "repeat": e.repeat}
        about |= {name: dice.index[dice > limit].min() for name, limit in first.items()}
        rows.append(about | {"printed": printed[e.name]})
    return pd.DataFrame(rows)


def printed_epoch(network: str) -> str:
    """Epoch at which the paper's network begins to detect lesions, as printed."""
    column = f"first epoch with lesions, {NETWORKS[network][0].split()[0]}"
    return compare.reported(REPORTED, 2, "text").printed("IV", column)


def jobs_by_network(results: Results, part: str) -> dict[str, list[str]]:
    """Job ids of each network under one split."""
    return {NETWORKS[n][0]: [e.job.id for e in results.of(part, n)] for n in _networks(results)}


def detected_on(results: Results) -> str:
    """The split on which lesions are looked for: random fifths where there are any."""
    return RANDOM if RANDOM in results.settings.splits else LAST


def shown(results: Results) -> list[Entry]:
    """The training of each network whose pictures are shown: the last split's first repeat."""
    part = results.settings.splits[-1]
    return [results.of(part, name)[0] for name in _networks(results)]


def models(settings) -> pd.DataFrame:
    """Parts and parameters of each reading of the paper's count of blocks.

    Columns: network, reading, poolings (encoder blocks, and one more where it says so), gates and
    decoder blocks, parameters at the notebook's filters, parameters at 64, built (in this run).
    """
    from busutils import models
    from busutils.models.attention_unet import READINGS

    rows = []
    for name, (label, depth) in NETWORKS.items():
        for reading, more in READINGS.items():
            options = {"reading": reading, **depth}
            counts = [
                models.outline("attention_unet", 64, 1, filters=f, **options).count_params()
                for f in (settings.filters, 64)
            ]
            gates = depth["depth"] + more
            built = settings.options(name)["reading"] == reading
            about = (label, reading, min(gates, depth["depth"]), gates, gates)
            rows.append((*about, *counts, built))
    columns = ["network", "reading", "encoder blocks", "gates", "decoder blocks"]
    sizes = [f"parameters, {settings.filters} filters", "parameters, 64 filters"]
    return pd.DataFrame(rows, columns=[*columns, *sizes, "built"])


def _row(results: Results, entries: Sequence[Entry]) -> Row:
    by_keras = results.manifests.loc[[e.job.id for e in entries], "by_keras"]
    given = {}
    for role, word in PARTS.items():
        told = pd.DataFrame([one[role] for one in by_keras])
        given[f"{word} Loss"] = float(told["loss"].mean())
        given[f"{word} IoU"] = float(told["mean_iou_of_raw"].mean())
    flat = compare.converged(results.history)
    return Row(
        jobs={e.job.id: e.repeat for e in entries},
        parameters={
            "dataset": results.settings.dataset,
            "classes": ["benign", "malignant", "normal"],
            "size": results.settings.size,
            "epochs": results.settings.epochs,
        },
        given=given,
        converged=bool(all(flat[e.job.id] for e in entries)),
    )


def _reading(results: Results, entry: Entry, role: str) -> dict[str, float]:
    counts = _at_half(results, entry, role)
    pooled = metrics.pooled(counts)
    lesions = counts[counts["tp"] + counts["fn"] > 0]
    by_keras = results.manifests.loc[entry.job.id, "by_keras"][role]
    return {
        "Keras on raw": by_keras["mean_iou_of_raw"],
        "class mean at 0.5": pooled["mean_iou"],
        "lesion, pooled": pooled["iou"],
        "lesion, per image": metrics.per_case(lesions)["iou"] if len(lesions) else np.nan,
        "accuracy": pooled["accuracy"],
        "empty mask's accuracy": 1 - _lesion_share(counts),
    }


def _lesion_share(counts: pd.DataFrame) -> float:
    """Share of lesion pixels in images with these counts."""
    return (counts["tp"] + counts["fn"]).sum() / counts[metrics.COUNTS].to_numpy().sum()


def _everything(results: Results, entry: Entry) -> float:
    """Mean Dice of calling every pixel lesion, on a training's validation images with a lesion."""
    counts = _at_half(results, entry, "val")
    lesion = (counts["tp"] + counts["fn"]) / counts[metrics.COUNTS].sum(axis=1)
    return float((2 * lesion / (1 + lesion))[lesion > 0].mean())


def _at_half(results: Results, entry: Entry, role: str) -> pd.DataFrame:
    of = results.cases[(results.cases["job"] == entry.job.id) & (results.cases["split"] == role)]
    return of[np.isclose(of["threshold"], 0.5)]


def trivial(results: Results, data: Dataset) -> pd.DataFrame:
    """Counts of the answers that need no training, on the validation images of `lesion_table`.

    The ellipse is fitted to the training images of each split. Columns: answer, row, tp, fp, fn,
    tn, case.
    """
    lesions, told = data.masks.any(axis=(1, 2)), []
    entries = results.of(detected_on(results))
    for job in {e.job.split["id"]: e.job for e in entries}.values():
        train, val = (jobs.rows(job, data.cases["case"], role) for role in PARTS)
        train, val = train[lesions[train]], val[lesions[val]]
        ellipse = statistics.best_ellipse(data.masks[train])
        of = statistics.trivial_answers(data.masks[val], ellipse)
        told.append(of.assign(case=data.cases["case"].to_numpy()[val[of["row"]]]))
    return pd.concat(told)


def _networks(results: Results) -> list[str]:
    return list(results.settings.networks)
