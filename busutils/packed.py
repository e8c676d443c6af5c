"""The trainings of a published run in three files, since git keeps hundreds of them.

``jobs.json`` tells of each job, by id, its protocol and its manifest; ``history.csv`` has the
epochs of all; ``counts.npz`` one array of whole numbers a job (`encode`). What a job is, and
whether it can have made this, is for :mod:`busutils.jobs` to judge.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from busutils import paths, thresholds
from busutils.errors import Damaged, UserError
from busutils.integrity import hash_of
from busutils.metrics import COUNTS

JOBS, HISTORY, COUNTED = "jobs.json", "history.csv", "counts.npz"
ROLES = ["train", "val", "test", "normal"]
"""In this order the cases of a table stand, each role's as in the split."""
MILLION = 1_000_000


class Training(NamedTuple):
    """What a finished job left: its protocol, what made it, its epochs, its counts by case."""

    job: dict[str, Any]
    manifest: dict[str, Any]
    history: pd.DataFrame
    cases: pd.DataFrame


def write(folder: Path, trainings: Mapping[str, Training]) -> None:
    """Write the three files, whole or not at all; trainings by the id of their job."""
    if not trainings:
        return
    about = {name: {"job": t.job, "manifest": t.manifest} for name, t in trainings.items()}
    history = pd.concat([t.history.assign(job=name) for name, t in trainings.items()])
    columns = ["job", *history.columns.drop("job")]
    with paths.whole_file(folder / HISTORY) as part:
        history.to_csv(part, index=False, columns=columns, float_format="%.6g")
    with paths.whole_file(folder / COUNTED) as part, zipfile.ZipFile(part, "w") as archive:
        for name, training in trainings.items():
            array = io.BytesIO()
            np.save(array, encode(training.cases))
            entry = zipfile.ZipInfo(f"{name}.npy")  # its date is always the same
            entry.compress_type = zipfile.ZIP_LZMA  # a third smaller than what NumPy writes
            archive.writestr(entry, array.getvalue())
    hashes = {name: paths.sha256(folder / name) for name in (HISTORY, COUNTED)}
    with paths.whole_file(folder / JOBS) as part:
        content = {"jobs": about, "sha256": hashes | {JOBS: hash_of(about)}}
        part.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def encode(cases: pd.DataFrame) -> np.ndarray:
    """Turn a job's table of counts into whole numbers that compress well.

    Returns
    -------
    int32 array of shape (1 + 2 m, n) for m thresholds and n cases: pixels of the lesion; true
    positives at the lowest threshold, and how many fewer at each next one; the same of false
    positives. Of a job that classifies one row more: the probability in millionths.
    """
    m = len(thresholds.GRID)
    tp, fp = (cases[name].to_numpy().reshape(-1, m) for name in ("tp", "fp"))
    lesion = (cases["tp"] + cases["fn"]).to_numpy().reshape(-1, m)[:, :1]
    parts = [lesion, *(np.hstack([one[:, :1], -np.diff(one)]) for one in (tp, fp))]
    for name in cases.columns[cases.columns.str.startswith("p_")]:
        shares = cases[name].to_numpy().reshape(-1, m)[:, :1]
        parts.append(np.rint(shares * MILLION).astype(int))
    return np.hstack(parts).T.astype(np.int32)


def decode(counts: np.ndarray, split: pd.DataFrame, pixels: int, share: str = "") -> pd.DataFrame:
    """Turn what `encode` gave into the table of counts again.

    Parameters
    ----------
    counts : int32 array
    split : DataFrame with columns case, label, group, role, in the order of the set
    pixels : of an image (1 where a job only classifies)
    share : name of the column of probabilities, if there is one

    Raises
    ------
    Damaged
        If the array cannot be of this split.
    """
    m = len(thresholds.GRID)
    roles = ROLES if len(counts.T) == split["role"].isin(ROLES).sum() else ROLES[1:]
    about = pd.concat([split[split["role"] == role] for role in roles])
    if counts.shape != (1 + 2 * m + bool(share), len(about)):
        raise Damaged("its counts are not of its split")
    table = about[["case", "label", "group", "role"]].rename(columns={"role": "split"})
    table = table.loc[table.index.repeat(m)].reset_index(drop=True)
    table["threshold"] = np.tile(thresholds.GRID, len(about))
    # the count at the lowest threshold, less the steps down from it
    falls = (counts[i : i + m] * np.where(np.arange(m), -1, 1)[:, None] for i in (1, 1 + m))
    lesion, tp, fp = counts[0], *(of.cumsum(axis=0) for of in falls)
    numbers = (tp, fp, lesion - tp, pixels - lesion - fp)
    for name, values in zip(COUNTS, numbers, strict=True):
        table[name] = values.T.ravel().astype(np.int64)
    if share:
        table[share] = np.repeat(counts[-1] / MILLION, m)
    return table


class Archive:
    """The trainings of one published run, read from its files."""

    def __init__(self, folder: Path):
        self.folder = folder
        content = json.loads((folder / JOBS).read_text(encoding="utf-8"))
        self.jobs = content["jobs"]
        hashes = {name: paths.sha256(folder / name) for name in (HISTORY, COUNTED)}
        if content["sha256"] != hashes | {JOBS: hash_of(self.jobs)}:
            raise Damaged("a file is not what was published")
        self._history = pd.read_csv(folder / HISTORY)

    def history(self, name: str) -> pd.DataFrame:
        """Epochs of one job, with the columns that it has."""
        epochs = self._history[self._history["job"] == name].drop(columns="job")
        return epochs.dropna(axis="columns", how="all").reset_index(drop=True)

    def counts(self, name: str) -> np.ndarray:
        """Return what `encode` gave for one job."""
        with np.load(self.folder / COUNTED) as arrays:
            return arrays[name]


def find(published: Path) -> dict[str, Archive]:
    """Archive of each published job, by id.

    Raises
    ------
    UserError
        If a file is not what was published.
    """
    archives = {}
    for file in sorted((published / "notebooks").glob(f"[!.]*/{JOBS}")):
        archive = _opened(file.parent, file.stat().st_mtime_ns)
        archives |= dict.fromkeys(archive.jobs, archive)
    return archives


@lru_cache
def _opened(folder: Path, _: int) -> Archive:
    try:
        return Archive(folder)
    except (Damaged, OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{folder} is damaged ({error}): get it from git again") from error
