"""What an encoder starts from: weights of ImageNet, or pre-training on phantoms.

Pre-training on simulated ultrasound is the idea of Behboodi et al. (ISBI 2020), whom paper 1
cites. The set is described by how it is made, not by its pixels, so that its job has one id on
every machine.
"""

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from busutils import jobs, models, paths, promises
from busutils.data.dataset import cached, write_arrays
from busutils.data.files import resize_image, resize_mask
from busutils.data.splits import split_id
from busutils.errors import UserError
from busutils.job import Job
from busutils.phantoms import breast

LABELS = ("benign", "benign", "malignant")
SHAPE = (208, 256)
SEED = 0
KERAS = ("imagenet", "file:a2f511173081")
"""The weights that Keras downloads, and its VGG16 as a file of its newer layout."""
FOLDED = "file:7e9eddc409e0"
"""MobileNetV2 as TFLite has it: another training, with batch norm folded into the convolutions."""
PUBLISHED = "file:"
"""How `weights_root` begins in a published run: names of files with their hashes follow."""


def start(
    backbone: str, weights: str, weights_root: str = "", width: float = 1.0, **phantoms: int
) -> str | Job:
    """Return what :class:`busutils.job.Job` takes as ``encoder_weights``.

    Parameters
    ----------
    weights : phantom (a pre-training, which is a job), imagenet or none
    weights_root : folder that has the ImageNet weights (:func:`files`); empty: Keras's download
    width : of MobileNetV2
    phantoms : arguments of `job`

    Raises
    ------
    UserError
        If the folder lacks the backbone's file.
    """
    if weights == "phantom":
        return job(backbone, **phantoms)
    if weights != "imagenet" or not weights_root:
        return weights
    name, found = models.weights_file(backbone, width), files(weights_root)
    if name not in found:
        raise UserError(
            f"{name} is not in weights_root {weights_root}: put the ImageNet weights of {backbone} "
            "there by this name, or leave weights_root out, and Keras downloads them"
        )
    if weights_root.startswith(PUBLISHED):
        return found[name]
    return _kept(Path(found[name]))


def files(weights_root: str) -> dict[str, str]:
    """List ImageNet weights: the path of each file of a folder by its name.

    Of a published run, which names files in place of a folder, what stands for a path is how jobs
    name the file: ``file:<hash>``.
    """
    if weights_root.startswith(PUBLISHED):
        told = (part.partition("=") for part in weights_root.removeprefix(PUBLISHED).split(","))
        return {name: PUBLISHED + digest for name, _, digest in told}
    folder = Path(weights_root).expanduser()
    found = sorted(folder.glob(f"*{models.IMAGENET}")) if weights_root else []
    return {file.name: str(file) for file in found}


def named(weights_root: str) -> str:
    """Return what a published run has in place of a folder of weights: its files by hash."""
    found = files(weights_root).items()
    hashes = [f"{name}={_digest(Path(file))}" for name, file in found]
    return PUBLISHED + ",".join(hashes) if hashes else ""


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


def _kept(file: Path) -> str:
    """Promise the store a file of weights, named by its hash, so that jobs find it anywhere."""
    digest = _digest(file)
    promises.promise(f"weights/{digest}.h5", partial(_copy, file, digest))
    return f"file:{digest}"


def _digest(file: Path) -> str:
    return paths.sha256(file)[:12]


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
