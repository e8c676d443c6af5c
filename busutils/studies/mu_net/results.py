"""Paper 5: its tables beside ours, from the cases of finished jobs.

Scores are those of images with a lesion, at the paper's threshold of one half, unless said
otherwise.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from busutils import compare, jobs, metrics, statistics, thresholds
from busutils.compare import Row
from busutils.data import matlab
from busutils.data.dataset import Dataset, open_cached
from busutils.data.files import NORMAL
from busutils.jobs import Job
from busutils.statistics import Interval
from busutils.studies import common
from busutils.studies.common import REPORTED, Entry, Results
from busutils.studies.mu_net.settings import ROWS, STARTS, TABLES, Settings

FLAIR = 1
"""Channel of LGG that shows the tumour best."""


def collect(settings: Settings, entries: Sequence[Entry]) -> Results:
    """Read what finished jobs left: images with a lesion, and the threshold that validates best."""
    found = common.collect(settings, entries)
    lesions = found.cases[found.cases["tp"] + found.cases["fn"] > 0]
    chosen = lesions[lesions["split"] == "val"].groupby("job")
    best = {job: thresholds.best(table, grid=thresholds.GRID) for job, table in chosen}
    return replace(found, cases=lesions, threshold=found.threshold | best)


def everything(results: Results) -> pd.DataFrame:
    """Counts of all images, those without a lesion too."""
    return jobs.cases({e.job.id: e.job for e in results.entries}.values())


def table(results: Results) -> pd.DataFrame:
    """Table 1 (skin) or 2 (brain): six networks; printed, ours, interval, verdict."""
    rows = {}
    for name, printed in ROWS.items():
        entries = results.of("table", name)
        rows[printed] = _row(results, entries) if entries else Row(not_rerun="not in this run")
    reported = compare.reported(REPORTED, 5, TABLES[results.settings.kind])
    return compare.table(reported, results.cases, rows)


def split_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """Images of each part of the first row's folds.

    Columns: fold, part, images, with a lesion, groups (patients, or lesions and near-duplicates).
    """
    rows = []
    for entry in [e for e in entries if e.part == "table" and e.name == entries[0].name]:
        roles = jobs.read_split(entry.job)
        for role, of in roles.groupby("role"):
            lesions = int((of["label"] != NORMAL).sum())
            rows.append((entry.repeat, role, len(of), lesions, of["group"].nunique()))
    return pd.DataFrame(rows, columns=["fold", "part", "images", "with a lesion", "groups"])


def tversky(results: Results, entries: Sequence[Entry], on_misses: float, on_false: float):
    """Mean Tversky index of the test images of some entries, with its interval."""
    long = pd.concat([at_half(results, e) for e in entries])
    counts = long["tp"], long["fp"], long["fn"]
    scored = long.assign(score=metrics.tversky(*counts, on_misses, on_false))
    once = scored.groupby("case").agg(score=("score", "mean"), group=("group", "first"))
    return statistics.interval(once["score"], once["group"])


def compared(results: Results) -> list[Entry]:
    """The MU-Net that other networks are compared with: the one that starts as they do."""
    return results.of("equal") or results.of("table", "mu_net")


def by_start(results: Results) -> dict[str, list[Entry]]:
    """MU-Net's entries by what it starts from; the last one is what the others start from."""
    settings = results.settings
    return {
        STARTS[settings.encoder_weights]: results.of("table", "mu_net"),
        STARTS[settings.other_weights]: compared(results),
    }


def mean(results: Results, entries: Sequence[Entry], score: str = "dice") -> Interval:
    """Mean of a score over the test images of some entries; an image tested twice counts once."""
    long = pd.concat([at_half(results, e, score) for e in entries])
    once = long.groupby("case").agg(score=("score", "mean"), group=("group", "first"))
    return statistics.interval(once["score"], once["group"])


def difference(results: Results, first: Sequence[Entry], second: Sequence[Entry]):
    """Mean Dice of `first` minus that of `second` on the same test images, fold by fold."""
    both = (pd.concat([at_half(results, e) for e in side]) for side in (first, second))
    tables = list(both)
    if results.settings.patients_apart:  # each image is tested once: all folds are one repeat
        tables = [one.assign(repeat="folds") for one in tables]
    return statistics.paired_difference(*tables)


def at_half(results: Results, entry: Entry, score: str = "dice") -> pd.DataFrame:
    """Score of each test image with a lesion at one half, as the paper rounds."""
    return compare.scores(results.cases, {entry.job.id: entry.repeat}, score, 0.5, "test")


def called(results: Results, entry: Entry) -> float:
    """Share of all pixels of the test images that a training calls lesion, at one half."""
    of = results.cases[(results.cases["job"] == entry.job.id) & (results.cases["split"] == "test")]
    return metrics.called(of[np.isclose(of["threshold"], 0.5)])


def by_row(results: Results) -> dict[str, list[Entry]]:
    """Entries of the table by row, in the printed order."""
    return {name: found for name in ROWS if (found := results.of("table", name))}


def jobs_by_row(results: Results) -> dict[str, list[str]]:
    """Job ids of each row, for training curves."""
    return {ROWS[name]: [e.job.id for e in found] for name, found in by_row(results).items()}


def trivial(results: Results) -> dict[str, float]:
    """Mean Dice of three answers that need no training, on the test images of the first row."""
    entry = results.of("table")[0]
    data = opened(entry.job)
    train, test = (
        data.masks[jobs.rows(entry.job, data.cases["case"], r)] for r in ("train", "test")
    )
    ellipse = statistics.best_ellipse(train)
    answers = statistics.trivial_answers(test[test.any(axis=(1, 2))], ellipse)
    return {
        name: float(metrics.per_case(counts)["dice"]) for name, counts in answers.groupby("answer")
    }


def load(results: Results) -> dict[str, Any]:
    """The trained network of every row's first fold, from the weights that jobs keep."""
    from busutils import fitting

    return {name: fitting.load(entries[0].job) for name, entries in by_row(results).items()}


def pictures(settings: Settings, images: np.ndarray) -> np.ndarray:
    """Images as people look at them: FLAIR of a brain, colours of skin."""
    if settings.kind == "brain" and images.shape[-1] == 3:
        return np.asarray(images[..., FLAIR])
    return np.asarray(images)


def obstacle(results: Results) -> str:
    """Why no number of a run can be compared: other data than the paper's; empty if like data.

    The paper's skin set, ISIC 2019, has no masks; photographs of ISIC with masks are taken for it.
    Of its brain set only figshare's slices, which are labelled by kind of tumour, have masks.
    """
    kinds = set(results.cases["label"])
    like = results.settings.dataset == "isic" or kinds <= set(matlab.LABELS.values())
    return "" if like else "data"


def _row(results: Results, entries: Sequence[Entry]) -> Row:
    settings, name, size = results.settings, entries[0].name, entries[0].job.size
    flat = compare.converged(results.history)
    weights = settings.weights_of(name)
    if name in ("segnet", "unet_224"):
        weights = "imagenet"  # nothing to start from, here and in the paper
    elif entries[0].job.encoder_weights not in ("imagenet", "none"):
        weights = f"{weights}, another training"
    return Row(
        jobs={e.job.id: e.repeat for e in entries},
        parameters={
            "encoder_weights": weights,
            "size": 256 if name == "unet_224" and size == 224 else size,
            "epochs": settings.epochs,
        },
        thresholds=0.5,
        given={"Tversky": tversky(results, entries, 0.7, 0.3)},
        converged=bool(all(flat[e.job.id] for e in entries)),
        obstacle=", ".join(filter(None, [obstacle(results), *_other(settings, entries[0])])),
    )


def _other(settings: Settings, entry: Entry) -> list[str]:
    """What else of a row's network is not as printed."""
    full = {"mu_net": {"alpha": 1.4}, "fcn": {"dense_filters": 4096}}
    drawn = full.get(entry.name, {"filters": 64} if entry.name in ("segnet", "unet_224") else {})
    narrow = any(getattr(settings, name) != value for name, value in drawn.items())
    told = compare.context(REPORTED, 5)["protocol"]
    return ["width"] * narrow + ["loss"] * (entry.job.loss != told["loss"])


def opened(job: Job) -> Dataset:
    """Open the set that a job was trained on, at its size."""
    return open_cached(job.dataset)
