"""Pre-training on phantoms: the data set, its split, and the job that other jobs start from.

Pre-training on simulated ultrasound is the idea of Behboodi et al. (ISBI 2020), whom paper 1
cites. The set is described by how it is made, not by its pixels, so that its job has one id on
every machine.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import jobs, promises
from busutils.data.dataset import cached, write_arrays
from busutils.data.files import resize_image, resize_mask
from busutils.data.splits import split_id
from busutils.errors import UserError
from busutils.jobs import Job
from busutils.phantoms import breast

LABELS = ("benign", "benign", "malignant")
SHAPE = (208, 256)
SEED = 0


def job(backbone: str, n: int, size: int, epochs: int) -> Job:
    """Return the job that trains a U-Net with `backbone` on `n` phantoms, all of it.

    A sixth of the phantoms is validated on. The recipe (Dice + cross-entropy, Adam 3e-4, flips and
    brightness, batch-norm momentum 0.9) is ours: it serves the encoder, no paper.
    """
    if n < 12:
        raise UserError(f"{n} phantoms are too few to pre-train on: ask for 12 or more")
    dataset = f"phantoms-v{breast.VERSION}-{n}-{size}px-seed{SEED}"
    write = partial(_write, cases=_cases(n), size=size)
    promises.promise(f"cache/{dataset}", partial(cached, dataset, write))
    roles = _cases(n).drop(columns="n_masks")
    roles["role"] = np.where(np.arange(n) % 6 == 5, "val", "train")
    jobs.promise_split(roles, split_id(roles))
    return Job(
        dataset=dataset,
        size=size,
        split={"id": split_id(roles), "kind": "every sixth"},
        model="unet",
        options={"backbone": backbone},
        loss="combo",
        learning_rate=3e-4,
        epochs=epochs,
        augmentation="flips_brightness",
        batchnorm_momentum=0.9,
    )


def _cases(n: int) -> pd.DataFrame:
    """Two benign cases to one malignant, each its own group."""
    names = [f"phantom ({i + 1})" for i in range(n)]
    labels = [LABELS[i % len(LABELS)] for i in range(n)]
    return pd.DataFrame({"case": names, "label": labels, "group": names, "n_masks": 1})


def _write(folder: Path, cases: pd.DataFrame, size: int) -> None:
    n, children = len(cases), np.random.SeedSequence(SEED).spawn(len(cases))
    images, masks = np.zeros((n, size, size, 1), np.uint8), np.zeros((n, size, size), bool)
    for i, (label, child) in enumerate(zip(cases["label"], children, strict=True)):
        image, mask = breast.ultrasound(np.random.default_rng(child), SHAPE, label)
        images[i, ..., 0] = resize_image(image, (size, size))
        masks[i] = resize_mask(mask, (size, size))
    write_arrays(folder, "Phantoms", images, masks, cases)
