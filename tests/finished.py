"""Finished jobs with made-up results, so that tables are tested without training."""

import json
import shutil
from collections.abc import Callable

import numpy as np
import pandas as pd

from busutils import jobs, paths
from busutils.job import Job

THRESHOLDS = np.round(np.arange(0.05, 0.96, 0.05), 2)
MANIFEST = {
    **{"minutes": 1.5, "file_mib": 87.78, "backend": "tensorflow", "device": "cpu"},
    **{"machine": "test", "n_train": 10, "epochs": 4},
}
HISTORY = {
    "epoch": [1, 2, 3, 4],
    "loss": [0.9, 0.6, 0.5, 0.5],
    "val_loss": [0.8, 0.5, 0.6, 0.7],
    "val_dice": [0.5, 0.66, 0.66, 0.66],
}


def publish(*trained: Job, run: str = "a_run") -> None:
    """Publish jobs that were written, as those of one run, and take them out of the store."""
    jobs.publish([job.id for job in trained], paths.published() / "notebooks" / run)
    for job in trained:
        shutil.rmtree(jobs.folder(job))


def write(
    job: Job,
    counts: Callable[[pd.Series, float], tuple[int, int, int, int]],
    malignant: Callable[[pd.Series], float] | None = None,
    manifest: dict | None = None,
    history: dict | None = None,
) -> None:
    """Write a finished job.

    `counts` gives tp, fp, fn, tn of a case (case, label, group, role) at a threshold, `malignant`
    its probability of being what the job calls positive; `manifest` and `history` add to `MANIFEST`
    and replace columns of `HISTORY`.
    """
    role = jobs.read_split(job)
    place = paths.store() / "jobs" / job.id
    place.mkdir(parents=True)
    (place / "job.json").write_text(job.to_json())
    roles = ["val", "test", "normal"] + ["train"] * (job.record != "none")
    rows = []
    for case in role[role["role"].isin(roles)].itertuples():
        for threshold in THRESHOLDS:
            about = (case.case, case.label, case.group, case.role, threshold)
            told = (malignant(case),) if malignant else ()
            rows.append((*about, *counts(case, threshold), *told))
    names = ["case", "label", "group", "split", "threshold", "tp", "fp", "fn", "tn"]
    names += [f"p_{job.positive}"] * (malignant is not None)
    pd.DataFrame(rows, columns=names).to_csv(place / "cases.csv.gz", index=False)
    epochs = pd.DataFrame(HISTORY | (history or {})).tail(job.epochs)
    epochs["epoch"] = range(1, len(epochs) + 1)
    epochs.assign(learning_rate=1e-3, seconds=6.0).to_csv(place / "history.csv", index=False)
    told = MANIFEST | {"epochs": len(epochs)} | (manifest or {})
    (place / "manifest.json").write_text(json.dumps(told))
