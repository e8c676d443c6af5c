"""What an encoder starts from: weights of ImageNet, a file of them, or pre-training on phantoms.

Pre-training on simulated ultrasound is the idea of Behboodi et al. (ISBI 2020), whom paper 1
cites. The set is described by how it is made, not by its pixels, so that its job has one id on
every machine.
"""

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import jobs, paths, promises
from busutils.data.dataset import cached, write_arrays
from busutils.data.files import resize_image, resize_mask
from busutils.data.splits import split_id
from busutils.errors import UserError
from busutils.jobs import Job
from busutils.phantoms import breast

LABELS = ("benign", "benign", "malignant")
SHAPE = (208, 256)
SEED = 0
IN_FILE = "mobilenetv2"
"""The backbone whose ImageNet weights a page's `imagenet_file` holds."""


def start(backbone: str, weights: str, imagenet_file: str = "", **phantoms: int) -> str | Job:
    """Return what :class:`busutils.jobs.Job` takes as ``encoder_weights``.

    Parameters
    ----------
    weights : phantom (a pre-training, which is a job), imagenet (`imagenet_file`, else Keras's
        download), none, or a file of the backbone's weights; ``file:<hash>`` is one that the store
        has, as a published run names it
    phantoms : arguments of `job`

    Raises
    ------
    UserError
        If the file is missing, or holds another backbone.
    """
    if weights == "phantom":
        return job(backbone, **phantoms)
    if weights == "imagenet" and imagenet_file:
        if backbone != IN_FILE:
            raise UserError(f"imagenet_file holds MobileNetV2, not {backbone}: leave it empty")
        return _file(imagenet_file)
    return weights if weights in ("imagenet", "none") else _file(weights)


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
    identity = split_id(roles)
    jobs.promise_split(roles, identity)
    return Job(
        dataset=dataset,
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


def _file(weights: str) -> str:
    """Promise the store a file of weights, named by its hash, so that jobs find it anywhere."""
    if weights.startswith("file:"):
        return weights
    file = Path(weights).expanduser()
    if not file.is_file():
        raise UserError(f"the weights file {file} is not there: name an .h5 file, or another start")
    digest = paths.sha256(file)[:12]
    promises.promise(f"weights/{digest}.h5", partial(_copy, file, digest))
    return f"file:{digest}"


def _copy(file: Path, digest: str, store: Path) -> None:
    kept = store / "weights" / f"{digest}.h5"
    if not kept.exists():
        with paths.whole_file(kept) as part:
            shutil.copyfile(file, part)


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
