"""Pre-training on phantoms: the data set, its split, and the job that other jobs start from.

Pre-training on simulated ultrasound is the idea of Behboodi et al. (ISBI 2020), whom paper 1
cites. The set is described by how it is made, not by its pixels, so that its job has one id on
every machine.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import jobs
from busutils.data.dataset import Dataset, cached, write_arrays
from busutils.data.files import resize_image, resize_mask
from busutils.data.splits import split_id
from busutils.errors import UserError
from busutils.jobs import Job
from busutils.phantoms import breast

LABELS = ("benign", "benign", "malignant")
SHAPE = (208, 256)


def dataset(n: int, size: int, seed: int = 0, store: Path | None = None) -> Dataset:
    """Return `n` phantoms with a lesion (two benign to one malignant) at `size` x `size` pixels."""
    fingerprint = f"phantoms-v{breast.VERSION}-{n}-{size}px-seed{seed}"
    return cached(fingerprint, partial(_write, n=n, size=size, seed=seed), store)


def job(backbone: str, n: int, size: int, epochs: int, store: Path | None = None) -> Job:
    """Return the job that trains a U-Net with `backbone` on `n` phantoms, all of it.

    A sixth of the phantoms is validated on. The recipe (Dice + cross-entropy, Adam 3e-4, flips and
    brightness, batch-norm momentum 0.9) is ours: it serves the encoder, no paper.
    """
    if n < 12:
        raise UserError(f"{n} phantoms are too few to pre-train on: ask for 12 or more")
    phantoms = dataset(n, size, store=store)
    table = phantoms.cases[["case", "label", "group"]].copy()
    table["role"] = np.where(np.arange(n) % 6 == 5, "val", "train")
    identity = split_id(table)
    jobs.write_split(table, identity, store)
    return Job(
        dataset=phantoms.fingerprint,
        size=size,
        split={"id": identity, "kind": "every sixth"},
        model="unet",
        options={"backbone": backbone},
        loss="combo",
        learning_rate=3e-4,
        epochs=epochs,
        augmentation="flips_brightness",
        batchnorm_momentum=0.9,
    )


def _write(folder: Path, n: int, size: int, seed: int) -> None:
    labels = [LABELS[i % len(LABELS)] for i in range(n)]
    children = np.random.SeedSequence(seed).spawn(n)
    images, masks = np.zeros((n, size, size, 1), np.uint8), np.zeros((n, size, size), bool)
    for i, (label, child) in enumerate(zip(labels, children, strict=True)):
        image, mask = breast.ultrasound(np.random.default_rng(child), SHAPE, label)
        images[i, ..., 0] = resize_image(image, (size, size))
        masks[i] = resize_mask(mask, (size, size))
    names = [f"phantom ({i + 1})" for i in range(n)]
    cases = pd.DataFrame({"case": names, "label": labels, "group": names, "n_masks": 1})
    write_arrays(folder, "Phantoms", images, masks, cases)
