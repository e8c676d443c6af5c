"""What an encoder starts from: ImageNet, a local file of it, phantoms, or nothing."""

import shutil
from functools import partial
from pathlib import Path
from typing import Protocol

from busutils import paths, pretraining, promises
from busutils.errors import UserError
from busutils.jobs import Job

IN_FILE = "mobilenetv2"
"""The backbone whose ImageNet weights `imagenet_file` holds."""


class Starting(Protocol):
    """The parameters of a notebook that say it."""

    imagenet_file: str
    phantoms: int
    phantom_size: int
    phantom_epochs: int


def start(settings: Starting, backbone: str, weights: str) -> str | Job:
    """Return what :class:`busutils.jobs.Job` takes as ``encoder_weights``.

    `weights` is phantom (a pre-training, which is a job), imagenet (the file that the settings
    name, else Keras's download), none, or a file of that backbone's weights. ``file:<hash>`` names
    one that the store has, as a published run does.

    Raises
    ------
    UserError
        If the file is missing, or holds another backbone.
    """
    if weights == "phantom":
        return pretraining.job(
            backbone, settings.phantoms, settings.phantom_size, settings.phantom_epochs
        )
    if weights == "imagenet" and settings.imagenet_file:
        if backbone != IN_FILE:
            raise UserError(f"imagenet_file holds MobileNetV2, not {backbone}: leave it empty")
        return _file(settings.imagenet_file)
    if weights in ("imagenet", "none"):
        return weights
    return _file(weights)


def _file(weights: str) -> str:
    named = weights.startswith("file:")
    return weights if named else f"file:{_promised(Path(weights).expanduser())}"


def _promised(file: Path) -> str:
    """Promise the store a file of weights, named by its hash, so that jobs find it anywhere."""
    if not file.is_file():
        raise UserError(f"the weights file {file} is not there: name an .h5 file, or another start")
    digest = paths.sha256(file)[:12]
    promises.promise(f"weights/{digest}.h5", partial(_copy, file, digest))
    return digest


def _copy(file: Path, digest: str, store: Path) -> None:
    kept = store / "weights" / f"{digest}.h5"
    if not kept.exists():
        with paths.whole_file(kept) as part:
            shutil.copyfile(file, part)
