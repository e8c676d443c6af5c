"""Paper 1: its tables beside ours, from the cases of finished jobs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from busutils import compare, jobs, metrics, paths, statistics
from busutils.compare import Row
from busutils.data import splits
from busutils.data.dataset import Dataset
from busutils.data.files import NORMAL
from busutils.jobs import Job
from busutils.studies import common
from busutils.studies.common import REPORTED, Results
from busutils.studies.unet_backbones.planning import Entry, protocol_of
from busutils.studies.unet_backbones.settings import ROWS, Settings

WEIGHTS = {"imagenet": "ImageNet", "phantom": "phantoms", "none": "random"}
FREEZING = {
    "all": "frozen",
    "random_frozen": "frozen",
    "all_but_batchnorm": "batch norm trains",
    "none": "all trains",
}


def collect(settings: Settings, entries: Sequence[Entry]) -> Results:
    """Read what finished jobs left and choose each one's threshold (paper 1, section 2.6)."""
    return common.collect(settings, entries, settings.threshold_on)


def table1(settings: Settings, data: Dataset) -> pd.DataFrame:
    """The paper's partition beside ours, one row a part and class; labels of the set's own last."""
    printed = compare.reported(REPORTED, 1, "1").cells["value"].astype(int).tolist()
    names = ["training", "validation", "test, malignant", "test, benign", "test, normal"]
    mix = splits.mix(splits.split(data.cases, protocol_of(settings, data), settings.folds[0]))
    of = mix.reindex(index=splits.ROLES, fill_value=0)
    ours = {"training": of.loc["train"].sum(), "validation": of.loc["val"].sum()}
    for label in of.columns:
        ours[f"test, {label}"] = of.loc["normal" if label == NORMAL else "test", label]
    both = {"printed": dict(zip(names, printed, strict=True)), "ours": ours}
    rows = pd.DataFrame({of: pd.Series(told, dtype="Int64") for of, told in both.items()})
    order = dict.fromkeys([*names, *ours])
    return rows.reindex(list(order)).rename_axis("part").reset_index()


def table2(results: Results) -> pd.DataFrame:
    """Table 2: ten rows; printed, ours, interval, verdict. MobileNetV2 from ImageNet if it ran."""
    rows = {}
    for printed, (name, _) in ROWS.items():
        entries = [e for e in results.of("table") if e.name == name]
        best = "imagenet" if any(e.weights == "imagenet" for e in entries) else None
        entries = [e for e in entries if best in (None, e.weights)]
        rows[printed] = _row(results, entries) if entries else Row(not_rerun="not in this run")
    return compare.table(compare.reported(REPORTED, 1, "2"), results.cases, rows)


def table3(results: Results) -> pd.DataFrame:
    """Table 3: of five backbones the fold that validated best, and the normals left empty."""
    reported = compare.reported(REPORTED, 1, "3")
    rows = {}
    for printed in reported.cells["row"].unique():
        name = printed.split(" ")[0].lower()
        entries = [e for e in results.of("table") if e.name == name]
        if entries:
            best = min(entries, key=lambda e: _best_epoch(results, e.job)["val_loss"])
            row = _row(results, [best])
            given = {**row.given, "Pred. Threshold": results.threshold[best.job.id]}
            if results.has(NORMAL):
                normals = left_empty(results, best)
                given["Pred. Normal cases (of 113)"] = statistics.interval(
                    normals["score"], normals["group"], statistic="share"
                )
            rows[printed] = Row(
                row.jobs, row.parameters, row.thresholds, given, converged=row.converged
            )
    return compare.table(reported, results.cases, rows)


def equal_weights(results: Results) -> pd.DataFrame:
    """Rows that start from the same kind of weights, by Dice on the held-out test images.

    Columns: backbone, weights, freezing, validation Dice, test Dice, low, high, normals left empty
    (share, where the set has normal images), threshold, best epoch, converged, job. Only rows of
    one kind of weights are ranked.
    """
    flat = compare.converged(results.history)
    rows = []
    for e in results.of("table"):
        test = results.mean(e)
        empty = results.has(NORMAL) and left_empty(results, e)["score"].mean()
        rows.append(
            {
                "backbone": e.name,
                "weights": WEIGHTS[e.weights],
                "freezing": FREEZING[e.freeze],
                "validation Dice": results.mean(e, split="val").estimate,
                "test Dice": test.estimate,
                "low": test.low,
                "high": test.high,
                "normals left empty": empty,
                "threshold": results.threshold[e.job.id],
                "best epoch": _best_epoch(results, e.job)["epoch"],
                "converged": bool(flat[e.job.id]),
                "job": e.job.id,
            }
        )
    table = pd.DataFrame(rows).sort_values(["weights", "test Dice"], ascending=[True, False])
    table = table if results.has(NORMAL) else table.drop(columns="normals left empty")
    return table.reset_index(drop=True)


def sizes(rows: Sequence[str]) -> pd.DataFrame:
    """Parameters of the networks of some rows, and the size of a file with two Adam moments.

    Columns: backbone, total, trainable (under the row's freezing), printed and ours (MiB).
    """
    from busutils import models
    from busutils.models import encoders

    printed = compare.reported(REPORTED, 1, "2").cells.query("column == 'Size'")
    printed = dict(zip(printed["row"], printed["value"], strict=True))
    lines = []
    for row, (name, backbone) in ROWS.items():
        if name in rows:
            model = models.outline("unet", size=64, backbone=backbone)
            encoders.freeze(model, "none" if name == "base" else "all_but_batchnorm")
            total = model.count_params()
            trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
            mib = 4 * (total + 2 * trainable) / 2**20
            lines.append((name, total, trainable, printed[row], mib))
    return pd.DataFrame(lines, columns=["backbone", "total", "trainable", "printed", "ours"])


def parity() -> pd.DataFrame:
    """Largest difference between our outputs and segmentation-models' with the same weights.

    Columns: backbone, parameters, difference (in probability, as text). Measured by
    ``tests/models/test_parity.py``, in double precision.
    """
    measured = pd.read_csv(paths.project() / "book" / "results" / "parity.csv")
    return measured.assign(difference=measured["difference"].map("{:.0e}".format))


def trivial(data: Dataset, results: Results) -> dict[str, float]:
    """Mean Dice on the validation images of three answers that need no training.

    The ellipse is fitted to the training images.
    """
    job = results.of("table")[0].job
    train, val = (data.masks[jobs.rows(job, data.cases["case"], r)] for r in ("train", "val"))
    answers = statistics.trivial_answers(val, statistics.best_ellipse(train))
    return {
        name: float(metrics.per_case(counts)["dice"]) for name, counts in answers.groupby("answer")
    }


def jobs_by_row(results: Results) -> dict[str, list[str]]:
    """Job ids of each row, by a name that tells its weights where a row ran with several."""
    found: dict[str, list[str]] = {}
    for e in results.of("table"):
        found.setdefault(title(results, e), []).append(e.job.id)
    return found


def title(results: Results, entry: Entry) -> str:
    """Name of a row; with its weights where it ran with several."""
    kinds = {e.weights for e in results.of("table") if e.name == entry.name}
    return f"{entry.name} ({WEIGHTS[entry.weights]})" if len(kinds) > 1 else entry.name


def best_row(results: Results) -> Entry:
    """The entry of Table 2 with the highest mean validation Dice."""
    return max(results.of("table"), key=lambda e: results.mean(e, split="val").estimate)


def test_images(entry: Entry, data: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray, list]:
    """Images, truths, probabilities (0 to 1) and names of an entry's held-out test images."""
    rows = jobs.rows(entry.job, data.cases["case"], "test")
    names = list(data.cases["case"].iloc[rows])
    return data.images[rows], data.masks[rows], jobs.probabilities(entry.job), names


def _row(results: Results, entries: Sequence[Entry]) -> Row:
    """What stands for a printed row: its jobs (folds), and numbers that no pixel count gives."""
    first, made = entries[0], results.manifests.loc[[e.job.id for e in entries]]
    losses = [_best_epoch(results, e.job)["val_loss"] for e in entries]
    flat = compare.converged(results.history)
    weights = None if first.name == "base" else first.weights
    if first.weights == "imagenet" and first.job.encoder_weights != "imagenet":
        weights = "imagenet, another training"
    return Row(
        jobs={e.job.id: e.repeat for e in entries},
        parameters={
            "encoder_weights": weights,
            "dataset": results.settings.dataset,
            "classes": ["benign", "malignant"],
            "size": first.job.size,
            "epochs": first.job.epochs,
        },
        thresholds=results.threshold,
        given={
            "Loss": float(np.mean(losses)),
            "Training time": float(made["minutes"].sum()),
            "Size": statistics.exact(float(made["file_mib"].iloc[0])),
        },
        converged=bool(all(flat[e.job.id] for e in entries)),
    )


def left_empty(results: Results, e: Entry) -> pd.DataFrame:
    """1 for a normal image with at most `normal_pixels` lesion pixels, else 0."""
    table = results.scores(e, "left_empty", "normal")
    found = table["tp"] + table["fp"]
    return table.assign(score=(found <= results.settings.normal_pixels).astype(float))


def reference(results: Results) -> Entry:
    """The row that ambiguities are tried on: MobileNetV2, from ImageNet if it ran."""
    named = [e for e in results.of("table") if e.name == "mobilenetv2"] or results.of("table")
    return named[-1]


def common_weights(results: Results) -> str:
    """The kind of weights that most rows start from."""
    return pd.Series([e.weights for e in results.of("table")]).mode()[0]


def _best_epoch(results: Results, job: Job) -> pd.Series:
    history = results.history[results.history["job"] == job.id]
    return history.loc[history["val_loss"].idxmin()]
