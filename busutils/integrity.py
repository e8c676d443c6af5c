"""Whether tables can be what a job made: counts against split and size, epochs against protocol.

Functions take tables and plain values, wherever these were kept, and raise `Damaged` with the first
thing that cannot be. Needs NumPy and pandas only.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from busutils import thresholds
from busutils.errors import Damaged
from busutils.job import Job
from busutils.metrics import COUNTS

BROKEN_ZIP = (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged zip file raises; a RuntimeError where it seems encrypted, or packed in
another way."""
TOLD = ("val", "test", "normal")
"""Roles whose cases are counted; of a job that records its training, ``train`` too."""
EPOCHS = ["epoch", "loss", "val_loss", "val_dice", "learning_rate", "seconds"]


def hash_of(values: Mapping[str, Any]) -> str:
    """Return the sha256 of plain values as canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def check_history(job: Job, history: pd.DataFrame) -> None:
    """Refuse epochs that are not 1, 2, ... up to at most those of the job."""
    _expect(set(EPOCHS) <= set(history.columns), "a column is missing")
    _expect(list(history["epoch"]) == list(range(1, len(history) + 1)), "epochs are not 1, 2, ...")
    _expect(
        1 <= len(history) <= job.epochs, f"{len(history)} epochs where the job has {job.epochs}"
    )
    numbers = history[["loss", "val_loss", "learning_rate", "seconds"]]
    readable = all(map(pd.api.types.is_numeric_dtype, numbers.dtypes))
    _expect(readable, "a number cannot be read")
    _expect(np.isfinite(numbers).all(axis=None), "a number is not finite")


def check_counts(job: Job, counts: pd.DataFrame, split: pd.DataFrame) -> None:
    """Refuse counts that a job cannot have made with this split.

    Each case of the split's roles that are counted is there once at each threshold, with the
    split's label and group; tp + fp + fn + tn are the pixels of the image (one, where the job only
    classifies); tp + fn are the same, and tp and fp never rise, along the thresholds.
    """
    column = [] if job.task == "segment" else [f"p_{job.positive}"]
    named = ["case", "label", "group", "split", "threshold", *COUNTS, *column]
    _expect(list(counts.columns) == named, "its columns are others")
    whole = all(map(pd.api.types.is_integer_dtype, counts[COUNTS].dtypes))
    _expect(whole and (counts[COUNTS] >= 0).all(axis=None), "a count is no whole number")
    levels = counts[["threshold", *column]]
    shares = all(map(pd.api.types.is_float_dtype, levels.dtypes))
    _expect(shares and levels.apply(pd.Series.between, args=(0, 1)).all(axis=None), "no share")
    pixels = 1 if job.task == "classify" else job.size**2
    _expect((counts[COUNTS].sum(axis=1) == pixels).all(), f"the pixels of a case are not {pixels}")
    m = len(thresholds.GRID)
    complete = len(counts) % m == 0 and np.allclose(
        _by_case(counts["threshold"]), thresholds.GRID, rtol=0, atol=1e-9
    )
    _expect(complete, "thresholds are missing")
    table = counts[["case", "label", "group", "split"]].to_numpy()
    roles = TOLD if job.record == "none" else ("train", *TOLD)
    expected = split.loc[split["role"].isin(roles), ["case", "label", "group", "role"]]
    same = sorted(table[::m].tolist()) == sorted(expected.to_numpy().tolist())
    alike = (table[::m].repeat(m, axis=0) == table).all()
    _expect(same and alike, "its cases are not the split's")
    tp, fp, fn, _ = (_by_case(counts[name]) for name in COUNTS)
    _expect(
        ((tp + fn) == (tp + fn)[:, :1]).all(), "the lesion of a case changes with the threshold"
    )
    _expect((np.diff(tp) <= 0).all() and (np.diff(fp) <= 0).all(), "counts rise with the threshold")


def check_manifest(job: Job, manifest: Any, history: pd.DataFrame) -> None:
    """Refuse a manifest that does not tell of this job."""
    facts = manifest if isinstance(manifest, Mapping) else {}
    texts, numbers = ("backend", "device", "machine"), ("minutes", "epochs", "n_train", "file_mib")
    _expect(all(isinstance(facts.get(key), str) for key in texts), "it names no machine")
    _expect(all(isinstance(facts.get(key), int | float) for key in numbers), "a number is missing")
    _expect(facts.get("job", job.id) == job.id, "it is of another job")
    _expect(facts["epochs"] == len(history), "it tells of more or fewer epochs than the history")


def _by_case(column: pd.Series) -> np.ndarray:
    return column.to_numpy().reshape(-1, len(thresholds.GRID))


def _expect(fact: bool, otherwise: str) -> None:
    if not fact:
        raise Damaged(otherwise)
