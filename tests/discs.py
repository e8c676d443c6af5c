"""Discs on noise: a data set, a split and a job small enough to train in a second."""

from functools import partial

import numpy as np
import pandas as pd

from busutils import paths
from busutils.data.dataset import Dataset, cached, write_arrays
from busutils.data.splits import split_id
from busutils.job import Job

N, SIZE = 20, 32
ROLES = ["train"] * 12 + ["val"] * 4 + ["test"] * 2 + ["normal"] * 2
NAMES = [f"case {i}" for i in range(N)]
LABELS = ["benign", "malignant"] * (N // 2 - 1) + ["normal"] * 2
SPLIT = pd.DataFrame({"case": NAMES, "label": LABELS, "group": NAMES, "role": ROLES})
JOB = Job(
    dataset="discs",
    size=SIZE,
    split={"id": split_id(SPLIT), "fold": 1},
    model="plain_unet",
    options={"filters": 4, "depth": 2},
    learning_rate=3e-3,
    epochs=3,
    batch=5,
    augmentation="flips_brightness",
)


def write() -> None:
    """Put the set and the split into the store."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    centres = rng.integers(8, 24, (N, 2, 1, 1))
    masks = (rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2 < 36
    masks[-2:] = False
    images = (rng.integers(100, 200, masks.shape) - 80 * masks).astype(np.uint8)[..., None]
    keep("Discs", images, masks, SPLIT.drop(columns="role").assign(n_masks=1), "discs")
    write_split()


def keep(
    name: str, images: np.ndarray, masks: np.ndarray, cases: pd.DataFrame, fingerprint: str
) -> Dataset:
    """Keep arrays made in memory as a set under a given fingerprint."""
    write = partial(write_arrays, name=name, images=images, masks=masks, cases=cases)
    return cached(fingerprint, write)


def write_split() -> None:
    """Put the split into the store."""
    keep_split(SPLIT, JOB)


def keep_split(table: pd.DataFrame, job: Job) -> None:
    """Put a table of roles into the store."""
    content = table.to_csv(index=False).encode()
    paths.write(paths.store() / job.split_file, content)
