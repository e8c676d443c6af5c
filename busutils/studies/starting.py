"""What an encoder starts from: ImageNet, a local file of it, phantoms, or nothing."""

import hashlib
import shutil
from pathlib import Path
from typing import Protocol

from busutils import paths, pretraining
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
    return weights if weights.startswith("file:") else f"file:{_keep(Path(weights).expanduser())}"


def _keep(file: Path) -> str:
    """Copy a file of weights into the store, named by its hash, so that jobs find it anywhere."""
    if not file.is_file():
        raise UserError(f"the weights file {file} is not there: name an .h5 file, or another start")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    kept = paths.store() / "weights" / f"{digest}.h5"
    if not kept.exists():
        with paths.whole_file(kept) as part:
            shutil.copyfile(file, part)
    return digest
