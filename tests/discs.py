"""Discs on noise: a data set, a split and a job small enough to train in a second."""

import numpy as np
import pandas as pd

from busutils import jobs
from busutils.data.dataset import from_arrays
from busutils.jobs import Job

N, SIZE = 20, 32
ROLES = ["train"] * 12 + ["val"] * 4 + ["test"] * 2 + ["normal"] * 2
JOB = Job(
    dataset="discs",
    size=SIZE,
    split={"id": "split", "fold": 1},
    model="plain_unet",
    options={"filters": 4, "depth": 3},
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
    names = [f"case {i}" for i in range(N)]
    labels = ["benign", "malignant"] * (N // 2 - 1) + ["normal"] * 2
    cases = pd.DataFrame({"case": names, "label": labels, "group": names, "n_masks": 1})
    from_arrays("Discs", images, masks, cases, "discs")
    jobs.write_split(cases[["case", "label", "group"]].assign(role=ROLES), "split")
